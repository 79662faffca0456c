"""A version that came after the approval moves nothing: lists and letters go by the one that counts."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.ids import RecordId
from server import assign_store, export_store, letter_store
from server.compose import open_office
from server.deps import Deps
from server.engine import SqlRow, Writer
from server.services.review import Decided, Open
from tests.server.backup_office import faults
from tests.server.test_after_a_decision import revoke
from tests.server.test_assigning import Town
from tests.server.test_opening_cases import Desk
from tests.server.web_office import Office, open_at, shut

FORMS = ("bpnt_kpm",)


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


def passed_over(town: Town, desk: Desk, visit: RecordId) -> None:
    """Let the kabid say that what was approved stands."""
    kabid = town.person("kabid")
    found = desk.site.reviews.open(kabid, visit)
    assert isinstance(found, Open)
    assert isinstance(desk.site.reviews.decide(kabid, visit, found.page.seen, "biarkan", {}, ""), Decided)


def moment(office: Office) -> int:
    """Return a moment (UTC ms) between what was done before and what comes after."""
    time.sleep(0.005)
    between = office.deps.now_ms()
    time.sleep(0.005)
    return between


def test_a_late_version_moves_an_approved_visit_into_no_other_time(town: Town, desk: Desk) -> None:
    office, (whom, *_) = town.office, town.warga
    visit, first = office.add_visit(warga=whom, answers={"hasil_kunjungan": "meninggal"}, photos=())
    desk.decided(visit, "setujui")
    desk.decided(office.add_visit(warga=whom, photos=())[0], "setujui")
    before_ms = moment(office)

    def told() -> tuple[object, ...]:
        return office.deps.engine.read(
            lambda tx: (
                export_store.visits_of_forms(
                    tx, FORMS, state="disetujui", desa=None, first_ms=0, before_ms=before_ms
                ),
                letter_store.visit_counts(tx, "33.14", 0, before_ms, FORMS),
                assign_store.last_visits(tx, [whom], {}),
                assign_store.approved_visits(tx, [whom], {}),
                town.listed()["Warga A"].gone,
            )
        )

    was = told()
    revoke(office)
    office.add_visit(
        visit=visit, follows=first, warga=whom, answers={"hasil_kunjungan": "meninggal"}, photos=()
    )
    assert told() == was
    passed_over(town, desk, visit)
    assert told() == was
    for decision in ("tahan", "setujui"):
        desk.decided(visit, decision)
    assert town.listed()["Warga A"].gone == "meninggal", "the late version was approved"


def test_what_counts_of_a_visit_of_before_is_put_right_when_the_office_is_opened(
    town: Town, desk: Desk, tmp_path: Path
) -> None:
    office = town.office
    visits = [office.add_visit(warga=each, photos=()) for each in town.warga]
    desk.decided(visits[0][0], "setujui")
    desk.decided(visits[1][0], "tolak")
    revoke(office)
    for (visit, first), whom in zip(visits[:2], town.warga, strict=False):
        office.add_visit(visit=visit, follows=first, warga=whom, photos=())

    def columns() -> list[SqlRow]:
        return office.deps.engine.read(lambda tx: tx.query("SELECT visit, counted_ms FROM kunjungan"))

    def of_before(tx: Writer) -> None:
        tx.execute("UPDATE kunjungan SET counted_ms = received_ms")
        tx.execute("INSERT INTO filling (kabupaten, after) VALUES (:kabupaten, '')")

    written = columns()
    office.deps.engine.write(of_before).result()
    assert sum(old != new for old, new in zip(columns(), written, strict=True)) == 1
    shut(office)
    deps = open_office(tmp_path / "office", None)
    assert isinstance(deps, Deps)
    office.deps = deps
    assert columns() == written
    assert faults(deps, tmp_path / "office", deps.key_file.path) == []
