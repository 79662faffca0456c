"""Conflicts from the phone that raised one to the officer who ends it."""

from schemas.wire import Applied, Conflict, Rejected
from sync.change import Resolve
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, TROBAYAN, Regency, change_fields, outcome_of


def test_a_third_value_is_parked_and_shown_to_its_author(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.sync(phone)
    town.act(change_fields(1, {"nama": "Warga 1"}, nama="Sutarmi"))
    entry = phone.do(change_fields(1, {"nama": "Warga 1"}, nama="Sutarni", rt="001"))
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict)
    fields = town.office.record_table[record_id(1)].fields
    assert (fields["nama"], fields["rt"]) == ("Sutarmi", "001")
    seen = phone.sees(outcome.ids[0])
    assert seen is not None
    assert seen["fields"] == {"nama": {"base": "Warga 1", "theirs": "Sutarmi", "mine": "Sutarni"}}
    assert seen["state"] == "menunggu"


def parked(town: Regency):
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.act(change_fields(1, {"nama": "Warga 1"}, nama="Sutarmi"))
    entry = phone.do(change_fields(1, {"nama": "Warga 1"}, nama="Sutarni"))
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict)
    return phone, town.office.record_table[outcome.ids[0]]


def test_a_resolution_sets_the_value_and_closes_the_conflict(town: Regency) -> None:
    phone, conflict = parked(town)
    assert conflict.head is not None
    done = town.act(Resolve(conflict=conflict.id, follows=conflict.head, values={"nama": "Sutarni"}))
    assert isinstance(done, Applied)
    record = town.office.record_table[record_id(1)]
    assert (record.fields["nama"], record.parked) == ("Sutarni", {})
    town.sync(phone)
    assert (phone.sees(conflict.id) or {})["state"] == "selesai"


def test_a_resolution_from_a_stale_page_is_parked_itself(town: Regency) -> None:
    _, conflict = parked(town)
    assert conflict.head is not None
    town.act(change_fields(1, {"nama": "Sutarmi"}, nama="Suratmi"))
    done = town.act(Resolve(conflict=conflict.id, follows=conflict.head, values={"nama": "Sutarmi"}))
    assert isinstance(done, Conflict)
    now = town.office.record_table[conflict.id]
    assert now.fields["state"] == "menunggu"
    assert now.fields["fields"]["nama"]["theirs"] == "Suratmi"
    assert town.office.record_table[record_id(1)].fields["nama"] == "Suratmi"


def test_a_resolution_sets_nothing_but_what_is_in_dispute(town: Regency) -> None:
    _, conflict = parked(town)
    assert conflict.head is not None
    before = town.office.record_table[record_id(1)]
    values = {"nama": "Sutarni", "pekerjaan": "Buruh"}
    done = town.act(Resolve(conflict=conflict.id, follows=conflict.head, values=values))
    assert done == Rejected(problem="isian_bukan_bagian_konflik")
    assert town.office.record_table[record_id(1)] == before
    assert town.office.record_table[conflict.id].fields["state"] == "menunggu"


def test_a_further_change_of_the_branch_replaces_its_parked_value(town: Regency) -> None:
    phone, conflict = parked(town)
    phone.do(change_fields(1, {"nama": "Sutarni"}, nama="Sutarnih"))
    town.sync(phone)
    now = town.office.record_table[conflict.id]
    assert now.fields["fields"]["nama"]["mine"] == "Sutarnih"
    assert town.office.record_table[record_id(1)].fields["nama"] == "Sutarmi"


def test_an_open_conflict_is_not_forgotten_by_a_clean_sync(town: Regency) -> None:
    phone, conflict = parked(town)
    phone.do(change_fields(1, {"rt": None}, rt="009"))
    town.sync(phone)
    assert town.office.record_table[conflict.id].fields["state"] == "menunggu"
    assert (phone.sees(conflict.id) or {})["state"] == "menunggu"


def test_a_change_to_a_deleted_record_is_parked(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.act(change_fields(1, {}, dihapus=True))
    entry = phone.do(change_fields(1, {"rt": None}, rt="003"))
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict)
    assert town.office.record_table[outcome.ids[0]].fields["reason"] == "dihapus"


def test_a_change_to_a_merged_record_is_shown_on_the_survivor(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.warga(2)
    town.act(change_fields(1, {}, digabung_ke=record_id(2)))
    entry = phone.do(change_fields(1, {"rt": None}, rt="003"))
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict)
    assert town.office.record_table[outcome.ids[0]].fields["record"] == record_id(2)


def test_a_merge_is_undone_and_the_record_stands_by_itself_again(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.warga(2)
    town.act(change_fields(1, {}, digabung_ke=record_id(2)))
    town.sync(phone)
    assert phone.sees(record_id(1)) is None
    town.act(change_fields(1, {"digabung_ke": record_id(2)}, digabung_ke=None))
    entry = phone.do(change_fields(1, {"rt": None}, rt="003"))
    town.sync(phone)
    assert isinstance(outcome_of(town, entry), Applied)
    assert (phone.sees(record_id(1)) or {})["rt"] == "003"


def test_work_outside_the_area_is_kept_for_review_without_showing_values(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(2, TROBAYAN, nama="Rahasia")
    entry = phone.do(change_fields(2, {}, nama="Baru"))
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict)
    seen = phone.sees(outcome.ids[0])
    assert seen is not None
    assert seen["fields"]["nama"] == {"base": None, "theirs": None, "mine": "Baru"}
    assert town.office.record_table[record_id(2)].fields["nama"] == "Rahasia"
