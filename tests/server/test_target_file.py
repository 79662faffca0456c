"""Numbers of a target from a file: what is read, which rows are told, and that nothing is set by it."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.wilayah import load_wilayah
from server.parsing import sheets
from server.parsing.messages import Cell, NoSheet, Sheet
from server.parsing.pool import Parsers
from server.services.targets import read_file, read_numbers
from server.tables.target_rows import read_rows
from server.targets import MOST_VISITS
from server.web.building import build_site
from tests.server.lists import behind, workbook
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.web_office import Office, open_at, shut

WILAYAH = load_wilayah()
PLUPUH = "33.14.02"
HEADS = ("Kecamatan", "Desa", "Keterangan", "Target")
TAKEN: list[list[object]] = [
    ["Plupuh", None, "x", 350],
    ["Kec. Kalijambe", "Desa Keden", "x", "1.200"],
    ["Masaran", "Jati", "x", 40.0],
]
TOLD: list[tuple[list[object], str]] = [
    (["Masaran", "Jati", "x", 41], "dua_kali"),
    ([None, "Jati", "x", 3], "desa_kembar"),
    (["Wakanda", None, "x", 7], "wilayah_tidak_dikenal"),
    (["Plupuh", "Keden", "x", 7], "desa_kecamatan_beda"),
    (["Gemolong", None, "x", "banyak"], "bukan_jumlah"),
    (["Gemolong", None, "x", 1_000_001], "bukan_jumlah"),
    ([None, None, "x", 9], "tanpa_wilayah"),
]
PASSED_OVER: list[list[object]] = [
    ["Sambungmacan", None, "x", None],
    ["Tanon", None, "x", 0],
    ["Jumlah", None, None, 2000],
]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = open_at(tmp_path)
    yield office
    shut(office)


def named(kecamatan: str, desa: str) -> str:
    [region] = WILAYAH.find(f"Desa {desa}", kecamatan)
    return region.kode


def test_rows_of_desa_and_kecamatan_are_read_and_the_others_told() -> None:
    rows: list[list[Cell]] = [list(HEADS), *TAKEN, *(row for row, _ in TOLD), *PASSED_OVER]  # type: ignore[list-item]
    found = read_rows(WILAYAH, rows, 2, MOST_VISITS)
    assert found is not None
    assert found.numbers == {
        PLUPUH: 350,
        named("Kalijambe", "Keden"): 1200,
        named("Masaran", "Jati"): 40,
    }
    assert [(each.row, each.note.code) for each in found.problems] == [
        (7 + at, code) for at, (_, code) in enumerate(TOLD)
    ]


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        ([["Kode Wilayah", "Jumlah"], [PLUPUH, 5], ["33.14", 90]], {PLUPUH: 5, "33.14": 90}),
        ([["Wilayah", "Kuota", "Target"], ["Kecamatan Plupuh", 1, 5]], {PLUPUH: 5}),
        ([["judul"], ["No", "Nama Desa", "Kec", "KPM"], [1, "Keden", "KALIJAMBE", 5]], {"Keden": 5}),
        ([["Wilayah", "Target"], [], ["Seluruhnya", 90]], {}),
    ],
)
def test_columns_are_known_by_their_heads(rows: list[list[Cell]], numbers: dict[str, int]) -> None:
    found = read_rows(WILAYAH, rows, 0, MOST_VISITS)
    assert found is not None and found.problems == ()
    wanted = {named("Kalijambe", region) if region == "Keden" else region: n for region, n in numbers.items()}
    assert found.numbers == wanted


@pytest.mark.parametrize("rows", [[], [[]], [["Plupuh", 350]], [["Desa", "Alamat"], ["Keden", 5]]])
def test_without_a_head_nothing_is_guessed(rows: list[list[Cell]]) -> None:
    assert read_rows(WILAYAH, rows, 0, MOST_VISITS) is None


def test_numbers_are_read_from_behind_a_sheet_that_cannot_be() -> None:
    class Here(Parsers):
        def __init__(self) -> None:
            pass

        def sheet(self, data: bytes, number: int = 0) -> Sheet | NoSheet:
            return sheets.sheet(data, number)

    found = read_file(Here(), WILAYAH, behind("jauh", [HEADS, *TAKEN]))
    assert not isinstance(found, str) and found.numbers[PLUPUH] == 350
    assert read_file(Here(), WILAYAH, behind("jauh", [])) == "jauh"


def test_a_file_fills_the_form_and_sets_nothing(office: Office) -> None:
    file = workbook([*TAKEN, *(row for row, _ in TOLD), *PASSED_OVER], heads=HEADS, title="Rencana 2026")
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=30) as client:
        log_in(client, "kabid")
        page = client.get("/target?untuk=bpnt|bpnt_kpm&masa=bulan:2026-11")
        to = page.text.split('action="/target/berkas?')[1].split('"')[0].replace("&amp;", "&")

        def send(name: str, data: bytes) -> httpx.Response:
            files = {"csrf": (None, csrf(page)), "berkas": (name, data)}
            return client.post(f"/target/berkas?{to}", files=files)

        read = send("target.xlsx", file)
        assert read.status_code == 200 and "3 wilayah terbaca" in read.text
        lines = read.text.split("<textarea")[1].split(">")[1].split("<")[0]
        assert read_numbers(WILAYAH, lines) == {
            PLUPUH: 350,
            named("Kalijambe", "Keden"): 1200,
            named("Masaran", "Jati"): 40,
        }, "the form reads what was filled in"
        told = re.findall(r'<th scope="row" class="number">(\d+)</th><td>(.*?)</td>', read.text)
        assert [int(row) for row, _ in told] == [7 + at for at in range(len(TOLD))]
        assert "lebih dari satu kecamatan" in told[1][1] and "Wakanda" in told[2][1]
        assert re.search(r'value="bpnt\|bpnt_kpm"\s+selected', read.text), "what was chosen stays"
        assert build_site(office.deps).targeting.now().words == ()
        for name, data, said in (
            ("lain.csv", b"a;b\n1;2\n", "Judul kolomnya tidak ditemukan"),
            ("gambar.xlsx", b"PK\x03\x04 nothing", "bukan daftar yang dapat dibaca"),
            ("", b"", "Pilih satu berkas dulu"),
        ):
            refused = send(name, data)
            assert refused.status_code == 422 and said in refused.text
        assert send("target.csv", b"Desa;Kecamatan;Target\nKeden;Kalijambe;12\n").text.count("Keden") >= 1
