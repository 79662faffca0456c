"""The small print of what each change does at the office: one clause of a rule for each test."""

import pytest

from schemas.ids import DeviceId
from schemas.wire import Applied, Conflict, Rejected
from sync.change import Decide, Gap, Patch
from sync.losses import holes_of
from sync.merge import Merge, Set, SetMerged, merge_field, merge_patch, merge_sets
from tests.contract.people import record_id
from tests.sync.regency import (
    KEDEN,
    TROBAYAN,
    Phone,
    Regency,
    change_fields,
    outcome_of,
    push_of,
    visit,
)
from tests.sync.sealed_things import fields_of


def merged(base: dict, new: dict, now: dict) -> Merge:
    return merge_patch(kind="warga", base=base, new=new, now=now, device=DeviceId("0" * 32), conflicts={})


# merge ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "mine", "now", "value"),
    [
        (["a", "b"], ["a"], ["a", "b", "c"], ["a", "c"]),
        (None, ["a"], ["b"], ["b", "a"]),
        (["a"], None, ["a", "b"], ["b"]),
        (["a"], ["a", "b"], None, ["b"]),
    ],
    ids=["what mine took away goes", "never seen", "emptied by me", "emptied by them"],
)
def test_a_set_is_merged_by_what_was_added_and_taken_away(
    base: object, mine: object, now: object, value: list[str]
) -> None:
    assert merge_field(base=base, mine=mine, now=now, is_set=True, conflict=None) == SetMerged(value=value)


def test_what_both_added_to_a_set_is_in_it_once() -> None:
    assert merge_sets([], ["a", "b"], ["a"]) == ["a", "b"]


def test_only_what_others_changed_meanwhile_is_listed_as_merged() -> None:
    found = merged(
        base={"nama": "A", "alamat": "B", "no_hp": "1"},
        new={"nama": "N", "layanan": ["bpnt", "pkh"]},
        now={"nama": "A", "alamat": "C", "no_hp": "1", "layanan": ["kis"]},
    )
    assert found.merged == ["alamat", "layanan"]
    assert found.values == {"nama": "N", "layanan": ["kis", "bpnt", "pkh"]}


def test_a_partner_that_was_seen_and_stands_as_it_was_parks_nothing() -> None:
    seen = {"bank": "bri", "no_rekening": "1"}
    found = merged(base=seen, new={"no_rekening": "2"}, now=seen)
    assert (found.values, found.parked) == ({"no_rekening": "2"}, {})
    assert merge_field(base="1", mine="2", now="1", is_set=False, conflict=None) == Set(value="2")


# visits -----------------------------------------------------------------------------------------------------


def decided(town: Regency, decision: str = "setujui", note: str = "") -> tuple[Phone, bytes]:
    """A visit with a task that the office has decided, and the version that it decided."""
    phone = town.enrol(10, KEDEN)
    tugas = town.tugas(5, phone, town.warga(1))
    entry = phone.do(visit(20, record_id(1), tugas))
    town.sync(phone)
    follows = entry.link.change
    outcome = town.act(Decide(visit=record_id(20), follows=follows, decision=decision, reasons={}, note=note))
    assert isinstance(outcome, Applied)
    return phone, follows


def test_a_note_alone_is_reason_enough(town: Regency) -> None:
    decided(town, "kembalikan", "Foto kabur")
    assert fields_of(town, 20)["state"] == "dikembalikan"


def test_a_visit_says_what_it_is_whose_and_where(town: Regency) -> None:
    phone, _ = decided(town)
    found = fields_of(town, 20)
    named = (found["form"], found["tugas"], found["subjek"], found["petugas"], found["kode_desa"])
    assert named == ("bpnt_kpm", record_id(5), record_id(1), phone.writer.person, KEDEN)
    assert found["flags"] == []


def test_a_visit_takes_no_id_that_something_else_has(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    entry = phone.do(visit(1))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="jenis_data_berbeda")


@pytest.mark.parametrize("task", [5, 6], ids=["the visit's, which is not theirs", "theirs, of another visit"])
def test_a_colleagues_version_opens_a_visit_by_its_own_task_only(town: Regency, task: int) -> None:
    _, follows = decided(town)
    colleague = town.enrol(11, KEDEN)
    town.tugas(6, colleague, record_id(1))
    entry = colleague.do(visit(20, record_id(1), record_id(task), follows=follows))
    town.sync(colleague)
    assert isinstance(outcome_of(town, entry), Applied)
    assert (fields_of(town, 20)["state"], fields_of(town, 20)["versi"]) == ("disetujui", 2)


