"""What goes ahead of storing an answer: the same as would go after it, and nothing where that is open."""

import pytest
from msgspec.structs import replace

from schemas.wire import Cursor, SyncRequest, SyncResponse, WireTip
from sync.ahead import follow_up, read_ahead
from sync.chain import Tip
from sync.client import Session, next_request, receive
from tests.sync.regency import KEDEN, TROBAYAN, Phone, Regency, change_fields, visit

ONE_BY_ONE = Session(most_bytes=1)


@pytest.fixture
def town() -> Regency:
    return Regency()


def asked(phone: Phone, session: Session = ONE_BY_ONE) -> SyncRequest:
    request = next_request(phone.store, session)
    assert isinstance(request, SyncRequest)
    return request


def head(phone: Phone) -> Tip:
    return phone.store.tips(phone.store.device())[0]


def following(
    phone: Phone, request: SyncRequest, response: SyncResponse, session: Session = ONE_BY_ONE
) -> SyncRequest | None:
    return follow_up(phone.store, request, response, read_ahead(phone.store, session, request))


def three_visits(town: Regency) -> Phone:
    """A phone that pulled all and has three visits to send, one in each request."""
    phone = town.enrol(10, KEDEN)
    town.sync(phone)
    for number in range(1, 4):
        phone.do(visit(100 + number))
    return phone


def test_each_run_that_goes_ahead_is_what_would_go_after_storing(town: Regency) -> None:
    phone = three_visits(town)
    request, session, early = asked(phone), ONE_BY_ONE, list[SyncRequest]()
    while True:
        response = town.answer(request)
        ahead = following(phone, request, response, session)
        effects = receive(phone.store, session, request, response)
        session = effects.session
        after = next_request(phone.store, session)
        assert ahead in (None, after)
        if after is None:
            break
        early += [ahead] if ahead else []
        request = after
    assert [len(one.links) for one in early] == [1, 1], "the second and the third"
    assert (session.quiet, phone.store.acknowledged()) == (True, head(phone))


def test_the_next_page_is_asked_for_while_one_is_stored(
    town: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.server.PAGE_ROWS", 2)
    phone = town.enrol(10, KEDEN)
    for number in range(1, 8):
        town.warga(number)
    request, session, pages = asked(phone), Session(), 0
    while request is not None:
        response = town.answer(request)
        ahead = following(phone, request, response, session)
        effects = receive(phone.store, session, request, response)
        session = effects.session
        request = next_request(phone.store, session)
        assert ahead == request, "each but the last has one behind it"
        pages += 1
    assert pages > 3 and all(phone.sees(number) for number in range(1, 8))


def test_a_new_part_is_caught_up_by_what_goes_ahead(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.sync(phone)
    town.warga(1, TROBAYAN)
    person = phone.writer.person
    town.act(
        replace(
            change_fields(0, {"wilayah": [KEDEN]}, wilayah=[KEDEN, TROBAYAN]), record=person, kind="petugas"
        )
    )
    request = asked(phone)
    response = town.answer(request)
    ahead = following(phone, request, response)
    session = receive(phone.store, ONE_BY_ONE, request, response).session
    assert ahead is not None and ahead == next_request(phone.store, session)
    assert list(ahead.cursor.catching.values()) == [0]


def test_nothing_goes_ahead_where_the_office_lacks_what_it_rests_on(town: Regency) -> None:
    phone = three_visits(town)
    request = asked(phone)
    response = town.answer(request)
    assert following(phone, request, response) is not None
    restored = replace(response, known=[])
    assert following(phone, request, restored) is None


def test_nothing_goes_ahead_where_the_office_knows_more_of_the_chain(town: Regency) -> None:
    """It came by a file, or before a restore: what is left to send shows when the answer is stored."""
    phone = three_visits(town)
    request = asked(phone)
    response = town.answer(request)
    newest = head(phone)
    more = replace(response, known=[*response.known, WireTip(counter=newest.counter, hash=newest.hash)])
    assert following(phone, request, more) is None


def test_nothing_goes_ahead_of_another_history_or_a_repair(town: Regency) -> None:
    phone = three_visits(town)
    request = asked(phone)
    response = town.answer(request)
    assert following(phone, request, replace(response, start=Cursor())) is None
    assert following(phone, request, replace(response, resend=[KEDEN])) is None
    assert following(phone, request, replace(response, results=[])) is None
    assert following(phone, request, replace(response, protocol=1)) is None
    assert following(phone, request, response, replace(ONE_BY_ONE, check=True)) is None
    assert following(phone, request, response, replace(ONE_BY_ONE, again=(1,))) is None


def test_a_gap_is_declared_before_anything_goes_on(town: Regency) -> None:
    phone = three_visits(town)
    second = phone.store.entries(phone.store.device(), 0, 10)[1]
    del phone.store.content_table[second.link.change]
    request = asked(phone)
    response = town.answer(request)
    assert following(phone, request, response) is None


def test_dying_with_a_run_ahead_loses_nothing_and_doubles_nothing(town: Regency) -> None:
    phone = three_visits(town)
    request = asked(phone)
    response = town.answer(request)
    ahead = following(phone, request, response)
    assert ahead is not None
    town.answer(ahead)  # the office took two; of both answers the phone stored none
    assert phone.store.acknowledged().counter == 0
    town.sync(phone)
    assert phone.store.acknowledged() == head(phone)
    kept = [record for record in town.office.record_table.values() if record.kind == "kunjungan"]
    assert [len(record.fields["versions"]) for record in kept] == [1, 1, 1]
