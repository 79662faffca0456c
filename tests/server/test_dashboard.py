"""The regency at a glance: what is counted, for whom, and what is covered."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from schemas.format import local_date, moment_ms, month_name
from schemas.ids import ChangeId, RecordId
from server import figure_store, queries
from server.access import Person
from server.engine import SqlRow, Writer
from server.periods import LENGTHS, period_of
from server.services.charts import CLOSED, Chart
from server.services.dashboard import Board
from server.services.figures import FRESH_MS
from server.services.people import Denied
from server.services.review import Decided
from server.web.building import build_site
from server.web.site import Site
from sync.change import Decide, FormAnswers, Patch
from tests.contract.people import record_id
from tests.server.pdf_text import pdf_text
from tests.server.room_office import log_in, serving_cheaply
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, shut

SUMS = ("figure_counts", "figure_sums", "figure_days", "figure_months", "figure_end")


class Desk:
    """The dashboard of an office whose clock can be moved."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.site: Site = build_site(office.deps)
        self.period = period_of("bulan", local_date(office.deps.now_ms()))

    def who(self, name: str) -> Person:
        return self.office.person(name)

    def chart(self, key: str, name: str = "kabid", region: str = "") -> Chart:
        # a fresh site counts anew: the sums of another are at most a minute old
        board = build_site(self.office.deps).dashboard.board(self.who(name), self.period, region)
        assert isinstance(board, Board)
        return next(chart for chart in board.charts if chart.key == key)

    def told(self, key: str, name: str = "kabid", region: str = "") -> dict[str, list[str]]:
        return {
            line.label: [cell.text for cell in line.cells] for line in self.chart(key, name, region).lines
        }

    def task(self, number: int, desa: str, state: str, due: str = "", form: str = "bpnt_kpm") -> None:
        fields = {
            "form": form,
            "state": state,
            "kode_desa": desa,
            "petugas": self.office.people["pendamping"],
        }
        body = Patch(
            record=RecordId(record_id(7_000 + number)),
            kind="tugas",
            base={},
            new={**fields, "jatuh_tempo": due},
        )
        self.office.deps.office.act(self.office.deps.office.person, body)

    def visits(self, count: int, form: str, answers: dict[str, object], desa: str = DESA) -> list[RecordId]:
        more = {form: FormAnswers(version=1, answers=answers)}
        return [
            self.office.add_visit(
                warga=self.office.add_warga(f"{form} {number}", desa), photos=(), more=more
            )[0]
            for number in range(count)
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = open_at(tmp_path)
    try:
        yield Desk(office)
    finally:
        shut(office)


def test_tasks_are_told_by_kecamatan_and_then_by_desa(desk: Desk) -> None:
    desk.task(1, DESA, "disetujui")
    desk.task(2, DESA, "baru", "2020-01-01")
    desk.task(3, DESA, "dikirim", "2999-01-01")
    desk.task(4, ELSEWHERE, "ditolak")
    assert desk.told("capaian") == {"Kalijambe": ["1", "1", "1"], "Plupuh": ["1", "0", "0"]}
    assert desk.told("capaian", region=DESA.rpartition(".")[0]) == {"Keden": ["1", "1", "1"]}
    down = [line.href for line in desk.chart("capaian").lines]
    assert down[0] == f"/dasbor?masa={desk.period.code}&wilayah={DESA.rpartition('.')[0]}"
    assert desk.told("capaian", region=DESA) == {"Keden": ["1", "1", "1"]}
    [own] = desk.chart("capaian", region=DESA.rpartition(".")[0]).lines
    assert own.href == f"/peta?wilayah={DESA}"
    assert "2 dari 4 tugas selesai (50%)" in desk.chart("capaian").said


def test_few_people_are_covered_and_many_are_told(desk: Desk) -> None:
    desk.visits(6, "kks_masalah", {"jenis_masalah": "saldo_0"})
    desk.visits(9, "kks_masalah", {"jenis_masalah": "lupa_pin"})
    desk.visits(2, "kks_masalah", {"jenis_masalah": "kks_hilang"})
    # the sum is told, so a second number is closed: the smaller one
    assert desk.told("masalah") == {"Lupa PIN": ["9"], "KKS hilang": [CLOSED], "Saldo 0": [CLOSED]}
    assert desk.chart("masalah").said == "17 masalah dilaporkan dalam kunjungan masa ini."
    assert desk.chart("masalah").columns == ("BNI",)


def test_no_level_and_no_longer_period_tells_what_a_kecamatan_closes(desk: Desk) -> None:
    kalijambe, plupuh = (each.rpartition(".")[0] for each in (DESA, ELSEWHERE))
    for name, here, there in (("saldo_0", 2, 6), ("lupa_pin", 8, 9), ("kks_hilang", 7, 7)):
        desk.visits(here, "kks_masalah", {"jenis_masalah": name})
        desk.visits(there, "kks_masalah", {"jenis_masalah": name}, ELSEWHERE)
    for kind in LENGTHS:
        desk.period = period_of(kind, desk.period.start)
        one, other = desk.told("masalah", region=kalijambe), desk.told("masalah", region=plupuh)
        assert one["Saldo 0"] == other["Saldo 0"] == [CLOSED], "else 8 - 6 would tell it"
        assert desk.told("masalah") == {"Lupa PIN": ["17"], "KKS hilang": ["14"], "Saldo 0": ["8"]}
        assert len([cells for cells in one.values() if cells == [CLOSED]]) > 1
    board = desk.site.dashboard.board(desk.who("kabid"), desk.period, DESA)
    assert isinstance(board, Board)
    assert not {"masalah", "tepat", "larangan", "jalur", "skm"} & {chart.key for chart in board.charts}


def test_a_chart_of_people_tells_of_a_reader_s_own_area_and_service_alone(desk: Desk) -> None:
    desk.visits(6, "kks_masalah", {"jenis_masalah": "saldo_0"})
    desk.visits(7, "kks_masalah", {"jenis_masalah": "saldo_0"}, ELSEWHERE)
    near = replace(desk.who("verifikator"), areas=(DESA.rpartition(".")[0],))
    for person, said in ((near, "6 masalah"), (replace(near, services=("kis",)), "0 masalah")):
        board = desk.site.dashboard.board(person, desk.period, "")
        assert isinstance(board, Board)
        assert next(chart for chart in board.charts if chart.key == "masalah").said.startswith(said)


def test_what_is_closed_follows_the_numbers(desk: Desk) -> None:
    now, kabid = [desk.office.deps.now_ms()], desk.who("kabid")
    desk.site.dashboard._figures._now_ms = lambda: now[0]

    def told() -> dict[str, int | None]:
        board = desk.site.dashboard.board(kabid, desk.period, "")
        assert isinstance(board, Board)
        [chart] = [chart for chart in board.charts if chart.key == "masalah"]
        return {line.label: line.cells[0].count for line in chart.lines}

    desk.visits(7, "kks_masalah", {"jenis_masalah": "saldo_0"})
    assert told() == {"Saldo 0": 7}
    desk.visits(2, "kks_masalah", {"jenis_masalah": "lupa_pin"})
    now[0] += FRESH_MS
    assert told() == {"Saldo 0": None, "Lupa PIN": None}


def test_what_was_rejected_or_mended_counts_as_it_stands_now(desk: Desk) -> None:
    visits = desk.visits(7, "kks_masalah", {"jenis_masalah": "saldo_0"})
    assert desk.told("masalah") == {"Saldo 0": ["7"]}
    change = desk.office.fields(visits[0])["versions"][-1]["change"]
    rejected = Decide(
        visit=visits[0], follows=bytes.fromhex(change), decision="tolak", reasons={}, note="Keliru"
    )  # type: ignore[arg-type]
    desk.office.deps.office.act(desk.office.people["kabid"], rejected)
    follows = bytes.fromhex(desk.office.fields(visits[1])["versions"][-1]["change"])
    returned = Decide(
        visit=visits[1], follows=follows, decision="kembalikan", reasons={"bpnt_kpm.nama": "Ejaan"}, note=""
    )  # type: ignore[arg-type]
    desk.site.reviews.decide(desk.who("kabid"), visits[1], follows.hex(), "kembalikan", returned.reasons, "")
    problem = {"kks_masalah": FormAnswers(version=1, answers={"jenis_masalah": "lupa_pin"})}
    desk.office.add_visit(visit=visits[1], follows=follows, photos=(), more=problem)  # type: ignore[arg-type]
    assert desk.told("masalah") == {"Saldo 0": [CLOSED], "Lupa PIN": [CLOSED]}
    assert desk.chart("masalah").said.startswith("6 masalah")
    assert desk.told("kembali") == {"Nama sesuai KTP": ["1"]} or len(desk.told("kembali")) == 1


def test_each_sees_their_own_area_and_service(desk: Desk) -> None:
    desk.task(1, DESA, "disetujui")
    desk.task(2, ELSEWHERE, "disetujui")
    narrow = replace(desk.who("verifikator"), areas=(DESA.rpartition(".")[0],))
    board = desk.site.dashboard.board(narrow, desk.period, "")
    assert isinstance(board, Board) and [line.label for line in board.charts[0].lines] == ["Kalijambe"]
    other = replace(narrow, services=("kis",))
    board = desk.site.dashboard.board(other, desk.period, "")
    assert isinstance(board, Board) and board.charts[0].lines == ()
    for name in ("pendamping", "admin", "pdp"):
        assert isinstance(desk.site.dashboard.board(desk.who(name), desk.period, ""), Denied)


def test_sealed_tasks_and_visits_are_counted_nowhere(desk: Desk) -> None:
    case = RecordId(record_id(8_000))
    office = desk.office.deps.office
    made = {
        "workflow": "ktkpm",
        "service": "ktkpm",
        "kode": "KS-2026-KTRMBW",
        "petugas": desk.office.people["petugas"],
    }
    office.act(office.person, Patch(record=case, kind="kasus", base={}, new=made))
    task = {"kasus": case, "petugas": desk.office.people["petugas"], "state": "baru"}
    office.act(office.person, Patch(record=RecordId(record_id(8_001)), kind="tugas", base={}, new=task))
    assert desk.office.deps.engine.read(lambda tx: len(queries.records_of_kind(tx, "tugas"))) == 1
    assert desk.told("capaian") == {} and "0 dari 0" in desk.chart("capaian").said
    assert desk.site.dashboard._figures.standing().tasks == {}


def test_cases_of_each_service_are_told_by_stage(desk: Desk) -> None:
    office = desk.office.deps.office
    for number, workflow in enumerate(("bpnt_masalah", "bpnt_masalah", "ewarong_temuan", "pengaduan", "kis")):
        fields = {"workflow": workflow, "kode_desa": DESA}
        made = Patch(record=RecordId(record_id(8_100 + number)), kind="kasus", base={}, new=fields)
        office.act(office.person, made)
    assert desk.told("masalah_tahap") == {"Dicatat": ["2", "0"]}
    assert desk.told("temuan_tahap") == {"Temuan dicatat": ["1", "0"]}
    assert desk.told("pengaduan") == {}, "complaints are no work of those who serve BPNT"
    everywhere = replace(desk.who("kabid"), services=())
    board = build_site(desk.office.deps).dashboard.board(everywhere, desk.period, "")
    assert isinstance(board, Board)
    assert len(next(chart for chart in board.charts if chart.key == "pengaduan").lines) == 1
    assert "2 kasus; 0 lewat tenggat" in desk.chart("masalah_tahap").said
    narrow = replace(desk.who("verifikator"), services=("kis",))
    board = desk.site.dashboard.board(narrow, desk.period, "")
    assert isinstance(board, Board)
    assert next(chart for chart in board.charts if chart.key == "masalah_tahap").lines == ()


def test_paths_of_kis_are_told_and_the_officer_s_word_comes_first(desk: Desk) -> None:
    desk.visits(6, "kis", {"cabang": "a"})
    desk.visits(5, "kis", {"cabang": "a", "cabang_petugas": "c"})
    assert desk.told("jalur") == {"A Usul/reaktivasi di SIKS-NG": ["6"], "C Jamkesda UPTPK": ["5"]}


def test_where_no_sum_is_told_nothing_is_closed_for_another(desk: Desk) -> None:
    desk.visits(2, "ewarong", {"tepat_harga": "tidak"})
    desk.visits(6, "ewarong", {"tepat_harga": "ya"})
    assert desk.told("tepat")["6T: tepat harga"] == ["6", "0", CLOSED]
    assert not re.search(r"[0-9]", desk.chart("tepat").said)


def test_a_period_that_is_over_is_held_against_the_one_before(desk: Desk) -> None:
    desk.visits(7, "kks_masalah", {"jenis_masalah": "saldo_0"})
    desk.site.dashboard._figures.catch_up()
    before, now = desk.period.moved(-1), desk.period

    def a_month_ago(tx: Writer) -> None:
        for table in ("figure_sums", "figure_months"):
            tx.execute(
                f"UPDATE {table} SET month = :month WHERE kabupaten = :kabupaten AND month = :now",
                {"month": before.months[0], "now": now.months[0]},
            )

    desk.office.deps.engine.write(a_month_ago).result()
    assert desk.chart("masalah").said == "0 masalah dilaporkan dalam kunjungan masa ini.", "it is under way"
    desk.period = before
    assert desk.chart("masalah").said == "7 masalah dilaporkan dalam kunjungan masa ini.", "none came before"
    months = desk.site.dashboard.months
    assert months() == before.months
    dashboard = build_site(desk.office.deps).dashboard
    dashboard._now_ms = lambda: moment_ms(now.end + timedelta(days=1), 9, 0)
    board = dashboard.board(desk.who("kabid"), now, "")
    assert isinstance(board, Board)
    said = next(chart.said for chart in board.charts if chart.key == "masalah")
    assert said.startswith("0 masalah") and said.endswith(f"{month_name(before.start)}: 7.")


def test_shops_and_their_findings(desk: Desk) -> None:
    desk.visits(
        6, "ewarong", {"tepat_harga": "tidak", "tepat_waktu": "ya", "larangan": ["memotong", "tidak_ada"]}
    )
    six = desk.told("tepat")
    assert six["6T: tepat harga"] == ["0", "0", "6"] and six["6T: tepat waktu"] == ["6", "0", "0"]
    assert desk.told("larangan") == {"Memotong/memungut": ["6"]}


def test_the_survey_is_told_from_five_answers_on(desk: Desk) -> None:
    marks = dict.fromkeys(("u1", "u2", "u3", "u4", "u5", "u6", "u7", "sarana", "pengaduan"), "4")
    desk.visits(4, "skm", {"layanan": "bpnt", **marks})
    assert desk.told("skm") == {"BPNT/Sembako": ["• (ditutup)"]}
    desk.visits(1, "skm", {"layanan": "bpnt", **marks})
    assert desk.told("skm") == {"BPNT/Sembako": ["100,00 (mutu A) dari 5 jawaban"]}


def test_a_phone_that_was_heard_is_told(desk: Desk) -> None:
    told = desk.told("hp")
    assert sum(int(cells[0]) for cells in told.values()) == 1
    assert "hp" not in {
        chart.key
        for chart in desk.site.dashboard.board(desk.who("pengawas"), desk.period, "").charts  # type: ignore[union-attr]
    }


def test_the_sums_are_at_most_a_minute_old(desk: Desk) -> None:
    now = [desk.office.deps.now_ms()]
    figures = desk.site.dashboard._figures
    figures._now_ms = lambda: now[0]
    before = figures.standing()
    desk.task(1, DESA, "disetujui")
    now[0] += FRESH_MS - 1
    assert figures.standing() is before
    now[0] += 1
    assert figures.standing() is not before


def test_what_was_destroyed_is_counted_no_more(desk: Desk) -> None:
    [visit] = desk.visits(1, "kks_masalah", {"jenis_masalah": "saldo_0"})
    desk.told("masalah")
    changes = [bytes.fromhex(each["change"]) for each in desk.office.fields(visit)["versions"]]
    desk.office.deps.destruction.destroy(desk.office.people["kabid"], changes, [visit], "BA 7/2026")  # type: ignore[arg-type]
    kept = desk.office.deps.engine.read(
        lambda tx: tx.query(
            "SELECT record FROM figure_counts WHERE kabupaten = :kabupaten AND record = :v", {"v": visit}
        )
    )
    assert kept == []
    assert desk.told("masalah") == {}
    assert desk.office.deps.engine.read(figure_store.is_behind) is False


def test_what_was_added_up_change_by_change_is_what_is_counted_from_nothing(desk: Desk) -> None:
    def kept() -> list[list[SqlRow]]:
        desk.site.dashboard._figures.catch_up()
        return desk.office.deps.engine.read(
            lambda tx: [sorted(tx.query(f"SELECT * FROM {name}")) for name in SUMS]
        )

    visits = desk.visits(4, "kks_masalah", {"jenis_masalah": "saldo_0"})
    desk.task(1, DESA, "baru", "2020-01-01")
    desk.task(2, DESA, "baru")
    first = kept()
    for visit, decision in zip(visits, ("tolak", "kembalikan", "setujui"), strict=False):
        seen = desk.office.fields(visit)["versions"][-1]["change"]
        reasons = {"bpnt_kpm.nama": "Ejaan"} if decision == "kembalikan" else {}
        note = "" if decision == "setujui" else "Keliru"
        done = desk.site.reviews.decide(desk.who("kabid"), visit, seen, decision, reasons, note)
        assert isinstance(done, Decided)
    follows = ChangeId(bytes.fromhex(desk.office.fields(visits[1])["versions"][-1]["change"]))
    problem = {"kks_masalah": FormAnswers(version=1, answers={"jenis_masalah": "lupa_pin"})}
    desk.office.add_visit(visit=visits[1], follows=follows, photos=(), more=problem)
    changes = [ChangeId(bytes.fromhex(each["change"])) for each in desk.office.fields(visits[3])["versions"]]
    desk.office.deps.destruction.destroy(desk.office.people["kabid"], changes, [visits[3]], "BA 8/2026")
    task = Patch(
        record=RecordId(record_id(7_001)), kind="tugas", base={"state": "baru"}, new={"state": "batal"}
    )
    desk.office.deps.office.act(desk.office.people["kabid"], task)
    followed = kept()
    assert followed != first and all(followed)

    def empty(tx: Writer) -> None:
        for name in SUMS:
            tx.execute(f"DELETE FROM {name} WHERE kabupaten = :kabupaten")

    desk.office.deps.engine.write(empty).result()
    assert kept() == followed


def test_sums_keep_up_in_the_thread_that_indexes(desk: Desk) -> None:
    desk.visits(1, "kks_masalah", {"jenis_masalah": "saldo_0"})
    desk.site.indexing.start()
    until = time.monotonic() + 30
    while desk.office.deps.engine.read(figure_store.is_behind) and time.monotonic() < until:
        time.sleep(0.01)
    desk.site.indexing.stop()
    assert desk.office.deps.engine.read(figure_store.is_behind) is False


def test_page_and_paper_say_the_same_and_the_map_leads_down(desk: Desk) -> None:
    desk.task(1, DESA, "disetujui")
    desk.office.add_visit(photos=())
    kecamatan = DESA.rpartition(".")[0]
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=30) as client:
        log_in(client, "kabid")
        page = client.get("/dasbor").text
        assert "1 dari 1 tugas selesai (100%)" in page and "<table>" in page
        pdf = client.get("/dasbor/laporan.pdf")
        assert pdf.headers["content-type"] == "application/pdf"
        words = pdf_text(pdf.content)
        assert "1dari1tugasselesai(100%)" in words and "Kalijambe" in words
        whole = client.get("/peta").text
        assert f"wilayah={kecamatan}" in whole and "Kalijambe: 100%" in whole
        assert f"wilayah={DESA}" in client.get(f"/peta?wilayah={kecamatan}").text
        own = client.get(f"/peta?wilayah={DESA}").text
        assert re.search(r'"kind":"diterima"', own) and f"/antrean?status=diterima&amp;wilayah={DESA}" in own
        assert "Sutarmi" not in own
        for odd in (
            "/dasbor?masa=x&wilayah=y",
            "/peta?wilayah=99",
            "/dasbor?masa=triwulan:2031-1",
            "/dasbor?masa=triwulan:0000-1",
            "/dasbor?masa=tahun:9999",
            "/dasbor/target.xlsx?masa=bulan:٢٠٢٦-11",
        ):
            assert client.get(odd).status_code == 200
        log_in(client, "admin")
        assert client.get("/dasbor").status_code == client.get("/peta").status_code == 403