# records ----------------------------------------------------------------------------------------------------


def test_what_was_deleted_can_be_taken_back(town: Regency) -> None:
    town.warga(1)
    for is_gone in (True, False):
        outcome = town.act(change_fields(1, {"dihapus": not is_gone or None}, dihapus=is_gone))
        assert isinstance(outcome, Applied), outcome
    assert isinstance(town.act(change_fields(1, {"nama": "Warga 1"}, nama="Ada lagi")), Applied)


@pytest.mark.parametrize("kind", ["kunjungan", "konflik"])
def test_not_even_the_office_patches_a_visit_or_a_conflict(town: Regency, kind: str) -> None:
    refused = town.act(Patch(record=record_id(30), kind=kind, base={}, new={"state": "selesai"}))
    assert refused == Rejected(problem="hanya_kantor")


def test_what_somebody_claims_to_have_seen_has_a_shape_too(town: Regency) -> None:
    town.warga(1)
    refused = town.act(change_fields(1, {"layanan": "bpnt"}, nama="N"))
    assert refused == Rejected(problem="isi_tidak_terbaca", field="layanan")


def test_records_merged_into_each_other_keep_nobody_waiting(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.warga(2)
    town.sync(phone)
    for number, other in ((1, 2), (2, 1)):
        town.act(change_fields(number, {}, digabung_ke=record_id(other)))
    entry = phone.do(change_fields(1, {"nama": "Warga 1"}, nama="N"))
    push_of(town, phone, [entry])
    assert isinstance(outcome_of(town, entry), Conflict)


def test_a_newer_value_of_what_is_parked_whole_takes_its_place_with_its_time(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(2, TROBAYAN)
    first = phone.do(change_fields(2, {}, nama="Lama"))
    second = phone.do(change_fields(2, {}, nama="Baru"))
    town.sync(phone)
    outcomes = [outcome_of(town, entry) for entry in (first, second)]
    assert outcomes[0] == outcomes[1] and isinstance(outcomes[1], Conflict)
    (name,) = outcomes[1].ids
    conflict = fields_of(town, name)
    assert (conflict["fields"]["nama"]["mine"], conflict["change"]) == ("Baru", second.link.change.hex())
    assert [r.id for r in town.office.record_table.values() if r.kind == "konflik"] == [name]


def test_a_stale_decision_shows_what_it_is_compared_with_and_nothing_else(town: Regency) -> None:
    _, follows = decided(town)
    body = Decide(visit=record_id(20), follows=follows, decision="tolak", reasons={}, note="Ganda")
    outcome = town.act(body)
    assert isinstance(outcome, Conflict)
    cases = fields_of(town, outcome.ids[0])["fields"]
    assert (cases["state"]["theirs"], cases["state"]["mine"]) == ("disetujui", "ditolak")


# tasks and holes --------------------------------------------------------------------------------------------


def test_a_task_that_gets_another_target_shows_the_first_one_no_longer(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    tugas = town.tugas(5, phone, town.warga(1))
    town.warga(2)
    new = {"sasaran": record_id(2)}
    town.act(Patch(record=tugas, kind="tugas", base={"sasaran": record_id(1)}, new=new))
    readers = [town.office.record_table[record_id(number)].readers for number in (1, 2)]
    assert readers == [{}, {tugas: phone.writer.person}]


def test_a_task_for_nobody_or_about_nothing_gives_no_rights(town: Regency) -> None:
    town.warga(1)
    for number, new in (
        (5, {"sasaran": record_id(1), "state": "baru"}),
        (6, {"sasaran": record_id(99), "petugas": "0" * 32, "state": "baru"}),
    ):
        outcome = town.act(Patch(record=record_id(number), kind="tugas", base={}, new=new))
        assert isinstance(outcome, Applied)
    assert town.office.record_table[record_id(1)].readers == {}


def test_the_lowest_hole_of_a_chain_is_remembered_whichever_was_declared_last(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    for first in (2, 3):
        push_of(town, phone, [*entries, phone.do(Gap(first=first, last=first))])
        entries = []
    _, chain = holes_of(phone.writer.device, town.office.record_table.get)
    assert chain is not None and chain.fields["awal"] == 2
