"""Visits and decisions, from both ends."""

import pytest

from schemas.wire import Applied, Conflict, Held, Rejected
from sync.change import Decide
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, TROBAYAN, Regency, visit

NOT_LEFT = Rejected(problem="tidak_dapat_dibiarkan")


def submitted(town: Regency):
    phone = town.enrol(10, KEDEN)
    target = town.warga(1)
    tugas = town.tugas(5, phone, target)
    entry = phone.do(visit(20, target, tugas))
    town.sync(phone)
    return phone, entry


def decide(town: Regency, follows: bytes, decision: str = "setujui", **more) -> object:
    reasons = more.get("reasons", {})
    body = Decide(visit=record_id(20), follows=follows, decision=decision, reasons=reasons, note="")
    return town.act(body, more.get("author"))


def test_an_approval_reaches_the_phone_and_closes_the_task(town: Regency) -> None:
    phone, entry = submitted(town)
    assert (phone.sees(5) or {})["state"] == "dikirim"
    assert isinstance(decide(town, entry.link.change), Applied)
    town.sync(phone)
    assert (phone.sees(20) or {})["state"] == "disetujui"
    assert (phone.sees(5) or {})["state"] == "selesai"


def test_a_return_carries_its_reasons_to_the_phone(town: Regency) -> None:
    phone, entry = submitted(town)
    reasons = {"bpnt_kpm.penyalur": "Kartu di foto adalah kartu BNI"}
    decide(town, entry.link.change, "kembalikan", reasons=reasons)
    town.sync(phone)
    seen = phone.sees(20)
    assert seen is not None
    assert (seen["state"], seen["reasons"]) == ("dikembalikan", reasons)


@pytest.mark.parametrize("decision", ["kembalikan", "tolak"])
def test_neither_a_return_nor_a_refusal_is_taken_without_a_reason(town: Regency, decision: str) -> None:
    _, entry = submitted(town)
    assert decide(town, entry.link.change, decision) == Rejected(problem="alasan_wajib")


def test_a_decision_about_what_is_no_visit_waits_for_one(town: Regency) -> None:
    target = town.warga(1)
    before = town.office.record_table[target]
    body = Decide(visit=target, follows=b"", decision="setujui", reasons={}, note="")
    assert town.act(body) == Held(waiting=target)
    assert town.office.record_table[target] == before


def test_a_version_tells_its_photos_and_a_decision_its_moment(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entry = phone.do(visit(20, town.warga(1), blobs=("a" * 64, "b" * 64)))
    town.sync(phone)
    assert isinstance(decide(town, entry.link.change), Applied)
    fields = town.office.record_table[record_id(20)].fields
    assert [version["photos"] for version in fields["versions"]] == [2]
    assert fields["decided_ms"] == town.now > 0


def test_nobody_decides_their_own_visit(town: Regency) -> None:
    phone, entry = submitted(town)
    author = phone.writer.person
    assert decide(town, entry.link.change, author=author) == Rejected(problem="kunjungan_sendiri")


def test_a_correction_is_a_further_version(town: Regency) -> None:
    phone, entry = submitted(town)
    decide(town, entry.link.change, "kembalikan", reasons={"x": "y"})
    town.sync(phone)
    phone.do(visit(20, record_id(1), record_id(5), follows=entry.link.change))
    town.sync(phone)
    fields = town.office.record_table[record_id(20)].fields
    assert (fields["versi"], fields["state"], fields["reasons"]) == (2, "diterima", {})
    assert "cabang" not in fields["flags"]


def test_two_versions_after_one_parent_both_stand_and_are_flagged(town: Regency) -> None:
    phone, entry = submitted(town)
    for _ in range(2):
        phone.do(visit(20, record_id(1), follows=entry.link.change))
    town.sync(phone)
    fields = town.office.record_table[record_id(20)].fields
    assert (fields["versi"], fields["flags"]) == (3, ["cabang"])


def test_of_two_decisions_from_one_state_the_second_is_parked(town: Regency) -> None:
    _, entry = submitted(town)
    decide(town, entry.link.change)
    second = decide(town, entry.link.change, "tolak", reasons={"x": "y"})
    assert isinstance(second, Conflict)
    assert town.office.record_table[record_id(20)].fields["state"] == "disetujui"
    parked = town.office.record_table[second.ids[0]].fields
    assert (parked["reason"], parked["fields"]["state"]["mine"]) == ("mundur", "ditolak")


def test_a_decision_on_an_older_version_is_parked(town: Regency) -> None:
    phone, entry = submitted(town)
    phone.do(visit(20, record_id(1), follows=entry.link.change))
    town.sync(phone)
    assert isinstance(decide(town, entry.link.change), Conflict)


def test_what_was_decided_may_be_left_to_stand_whatever_came_since(town: Regency) -> None:
    phone, entry = submitted(town)
    decide(town, entry.link.change)
    before = town.office.record_table[record_id(20)]
    assert before.head is not None
    assert isinstance(decide(town, before.head, "biarkan"), Applied)
    after = town.office.record_table[record_id(20)]
    assert after.fields == {**before.fields, "left_ms": town.now} and after.head != before.head
    assert decide(town, before.head, "biarkan") == NOT_LEFT, "somebody was quicker"
    assert town.office.record_table[record_id(20)] == after
    town.sync(phone)
    assert (phone.sees(20) or {})["state"] == "disetujui"


@pytest.mark.parametrize("decision", ["", "tahan"], ids=["new", "put_off"])
def test_what_was_not_decided_cannot_be_left_as_it_was_decided(town: Regency, decision: str) -> None:
    _, entry = submitted(town)
    if decision:
        decide(town, entry.link.change, decision)
    before = town.office.record_table[record_id(20)]
    assert before.head is not None
    assert decide(town, before.head, "biarkan") == NOT_LEFT
    assert town.office.record_table[record_id(20)] == before


def test_a_visit_outside_the_area_stands_and_is_flagged(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(2, TROBAYAN)
    phone.do(visit(20, record_id(2)))
    town.sync(phone)
    assert town.office.record_table[record_id(20)].fields["flags"] == ["di_luar_wilayah"]
