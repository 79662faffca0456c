"""Giving out work: whom a desa has, one tugas each, moved and called off; and what the pages say of it."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from schemas import format as written
from schemas.ids import ChangeId, PersonId, RecordId
from schemas.wilayah import load_wilayah
from schemas.wire import Applied
from server import subject_index
from server.access import Person
from server.engines.sqlite import Transaction
from server.services.assigning import Assigning, Candidate, Given, Order
from server.services.people import Denied
from server.shelves import stage_text
from server.store import SqlOfficeStore
from server.web import assigning as assigning_page
from server.web import workers as workers_page
from sync.change import Decide, Patch
from tests.server.room_office import csrf, log_in
from tests.server.sealed_office import SealedCase
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, serving, shut

NEARBY = "33.14.01.2002"


class Town:
    """An office with some people to visit, and a second worker."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.first = office.people["pendamping"]
        self.second = office.add_person("dua", "Pendamping Dua", "P2", ("pendamping",))
        self.warga = [office.add_warga(f"Warga {letter}", DESA) for letter in "ABC"]
        office.add_warga("Warga Jauh", ELSEWHERE)
        deps = office.deps
        self.work = Assigning(
            deps.engine,
            deps.office,
            deps.forms,
            deps.workflows,
            load_wilayah(),
            now_ms=deps.now_ms,
            randomness=deps.randomness,
        )
        self.officer = self.person("petugas")

    def person(self, name: str) -> Person:
        return self.office.person(name)

    def order(self, whom: PersonId, **more: Any) -> Order:
        asked: dict[str, Any] = {"service": "bpnt", "region": DESA, "kind": "warga", "form": "bpnt_kpm"}
        asked.update({"due": None, "reason": "", **more})
        return Order(whom=whom, **asked)

    def listed(self, show: Any = "semua", desa: str = DESA) -> dict[str, Candidate]:
        found = self.work.candidates(self.officer, "bpnt", desa, "warga", show)
        assert not isinstance(found, Denied)
        return {each.name: each for each in found}

    def change(self, record: str, kind: str, **new: Any) -> None:
        name = RecordId(record)
        known = self.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([name]))
        base = {field: known[name].fields.get(field) for field in new} if known else {}
        body = Patch(record=name, kind=kind, base=base, new=new)
        assert isinstance(self.office.deps.office.act(self.officer.id, body), Applied)

    def decide(self, visit: RecordId, head: ChangeId) -> None:
        body = Decide(visit=visit, follows=head, decision="setujui", reasons={}, note="")
        assert isinstance(self.office.deps.office.act(self.officer.id, body), Applied)

    def visited(self, **said: str) -> None:
        """Let a visit to the first warga be approved."""
        self.decide(*self.office.add_visit(warga=self.warga[0], answers=said, photos=()))

    def index(self) -> None:
        deps = self.office.deps
        deps.engine.write(lambda tx: subject_index.catch_up(tx, deps.office.device, 100)).result()

    def end(self, workflow: str, state: str) -> None:
        """Let every case have come to this state."""
        stage = {"stage": stage_text(workflow, 1, state)}
        self.office.deps.engine.write(
            lambda tx: tx.execute("UPDATE kasus SET stage = :stage WHERE kabupaten = :kabupaten", stage)
        ).result()

    def fields(self, record: RecordId) -> dict[str, Any]:
        return self.office.fields(record)


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    office = open_at(tmp_path_factory.mktemp("assign"))
    yield Town(office)
    shut(office)


def test_a_desa_lists_its_own_people_and_what_is_known_of_each(town: Town) -> None:
    visited = town.warga[0]
    town.office.add_visit(warga=visited)
    found = town.listed()
    assert set(found) == {"Sutarmi", "Warga A", "Warga B", "Warga C"}
    assert found["Warga A"].visited_ms > 0 and found["Warga A"].visit_state == "diterima"
    assert found["Warga B"].visited_ms == 0 and found["Warga B"].nik_ending == "0001"
    assert set(town.listed("lama")) == {"Sutarmi", "Warga B", "Warga C"}
    town.change(town.warga[2], "warga", kode_desa=ELSEWHERE)
    assert set(town.listed()) == {"Sutarmi", "Warga A", "Warga B"}
    town.decide(*town.office.add_visit(warga=visited))
    assert town.listed()["Warga A"].visit_state == "disetujui", "the newest visit counts"


