"""Something that lies far below a list, as a blank typed by accident. Rule: found before the rows are read.

Whoever reads a sheet makes room for all rows down to the last that holds something: one cell in the last row
of a sheet is a list of a million rows. So the sheet's text is looked through first, as far as `MOST_BYTES`.
"""

import io
import re
import zipfile
import zlib
from posixpath import join, normpath
from typing import IO

BOOK, LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
MOST_BYTES = 64 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
OVERLAP_BYTES = 256
FAR = 10_000
"""So many empty rows below another, what comes is no part of the list."""
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*?\b\w+:id=\"([^\"]+)\"")
_LINK = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_ROW_OR_VALUE = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d{1,7})\"|<(?:\w+:)?(?:v|is)\b")


def has_far_row(data: bytes, number: int) -> bool:
    """Say whether something lies far below the list on a sheet (from 0) of an XLSX, as far as can be seen."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book, book.open(_place(book, number)) as sheet:
            return _is_far(sheet)
    except (zipfile.BadZipFile, zlib.error, KeyError, IndexError, OSError, ValueError, NotImplementedError):
        return False


def small_workbook() -> bytes:
    """Return just enough of an XLSX for `has_far_row` to look through."""
    parts = {
        BOOK: b'<sheet r:id="a"/>',
        LINKS: b'<Relationship Id="a" Target="a.xml"/>',
        "xl/a.xml": b'<row r="1"><c><v>1</v></c></row>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in parts.items():
            book.writestr(name, part)
    return out.getvalue()


def _is_far(sheet: IO[bytes]) -> bool:
    last = row = 0
    text = b""
    for _ in range(MOST_BYTES // CHUNK_BYTES):
        chunk = sheet.read(CHUNK_BYTES)
        text = text[-OVERLAP_BYTES:] + chunk
        for found in _ROW_OR_VALUE.finditer(text):
            if found[1]:
                row = int(found[1])
            elif last and row > last + FAR:
                return True
            else:
                last = row
        if not chunk:
            break
    return False


def _place(book: zipfile.ZipFile, number: int) -> str:
    """Return where in the file a sheet lies. Raises KeyError, IndexError."""
    name = _SHEET.findall(_start_of(book, BOOK))[number]
    for link in _LINK.findall(_start_of(book, LINKS)):
        if b'Id="' + name + b'"' in link:
            target = re.search(rb'Target="([^"]+)"', link)
            return normpath(join("/xl", (target or [b"", b""])[1].decode())).lstrip("/")
    raise KeyError(number)


def _start_of(book: zipfile.ZipFile, name: str) -> bytes:
    with book.open(name) as part:
        return part.read(CHUNK_BYTES)
