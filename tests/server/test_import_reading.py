"""What comes as a list is read, or told why it cannot be."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

from server.parsing import sheets
from server.parsing.messages import NoSheet, Sheet
from server.services import importing
from server.tables.job import Job
from tests.server.import_desk import Desk, opened_desk
from tests.server.lists import HEADS, NIK, behind, person, workbook


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from opened_desk(tmp_path)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "tidak_terbaca"),
        (b"\x89PNG\r\n", "tidak_terbaca"),
        (b"PK\x03\x04rusak", "tidak_terbaca"),
        (b"satu;\n", "kosong"),
    ],
)
def test_what_is_no_list_says_so(desk: Desk, data: bytes, why: str) -> None:
    assert desk.importing.take(desk.by, "x", data) == why


def test_the_sheet_and_the_kind_that_look_most_like_a_list_are_chosen(desk: Desk) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    codes = book.add_worksheet("ref")
    codes.hide()
    for row in range(300):
        codes.write_row(row, 0, ["Jetis Karangpung", "33.14.01.2001", row])
    for number in range(9):
        book.add_worksheet(f"Desa {number}").write(0, 0, "catatan")
    shops = book.add_worksheet("E-WARONG")
    shops.write_row(0, 0, ["NO", "NAMA E-WARONG", "NAMA PEMILIK", "ALAMAT", "DESA", "KECAMATAN"])
    shops.write_row(1, 0, [1, "e-warong Bu Tini", "Tini", "Pasar", "Jetis Karangpung", "Kalijambe"])
    book.close()
    job = desk.importing.take(desk.by, "x.xlsx", out.getvalue())
    assert isinstance(job, Job)
    assert (job.sheets[job.sheet].name, job.kind, job.matched[1]) == ("E-WARONG", "ewarong", "nama_ewarong")
    assert desk.take([person(11)]).kind == "warga"


def test_another_sheet_and_header_can_be_chosen_and_a_matching_is_remembered(desk: Desk) -> None:
    heads = ["Identitas", "Siapa", "Wilayah"]
    rows: list[list[object]] = [[NIK.format(11), "Sutarmi", "Jetis Karangpung"]]
    job = desk.take(rows, heads=heads, title="")
    assert job.matched == ("", "", "")
    assert desk.importing.check(job.id, "bpnt", ("nik", "", "desa")) == ("nama",)
    assert desk.importing.check(job.id, "bpnt", ("nik", "nama", "desa")) == ()
    assert desk.after(job).counts["baru"] == 1
    assert desk.take(rows, heads=heads, title="").matched == ("nik", "nama", "desa")
    other = desk.importing.look_at(job.id, "ewarong", 0, 0)
    assert other is not None and other.state == "dicocokkan" and other.kind == "ewarong"


def test_a_page_that_calls_itself_a_workbook_is_read_by_its_table(desk: Desk) -> None:
    page = """<html><head><style>td {mso-number-format: "\\@"}</style></head><body><table border="1">
      <tr><td colspan=4><b>DATA&nbsp;KPM</b></td></tr>
      <tr><th rowspan="2">NIK<th rowspan="2">Nama<th colspan="2">Alamat</tr>
      <tr><th>Desa</th><th>Kecamatan</th></tr>
      <tr><td>3314990101800011</td><td>Sutarmi<br>B &amp; C</td><td>Jetis Karangpung<td>Kalijambe</tr>
    </table></body></html>"""
    job = desk.importing.take(desk.by, "data.xls", page.encode())
    assert isinstance(job, Job), job
    assert job.matched == ("nik", "nama", "desa", "kecamatan")
    counts = desk.check(job).counts
    assert (counts.get("baru"), counts.get("masalah", 0)) == (1, 0)
    assert desk.importing.top(job, 9)[job.heading + 1][1] == "Sutarmi B & C"


def test_a_workbook_with_a_password_is_told_as_such(desk: Desk) -> None:
    locked = b"\xd0\xcf\x11\xe0" + bytes(1020) + "EncryptedPackage".encode("utf-16-le") + bytes(1024)
    assert desk.importing.take(desk.by, "x.xlsx", locked) == "terkunci"


def test_a_text_in_utf_16_is_read_also_where_it_does_not_say_so(desk: Desk) -> None:
    text = "NIK\tNama\tDesa\n3314990101800011\tSutarmi\tJetis Karangpung\n"
    assert isinstance(desk.importing.take(desk.by, "x.txt", text.encode("utf-16-le")), Job)


def test_sheets_that_are_too_large_together_are_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one, more = workbook([person(11)]), workbook([person(11)], other_sheets=("Dua", "Tiga"))
    read = sheets.sheet(one, 0)
    assert isinstance(read, Sheet)
    monkeypatch.setattr(importing, "MOST_CELL_BYTES", sum(len(piece) for piece in read.pieces))
    assert isinstance(desk.importing.take(desk.by, "x.xlsx", one), Job)
    assert desk.importing.take(desk.by, "x.xlsx", more) == "terlalu_besar"


def test_a_sheet_that_was_not_read_in_time_is_told_and_not_left_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, parsers = workbook([person(11)], other_sheets=("Dua", "Tiga")), desk.importing._parsers
    real, late = parsers.sheet, 0

    def sheet(data: bytes, number: int = 0) -> Sheet | NoSheet:
        return NoSheet(why="terlalu_lama") if number == late else real(data, number)

    monkeypatch.setattr(parsers, "sheet", sheet)
    for late in range(3):  # noqa: B007 - `sheet` reads it
        assert desk.importing.take(desk.by, "x.xlsx", data) == "terlalu_lama"


def test_a_sheet_that_cannot_be_taken_is_named_and_keeps_out_none_behind_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = workbook([person(11)], other_sheets=("Dua", "Tiga", "Empat", "Lima"))
    parsers = desk.importing._parsers
    real = parsers.sheet

    def sheet(data: bytes, number: int = 0) -> Sheet | NoSheet:
        return NoSheet(why="terlalu_panjang") if number == 1 else real(data, number)

    monkeypatch.setattr(parsers, "sheet", sheet)
    monkeypatch.setattr(importing, "MOST_SHEETS", 4)
    job = desk.importing.take(desk.by, "x.xlsx", data)
    assert isinstance(job, Job)
    assert [one.name for one in job.sheets] == ["Danom", "Tiga", "Empat"] and job.left_out == ("Dua", "Lima")


@pytest.mark.parametrize("first", ["panjang", "lebar", "jauh"])
def test_a_first_sheet_that_cannot_be_taken_keeps_out_none_behind_it(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 5)
    monkeypatch.setattr(sheets, "MOST_COLUMNS", len(HEADS))
    bare = sheets.sheet(behind(first, [HEADS, person(11)]), 0)
    assert isinstance(bare, NoSheet) and bare.names == ("Satu", "Danom")
    assert isinstance(sheets.sheet(behind(first, [HEADS, person(11)]), 1), Sheet)


@pytest.mark.parametrize("reason", ["tidak_terbaca", "terlalu_panjang", "jauh"])
def test_a_list_is_taken_from_behind_a_first_sheet_that_cannot_be(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    data, parsers = behind("panjang", [HEADS, person(11)]), desk.importing._parsers
    real, none = parsers.sheet, [0]

    def sheet(data: bytes, number: int = 0) -> Sheet | NoSheet:
        made = real(data, number)
        assert isinstance(made, Sheet)
        return NoSheet(why=reason, names=made.names) if number in none else made

    monkeypatch.setattr(parsers, "sheet", sheet)
    job = desk.importing.take(desk.by, "x.xlsx", data)
    assert isinstance(job, Job) and [one.name for one in job.sheets] == ["Danom"]
    assert job.left_out == (() if reason == "tidak_terbaca" else ("Satu",))
    none.append(1)
    assert desk.importing.take(desk.by, "x.xlsx", data) == reason


def test_a_list_that_is_too_wide_is_told_and_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_COLUMNS", 2)
    page = "<table><tr><td>a<td>b{}</table>"
    wide = ((b"a;b;c\n", b"a;b;;\n"), (page.format("<td>c<td>").encode(), page.format("<td><td>").encode()))
    for over, blank in wide:
        assert why(sheets.sheet(over, 0)) == "terlalu_lebar"
        assert isinstance(sheets.sheet(blank, 0), Sheet)
    assert why(sheets.sheet(workbook([person(11)], title=""), 0)) == "terlalu_lebar"


def test_a_list_that_is_too_long_is_told_and_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 4)
    assert isinstance(sheets.sheet(b"a;b\n" * 4, 0), Sheet)
    long = [sheets.sheet(b"a;b\n" * 5, 0), sheets.sheet(workbook([person(11)] * 4, title=""), 0)]
    assert [why(each) for each in long] == ["terlalu_panjang"] * 2


@pytest.mark.parametrize("endless", ["1e999", "-1e999", "NaN"])
def test_a_number_without_end_is_told_as_none_and_holds_up_no_list(desk: Desk, endless: str) -> None:
    data = spoiled(workbook([person(11), person(12, **{"No. KK": 1234567.5})]), "1234567.5", endless)
    job = desk.importing.take(desk.by, "x.xlsx", data)
    assert isinstance(job, Job)
    checked = desk.check(job)
    assert (checked.state, checked.counts["baru"], checked.counts["masalah"]) == ("diperiksa", 1, 1)


def why(made: Sheet | NoSheet) -> str:
    return made.why if isinstance(made, NoSheet) else ""


def spoiled(data: bytes, old: str, new: str) -> bytes:
    """Write other text into a workbook's sheets than its program would."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(out, "w") as other:
        for name in whole.namelist():
            other.writestr(name, whole.read(name).replace(old.encode(), new.encode()))
    return out.getvalue()
