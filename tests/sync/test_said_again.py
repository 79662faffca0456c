"""What a phone sends, beyond what is new: places said once more, and how much goes at once.

Rule: a place is said once more by itself, after all that is new, and no session ends before it was.
"""

import pytest
from msgspec.structs import replace

from schemas.wire import MAX_LINKS, OLDEST, PROTOCOL, Applied, SyncRequest
from sync.change import Gap
from sync.client import Missing, Session, next_request, receive
from sync.intake import Malformed, Run
from sync.server import check
from tests.sync.regency import KEDEN, Phone, Regency, request_of, visit
from tests.sync.test_gaps import forget_contents, lose_links


def sent(phone: Phone, session: Session) -> list[int]:
    """The places in its chain that a phone would push next."""
    request = next_request(phone.store, session)
    assert isinstance(request, SyncRequest)
    places = {entry.raw_link: entry.link.counter for entry in phone.store.entries(phone.writer.device, 0, 99)}
    return [places[raw] for raw in request.links]


def step(town: Regency, phone: Phone, session: Session) -> Session:
    request = next_request(phone.store, session)
    assert isinstance(request, SyncRequest)
    return receive(phone.store, session, request, town.answer(request)).session  # type: ignore[union-attr]


def test_what_is_new_goes_first_and_then_each_place_once(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    for number in (20, 21, 22):
        phone.do(visit(number))
    town.sync(phone)
    phone.do(visit(23))
    session = Session(again=(1, 3))
    for places, left in (([4], (1, 3)), ([1], (3,)), ([3], ())):
        assert sent(phone, session) == places
        session = step(town, phone, session)
        assert (session.again, session.quiet) == (left, left == ())
    assert next_request(phone.store, session) is None


def test_what_is_said_again_is_answered_as_it_now_stands(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entry = phone.do(visit(20))
    town.sync(phone)
    phone.store.outcomes.clear()
    step(town, phone, Session(again=(1,)))
    assert isinstance(phone.store.outcomes[entry.link.change], Applied)


def test_a_place_that_cannot_be_read_or_is_none_is_passed_over(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    for number in (20, 21):
        phone.do(visit(number))
    town.sync(phone)
    forget_contents(phone, 1)
    session = Session(again=(1, 2, 9))
    for places, left in (([], (2, 9)), ([2], (9,)), ([], ())):
        assert sent(phone, session) == places
        session = step(town, phone, session)
        assert session.again == left
    assert session.quiet


def test_no_other_place_is_said_for_one_whose_link_is_lost(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    for number in (20, 21):
        phone.do(visit(number))
    town.sync(phone)
    lose_links(phone, 1)
    assert sent(phone, Session(again=(1,))) == []


def test_a_run_fills_what_may_go_at_once_to_the_byte(town: Regency, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    two = sum(len(entry.raw_link) + len(entry.content or b"") for entry in entries[:2])
    for most, places in ((two, [1, 2]), (two - 1, [1]), (1, [1])):
        assert sent(phone, Session(most_bytes=most)) == places
    monkeypatch.setattr("sync.client.PUSH_BYTES", two)
    assert sent(phone, Session(most_bytes=10 * two)) == [1, 2], "a line however good never widens it"


def test_a_declaration_that_begins_above_what_is_missing_does_not_do(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    for number in (20, 21):
        phone.do(visit(number))
    forget_contents(phone, 1, 2)
    phone.do(Gap(first=2, last=2))
    assert next_request(phone.store, Session()) == Missing(first=1, last=2)


def test_what_is_missing_at_the_end_of_all_branches_reaches_to_the_longest(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    for number in (20, 21, 22):
        phone.do(visit(number))
    forget_contents(phone, 1, 2, 3)
    assert next_request(phone.store, Session()) == Missing(first=1, last=3)


@pytest.mark.parametrize(
    ("protocol", "is_spoken"), [(OLDEST - 1, False), (OLDEST, True), (PROTOCOL, True), (PROTOCOL + 1, False)]
)
def test_from_the_oldest_protocol_to_the_newest_all_are_spoken(
    town: Regency, protocol: int, is_spoken: bool
) -> None:
    phone = town.enrol(10, KEDEN)
    found = check(replace(request_of(phone, []), protocol=protocol), town.caller(phone.writer.device))
    assert isinstance(found, Run) if is_spoken else found == Malformed(problem="versi_protokol")


def test_a_run_of_more_links_than_may_go_at_once_is_refused_unread(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    caller = town.caller(phone.writer.device)
    for count, problem in ((MAX_LINKS, "tautan_tidak_terbaca"), (MAX_LINKS + 1, "pesan_terlalu_besar")):
        request = replace(request_of(phone, []), links=[b"\xc1"] * count)
        assert check(request, caller) == Malformed(problem=problem)
