"""Sealed cases on the office's pages: code, service, state, officer and date; and nothing opens here."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import pytest

from schemas.wire import Conflict, Rejected
from server.access import Person
from server.compose import unlock
from server.engine import Reader
from server.services.alarms import DAY_MS, Alarms
from server.verify import verify
from server.web.building import build_site
from sync.change import (
    Accessed,
    Advance,
    Clock,
    Content,
    Destroyed,
    FormAnswers,
    Patch,
    SealedAdvance,
    SealedDecide,
    Submit,
    seal,
)
from sync.rules import DomainRules
from sync.store import Fields
from tests.server.conftest import Silent
from tests.server.sealed_office import KODE, STORY, SealedCase, fresh
from tests.server.web_office import PASSWORD, open_at, serving, shut


class Served:
    """A served office with a sealed case in it."""

    def __init__(self, case: SealedCase, address: str, data: Path) -> None:
        self.case, self.address, self.data = case, address, data

    @contextmanager
    def log_in(self, username: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.address, timeout=20) as client:
            page = client.get("/masuk")
            found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
            assert found
            form = {"csrf": found[1], "nama": username, "sandi": PASSWORD}
            assert client.post("/masuk", data=form).status_code == 303
            yield client

    def faults(self) -> list[str]:
        opened, deps = unlock(self.data, None), self.case.office.deps
        assert isinstance(opened, tuple)
        rules = DomainRules(deps.forms, deps.workflows)
        return verify(self.data, opened[1], opened[0], lambda _: rules, deps.text, Silent()).faults


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("sealed")
    office = open_at(folder)
    case = SealedCase(office)
    with serving(office) as address:
        yield Served(case, address, folder / "office")
    shut(office)


def test_the_queue_tells_code_service_officer_and_day(served: Served) -> None:
    with served.log_in("kabid_ktk") as client:
        text = client.get("/antrean?layanan=ktkpm").text
    for shown in (KODE, "KTKPM, tersegel", "Peksos Uji", "Berkas tersegel sudah diterima"):
        assert shown in text
    assert "Kelurahan" not in re.sub(r"<form.*?</form>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", ["/antrean", "/antrean?layanan=ktkpm", "/kasus"])
def test_whoever_has_not_the_service_sees_not_even_the_code(served: Served, page: str) -> None:
    with served.log_in("kabid") as client:
        answer = client.get(page)
    assert answer.status_code == 200
    assert KODE not in answer.text


def test_who_sent_only_sealed_visits_is_named_to_those_of_their_service_alone(served: Served) -> None:
    for name, told in (("verif_ktk", True), ("verifikator", False), ("kabid", False)):
        with served.log_in(name) as client:
            assert ("Peksos Uji" in client.get("/antrean").text) is told, name


def test_a_region_finds_no_sealed_visit(served: Served) -> None:
    with served.log_in("kabid_ktk") as client:
        assert KODE not in client.get("/antrean?wilayah=33.14.01").text


def test_the_list_of_cases_tells_code_state_and_officer(served: Served) -> None:
    with served.log_in("verif_ktk") as client:
        text = client.get("/kasus").text
    for shown in (KODE, "Desa/kelurahan", "Peksos Uji", "Tersegel"):
        assert shown in text


@pytest.mark.parametrize("username", ["kabid_ktk", "verif_ktk"])
def test_nothing_sealed_opens_outside_the_room(served: Served, username: str) -> None:
    case = served.case
    with served.log_in(username) as client:
        assert client.get(f"/kunjungan/{case.visit}").status_code == 403
        assert client.get(f"/kasus/{case.kasus}").status_code == 403
        for ending in ("", "/isi", "/kecil"):
            answer = client.get(f"/kunjungan/{case.visit}/foto/{case.blob}{ending}")
            assert answer.status_code == 403


def test_whoever_has_not_the_service_learns_not_that_a_visit_is_there(served: Served) -> None:
    with served.log_in("kabid") as client:
        assert client.get(f"/kunjungan/{served.case.visit}").status_code == 404


def test_plaintext_that_was_refused_opens_for_nobody(served: Served) -> None:
    case = served.case
    said = Patch(record=case.kasus, kind="kasus", base={}, new={"catatan": "Sutarmi Dipukul"})
    change = case.phone.push(said)
    assert isinstance(case.outcome(change), Rejected)
    step = case.phone.push(Advance(kasus=case.kasus, follows=None, event="x", answers={"a": "Dipukul"}))
    made = {"workflow": "ktkpm", "service": "ktkpm", "kode": KODE, "kronologi": "Dipukul"}
    new = case.phone.push(Patch(record=fresh(), kind="kasus", base={}, new=made))
    form = {"bpnt_kpm": FormAnswers(version=1, answers={"catatan": "Dipukul"})}
    visit = Submit(
        visit=fresh(), follows=None, subject=case.kasus, form="bpnt_kpm", forms=form, evidence=[], place=None,
        tugas=None,
    )  # fmt: skip
    clock = Clock(wall_ms=1, elapsed_ms=1, boot="b", server_ms=0)
    of_another = Content(salt=bytes(16), author=case.reader, clock=clock, body=visit)
    foreign = case.phone.push_raw(seal(of_another)[1])
    assert case.outcome(foreign) == Rejected(problem="penulis_bukan_pemilik_perangkat")
    letter = Patch(record=fresh(), kind="surat", base={}, new={"kasus": case.kasus, "isi": "Dipukul"})
    for name in (change, step, new, case.phone.push(letter), case.phone.push(visit), foreign):
        with served.log_in("kabid_ktk") as client:
            page = client.get(f"/karantina/{name.hex()}")
        assert page.status_code == 200
        assert "Dipukul" not in page.text


def test_the_offices_own_look_in_plaintext_is_refused(served: Served) -> None:
    outcome = served.case.act(Accessed(subject=served.case.visit, purpose="ingin tahu"))
    assert outcome == Rejected(problem="harus_tersegel")


def test_a_conflict_about_a_sealed_thing_is_counted_and_opens_nowhere(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    case = SealedCase(office)
    case.work()
    tugas = fresh()
    new = {"kasus": case.kasus, "kode": KODE, "petugas": case.author, "state": "baru"}
    case.act(Patch(record=tugas, kind="tugas", base={}, new=new))
    stale = [
        SealedDecide(visit=case.visit, follows=case.submitted, decision="setujui", notes=[]),
        SealedAdvance(
            kasus=case.kasus, follows=case.opened, event="ke_kecamatan", note=case.note(STORY, "langkah")
        ),
        Patch(record=tugas, kind="tugas", base={"petugas": None}, new={"petugas": case.reader}),
    ]
    parked = [outcome for body in stale if isinstance(outcome := case.act(body), Conflict)]
    assert len(parked) == len(stale)
    try:
        with serving(office) as address:
            served = Served(case, address, tmp_path / "office")
            with served.log_in("kabid_ktk") as client:
                page = client.get("/konflik").text
                assert "3 konflik pada data tertutup" in page
                for outcome in parked:
                    assert client.get(f"/konflik/{outcome.ids[0]}").status_code == 403
                assert client.get("/").status_code == 200
        assert served.faults() == []
    finally:
        shut(office)


def _person(case: SealedCase) -> Person:
    return Person(id=case.reader, nama="Kabid KTK", roles=("kabid",), services=("ktkpm",))


def test_all_that_happens_to_a_sealed_case_verifies_also_when_it_was_destroyed(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    office.deps.office.found()
    case = SealedCase(office)
    served = Served(case, "", tmp_path / "office")
    try:
        case.work()
        listed = build_site(office.deps).cases.all(_person(case), date(2026, 11, 25)).shown
        assert [(each.name, each.history, each.steps) for each in listed] == [(KODE, (), ())]
        second = case.submit(case.submitted, 2)
        assert served.faults() == []
        found = office.deps.engine.read(
            lambda tx: tx.query(
                "SELECT visit, form, desa, versions FROM kunjungan"
                " WHERE kabupaten = :kabupaten AND kasus = :kasus",
                {"kasus": case.kasus},
            )
        )
        assert [tuple(row) for row in found] == [(case.visit, "tersegel", "", 2)]
        changes = [case.opened, case.submitted, second]
        body = office.deps.destruction.destroy(case.reader, changes, [case.visit, case.kasus], "BA 3/2026")
        assert isinstance(body, Destroyed)
        assert served.faults() == []
        assert not office.deps.blobs.has(case.blob)
    finally:
        shut(office)


def test_what_is_sealed_stands_nowhere_in_the_office(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    case = SealedCase(office)
    case.work()

    def everything(tx: Reader) -> bytes:
        tables = [name for (name,) in tx.query("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for name in tables for row in tx.query(f"SELECT * FROM {name}")]
        return b"\n".join(
            bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
            for row in rows
            for cell in row
        )

    try:
        held = office.deps.engine.read(everything)
        assert KODE.encode() in held
        for said in (STORY.encode(), b"kronologi", b'"ktk"'):
            assert said not in held
        assert STORY.encode() not in b"".join(office.deps.blobs.read(case.blob))
    finally:
        shut(office)


def test_a_silent_phone_tells_nobody_that_sealed_tasks_wait(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    case, act = SealedCase(office), office.deps.office
    sealed: Fields = {"kasus": case.kasus, "petugas": case.author, "state": "baru", "due": "2026-01-06"}
    plain: Fields = {"petugas": case.author, "sasaran": office.warga, "form": "bpnt_kpm", "state": "baru"}
    alarms = Alarms(office.deps.engine, office.deps.text, lambda: office.deps.now_ms() + 8 * DAY_MS)
    told = list[list[str]]()
    for fields in (sealed, plain):
        act.act(act.person, Patch(record=fresh(), kind="tugas", base={}, new=fields))
        told.append([each.title for each in alarms.attention() if "Peksos Uji" in each.title])
    assert told == [[], ["HP Peksos Uji 8 hari tidak terhubung, masih ada 1 tugas"]]
    shut(office)