@pytest.mark.parametrize(
    ("workflow", "service", "state", "shown"),
    [
        ("bpnt_masalah", "bpnt", "", {"Warga B"}),
        ("bpnt_masalah", "bpnt", "selesai", set[str]()),
        ("kis", "kis", "", set[str]()),
    ],
    ids=["under way", "ended", "of another service"],
)
def test_those_about_whom_a_case_is_under_way_are_listed_by_themselves(
    town: Town, workflow: str, service: str, state: str, shown: set[str]
) -> None:
    assert town.listed("masalah") == {}
    about = {"workflow": workflow, "service": service, "subjek": town.warga[1], "kode_desa": DESA}
    town.change("c" * 32, "kasus", **about)
    if state:
        town.end(workflow, state)
    assert set(town.listed("masalah")) == shown


def test_those_who_moved_are_listed_with_their_case_where_they_live_now(town: Town) -> None:
    town.change("c" * 32, "kasus", workflow="kis", service="kis", subjek=town.warga[1], kode_desa=ELSEWHERE)
    other = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": town.warga[1], "kode_desa": ELSEWHERE}
    assert town.listed("masalah") == {}, "that of another service"
    town.change("d" * 32, "kasus", **other)
    town.index()
    assert set(town.listed("masalah")) == {"Warga B"}
    town.end("bpnt_masalah", "selesai")
    assert town.listed("masalah") == {}


def test_visits_and_cases_of_a_double_count_for_the_one_it_lives_on_in(town: Town) -> None:
    keep, between, gone = town.warga
    town.office.add_visit(warga=gone)
    town.change("c" * 32, "kasus", workflow="bpnt_masalah", service="bpnt", subjek=gone, kode_desa=DESA)
    town.change(gone, "warga", digabung_ke=between)
    town.change(between, "warga", digabung_ke=keep)
    town.index()
    assert set(town.listed()) == {"Sutarmi", "Warga A"}
    assert town.listed()["Warga A"].visited_ms > 0 and set(town.listed("lama")) == {"Sutarmi"}
    assert set(town.listed("masalah")) == {"Warga A"}


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ({"hasil_kunjungan": "meninggal"}, "meninggal"),
        ({"hasil_kunjungan": "pindah"}, "pindah"),
        ({"hasil_kunjungan": "terisi_lengkap", "keberadaan_kpm": "meninggal"}, "meninggal"),
        ({"hasil_kunjungan": "tidak_ada"}, ""),
    ],
    ids=["died", "moved", "died as the family told", "not at home"],
)
def test_who_died_or_moved_is_no_longer_among_those_to_be_visited(
    town: Town, said: dict[str, str], gone: str
) -> None:
    visit, change = town.office.add_visit(warga=town.warga[0], answers=said, photos=())
    assert town.listed()["Warga A"].gone == "", "nobody has looked at it yet"
    town.decide(visit, change)
    assert town.listed()["Warga A"].gone == gone
    assert ("Warga A" in town.listed("belum")) == (not gone)


@pytest.mark.parametrize(
    ("first", "later", "gone"),
    [
        ("pindah", "terisi_lengkap", ""),
        ("meninggal", "menolak", ""),
        ("meninggal", "tidak_ada", "meninggal"),
        ("meninggal", "alamat_tidak_ditemukan", "meninggal"),
        ("pindah", "tidak_ada", "pindah"),
        ("terisi_lengkap", "tidak_ada", ""),
    ],
)
def test_a_later_visit_counts_if_it_met_somebody(town: Town, first: str, later: str, gone: str) -> None:
    town.visited(hasil_kunjungan=first)
    town.visited(hasil_kunjungan=later)
    assert town.listed()["Warga A"].gone == gone
    assert ("Warga A" in town.listed("belum")) == (not gone)


def test_a_later_visit_that_did_not_find_the_one_served_does_not_bring_them_back(town: Town) -> None:
    town.visited(hasil_kunjungan="meninggal")
    town.visited(hasil_kunjungan="terisi_lengkap", keberadaan_kpm="tidak_ditemukan")
    assert town.listed()["Warga A"].gone == "meninggal"


def test_what_a_visit_to_a_double_told_counts_for_the_one_it_lives_on_in(town: Town) -> None:
    keep, _, gone = town.warga
    told = {"hasil_kunjungan": "meninggal"}
    town.decide(*town.office.add_visit(warga=gone, answers=told, photos=()))
    town.change(gone, "warga", digabung_ke=keep)
    town.index()
    assert town.listed()["Warga A"].gone == "meninggal" and "Warga A" not in town.listed("belum")


