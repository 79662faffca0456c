"""Destroying by two people: who may, what forbids it, and that nothing of the visit is left."""

import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from schemas.ids import ChangeId, PersonId, RecordId
from server.access import Person
from server.services.belongings import belongings
from server.services.destroying import REFUSALS, Destroying, Refused
from server.services.visits import load_visit
from server.store import SqlOfficeStore
from server.web.building import build_site
from sync.change import Decide
from sync.store import DESTROYED
from tests.server.room_office import csrf
from tests.server.test_destruction import Destroyed
from tests.server.web_office import PASSWORD, open_at, serving, shut


class Desk:
    """An office with a decided visit, and those who destroy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "office"
        self.officers = set[PersonId]()
        self.office = office = open_at(folder)
        office.deps.office.found()
        self.visit, self.first = office.add_visit()
        self.photos = office.blobs_of(self.visit)
        self.undecided, _ = office.add_visit()
        decide = Decide(
            visit=self.visit, follows=self.first, decision="setujui", reasons={}, note="Catatan petugas"
        )
        office.deps.office.act(office.people["verifikator"], decide)
        self.use()

    def use(self) -> None:
        deps = self.office.deps
        self.work = Destroying(
            deps.engine,
            deps.office,
            deps.destruction,
            deps.now_ms,
            forms=deps.forms,
            workflows=deps.workflows,
            is_officer=lambda person: person.id in self.officers,
        )

    def who(self, name: str) -> Person:
        return self.office.person(name)

    def propose(self, name: str = "petugas", visit: RecordId | None = None, ba: str = "BA 7/2026") -> str:
        return said(self.work.propose(self.who(name), visit or self.visit, ba))

    def approve(self, name: str = "kabid") -> str:
        return said(self.work.approve(self.who(name), self.visit))

    def is_gone(self) -> bool:
        engine = self.office.deps.engine
        names = self.changes
        contents = engine.read(lambda tx: SqlOfficeStore.reading(tx).contents(names))
        stand = engine.read(lambda tx: SqlOfficeStore.reading(tx).changes(names))
        photos = any(self.office.deps.blobs.has(photo) for photo in self.photos)
        emptied = self.office.fields(self.visit) == {"dihapus": True, "dimusnahkan": "BA 7/2026"}
        all_destroyed = all(change.outcome == DESTROYED for change in stand.values())
        return not contents and len(stand) == 2 and all_destroyed and not photos and emptied

    @property
    def changes(self) -> list[ChangeId]:
        return [self.first, self.decision]

    def remember(self) -> None:
        found = self.office.deps.engine.read(lambda tx: load_visit(tx, self.visit))
        assert found is not None and found.record.head is not None
        self.decision = found.record.head


def said(answer: Refused | None) -> str:
    return answer.why if answer else "ya"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.remember()
    yield made
    shut(made.office)


def test_two_people_destroy_a_visit_with_its_decision_and_photos_and_the_office_verifies(desk: Desk) -> None:
    assert (desk.propose(), desk.approve()) == ("ya", "ya")
    assert desk.is_gone()
    [proposal] = desk.work.proposals(desk.who("kabid"))
    assert (proposal.state, proposal.basis) == ("selesai", "BA 7/2026")
    assert (proposal.by, proposal.approved_by) == (desk.who("petugas").id, desk.who("kabid").id)
    assert Destroyed.faults_of(desk.folder, desk.office.deps) == []


def test_who_proposed_does_not_approve(desk: Desk) -> None:
    assert desk.propose("kabid") == "ya"
    assert desk.approve("kabid") == "orang_sama"
    assert not desk.is_gone()


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "petugas", "pengawas", "pdp", "admin"])
def test_only_a_kabid_approves(desk: Desk, role: str) -> None:
    assert desk.propose("kabid") == "ya"
    assert desk.approve(role) == "peran"


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "petugas", "pengawas", "admin"])
def test_only_a_kabid_and_the_officer_of_protection_hold(desk: Desk, role: str) -> None:
    assert said(desk.work.hold(desk.who(role), desk.visit, "Perkara")) == "peran"
    assert said(desk.work.hold(desk.who("pdp"), desk.visit, "Perkara")) == "ya"


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "pengawas", "pdp", "admin"])
def test_others_do_not_propose(desk: Desk, role: str) -> None:
    assert desk.propose(role) == "peran"


def test_what_is_held_is_neither_proposed_nor_destroyed_until_it_is_released(desk: Desk) -> None:
    kabid = desk.who("kabid")
    assert desk.propose() == "ya"
    assert said(desk.work.hold(kabid, desk.visit, "Perkara 12/Pdt/2026")) == "ya"
    assert desk.approve() == "ditahan"
    assert said(desk.work.withdraw(desk.who("petugas"), desk.visit)) == "ya"
    assert desk.propose() == "ditahan"
    assert said(desk.work.release(kabid, desk.visit, "Perkara selesai")) == "ya"
    assert (desk.propose(), desk.approve()) == ("ya", "ya")


def test_an_undecided_visit_and_one_that_is_not_there_are_refused(desk: Desk) -> None:
    assert desk.propose(visit=desk.undecided) == "belum_diputus"
    assert desk.propose(visit=RecordId("f" * 32)) == "tidak_ada"
    assert desk.propose(ba="  ") == "kosong"


def test_it_is_proposed_and_destroyed_once(desk: Desk) -> None:
    assert desk.approve() == "berubah"
    assert (desk.propose(), desk.propose("kabid")) == ("ya", "sudah")
    assert (desk.approve(), desk.approve()) == ("ya", "berubah")
    assert desk.propose() == "sudah"
    assert said(desk.work.hold(desk.who("kabid"), desk.visit, "Terlambat")) == "sudah"


def test_what_stopped_between_approval_and_destruction_is_ended_by_asking_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.propose()

    def stops(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(desk.office.deps.destruction, "destroy", stops)
        with pytest.raises(OSError):
            desk.approve()
    assert said(desk.work.hold(desk.who("kabid"), desk.visit, "Terlambat")) == "sudah"
    assert desk.approve() == "ya" and desk.is_gone()


def test_a_restored_database_does_not_bring_it_back(desk: Desk, tmp_path: Path) -> None:
    people, copy = desk.office.people, tmp_path / "copy"
    shut(desk.office)
    shutil.copytree(desk.folder, copy)
    desk.office.deps = Destroyed.open_at(desk.folder)
    desk.use()
    assert (desk.propose(), desk.approve()) == ("ya", "ya")
    shut(desk.office)
    shutil.rmtree(desk.folder)
    shutil.copytree(copy, desk.folder)
    desk.office.deps = Destroyed.open_at(desk.folder)
    assert people == desk.office.people and desk.is_gone()
    assert Destroyed.faults_of(desk.folder, desk.office.deps) == []


def test_nothing_of_another_visit_belongs_to_it(desk: Desk) -> None:
    theirs = desk.office.deps.engine.read(lambda tx: belongings(tx, desk.visit))
    assert set(theirs.changes) == set(desk.changes) and theirs.ids == [desk.visit]


def test_a_page_lists_so_many_proposals_and_first_those_that_wait(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.web.destroying.MOST", 1)
    waits, change = desk.office.add_visit()
    decide = Decide(visit=waits, follows=change, decision="setujui", reasons={}, note="")
    desk.office.deps.office.act(desk.office.people["verifikator"], decide)
    assert desk.propose(visit=waits) == "ya"
    assert (desk.propose(), desk.approve()) == ("ya", "ya")
    with serving(desk.office) as address, log_in(address, "petugas") as client:
        first, second = (client.get("/pemusnahan", params={"hal": each}).text for each in ("", "2"))
        beyond = client.get("/pemusnahan?hal=99")
    assert waits in first and desk.visit not in first and 'href="/pemusnahan?hal=2"' in first
    assert desk.visit in second and waits not in second and 'href="/pemusnahan?hal=1"' in second
    assert "hal=3" not in second and beyond.status_code == 200 and desk.visit in beyond.text


def test_from_the_page_one_proposes_and_another_destroys(desk: Desk) -> None:
    with serving(desk.office) as address:
        with log_in(address, "petugas") as client:
            form = {"csrf": csrf(client.get("/pemusnahan")), "nomor": desk.visit, "alasan": "BA 7/2026"}
            assert client.post("/pemusnahan", data={**form, "langkah": "usul"}).status_code == 303
            assert "Setujui dan musnahkan" not in client.get("/pemusnahan").text
            assert client.post("/pemusnahan", data={**form, "langkah": "setuju"}).status_code == 403
        with log_in(address, "kabid") as client:
            page = client.get("/pemusnahan")
            assert "Setujui dan musnahkan" in page.text and "Menunggu orang kedua" in page.text
            form["csrf"] = csrf(page)
            assert client.post("/pemusnahan", data={**form, "langkah": "setuju"}).status_code == 303
            assert "Sudah musnah" in client.get("/pemusnahan").text
            refused = client.post("/pemusnahan", data={**form, "langkah": "usul"})
            assert refused.status_code == 422 and "sudah diusulkan atau dimusnahkan" in refused.text
        with log_in(address, "admin") as client:
            assert client.get("/pemusnahan").status_code == 403
    assert desk.is_gone()


def test_what_is_to_be_destroyed_is_found_by_name_number_address_or_from_its_own_page(desk: Desk) -> None:
    office = desk.office
    nik = str(office.fields(office.warga)["nik"])
    with serving(office) as address:
        with log_in(address, "petugas") as client:

            def found(typed: str) -> set[str]:
                form = {"csrf": csrf(client.get("/pemusnahan")), "dicari": typed}
                page = client.post("/pemusnahan/cari", data=form)
                assert nik not in page.text, "numbers are covered"
                return set(re.findall(r'name="nomor" value="([0-9a-f]{32})" required', page.text))

            theirs = {office.warga, desk.visit, desk.undecided}
            assert found(str(office.fields(office.warga)["nama"])) == theirs == found(nik[-4:])
            assert found(f"{address}/kunjungan/{desk.visit}") == {desk.visit} == found(desk.visit)
            assert found("Tidak Ada Sama Sekali") == set() == found("f" * 32)
            for page in (f"/kunjungan/{desk.visit}", f"/warga/{office.warga}"):
                [href] = re.findall(r'href="(/pemusnahan\?nomor=[0-9a-f]{32})#j-baru"', client.get(page).text)
                shown = client.get(href).text
                assert f'value="{href[-32:]}" required checked' in shown
            form = {"csrf": csrf(client.get("/pemusnahan")), "nomor": desk.undecided, "alasan": "BA 7/2026"}
            refused = client.post("/pemusnahan", data={**form, "langkah": "usul"})
            assert refused.status_code == 422 and f'value="{desk.undecided}" required checked' in refused.text
        with log_in(address, "pengawas") as client:
            page = client.get(f"/pemusnahan?nomor={desk.visit}").text
            assert desk.visit not in page and 'name="dicari"' not in page
            form = {"csrf": csrf(client.get("/pemusnahan")), "dicari": nik[-4:]}
            assert desk.visit not in client.post("/pemusnahan/cari", data=form).text
            assert "/pemusnahan?nomor" not in client.get(f"/kunjungan/{desk.visit}").text
    assert desk.propose() == desk.approve() == "ya"
    finding = build_site(office.deps).to_destroy
    assert finding.one(desk.who("petugas"), desk.visit) is None, "of what is gone nothing is said"


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("petugas", "Usulkan pemusnahan"),
        ("kabid", "Usulkan pemusnahan, atau tahan"),
        ("pdp", "Tahan dari pemusnahan"),
    ],
)
def test_the_way_there_is_called_by_what_its_reader_may_do(desk: Desk, who: str, words: str) -> None:
    with serving(desk.office) as address, log_in(address, who) as client:
        page = client.get("/pemusnahan").text
        assert re.findall(r'<h2 id="j-baru">.*</span>(.*?)</h2>', page) == [words]
        if who != "pdp":  # reads no visit
            visit = client.get(f"/kunjungan/{desk.visit}").text
            assert re.findall(r'href="/pemusnahan\?nomor=.*</span>(.*?)</a>', visit) == [words]


def test_nothing_outside_of_ones_area_is_named(desk: Desk) -> None:
    office = desk.office
    office.add_person("sempit", "Sempit Uji", "U90", ("petugas",), ("33.14.02",))
    finding, narrow = build_site(office.deps).to_destroy, desk.who("sempit")
    assert finding.one(desk.who("petugas"), desk.visit) is not None
    assert finding.one(narrow, desk.visit) is None and finding.one(narrow, office.warga) is None
    assert finding.find(narrow, str(office.fields(office.warga)["nama"])).shown == ()


def test_who_may_propose_here_and_hold_everywhere_finds_what_either_allows(desk: Desk) -> None:
    office = desk.office
    office.add_person("rangkap", "Rangkap Uji", "U91", ("petugas", "pdp"), ("33.14.02",))
    finding, both = build_site(office.deps).to_destroy, desk.who("rangkap")
    assert finding.one(both, office.warga) is not None
    found = finding.find(both, str(office.fields(office.warga)["nama"]))
    assert office.warga in [each.id for each in found.shown]


@pytest.mark.parametrize("why", [why for why in REFUSALS if why != "peran"])
def test_every_refusal_is_said_in_words(desk: Desk, why: str) -> None:
    assert desk.office.deps.text(f"kantor.pemusnahan.tolak.{why}")


@contextmanager
def log_in(address: str, username: str) -> Generator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=20) as client:
        form = {"csrf": csrf(client.get("/masuk")), "nama": username, "sandi": PASSWORD}
        assert client.post("/masuk", data=form).status_code == 303
        yield client
