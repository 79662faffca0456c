"""A version that came after the approval moves nothing: lists and letters go by the one that counts."""

import time
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace

from schemas.ids import RecordId
from server import assign_store, device_store, export_store, letter_store, sign_store
from server.compose import open_office
from server.deps import Deps
from server.engine import SqlRow, Writer
from server.page_store import LATE, QueueFilter
from server.services.left_cases import joined_cases
from server.services.queue import Asked, QueuePage
from server.services.review import Open
from server.services.signs import examine_some
from server.services.tugas_after import others_sent
from server.web.building import build_site
from sync.change import FormAnswers, SealedDecide
from tests.server.backup_office import faults
from tests.server.sealed_office import SealedCase
from tests.server.test_assigning import Town
from tests.server.test_opening_cases import MET, Desk
from tests.server.test_same_thing_at_once import given
from tests.server.town_desk import leave, own_desk, own_office, own_town, revoke  # noqa: F401 - the fixtures
from tests.server.web_office import Office, place, shut

FORMS = ("bpnt_kpm",)


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
    leave(town, desk, visit)
    assert told() == was
    for decision in ("tahan", "setujui"):
        desk.decided(visit, decision)
    assert town.listed()["Warga A"].gone == "meninggal", "the late version was approved"


@pytest.mark.parametrize(
    ("decision", "lists"),
    [
        ("setujui", (LATE, "disetujui")),
        ("kembalikan", ("diterima", "dikembalikan")),
        ("tolak", ("diterima",)),
    ],
)
def test_the_signs_of_a_late_version_are_listed_and_found(
    town: Town, desk: Desk, decision: str, lists: tuple[str, ...]
) -> None:
    office, (whom, *_), kabid = town.office, town.warga, town.person("kabid")
    visit, first = office.add_visit(warga=whom, photos=())
    desk.decided(visit, decision)
    revoke(office)
    mock = replace(place(office.deps.now_ms(), -7.44), mock=True)
    for state in lists:
        follows = office.add_visit(visit=visit, follows=first, warga=whom, photos=(), at=mock)[1]
        wanted = QueueFilter(state=state, sign="lokasi_tiruan")
        assert desk.site.queue.ids(kabid, Asked(wanted=wanted), 9) == [visit]
        page = desk.site.queue.page(kabid, Asked(wanted=QueueFilter(state=state)))
        assert isinstance(page, QueuePage)
        [row] = page.rows
        assert desk.site.words.flag("lokasi_tiruan") in row.flags
        first = follows
    office.add_visit(visit=visit, follows=first, warga=whom, photos=(), at=mock)
    assert examine_some(office.deps.engine, desk.site.words.wilayah) is False
    kept = office.deps.engine.read(lambda tx: sign_store.signs(tx, [visit]))
    assert "lokasi_tiruan" in kept[visit], "whoever opens the queue need not wait for it"


def test_a_visit_with_a_late_version_still_names_the_case_that_it_joined(town: Town, desk: Desk) -> None:
    office, (whom, *_), kabid = town.office, town.warga, town.person("kabid")
    kis = {"kis": FormAnswers(version=max(office.deps.forms.versions("kis")), answers=MET)}
    case = desk.decided(office.add_visit(warga=whom, photos=(), more=kis)[0], "setujui")
    visit, first = office.add_visit(warga=whom, photos=(), more=kis)
    assert case is not None and desk.decided(visit, "setujui") == case

    def joined() -> list[RecordId]:
        found = desk.site.reviews.open(kabid, visit)
        assert isinstance(found, Open)
        told = joined_cases(office.deps.engine, office.deps.workflows, kabid, found.visit)
        return [each.id for each in told]

    assert joined() == [case]
    revoke(office)
    office.add_visit(visit=visit, follows=first, warga=whom, photos=())
    assert joined() == [case]
    leave(town, desk, visit)
    assert joined() == [case]


def test_who_has_a_tugas_about_somebody_dead_is_told_by_the_version_that_counts(
    town: Town, desk: Desk
) -> None:
    office, (whom, *_), kabid = town.office, town.warga, town.person("kabid")
    given(town)
    visit, first = office.add_visit(warga=whom, photos=())
    desk.decided(visit, "setujui")
    revoke(office)
    office.add_visit(
        visit=visit, follows=first, warga=whom, answers={"hasil_kunjungan": "meninggal"}, photos=()
    )

    def told() -> tuple[str, ...]:
        found = desk.site.reviews.open(kabid, visit)
        assert isinstance(found, Open)
        return others_sent(office.deps.engine, kabid, found.visit, desk.site.words)

    leave(town, desk, visit)
    assert told() == ()
    for decision in ("tahan", "setujui"):
        desk.decided(visit, decision)
    assert len(told()) == 1, "the late version was approved"


@pytest.mark.parametrize(("decision", "state"), [("setujui", LATE), ("tolak", "diterima")])
def test_a_late_version_of_a_sealed_visit_is_told_apart(
    office: Office, decision: Literal["setujui", "tolak"], state: str
) -> None:
    case, kabid = SealedCase(office), office.person("kabid_ktk")
    queue = build_site(office.deps).queue
    notes = [case.note("Alasan", "alasan", 1, case.visit)]
    case.act(SealedDecide(visit=case.visit, follows=case.submitted, decision=decision, notes=notes))
    office.deps.engine.write(
        lambda tx: device_store.revoke(tx, case.phone.device, office.deps.now_ms())
    ).result()
    case.submit(follows=case.submitted, number=2)
    page = queue.page(kabid, Asked(wanted=QueueFilter(state=state)))
    assert isinstance(page, QueuePage)
    [row] = page.rows
    assert row.late and row.version == (0 if decision == "setujui" else 1)


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
