"""What a child makes of a spreadsheet. Rule: values only; formulas, macros and links are never looked at.

Runs in the child only, within its memory and time; a sheet that is too large for them ends the child, and the
office says so. Dates come as ISO text, whole numbers as integers, everything else as it stands.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from math import isfinite

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from schemas.base import encode
from server.parsing.far_rows import has_far_row
from server.parsing.messages import PIECE, Cell, NoSheet, Sheet
from server.parsing.web_tables import is_web_page, web_rows

MOST_ROWS = 200_000
MOST_COLUMNS = 250
LONGEST_CELL = 1_000
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
LOCKED = "EncryptedPackage".encode("utf-16-le")
"""What a workbook with a password is called inside the old container that it lies in."""
Value = str | int | float | bool | date | datetime | time | timedelta | None


class _WideError(Exception):
    """A row says something beyond the columns that are read."""


def sheet(data: bytes, number: int) -> Sheet | NoSheet:
    """Read one sheet of a workbook (from 0), or a text of separated values. Raises MemoryError."""
    if data.startswith(OLE) and LOCKED in data:
        return NoSheet(why="terkunci")
    return _of_workbook(data, number) if data.startswith((ZIP, OLE)) else _of_text(data)


def _of_workbook(data: bytes, number: int) -> Sheet | NoSheet:
    is_far, names = has_far_row(data, number), tuple[str, ...]()
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = tuple(book.sheet_names)
        if not 0 <= number < len(names):
            return NoSheet(why="tidak_ada", names=names)
        if is_far:
            return NoSheet(why="jauh", names=names)
        found = book.get_sheet_by_index(number)
        if found.total_height > MOST_ROWS:
            return NoSheet(why="terlalu_panjang", names=names)
        # the first rows may be blank: counted, so that a row's number is that which the program shows
        before = found.start[0] if found.start else 0
        return _packed(names, number, _rows(found.to_python(skip_empty_area=True)), before)
    except PasswordError:
        return NoSheet(why="terkunci")
    except (CalamineError, ValueError, OSError, KeyError, IndexError):
        return NoSheet(why="tidak_terbaca", names=names)


def _of_text(data: bytes) -> Sheet | NoSheet:
    text = _decoded(data)
    if text is None:
        return NoSheet(why="tidak_terbaca")
    if is_web_page(text):
        return _packed(("Tabel",), 0, _rows(web_rows(text, MOST_COLUMNS + 1)), 0)
    top = text[:20_000]
    separator = max(";\t,|", key=lambda sign: (top.count(sign), sign == ";"))
    if separator not in top:
        return NoSheet(why="tidak_terbaca")
    try:
        return _packed(("CSV",), 0, _rows(csv.reader(io.StringIO(text, newline=""), delimiter=separator)), 0)
    except csv.Error:
        return NoSheet(why="tidak_terbaca")


def _packed(names: tuple[str, ...], number: int, rows: Iterator[list[Cell]], before: int) -> Sheet | NoSheet:
    """Pack rows piece by piece, so that they are never all there twice."""
    pieces: list[bytes] = []
    count = 0
    try:
        while piece := list(islice(rows, PIECE)):
            pieces.append(encode(piece))
            count += len(piece)
            if count > MOST_ROWS:
                return NoSheet(why="terlalu_panjang", names=names)
    except _WideError:
        return NoSheet(why="terlalu_lebar", names=names)
    return Sheet(names=names, number=number, pieces=tuple(pieces), count=count, before=before)


def _rows(rows: Iterable[Sequence[Value]]) -> Iterator[list[Cell]]:
    for row in rows:
        if any(row[MOST_COLUMNS:]):
            raise _WideError
        yield [_cell(value) for value in row[:MOST_COLUMNS]]


def _cell(value: Value) -> Cell:
    match value:
        case None | "":
            return None
        case bool():
            return "ya" if value else "tidak"
        case str():
            return value.strip()[:LONGEST_CELL] or None
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
        case float() if not isfinite(value):  # no number that anybody could count with
            return str(value)
        case int() | float():
            return value
        case datetime():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _decoded(data: bytes) -> str | None:
    """Read a text as UTF-8, UTF-16 or as Windows writes it; None for what holds signs that no list has."""
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text[:10_000] else text
    return None


def _encodings(data: bytes) -> tuple[str, ...]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    top = data[:200]
    if len(top) > 20 and not any(top[1::2]) and all(top[::2]):  # UTF-16 that does not say so
        return ("utf-16-le",)
    return ("utf-8-sig", "cp1252")
