"""Two who work at the same thing at once, as the office sees it: nobody is sent in vain or done twice."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from tests.server.room_office import log_in
from tests.server.test_assigning import Town
from tests.server.test_opening_cases import Desk
from tests.server.web_office import Office, open_at, serving, shut


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = open_at(tmp_path)
    yield made
    shut(made)


@pytest.fixture
def town(office: Office) -> Town:
    return Town(office)


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


def given(town: Town) -> RecordId:
    """Give the first worker a tugas about the first warga."""
    town.work.give(town.officer, town.order(town.first), town.warga[:1])
    [task] = town.work.tasks(town.officer, town.first)
    return task.id


def visited(town: Town, tugas: RecordId) -> RecordId:
    """Let the first worker's visit for a tugas arrive."""
    return town.office.add_visit(warga=town.warga[0], tugas=tugas, photos=())[0]


# a tugas that was given to somebody else while a visit of it was on its way ---------------------------------


def test_a_rejected_visit_leaves_the_tugas_to_whom_it_was_given_meanwhile(town: Town, desk: Desk) -> None:
    tugas = given(town)
    town.work.move(town.officer, [tugas], town.second)
    visit = visited(town, tugas)
    desk.decided(visit, "tolak")
    assert (town.fields(tugas)["state"], town.fields(tugas)["petugas"]) == ("baru", town.second)
    assert [each.id for each in town.work.tasks(town.officer, town.second)] == [tugas]


def test_an_approved_visit_closes_the_tugas_and_taken_back_leaves_it_to_be_done(
    town: Town, desk: Desk
) -> None:
    tugas = given(town)
    town.work.move(town.officer, [tugas], town.second)
    visit = visited(town, tugas)
    desk.decided(visit, "setujui")
    assert town.fields(tugas)["state"] == "selesai", "the family was met"
    desk.decided(visit, "tahan")
    assert town.fields(tugas)["state"] == "baru", "its worker has sent nothing that could wait"


def test_of_two_visits_for_one_tugas_the_rejected_one_leaves_it_to_the_other(town: Town, desk: Desk) -> None:
    tugas = given(town)
    one, other = visited(town, tugas), visited(town, tugas)
    desk.decided(one, "tolak")
    assert town.fields(tugas)["state"] == "dikirim"
    desk.decided(other, "tolak")
    assert town.fields(tugas)["state"] == "selesai", "nobody is left who would do it"


def test_whoever_reviews_is_told_who_would_go_there_in_vain(town: Town) -> None:
    tugas, says = given(town), "Pendamping Dua memegang tugasnya"
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        visit = visited(town, tugas)
        assert says not in client.get(f"/kunjungan/{visit}").text
        town.work.move(town.officer, [tugas], town.second)
        assert says in client.get(f"/kunjungan/{visit}").text
