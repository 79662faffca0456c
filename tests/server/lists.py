"""Lists as they come to the office, made here: with titles, merged heads, numbers of every kind."""

import io
from collections.abc import Sequence
from datetime import date

import xlsxwriter

HEADS = (
    "No",
    "NIK",
    "No. KK",
    "Nama Penerima",
    "Alamat",
    "RT",
    "RW",
    "Desa/Kelurahan",
    "Kecamatan",
    "Bank",
    "Ket.",
)
NIK = "331499010180{:04}"
CARD = "6013990000000001"
"""The number of a bank card."""
DESA = ("Jetis Karangpung", "Kalijambe")


def person(number: int, **more: object) -> list[object]:
    """A row of `HEADS` about somebody who is not there."""
    name = "Sutarmi " + "".join("BCDFGHJKLM"[int(digit)] for digit in str(number))
    place = ("Dukuh Ngrombo", "3", "001", *DESA)
    values = (number, NIK.format(number), "3314990101100001", name, *place, "BNI", "SUKSES SPM")
    row = dict(zip(HEADS, values, strict=True)) | more
    return [row[head] for head in HEADS]


def workbook(
    rows: Sequence[Sequence[object]],
    *,
    heads: Sequence[str] = HEADS,
    title: str = "DATA NOMINATIF PENERIMA",
    blank_rows: int = 1,
    other_sheets: Sequence[str] = (),
) -> bytes:
    """Write a workbook with a merged title above its head."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    days = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("Danom")
    top = 0
    if title:
        sheet.merge_range(0, 0, 0, max(1, len(heads) - 1), title)
        top = 1 + blank_rows
    for row, values in enumerate([heads, *rows], top):
        for column, value in enumerate(values):
            if isinstance(value, date):
                sheet.write_datetime(row, column, value, days)  # pyright: ignore[reportArgumentType]
            elif isinstance(value, str):
                sheet.write_string(row, column, value)
            elif value is not None:
                sheet.write(row, column, value)
    for name in other_sheets:
        book.add_worksheet(name).write(0, 0, "catatan")
    book.close()
    return out.getvalue()


def many(count: int) -> bytes:
    """Write a workbook of so many people, row by row so that it fits into memory."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    sheet = book.add_worksheet()
    for column, head in enumerate(HEADS):
        sheet.write_string(0, column, head)
    for number in range(count):
        day, year, serial = number % 28 + 1, number // 28 % 90, number // 2520 + 100
        nik = f"331499{day:02}01{year:02}{serial:04}"
        card = f"331499{day:02}02{year:02}{serial:04}"
        for column, value in enumerate(person(number, NIK=nik, **{"No. KK": card})):
            sheet.write_string(number + 1, column, str(value))
    book.close()
    return out.getvalue()


def behind(first: str, rows: Sequence[Sequence[object]]) -> bytes:
    """Write a workbook with rows behind a sheet that is longer or wider than others, or filled far below."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet, cells = book.add_worksheet("Satu"), {"panjang": (7, 0), "lebar": (1, 20), "jauh": (99_999, 0)}
    sheet.write(0, 0, "catatan")
    sheet.write(*cells[first], "x")
    last = book.add_worksheet("Danom")
    for row, values in enumerate(rows):
        last.write_row(row, 0, values)
    book.close()
    return out.getvalue()
