"""Workbooks of a few KB that unfold without end: read in a child, refused in words; the office goes on."""

import io
import time
import zipfile
from collections.abc import Iterable, Iterator

import pytest

from server.parsing.messages import NoSheet, Sheet
from server.parsing.pool import SECONDS, Parsers

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MEGABYTE = 1_000_000
PLAIN = [b'<row r="1"><c r="A1"><v>1</v></c></row>']
CORNERS = [*PLAIN, b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>']
SHARED = b'<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
LONG_CELL = [
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>', *[b"x" * MEGABYTE] * 500, b"</t></is></c></row>",
]  # fmt: skip


@pytest.fixture(scope="module")
def parsers() -> Iterator[Parsers]:
    made = Parsers(children=1)
    yield made
    made.close()


def workbook(rows: Iterable[bytes], strings: Iterable[bytes] = ()) -> bytes:
    """An XLSX of one sheet, made piece by piece: what it unfolds to is never there at once."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        types = f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
        folder.writestr("[Content_Types].xml", types + 'ContentType="application/xml"/></Types>')
        folder.writestr("_rels/.rels", linked(a=("officeDocument", "xl/workbook.xml")))
        sheets = '<sheets><sheet name="A" sheetId="1" r:id="b"/></sheets>'
        book = f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}">{sheets}</workbook>'
        folder.writestr("xl/workbook.xml", book)
        parts = linked(b=("worksheet", "worksheets/sheet1.xml"), c=("sharedStrings", "sharedStrings.xml"))
        folder.writestr("xl/_rels/workbook.xml.rels", parts)
        put(folder, "xl/worksheets/sheet1.xml", "worksheet", [b"<sheetData>", *rows, b"</sheetData>"])
        put(folder, "xl/sharedStrings.xml", "sst", strings)
    return out.getvalue()


def linked(**targets: tuple[str, str]) -> str:
    links = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def put(folder: zipfile.ZipFile, name: str, tag: str, pieces: Iterable[bytes]) -> None:
    with folder.open(name, "w") as part:
        part.write(f'<{tag} xmlns="{SPREADSHEET}">'.encode())
        for piece in pieces:
            part.write(piece)
        part.write(f"</{tag}>".encode())


BOMBS = {
    "two cells in opposite corners": lambda: workbook(CORNERS),
    "a cell of 500 MB": lambda: workbook(LONG_CELL),
    "20 million shared strings": lambda: workbook([SHARED], [b"<si><t>abcdefgh</t></si>" * 40_000] * 500),
    "40 million cells": lambda: workbook([(b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>") * 2_000] * 200),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_that_unfolds_without_end_is_refused_and_the_next_one_is_read(
    parsers: Parsers, name: str
) -> None:
    data = BOMBS[name]()
    assert len(data) < 2 * MEGABYTE, "small enough to be sent"
    begun = time.monotonic()
    why = "jauh" if name == "two cells in opposite corners" else "terlalu_besar"
    assert parsers.sheet(data) == NoSheet(why=why, names=("A",) if why == "jauh" else ())
    assert time.monotonic() - begun < 2 * SECONDS
    assert isinstance(parsers.sheet(workbook(PLAIN)), Sheet)


@pytest.mark.parametrize(
    ("row", "cell", "is_far"),
    [
        (1048576, b"<v>1</v>", True),
        (1048576, b"<is><t>x</t></is>", True),
        (1048576, b"", False),  # a colour alone
        (9000, b"<v>1</v>", False),
    ],
    ids=["last-row", "text", "empty", "near"],
)
def test_a_cell_far_below_a_list_is_told_as_such(
    parsers: Parsers, row: int, cell: bytes, is_far: bool
) -> None:
    rows = [b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (at, at) for at in range(1, 500)]
    made = parsers.sheet(workbook([*rows, b'<row r="%d"><c r="C%d">%s</c></row>' % (row, row, cell)]))
    assert made == NoSheet(why="jauh", names=("A",)) if is_far else isinstance(made, Sheet)