def test_who_died_is_listed_where_all_are_and_with_a_case_that_is_under_way(town: Town) -> None:
    about = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": town.warga[0], "kode_desa": DESA}
    town.change("c" * 32, "kasus", **about)
    town.visited(hasil_kunjungan="meninggal")
    shown = {show for show in ("belum", "lama", "semua", "masalah") if "Warga A" in town.listed(show)}
    assert shown == {"semua", "masalah"}, "as penugasan.pergi_arti says"


def test_who_moved_is_to_be_visited_in_the_desa_that_the_office_then_wrote(town: Town) -> None:
    town.visited(hasil_kunjungan="pindah")
    town.change(town.warga[0], "warga", kode_desa=ELSEWHERE)
    moved = town.listed("belum", ELSEWHERE)["Warga A"]
    assert moved.gone == "" and "Warga A" in town.listed("semua", ELSEWHERE)
    town.change(town.warga[0], "warga", kode_desa=DESA)
    assert town.listed()["Warga A"].gone == "pindah", "it was written by mistake"


def test_who_moved_is_to_be_visited_in_the_desa_that_the_visit_itself_wrote(town: Town) -> None:
    phone = town.office.phone
    phone.push(Patch(record=town.warga[0], kind="warga", base={"kode_desa": DESA}, new={"kode_desa": NEARBY}))
    town.visited(keberadaan_kpm="pindah")
    assert town.listed("belum", NEARBY)["Warga A"].gone == ""


def test_who_died_is_gone_wherever_the_record_has_them(town: Town) -> None:
    town.visited(hasil_kunjungan="meninggal")
    town.change(town.warga[0], "warga", kode_desa=ELSEWHERE)
    assert town.listed("semua", ELSEWHERE)["Warga A"].gone == "meninggal"


def test_work_for_all_of_a_list_leaves_out_who_is_gone_and_the_list_says_so(town: Town) -> None:
    town.visited(hasil_kunjungan="pindah")
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        every = client.get(f"/penugasan?layanan=bpnt&desa={DESA}&siapa=warga&tampil=semua").text
        assert ">Pindah<" in every or "Pindah</span>" in every
        few = client.get(f"/penugasan?layanan=bpnt&desa={DESA}&siapa=warga&tampil=belum").text
        assert "Warga A" not in few and "hanya di Semua dan di Yang kasusnya masih berjalan" in few


def test_a_tugas_reaches_its_worker_whole_and_nobody_has_two(town: Town) -> None:
    given = town.work.give(town.officer, town.order(town.first), town.warga[:2])
    assert given == Given(made=2, before=0)
    again = town.work.give(town.officer, town.order(town.second), town.warga)
    assert again == Given(made=1, before=2), "who has a worker keeps them"
    assert town.listed()["Warga A"].owner == town.first and town.listed()["Warga C"].owner == town.second
    assert set(town.listed("belum")) == {"Sutarmi"}
    seen = town.office.deps.engine.read(
        lambda tx: tx.query(
            "SELECT id FROM rows WHERE kabupaten = :kabupaten AND part = :part AND kind = 'warga'"
            " AND removed = 0",
            {"part": f"mine/{town.first}"},
        )
    )
    assert {row[0] for row in seen} == set(town.warga[:2])


def test_a_target_of_another_desa_or_service_is_left_alone(town: Town) -> None:
    found = town.work.give(town.officer, town.order(town.first, region=ELSEWHERE), town.warga)
    assert found == Given(made=0, before=0)
    assert town.work.give(town.officer, town.order(town.first, service="kis"), town.warga) == Given(
        made=0, before=0
    )


def test_who_does_not_serve_there_assigns_nothing(town: Town) -> None:
    town.office.add_person("jauh", "Petugas Jauh", "PJ", ("petugas",), areas=(ELSEWHERE,))
    far = town.person("jauh")
    assert isinstance(town.work.candidates(far, "bpnt", DESA, "warga", "semua"), Denied)
    assert isinstance(town.work.give(far, town.order(town.first), town.warga), Denied)
    assert isinstance(
        town.work.give(town.officer, town.order(town.first, service="ktkpm"), town.warga), Denied
    )
    town.work.give(town.officer, town.order(town.first), town.warga[:1])
    [task] = town.work.tasks(town.officer, town.first)
    assert town.work.move(far, [task.id], town.second) == 0


