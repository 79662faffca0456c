"""Destroying a person, a case and what is sealed; that an area bounds it, and that no way brings it back."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.ids import ChangeId, RecordId
from schemas.wire import Applied
from server import sealed_store
from server.services.to_destroy import Choice, Choices, ToDestroy
from server.services.visits import load_visit
from server.store import SqlOfficeStore
from server.web.building import build_site
from server.web.pages import page_routes
from sync.change import (
    Accessed,
    Advance,
    Decide,
    FormAnswers,
    Patch,
    Resolve,
    SealedAdvance,
    SealedDecide,
    Submit,
)
from sync.store import DESTROYED
from tests.server.phones import Phone as HttpPhone
from tests.server.sealed_office import SealedCase, fresh
from tests.server.test_destroying import Desk, csrf, log_in, said
from tests.server.test_destruction import Destroyed, content_of
from tests.server.test_handover_page import written
from tests.server.web_office import ANSWERS, DESA, ELSEWHERE, serving, shut


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.remember()
    yield made
    shut(made.office)


def propose(desk: Desk, name: str, target: RecordId) -> str:
    return said(desk.work.propose(desk.who(name), target, "BA 9/2026"))


def approve(desk: Desk, name: str, target: RecordId) -> str:
    return said(desk.work.approve(desk.who(name), target))


def patch(desk: Desk, kind: str, **fields: Any) -> RecordId:
    record = fresh()
    body = Patch(record=record, kind=kind, base={}, new=fields)
    assert isinstance(desk.office.deps.office.act(desk.office.people["petugas"], body), Applied)
    return record


def reject(desk: Desk, visit: RecordId) -> None:
    found = desk.office.deps.engine.read(lambda tx: load_visit(tx, visit))
    assert found is not None and found.record.head is not None
    body = Decide(
        visit=visit, follows=found.record.head, decision="tolak", reasons={}, note="Bukan warga sini"
    )
    assert isinstance(desk.office.deps.office.act(desk.office.people["verifikator"], body), Applied)


def said_of(desk: Desk, record: RecordId) -> dict[str, Any]:
    return desk.office.fields(record)


def everything_written(desk: Desk) -> bytes:
    """Return every content that the office still holds."""
    found = desk.office.deps.engine.read(
        lambda tx: tx.query("SELECT raw FROM changes WHERE kabupaten = :kabupaten AND raw IS NOT NULL")
    )
    return b"".join(bytes(row[0]) for row in found)


def test_a_person_goes_with_every_visit_case_task_and_photo_and_the_office_verifies(desk: Desk) -> None:
    warga = desk.office.warga
    reject(desk, desk.undecided)
    kasus = patch(desk, "kasus", workflow="pengaduan", service="umum", subjek=warga, kode_desa=DESA)
    tugas = patch(desk, "tugas", kasus=kasus, sasaran=warga, form="bpnt_kpm", petugas="x", state="selesai")
    desk.office.phone.push(Patch(record=warga, kind="warga", base={"nama": "Lain"}, new={"nama": "Sutini"}))
    desk.office.phone.push(Patch(record=warga, kind="warga", base={}, new={"desil": 3}))
    other = desk.office.add_warga("Warga Lain", DESA)
    kept, _ = desk.office.add_visit(warga=other)
    assert propose(desk, "petugas", warga) == "belum_selesai"
    finish(desk, kasus)
    assert propose(desk, "petugas", warga) == "ya"
    assert approve(desk, "kabid", warga) == "ya"
    gone = {"dihapus": True, "dimusnahkan": "BA 9/2026"}
    assert all(said_of(desk, each) == gone for each in (warga, desk.visit, desk.undecided, kasus, tugas))
    assert desk.office.deps.engine.read(lambda tx: sealed_store.tugas_of(tx, kasus)) == []
    written_still = everything_written(desk)
    assert b"Sutini" not in written_still and b"Bukan warga sini" not in written_still
    assert b"Dinas Kesehatan" not in written_still
    assert not any(desk.office.deps.blobs.has(photo) for photo in desk.photos)
    assert "versions" in said_of(desk, kept) and said_of(desk, other)["nama"] == "Warga Lain"
    assert Destroyed.faults_of(desk.folder, desk.office.deps) == []


def finish(desk: Desk, kasus: RecordId) -> None:
    """Pass a complaint on to others, which ends it here."""
    record = desk.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([kasus]))[kasus]
    answers = {"tujuan": "Dinas Kesehatan", "tanggal_teruskan": "2026-11-20"}
    body = Advance(kasus=kasus, follows=record.head, event="teruskan", answers=answers)
    assert isinstance(desk.office.deps.office.act(desk.office.people["kabid"], body), Applied)


def test_a_double_goes_with_the_one_it_lives_on_in_and_not_alone(desk: Desk) -> None:
    """What a phone still says of the double is parked at the other, and so is what is chosen of it."""
    office, warga = desk.office.deps.office, desk.office.warga
    reject(desk, desk.undecided)
    double = desk.office.add_warga("Sutarmi", DESA)
    merged = Patch(record=double, kind="warga", base={}, new={"digabung_ke": warga})
    assert isinstance(office.act(desk.office.people["kabid"], merged), Applied)
    desk.office.phone.push(
        Patch(record=double, kind="warga", base={"nama": "Sutarmi"}, new={"nama": "Tarmi"})
    )
    [(name,)] = desk.office.deps.engine.read(lambda tx: tx.query("SELECT conflict FROM konflik"))
    head = desk.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([name]))[name].head
    assert head is not None
    chosen = Resolve(conflict=name, follows=head, values={"nama": "Tarmi"})
    assert isinstance(office.act(desk.office.people["kabid"], chosen), Applied)
    assert said_of(desk, warga)["nama"] == "Tarmi"
    assert propose(desk, "petugas", double) == "digabung"
    assert Destroyed.faults_of(desk.folder, desk.office.deps) == []
    assert (propose(desk, "petugas", warga), approve(desk, "kabid", warga)) == ("ya", "ya")
    assert said_of(desk, double) == said_of(desk, name) == {"dihapus": True, "dimusnahkan": "BA 9/2026"}
    assert b"Tarmi" not in everything_written(desk)
    assert Destroyed.faults_of(desk.folder, desk.office.deps) == []


def test_who_looked_at_a_person_stays_told_after_the_person_is_gone(desk: Desk) -> None:
    reject(desk, desk.undecided)
    looked = Accessed(subject=desk.visit, purpose="Audit triwulan")
    desk.office.deps.office.act(desk.who("verifikator").id, looked)
    assert propose(desk, "petugas", desk.office.warga) == "ya"
    assert approve(desk, "kabid", desk.office.warga) == "ya"
    assert b"Audit triwulan" in everything_written(desk)


def test_a_person_with_open_work_is_not_destroyed(desk: Desk) -> None:
    assert propose(desk, "petugas", desk.office.warga) == "belum_selesai"
    reject(desk, desk.undecided)
    tugas = patch(desk, "tugas", sasaran=desk.office.warga, form="bpnt_kpm", petugas="x", state="baru")
    assert propose(desk, "petugas", desk.office.warga) == "belum_selesai"
    done = Patch(record=tugas, kind="tugas", base={"state": "baru"}, new={"state": "batal"})
    desk.office.deps.office.act(desk.office.people["petugas"], done)
    assert propose(desk, "petugas", desk.office.warga) == "ya"


def test_what_came_after_the_approval_does_not_go_unseen_with_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reject(desk, desk.undecided)
    propose(desk, "petugas", desk.office.warga)

    def stops(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(desk.office.deps.destruction, "destroy", stops)
        with pytest.raises(OSError):
            approve(desk, "kabid", desk.office.warga)
    late, change = desk.office.add_visit()
    assert approve(desk, "kabid", desk.office.warga) == "ya"
    assert said_of(desk, late)["state"] == "diterima"
    assert change in desk.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).contents([change]))


def test_of_a_visit_that_came_after_its_person_was_destroyed_the_page_says_so(desk: Desk) -> None:
    reject(desk, desk.undecided)
    propose(desk, "petugas", desk.office.warga)
    assert approve(desk, "kabid", desk.office.warga) == "ya"
    late, _ = desk.office.add_visit()
    with serving(desk.office) as address, log_in(address, "verifikator") as client:
        page = client.get(f"/kunjungan/{late}").text
        assert "Data orang ini sudah dimusnahkan (BA 9/2026)" in page and "Kunjungan ini sampai" in page
        assert f"/warga/{desk.office.warga}" not in page, "there is no profile to be led to"
    reject(desk, late)
    assert propose(desk, "petugas", late) == approve(desk, "kabid", late) == "ya"


@pytest.mark.parametrize("held", ["warga", "visit"])
def test_a_hold_on_a_part_forbids_the_whole_and_a_hold_on_the_whole_forbids_a_part(
    desk: Desk, held: str
) -> None:
    reject(desk, desk.undecided)
    target = desk.office.warga if held == "warga" else desk.visit
    assert said(desk.work.hold(desk.who("kabid"), target, "Perkara 3/2026")) == "ya"
    assert propose(desk, "petugas", desk.office.warga) == "ditahan"
    assert propose(desk, "petugas", desk.visit) == "ditahan"
    assert [each.target for each in desk.work.holds(desk.who("petugas"))] == [target]


def test_a_hold_on_a_person_forbids_a_visit_to_a_case_of_theirs(desk: Desk) -> None:
    kasus = patch(
        desk, "kasus", workflow="pengaduan", service="umum", subjek=desk.office.warga, kode_desa=DESA
    )
    visit, _ = desk.office.add_visit(warga=kasus)
    reject(desk, visit)
    kabid = desk.who("kabid")
    assert said(desk.work.hold(kabid, desk.office.warga, "Perkara")) == "ya"
    assert propose(desk, "petugas", visit) == "ditahan"
    assert said(desk.work.release(kabid, desk.office.warga, "Selesai")) == "ya"
    assert propose(desk, "petugas", visit) == "ya"


def test_outside_ones_area_or_service_nothing_is_proposed_approved_held_or_listed(desk: Desk) -> None:
    office = desk.office
    office.add_person("petugas_lain", "Petugas Lain", "U30", ("petugas",), areas=(ELSEWHERE,))
    office.add_person("kabid_lain", "Kabid Lain", "U31", ("kabid",), areas=(ELSEWHERE,))
    office.add_person("kabid_kis", "Kabid KIS", "U32", ("kabid",), services=("kis",))
    for name in ("petugas_lain", "kabid_lain", "kabid_kis"):
        assert propose(desk, name, desk.visit) == "tidak_ada"
    assert desk.propose() == "ya"
    for name in ("kabid_lain", "kabid_kis"):
        assert desk.approve(name) == "tidak_ada"
        assert said(desk.work.hold(desk.who(name), desk.visit, "Perkara")) == "tidak_ada"
        assert desk.work.proposals(desk.who(name)) == []
        assert desk.work.proposal(desk.who(name), desk.visit) is None
    assert desk.approve() == "ya"
    assert desk.work.proposals(desk.who("kabid_lain")) == []


def test_who_does_not_serve_all_that_would_go_neither_proposes_nor_approves(desk: Desk) -> None:
    warga = desk.office.warga
    reject(desk, desk.undecided)
    served = Patch(record=warga, kind="warga", base={"layanan": ["bpnt"]}, new={"layanan": ["bpnt", "kis"]})
    assert isinstance(desk.office.deps.office.act(desk.office.people["petugas"], served), Applied)
    desk.office.add_person("kis", "Petugas KIS", "K1", ("petugas",), services=("kis",))
    desk.office.add_person("kabid_kis", "Kabid KIS", "K2", ("kabid",), services=("kis",))
    assert propose(desk, "kis", warga) == "bukan_semua", "there are visits for another service"
    assert propose(desk, "petugas", warga) == "ya"
    assert approve(desk, "kabid_kis", warga) == "bukan_semua"
    assert approve(desk, "kabid", warga) == "ya"


def test_the_minutes_name_all_that_is_gone_though_the_office_stopped_before_it_was_noted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.propose() == "ya"
    destroy = desk.office.deps.destruction.destroy

    def stops_after(*given: Any) -> None:
        destroy(*given)
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(desk.office.deps.destruction, "destroy", stops_after)
        with pytest.raises(OSError):
            desk.approve()
    assert desk.approve() == "ya"
    [done] = desk.work.proposals(desk.who("kabid"))
    assert set(done.contents) == set(desk.changes) and done.blobs == len(desk.photos)
    assert len(list(desk.office.deps.destruction.entries.bodies())) == 1, "nothing was destroyed twice"
    assert Destroyed.faults_of(desk.folder, desk.office.deps) == []


def test_only_who_proposed_or_may_approve_takes_a_proposal_back(desk: Desk) -> None:
    office = desk.office
    office.add_person("petugas_dua", "Petugas Dua", "U33", ("petugas",))
    office.add_person("kabid_lain", "Kabid Lain", "U31", ("kabid",), areas=(ELSEWHERE,))
    assert desk.propose() == "ya"
    assert said(desk.work.withdraw(desk.who("petugas_dua"), desk.visit)) == "bukan_pengusul"
    assert said(desk.work.withdraw(desk.who("kabid_lain"), desk.visit)) == "tidak_ada"
    assert said(desk.work.withdraw(desk.who("petugas"), desk.visit)) == "ya"
    assert desk.propose() == "ya"
    assert said(desk.work.withdraw(desk.who("kabid"), desk.visit)) == "ya"


class Sealed:
    """A sealed case that came to its end, its visit approved, and two officers of the room."""

    def __init__(self, desk: Desk) -> None:
        self.desk, office = desk, desk.office
        self.case = case = SealedCase(office)
        office.add_person("siti", "Siti", "U40", ("petugas",), services=("bpnt", "ktkpm"))
        office.add_person("umum", "Umum", "U41", ("petugas",), services=("bpnt", "ktkpm"))
        desk.officers = {desk.who("siti").id, desk.who("kabid_ktk").id}
        approved = SealedDecide(
            visit=case.visit, follows=case.submitted, decision="setujui",
            notes=[case.note("baik", "alasan", 1, case.visit)],
        )  # fmt: skip
        withdrawn = SealedAdvance(
            kasus=case.kasus, follows=case.opened, event="mundur", note=case.note("pindah", "langkah")
        )
        for body in (approved, withdrawn):
            assert isinstance(case.act(body), Applied)


def test_a_sealed_case_is_destroyed_by_two_officers_of_the_room_with_its_container(desk: Desk) -> None:
    sealed = Sealed(desk)
    case = sealed.case
    assert propose(desk, "umum", case.kasus) == "tersegel"
    assert propose(desk, "petugas", case.kasus) == "tidak_ada"
    assert desk.office.deps.blobs.has(case.blob)
    assert propose(desk, "siti", case.kasus) == "ya"
    assert desk.work.proposals(desk.who("umum")) == []
    assert approve(desk, "kabid", case.kasus) == "tidak_ada"
    assert approve(desk, "kabid_ktk", case.kasus) == "ya"
    for record in (case.kasus, case.visit):
        assert said_of(desk, record)["dimusnahkan"] == "BA 9/2026"
    assert not desk.office.deps.blobs.has(case.blob)
    assert case.outcome(case.submitted) == DESTROYED
    assert desk.work.proposals(desk.who("umum")) == [] and desk.work.proposals(desk.who("siti"))
    assert Destroyed.faults_of(desk.folder, desk.office.deps) == []


def test_a_sealed_case_is_named_by_its_code_alone_and_to_officers_of_the_room_only(desk: Desk) -> None:
    case, site = Sealed(desk).case, build_site(desk.office.deps)
    finding = ToDestroy(desk.office.deps.engine, desk.office.deps.office, desk.work, site.finding, site.words)
    kode = str(said_of(desk, case.kasus)["kode"])
    choice = Choice(id=case.kasus, kind="kasus", title=kode, about="", names_nobody=True)
    found = Choices(shown=(choice,))
    assert finding.find(desk.who("siti"), kode.lower()) == found == finding.find(desk.who("siti"), case.kasus)
    assert finding.one(desk.who("siti"), case.visit) == Choice(
        id=case.visit, kind="kunjungan", title="", about="", names_nobody=True
    )
    for name in ("umum", "petugas", "kabid"):
        assert finding.find(desk.who(name), kode).shown == ()
        assert finding.find(desk.who(name), case.visit).shown == ()


def test_the_second_officer_of_the_room_reads_which_case_would_be_destroyed(desk: Desk) -> None:
    case = Sealed(desk).case
    kode, targets = str(said_of(desk, case.kasus)["kode"]), (case.kasus, case.visit)
    assert [propose(desk, "siti", each) for each in targets] == ["ya", "ya"]
    site = replace(build_site(desk.office.deps), destroying=desk.work)
    with serving(desk.office, page_routes(site)) as address:
        for name, told in (("kabid_ktk", 2), ("umum", 0), ("kabid", 0), ("pengawas", 0)):
            with log_in(address, name) as client:
                page = client.get("/pemusnahan").text
            assert page.count(kode) == told, name
            assert case.kasus not in re.sub(r'value="[0-9a-f]+"', "", page)


def test_a_sealed_visit_alone_is_destroyed_and_its_case_stays(desk: Desk) -> None:
    sealed = Sealed(desk)
    assert propose(desk, "umum", sealed.case.visit) == "tersegel"
    assert propose(desk, "siti", sealed.case.visit) == "ya"
    assert approve(desk, "kabid_ktk", sealed.case.visit) == "ya"
    assert not desk.office.deps.blobs.has(sealed.case.blob)
    assert said_of(desk, sealed.case.kasus)["state"] == "mundur"
    assert Destroyed.faults_of(desk.folder, desk.office.deps) == []


def test_from_the_page_a_person_is_destroyed_and_neither_restore_replay_nor_file_brings_them_back(
    desk: Desk, tmp_path: Path
) -> None:
    office, warga = desk.office, desk.office.warga
    reject(desk, desk.undecided)
    raws = [raw_of(desk, change) for change in desk.changes[:1]]
    people, copy = office.people, tmp_path / "copy"
    shut(office)
    shutil.copytree(desk.folder, copy)
    reopen(desk)
    with serving(office) as address:
        with log_in(address, "petugas") as client:
            assert post(client, warga, "usul", alasan="BA 9/2026").status_code == 303
        with log_in(address, "kabid") as client:
            assert "Warga dengan semua data" in client.get("/pemusnahan").text
            assert post(client, warga, "setuju").status_code == 303
            minutes = client.get(f"/pemusnahan/{warga}").text
            assert "Berita Acara Pemusnahan Data" in minutes and "BA 9/2026" in minutes
            assert "Petugas Uji" in minutes and "Kabid Uji" in minutes and "Sutarmi" not in minutes
            assert desk.first.hex()[:16] in minutes
        with log_in(address, "pendamping") as client:
            assert client.get(f"/pemusnahan/{warga}").status_code == 403
        again = by_file(desk, address)
    for raw in raws:
        office.phone.push_raw(raw)
    assert again == DESTROYED and is_gone(desk, warga)
    assert Destroyed.faults_of(desk.folder, office.deps) == []
    shut(office)
    shutil.rmtree(desk.folder)
    shutil.copytree(copy, desk.folder)
    reopen(desk)
    assert people == office.people and is_gone(desk, warga)
    assert Destroyed.faults_of(desk.folder, office.deps) == []


def by_file(desk: Desk, address: str) -> object:
    """Let another phone hand over, in a file, a version of what was destroyed; return its outcome."""
    code = desk.office.deps.joinings.new_code(desk.office.people["pendamping"])
    with httpx.Client(base_url=address, timeout=20) as http:
        phone = HttpPhone(http)
        phone.enrol(code.code, desk.office.deps)  # type: ignore[union-attr]
        body = Submit(
            visit=desk.visit, follows=None, subject=desk.office.warga, form="bpnt_kpm", evidence=[],
            forms={"bpnt_kpm": FormAnswers(version=1, answers=ANSWERS)}, place=None, tugas=None,
        )  # fmt: skip
        change = phone.write(body)
        data = written(phone, desk.office.deps.handovers.public_key)
    with log_in(address, "petugas") as client:
        parts: list[Any] = [("csrf", (None, csrf(client.get("/serah-terima")))), ("berkas", ("a.smb", data))]
        assert client.post("/serah-terima", files=parts).status_code == 200
    found = desk.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).changes([ChangeId(change)]))
    return found[ChangeId(change)].outcome


def post(client: httpx.Client, target: RecordId, step: str, **more: str) -> httpx.Response:
    form = {"csrf": csrf(client.get("/pemusnahan")), "nomor": target, "langkah": step, **more}
    return client.post("/pemusnahan", data=form)


def reopen(desk: Desk) -> None:
    desk.office.deps = Destroyed.open_at(desk.folder)
    desk.office.phone._deps = desk.office.deps  # pyright: ignore[reportPrivateUsage]
    desk.use()


def raw_of(desk: Desk, change: ChangeId) -> bytes:
    return desk.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).contents([change]))[change]


def is_gone(desk: Desk, warga: RecordId) -> bool:
    engine = desk.office.deps.engine
    contents = engine.read(lambda tx: SqlOfficeStore.reading(tx).contents(desk.changes))
    emptied = all(said_of(desk, each).keys() == {"dihapus", "dimusnahkan"} for each in (warga, desk.visit))
    return not contents and emptied and not any(desk.office.deps.blobs.has(photo) for photo in desk.photos)


def test_minutes_are_there_only_for_what_was_destroyed(desk: Desk) -> None:
    desk.propose()
    assert content_of(desk.office, desk.visit)
    with serving(desk.office) as address, log_in(address, "kabid") as client:
        assert client.get(f"/pemusnahan/{desk.visit}").status_code == 404
        assert client.get(f"/pemusnahan/{'f' * 32}").status_code == 404
        assert re.search(r"Menunggu orang kedua", client.get("/pemusnahan").text)
