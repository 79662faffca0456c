"""Two who work at the same thing at once, as the office sees it: nobody is sent in vain or done twice."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from server.services.matching import PairPage
from server.services.review import Decided
from tests.server.room_office import log_in
from tests.server.test_assigning import Town
from tests.server.test_opening_cases import MET, Desk
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


# one thing that two visits ask for --------------------------------------------------------------------------


def merged(town: Town, desk: Desk, keep: RecordId, gone: RecordId) -> None:
    """Let the office find that two records are one person."""
    seen = desk.site.matching.compare(town.officer, keep, gone)
    assert isinstance(seen, PairPage)
    assert isinstance(desk.site.matching.merge(town.officer, keep, gone, seen.seen), Decided)


def test_a_card_of_who_was_merged_has_one_case_whichever_record_was_visited(town: Town, desk: Desk) -> None:
    keep, gone, other = town.warga
    first = desk.approved("kis", MET, gone)
    on_its_way = desk.sent("kis", MET, gone)
    merged(town, desk, keep, gone)
    assert desk.approved("kis", MET, keep) == first
    assert desk.decided(on_its_way, "setujui") == first
    assert desk.approved("kis", MET, other) != first and len(desk.cases()) == 2


def test_a_case_about_the_one_that_stays_is_found_by_a_visit_to_the_other(town: Town, desk: Desk) -> None:
    keep, gone, _ = town.warga
    on_its_way = desk.sent("kis", MET, gone)
    first = desk.approved("kis", MET, keep)
    merged(town, desk, keep, gone)
    assert desk.decided(on_its_way, "setujui") == first and len(desk.cases()) == 1


def test_one_problem_that_two_visits_report_has_one_case_while_it_is_under_way(
    town: Town, desk: Desk
) -> None:
    whom, lost = town.warga[0], {**MET, "jenis_masalah": "kks_hilang"}
    first = desk.approved("kks_masalah", lost, whom)
    assert desk.approved("kks_masalah", lost, whom) == first
    assert desk.approved("kks_masalah", {**MET, "jenis_masalah": "saldo_0"}, whom) != first
    assert desk.approved("kks_masalah", lost, town.warga[1]) != first
    assert len(desk.cases()) == 3
    unlisted = {**MET, "jenis_masalah": "lainnya"}
    one, other = (desk.approved("kks_masalah", unlisted, whom) for _ in range(2))
    assert one != other, "two that the list does not name may be two"
    town.end("bpnt_masalah", "selesai")
    assert desk.approved("kks_masalah", lost, whom) != first, "it was lost again"