def test_of_a_workers_tugas_each_officer_sees_only_those_they_could_move(town: Town) -> None:
    office = town.office
    office.add_person("jauh", "Petugas Jauh", "PJ", ("petugas",), areas=(ELSEWHERE,))
    office.add_person("kis", "Petugas KIS", "PK", ("petugas",), services=("kis",))
    office.add_person("semua", "Petugas Semua", "PS", ("petugas",), services=())
    case = SealedCase(office)
    day, later = date(2026, 1, 5), "2026-01-06"
    town.work.give(town.officer, town.order(case.author, due=day), town.warga[:1])
    town.change(RecordId("e" * 32), "tugas", kasus=case.kasus, petugas=case.author, state="baru", due=later)
    seen = [(one.target, one.sealed, one.due) for one in town.work.tasks(town.person("semua"), case.author)]
    assert seen == [(town.warga[0], False, day.isoformat()), (None, True, later)]
    assert [each.target for each in town.work.tasks(town.officer, case.author)] == [town.warga[0]]
    assert town.work.tasks(town.person("kis"), case.author) == [], "nor that there is something sealed"
    for name, told in (("semua", 2), ("kis", 1)):
        loads = {load.person.id: load.open for load in town.work.loads(town.person(name))}
        assert loads[case.author] == told, "nor by their number"
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "jauh")
        page = client.get(f"/penugasan/petugas/{case.author}")
        assert page.status_code == 200 and "Warga A" not in page.text
        for other in (town.warga[0], "f" * 32):
            assert client.get(f"/penugasan/petugas/{other}").status_code == 404, "no name is told by an id"


def test_a_sealed_tugas_has_no_code_to_print_and_is_passed_over_with_that_word(town: Town) -> None:
    office = town.office
    office.add_person("semua", "Petugas Semua", "PS", ("petugas",), services=())
    case = SealedCase(office)
    town.work.give(town.officer, town.order(case.author), town.warga[:1])
    town.change(RecordId("e" * 32), "tugas", kasus=case.kasus, petugas=case.author, state="baru")
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "semua")
        plain = client.get(f"/penugasan/petugas/{case.author}").text
        coded = client.get(f"/penugasan/petugas/{case.author}?kode=ya").text
        page = client.get("/penugasan/petugas")
        form = {"csrf": csrf(page), f"tugas.{'e' * 32}": "ya", "langkah": "batal"}
        done = client.post(f"/penugasan/petugas/{case.author}", data=form)
        told = client.get(done.headers["location"]).text
    assert (plain.count('class="qr"'), coded.count('class="qr"')) == (0, 1)
    assert plain.count("<li><label") == coded.count("<li><label") == 2
    assert "Kode QR tugas Warga A" in coded
    assert (
        "1 dilewati: " in told
        and "atau tersegel" in told
        and town.fields(RecordId("e" * 32))["state"] == "baru"
    )


def test_a_tugas_is_given_and_moved_to_field_workers_only(town: Town) -> None:
    left = town.office.add_person("pergi", "Sudah Pergi", "SP", ("pendamping",))
    town.change(left, "petugas", aktif=False)
    for whom in (PersonId("f" * 32), town.office.people["admin"], left):
        assert town.work.give(town.officer, town.order(whom), town.warga[:1]) == Denied(why="row")
    town.work.give(town.officer, town.order(town.first), town.warga[:1])
    [task] = town.work.tasks(town.officer, town.first)
    for whom in (PersonId("f" * 32), town.office.people["admin"], left):
        assert town.work.move(town.officer, [task.id], whom) == 0
    assert town.fields(task.id)["petugas"] == town.first


def test_what_lies_with_somebody_who_left_is_found_and_given_to_another(town: Town) -> None:
    town.work.give(town.officer, town.order(town.second), town.warga[:1])
    town.change(town.second, "petugas", aktif=False)
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        home = client.get("/").text
        assert "1 tugas masih pada Pendamping Dua" in home
        assert f'href="/penugasan/petugas/{town.second}"' in home
        page = client.get("/penugasan/petugas").text
        assert "Pendamping Dua" in page and "Sudah tidak bertugas" in page
        here = f"/penugasan/petugas/{town.second}"
        page = client.get(here)
        [box] = boxes(page.text)
        form = {"csrf": csrf(page), box: "ya", "petugas": town.first, "langkah": "pindah"}
        moved = client.post(here, data=form)
        assert "1 tugas dipindahkan" in client.get(moved.headers["location"]).text
        assert "Pendamping Dua" not in client.get("/penugasan/petugas").text + client.get("/").text
    assert len(town.work.tasks(town.officer, town.first)) == 1


