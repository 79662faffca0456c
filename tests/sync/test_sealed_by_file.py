"""Sealed cases without a network: what a phone hands over by file comes to the same, and its answer too."""

from schemas.ids import ChangeId
from schemas.wire import Applied, Held
from sync.change import Patch
from tests.contract.people import record_id
from tests.sync.regency import Phone, Regency, outcome_of
from tests.sync.sealed_things import (
    CASE,
    KODE,
    UNIT,
    VISIT,
    case,
    container,
    decide,
    note,
    submit,
    worked,
    worker,
)
from tests.sync.test_handover import agree, answer, hand_over, read, take_in


def by_file(town: Regency, phone: Phone, name: int = 1) -> None:
    written = hand_over(phone, name)
    take_in(town, written)
    assert read(phone, answer(town, written))


def test_a_sealed_case_and_its_visit_arrive_by_file(town: Regency) -> None:
    phone = worker(town)
    entries = [phone.do(case()), phone.do(submit())]
    by_file(town, phone)
    assert [type(phone.store.outcomes[entry.link.change]) for entry in entries] == [Applied, Applied]
    assert town.office.wanted(phone.writer.device, 9) == [container()]
    assert ((phone.sees(CASE) or {})["kode"], (phone.sees(VISIT) or {})["state"]) == (KODE, "diterima")
    assert agree(town, phone)


def test_reasons_come_back_by_file(town: Regency) -> None:
    phone, change = worked(town)
    decide(town, change, "kembalikan", notes=[note(b"untuk HP")])
    by_file(town, phone)
    assert (phone.sees(VISIT) or {})["notes"] == {"alasan": [[UNIT, b"untuk HP"]]}
    assert agree(town, phone)


def test_what_waited_for_a_case_that_came_by_file_is_told_by_file(town: Regency) -> None:
    first, second = worker(town), worker(town, 11)
    entry = second.do(submit())
    town.sync(second)
    assert isinstance(outcome_of(town, entry), Held)
    first.do(case())
    by_file(town, first)
    by_file(town, second, 2)
    assert isinstance(second.store.outcomes[ChangeId(entry.link.change)], Applied)


def test_a_case_that_went_to_somebody_else_goes_from_the_phone_by_file_too(town: Regency) -> None:
    phone, _ = worked(town)
    other = worker(town, 11)
    base, new = {"petugas": phone.writer.person}, {"petugas": other.writer.person}
    town.act(Patch(record=record_id(CASE), kind="kasus", base=base, new=new))
    by_file(town, phone)
    assert phone.sees(CASE) is None
    assert agree(town, phone)
