"""An office that is put back and goes on, and a phone that meets one history after the other."""

from copy import deepcopy

import pytest

from schemas.wire import Applied, Conflict, Held
from sync import server
from sync.client import Session, next_request, receive
from sync.memory import MemoryOffice
from tests.sync.regency import KEDEN, Phone, Regency, change_fields, outcome_of, visit


def other_history(town: Regency) -> MemoryOffice:
    """Return a copy of the office's folder, which goes on with commits of its own."""
    return deepcopy(town.office)


def knows(town: Regency, phone: Phone) -> bool:
    """Say whether a phone knows of each of its changes what the office it is at says."""
    entries = phone.store.entries(phone.writer.device, 0, 999)
    return all(phone.store.outcomes.get(entry.link.change) == outcome_of(town, entry) for entry in entries)


def test_there_and_back_a_phone_knows_the_outcomes_of_the_office_it_is_at(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    older = other_history(town)
    own = phone.do(change_fields(1, {"nama": "Warga 1"}, nama="Dari lapangan"))
    town.sync(phone)
    assert isinstance(phone.store.outcomes[own.link.change], Applied)

    newer, town.office = town.office, older
    town.act(change_fields(1, {"nama": "Warga 1"}, nama="Dari kantor"))
    town.sync(phone)
    assert isinstance(phone.store.outcomes[own.link.change], Conflict) and knows(town, phone)

    town.office = newer
    town.sync(phone)
    assert isinstance(phone.store.outcomes[own.link.change], Applied) and knows(town, phone)


def test_what_got_free_in_a_lost_history_is_said_to_wait_again(town: Regency) -> None:
    phone, other = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    first = other.do(visit(20))
    own = phone.do(visit(20, follows=first.link.change))
    town.sync(phone)
    older = other_history(town)
    town.sync(other)
    town.sync(phone)
    assert isinstance(phone.store.outcomes[own.link.change], Applied)
    town.office = older
    town.act(change_fields(2, {}, nama="Warga 2"))
    town.sync(phone)
    assert isinstance(phone.store.outcomes[own.link.change], Held) and knows(town, phone)


def one_round(town: Regency, phone: Phone) -> None:
    """Let a phone ask once, and hang up in the midst of the pull."""
    request = next_request(phone.store, Session())
    assert request is not None and not hasattr(request, "first")
    response = town.answer(request)  # type: ignore[arg-type]
    assert response.more
    receive(phone.store, Session(), request, response)  # type: ignore[arg-type]


def test_a_pull_that_ended_in_its_midst_is_of_its_own_history_too(
    town: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its page lies in what both histories share; what the phone was told beside it does not."""
    phone = town.enrol(10, KEDEN)
    for number in range(1, 9):
        town.warga(number)
    older = other_history(town)
    own = phone.do(change_fields(1, {"nama": "Warga 1"}, nama="Dari lapangan"))
    town.sync(phone)
    newer, town.office = town.office, older
    town.act(change_fields(1, {"nama": "Warga 1"}, nama="Dari kantor"))
    monkeypatch.setattr(server, "PAGE_ROWS", 2)
    one_round(town, phone)
    one_round(town, phone)
    town.office = newer
    monkeypatch.undo()
    town.sync(phone)
    assert isinstance(phone.store.outcomes[own.link.change], Applied) and knows(town, phone)
    assert not town.sync(phone)[-1].diverged


def test_most_outcomes_that_are_told_at_once_are_those_of_the_newest_changes(
    town: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_OUTCOMES", 3)
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in range(20, 26)]
    town.sync(phone)
    town.office._make_tag = lambda: b"restored"
    town.warga(1)
    town.office._tags[1:] = [(town.office.last_seq(), b"another!")]
    town.office._ends = {b"": 0, b"another!": town.office.last_seq()}
    request = next_request(phone.store, Session())
    response = town.answer(request)  # type: ignore[arg-type]
    assert [result.change for result in response.news] == [entry.link.change for entry in entries[:2:-1]]