def test_a_moved_tugas_takes_the_record_along_and_what_comes_late_is_still_taken_in(town: Town) -> None:
    town.work.give(town.officer, town.order(town.first), town.warga[:1])
    [task] = town.work.tasks(town.officer, town.first)
    assert town.work.move(town.officer, [task.id], town.second) == 1
    assert town.work.tasks(town.officer, town.first) == [] and [
        each.id for each in town.work.tasks(town.officer, town.second)
    ] == [task.id]
    record = town.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([town.warga[0]]))[
        town.warga[0]
    ]
    assert record.readers == {task.id: town.second}
    visit, _ = town.office.add_visit(warga=town.warga[0])
    assert town.fields(visit)["state"] == "diterima", "the draft of the first worker is taken in"


def test_a_tugas_that_is_called_off_frees_its_target(town: Town) -> None:
    town.work.give(town.officer, town.order(town.first), town.warga[:1])
    [task] = town.work.tasks(town.officer, town.first)
    assert town.work.move(town.officer, [task.id], None) == 1
    assert town.fields(task.id)["state"] == "batal" and town.listed()["Warga A"].owner is None
    assert town.work.move(town.officer, [task.id], town.second) == 0, "what is closed does not move"


def test_loads_count_what_is_open_and_late(town: Town) -> None:
    today = written.local_date(town.office.deps.now_ms())
    town.work.give(town.officer, town.order(town.first, due=today - timedelta(days=1)), town.warga[:1])
    town.work.give(town.officer, town.order(town.first, due=today), town.warga[1:2])
    loads = {load.person.id: load for load in town.work.loads(town.officer)}
    assert (loads[town.first].open, loads[town.first].late) == (2, 1)
    assert loads[town.second].open == 0
    assert town.work.loads(town.person("admin")) == []
    visit, head = town.office.add_visit(warga=town.warga[2])
    sent_back = Decide(visit=visit, follows=head, decision="kembalikan", reasons={}, note="Foto ulang")
    assert isinstance(town.office.deps.office.act(town.officer.id, sent_back), Applied)
    sealed = {"petugas": town.first, "state": "baru", "due": (today - timedelta(days=1)).isoformat()}
    town.change("e" * 32, "tugas", **sealed)
    loads = {load.person.id: load for load in town.work.loads(town.officer)}
    assert (loads[town.first].open, loads[town.first].late) == (3, 2), "a visit sent back is no tugas"


def test_loads_of_however_many_workers_are_read_at_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    query = Transaction.query

    def told(self: Transaction, sql: str, *values: Any) -> Any:
        asked.append(sql)
        return query(self, sql, *values)

    def count() -> int:
        asked.clear()
        town.work.loads(town.officer)
        return len(asked)

    monkeypatch.setattr(Transaction, "query", told)
    few = count()
    for number in range(4):
        whom = town.office.add_person(f"p{number}", f"Pendamping {number}", f"P9{number}", ("pendamping",))
        warga = town.office.add_warga(f"Warga {number}", DESA)
        assert town.work.give(town.officer, town.order(whom), [warga]) == Given(made=1, before=0)
    assert count() == few
    assert sum(load.open for load in town.work.loads(town.officer)) == 4


