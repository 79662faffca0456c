"""What the office destroyed stays destroyed, wherever it comes from; the links stay and say so."""

import pytest

from schemas.base import decode
from schemas.ids import BlobId, ChangeId
from schemas.wire import Applied, Rejected
from sync.chain import START
from sync.change import (
    Advance,
    Body,
    Content,
    Decide,
    Destroyed,
    FormAnswers,
    Place,
    Resolve,
    Submit,
    read,
)
from sync.losses import stub
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, Regency, change_fields, outcome_of, visit

GONE = Rejected(problem="dimusnahkan")
PHOTO = BlobId("a" * 64)
A_CHANGE = ChangeId(b"c" * 32)


def destroy(town: Regency, *entries, records=(), blobs=()) -> None:
    body = Destroyed(
        changes={entry.link.change: stub(read(entry.content)) for entry in entries},
        blobs=list(blobs),
        records=list(records),
        basis="BA 12/2026",
    )
    assert isinstance(town.act(body), Applied)


def test_contents_and_references_go_and_links_stay(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entry = phone.do(visit(20, blobs=(PHOTO,)))
    town.sync(phone)
    destroy(town, entry, records=[record_id(20)], blobs=[PHOTO])
    assert town.office.contents([entry.link.change]) == {}
    assert [e.link for e in town.office.entries(phone.writer.device, 0, 9)] == [entry.link]
    assert town.office.refs == []
    assert town.office.record_table[record_id(20)].fields == {"dihapus": True, "dimusnahkan": "BA 12/2026"}


def test_its_phone_is_told_and_the_thing_leaves_its_rows(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entry = phone.do(visit(20))
    town.sync(phone)
    assert phone.sees(20)
    destroy(town, entry, records=[record_id(20)])
    town.sync(phone)
    assert phone.store.outcomes[entry.link.change] == GONE
    assert phone.sees(20) is None


def test_the_same_content_sent_again_is_refused_and_not_kept(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entry = phone.do(visit(20, blobs=(PHOTO,)))
    town.sync(phone)
    destroy(town, entry, records=[record_id(20)], blobs=[PHOTO])
    phone.store._acknowledged = START
    town.sync(phone)
    assert outcome_of(town, entry) == GONE
    assert town.office.contents([entry.link.change]) == {}
    assert phone.store.wanted_blobs == []


def test_what_was_destroyed_before_it_ever_came_is_refused(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entry = phone.do(visit(20, blobs=(PHOTO,)))
    destroy(town, entry, blobs=[PHOTO])
    town.sync(phone)
    assert phone.store.outcomes[entry.link.change] == GONE
    assert town.office.contents([entry.link.change]) == {}
    assert record_id(20) not in town.office.record_table
    assert phone.store.acknowledged().counter == 1


def test_bytes_that_were_destroyed_are_wanted_from_nobody(town: Regency) -> None:
    phone, other = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    entry = phone.do(visit(20, blobs=(PHOTO,)))
    town.sync(phone)
    destroy(town, entry, blobs=[PHOTO])
    other.do(visit(21, blobs=(PHOTO,)))
    town.sync(other)
    assert other.store.wanted_blobs == []


def test_nothing_is_added_to_an_emptied_record(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    first = phone.do(visit(20, record_id(1)))
    town.sync(phone)
    destroy(town, first, records=[record_id(20), record_id(1)])
    late = phone.do(visit(20, record_id(1), follows=first.link.change))
    edit = phone.do(change_fields(1, {"rt": None}, rt="009"))
    town.sync(phone)
    assert outcome_of(town, late) == GONE
    assert outcome_of(town, edit) == GONE
    decision = Decide(visit=record_id(20), follows=first.link.change, decision="setujui", reasons={}, note="")
    assert town.act(decision) == GONE


def test_what_was_destroyed_before_this_office_heard_of_it_is_begun_by_nobody(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    destroy(town, records=[record_id(20)])
    entry = phone.do(visit(20))
    town.sync(phone)
    assert outcome_of(town, entry) == GONE
    assert phone.sees(20) is None


def test_a_phone_cannot_destroy(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entry = phone.do(Destroyed(changes={}, blobs=[], records=[record_id(1)], basis="x"))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="hanya_kantor")


SECRET = "dipukul"
SAID: dict[str, Body] = {
    "a visit": Submit(
        visit=record_id(20),
        follows=None,
        subject=record_id(1),
        form="bpnt_kpm",
        forms={"bpnt_kpm": FormAnswers(version=1, answers={"cerita": SECRET})},
        evidence=visit(20, blobs=(PHOTO,)).evidence,
        place=Place(lat=-7.4, lng=111.0, accuracy_m=5.0, at_ms=1, source=SECRET),
        tugas=None,
    ),
    "a change": change_fields(1, {"alamat": SECRET}, alamat=f"{SECRET} lagi"),
    "a step": Advance(kasus=record_id(40), follows=None, event="tangani", answers={"cerita": SECRET}),
    "a decision": Decide(
        visit=record_id(20), follows=A_CHANGE, decision="kembalikan", reasons={"a": SECRET}, note=SECRET
    ),
    "a choice": Resolve(conflict=record_id(50), follows=A_CHANGE, values={"alamat": SECRET}),
}


@pytest.mark.parametrize("body", SAID.values(), ids=list(SAID))
def test_what_is_kept_of_a_content_says_nothing_of_what_was_in_it(town: Regency, body: Body) -> None:
    content = read(town.desk.content(body)[1])
    kept = stub(content)
    assert SECRET.encode() not in kept and PHOTO.encode() not in kept
    assert content.salt not in kept, "with it whoever guesses what was said could make sure"
    again = decode(kept, Content).body
    assert type(again) is type(body)
    for name in ("visit", "record", "kasus", "conflict", "follows", "decision", "event", "kind"):
        assert getattr(again, name, None) == getattr(body, name, None)