def test_whoever_left_with_nothing_is_asked_about_no_further(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.work.give(town.officer, town.order(town.second), town.warga[:1])
    for gone in (town.first, town.second):
        town.change(gone, "petugas", aktif=False)
    asked: list[PersonId] = []
    tasks = town.work.tasks
    monkeypatch.setattr(town.work, "tasks", lambda by, whose: asked.append(whose) or tasks(by, whose))
    [(person, count)] = town.work.left_behind(town.officer)
    assert (person.id, count, asked) == (town.second, 1, [town.second])
    assert town.work.left_behind(town.person("admin")) == []


def boxes(page: str) -> list[str]:
    return re.findall(r'<input type="checkbox" name="((?:orang|tugas)\.[0-9a-f]{32})" value="ya">', page)


def test_an_officer_gives_and_moves_work_by_the_pages_alone(town: Town) -> None:
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        place = {"desa": DESA, "layanan": "bpnt", "siapa": "warga", "tampil": "semua"}
        page = client.get("/penugasan", params=place).text
        assert "3314990101800001" not in page and "…0001" in page
        picked = dict.fromkeys(boxes(page)[:2], "ya")
        form = {"csrf": csrf(client.get("/")), **place, "petugas": town.second, "form": "bpnt_kpm"}
        nobody = client.post("/penugasan", data={**form, "alasan": "Tanyakan KKS"})
        assert nobody.status_code == 422 and "Centang dulu" in nobody.text and "Tanyakan KKS" in nobody.text
        past = client.post("/penugasan", data={**form, **picked, "tenggat": "2020-01-01"})
        assert past.status_code == 422 and "sudah lewat" in past.text and past.text.count("checked") == 2
        done = client.post("/penugasan", data={**form, **picked})
        assert done.status_code == 303
        assert "2 tugas diberikan" in client.get(done.headers["location"]).text
        everybody = client.post("/penugasan", data={**form, "semua": "ya"})
        said = client.get(everybody.headers["location"]).text
        assert "2 tugas diberikan" in said and "2 dilewati" in said
        whose = f"/penugasan/petugas/{town.second}"
        assert "4 terbuka" in client.get("/penugasan/petugas").text
        tasks = client.get(whose).text
        chosen = dict.fromkeys(boxes(tasks)[:1], "ya")
        move = {"csrf": form["csrf"], "langkah": "pindah", "petugas": town.first, **chosen}
        moved = client.post(whose, data=move)
        assert "1 tugas dipindahkan" in client.get(moved.headers["location"]).text
        assert "Centang dulu" in client.post(whose, data={"csrf": form["csrf"], "langkah": "batal"}).text


@pytest.mark.parametrize("kind", ["warga", "ewarong"])
def test_all_of_a_list_are_offered_together_where_there_are_several_and_no_shop_is_called_a_person(
    town: Town, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = {"nama_ewarong": "e-warong Uji", "kode_desa": DESA, "layanan": ["bpnt"]}
    town.change("e" * 32, "ewarong", **shop)
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        place = {"desa": DESA, "layanan": "bpnt", "siapa": kind, "tampil": "semua"}
        page = client.get("/penugasan", params=place).text
        assert "Pilih petugas" in page and not re.search(r"\d orang|semua orang", page, re.IGNORECASE)
        assert ("di daftar ini (4)" in page) is (kind == "warga")
        monkeypatch.setattr(assigning_page, "MOST_ROWS", 1)
        few = client.get("/penugasan", params=place).text
        assert ("(4), juga yang tidak tampak" in few) is (kind == "warga")


def shops(town: Town) -> dict[str, RecordId]:
    """Three shops in two kecamatan."""
    made: dict[str, RecordId] = {}
    for number, desa in enumerate((DESA, "33.14.01.2002", ELSEWHERE)):
        name, record = f"e-warong {number}", RecordId(f"{number:032x}")
        town.change(record, "ewarong", nama_ewarong=name, kode_desa=desa, layanan=["bpnt"])
        made[name] = record
    return made


def test_shops_of_the_whole_kabupaten_are_picked_singly_and_people_of_a_kecamatan(town: Town) -> None:
    made = shops(town)
    every = town.work.candidates(town.officer, "bpnt", "33.14", "ewarong", "semua")
    assert not isinstance(every, Denied)
    assert [each.name for each in every] == list(made)
    inside = town.work.candidates(town.officer, "bpnt", "33.14.01", "warga", "semua")
    assert not isinstance(inside, Denied)
    assert {each.desa for each in inside} == {DESA}
    order = town.order(town.first, region="33.14", kind="ewarong", form="ewarong")
    given = town.work.give(town.officer, order, [made["e-warong 0"], made["e-warong 2"]])
    assert given == Given(made=2, before=0)
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        page = client.get("/penugasan", params={"desa": "33.14", "siapa": "ewarong"}).text
        assert "e-warong 1" in page and "e-warong 0" not in page and "Kecamatan Kalijambe" in page
        people = client.get("/penugasan", params={"desa": "33.14", "siapa": "warga"}).text
        assert "Pilih kecamatan atau desa" in people and boxes(people) == []


def test_who_gives_out_work_in_one_desa_finds_in_a_wider_region_that_desa_alone(town: Town) -> None:
    shops(town)
    town.office.add_person("sempit", "Petugas Sempit", "S9", ("petugas",), areas=(DESA,))
    narrow = town.person("sempit")
    found = town.work.candidates(narrow, "bpnt", "33.14", "ewarong", "semua")
    assert not isinstance(found, Denied) and [each.desa for each in found] == [DESA]
    wide = town.order(town.first, region="33.14", kind="ewarong", form="ewarong")
    assert town.work.give(narrow, wide, [RecordId(f"{number:032x}") for number in range(3)]) == Given(
        made=1, before=0
    )
    assert isinstance(town.work.candidates(narrow, "bpnt", "33.14.02", "ewarong", "semua"), Denied)


def test_a_visit_is_given_out_from_the_profile_of_one_shop(town: Town) -> None:
    shop = shops(town)["e-warong 2"]
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        link = re.search(r'href="(/penugasan\?[^"]+)"', client.get(f"/warga/{shop}").text)
        assert link
        page = client.get(link[1].replace("&amp;", "&")).text
        assert f'name="orang.{shop}" value="ya" checked' in page and page.count('name="orang.') == 1
        form = {"csrf": csrf(client.get("/")), "desa": ELSEWHERE, "layanan": "bpnt", "siapa": "ewarong"}
        chosen = {"satu": shop, f"orang.{shop}": "ya", "petugas": town.first, "form": "ewarong"}
        done = client.post("/penugasan", data={**form, **chosen})
        assert "1 tugas diberikan" in client.get(done.headers["location"]).text
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "pengawas")
        assert "/penugasan?" not in client.get(f"/warga/{shop}").text


@pytest.mark.parametrize(("named", "moved"), [("desa", 2), ("semua", 3)])
def test_tugas_are_moved_by_desa_or_all_at_once(town: Town, named: str, moved: int) -> None:
    far = town.office.add_warga("Warga Jauh Dua", ELSEWHERE)
    town.work.give(town.officer, town.order(town.first), town.warga[:2])
    town.work.give(town.officer, town.order(town.first, region=ELSEWHERE), [far])
    whose = f"/penugasan/petugas/{town.first}"
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        page = client.get(whose).text
        assert "Semua di desa ini (2)" in page and "yang dapat dipindahkan (3)" in page
        asked = {f"desa.{DESA}": "ya"} if named == "desa" else {"semua": "ya"}
        form = {"csrf": csrf(client.get("/")), "langkah": "pindah", "petugas": town.second, **asked}
        said = client.get(client.post(whose, data=form).headers["location"]).text
    assert f"{moved} tugas dipindahkan" in said
    assert len(town.work.tasks(town.officer, town.second)) == moved


def test_of_very_many_tugas_those_of_a_desa_are_folded_up_but_for_print(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.work.give(town.officer, town.order(town.first), town.warga)
    whose = f"/penugasan/petugas/{town.first}"
    monkeypatch.setattr(workers_page, "MOST_OPEN", 2)
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        assert "Lihat 3 tugas" in client.get(whose).text
        assert "Lihat 3 tugas" not in client.get(f"{whose}?kode=ya").text


def test_whoever_works_in_more_desa_than_can_be_named_is_told_with_their_number(town: Town) -> None:
    kecamatan = [each.kode for each in load_wilayah().kecamatan()[:2]]
    here, there = ([each.kode for each in load_wilayah().desa(kode)[:4]] for kode in kecamatan)
    town.office.add_person("satu", "Petugas Satu", "S1", ("pendamping",), areas=tuple(here))
    town.office.add_person("luas", "Petugas Luas", "L1", ("verifikator",), areas=(*here, *there))
    town.office.add_person("kecil", "Petugas Kecil", "K9", ("pendamping",), areas=tuple(there[:2]))
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        page = client.get("/penugasan/petugas").text
    assert "4 desa di Kecamatan" in page and "8 desa di 2 kecamatan" in page and "2 desa" not in page


@pytest.mark.parametrize("name", ["pendamping", "verifikator", "pengawas", "admin"])
def test_only_who_gives_out_work_reaches_the_page(town: Town, name: str) -> None:
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, name)
        assert client.get("/penugasan").status_code == 403
        assert client.get("/penugasan/petugas").status_code == 403
