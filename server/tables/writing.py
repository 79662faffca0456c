"""Tables going out, as XLSX or CSV, row by row. Rule: text stays text, and nothing that was typed runs.

A workbook's frame is xlsxwriter's; its rows go straight from here into the archive, so that a list of any
length takes the memory of one row, and lies readable in no folder. What would begin a formula is text with a
quote prefix in a workbook, as Excel itself keeps it, and has an apostrophe before it in CSV.
"""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Literal, Protocol

import xlsxwriter

Cell = str | int | float | date | None
Kind = Literal["xlsx", "csv"]
MEDIA_TYPES: dict[Kind, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula; the wide ones too, which some fold."""
MOST_ROWS = 1_048_000
"""A little less than a sheet has."""
MOST_SIGNS = 32_767
FAST = 2
"""Deflating harder makes a list a tenth smaller and takes twice as long."""
_SHEET = "xl/worksheets/sheet1.xml"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_STYLE = re.compile(r'<c r="[A-F]1"(?: s="(\d+)")?')
_SIZE = re.compile(r"<dimension[^>]*/>")
"""How large the frame's own sheet was; a sheet need not say."""
_EPOCH_DAY = date(1899, 12, 30)
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Sink(Protocol):
    """Where bytes go, one after another."""

    def write(self, data: bytes, /) -> int:
        """Take bytes; return how many."""
        ...

    def flush(self) -> None:
        """Nothing is kept back."""
        ...


class TableWriter(Protocol):
    """Writes one table, head first."""

    def head(self, cells: Sequence[str]) -> None:
        """Write a row of headings."""
        ...

    def row(self, cells: Sequence[Cell]) -> None:
        """Write a row."""
        ...

    def close(self) -> None:
        """End the table."""
        ...


def table_writer(kind: Kind, sink: Sink, title: str, widths: Sequence[int], heads: int) -> TableWriter:
    """Return what writes a table of these column widths (in signs), with so many rows of headings."""
    return PlainTable(sink) if kind == "csv" else Workbook(sink, title, widths, heads)


def runs(text: str) -> bool:
    """Whether a spreadsheet might take a text for a formula."""
    return text.startswith(RUNS)


class PlainTable:
    """CSV as RFC 4180 has it, in UTF-8 with a mark by which Excel knows it; every text is quoted."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._line = io.StringIO()
        self._csv = csv.writer(self._line, quoting=csv.QUOTE_NONNUMERIC)
        sink.write(b"\xef\xbb\xbf")

    def head(self, cells: Sequence[str]) -> None:
        """See TableWriter."""
        self.row(cells)

    def row(self, cells: Sequence[Cell]) -> None:
        """See TableWriter."""
        self._csv.writerow([_plain(cell) for cell in cells])
        self._sink.write(self._line.getvalue().encode())
        self._line.seek(0)
        self._line.truncate()

    def close(self) -> None:
        """See TableWriter."""
        self._sink.flush()


class Workbook:
    """One sheet, its rows streamed into the frame that xlsxwriter made."""

    def __init__(self, sink: Sink, title: str, widths: Sequence[int], heads: int) -> None:
        frame, self._styles = _frame(title, widths, heads)
        self._archive = zipfile.ZipFile(_Forward(sink), "w", zipfile.ZIP_DEFLATED, compresslevel=FAST)
        for name in frame.namelist():
            if name != _SHEET:
                self._archive.writestr(_entry(name), frame.read(name), compresslevel=FAST)
        before, after = re.split(r"<sheetData>.*</sheetData>", frame.read(_SHEET).decode(), flags=re.DOTALL)
        self._after = after
        self._sheet = self._archive.open(_entry(_SHEET), "w", force_zip64=True)
        self._sheet.write(f"{_SIZE.sub('', before)}<sheetData>".encode())
        self._letters = [_letters(column) for column in range(len(widths))]
        self._number = 0
        self._held: list[str] = []

    def head(self, cells: Sequence[str]) -> None:
        """See TableWriter."""
        self._put(cells, self._styles["head"])

    def row(self, cells: Sequence[Cell]) -> None:
        """See TableWriter."""
        self._put(cells, self._styles["text"])

    def close(self) -> None:
        """See TableWriter."""
        self._flush()
        self._sheet.write(f"</sheetData>{self._after}".encode())
        self._sheet.close()
        self._archive.close()

    def _put(self, cells: Sequence[Cell], text: str) -> None:
        self._number += 1
        number, styles = self._number, self._styles
        parts = [f'<row r="{number}">']
        for letters, cell in zip(self._letters, cells, strict=True):
            if cell is None or cell == "":
                continue
            if isinstance(cell, str):
                style = styles["quoted"] if cell.startswith(RUNS) else text
                said = escape(_NOT_XML.sub("", cell[:MOST_SIGNS]), quote=False)
                parts.append(
                    f'<c r="{letters}{number}" s="{style}" t="inlineStr">'
                    f'<is><t xml:space="preserve">{said}</t></is></c>'
                )
            elif isinstance(cell, date):
                days = (cell - _EPOCH_DAY).days
                parts.append(f'<c r="{letters}{number}" s="{styles["day"]}"><v>{days}</v></c>')
            else:
                parts.append(f'<c r="{letters}{number}"><v>{cell!r}</v></c>')
        parts.append("</row>")
        self._held.append("".join(parts))
        if len(self._held) == 200:
            self._flush()

    def _flush(self) -> None:
        self._sheet.write("".join(self._held).encode())
        self._held.clear()


class _Forward:
    """A sink as a file that cannot go back, which is how an archive knows not to try."""

    def __init__(self, sink: Sink) -> None:
        self.write, self.flush = sink.write, sink.flush

    def close(self) -> None:
        """Leave the sink open; whoever gave it ends it."""


def _frame(title: str, widths: Sequence[int], heads: int) -> tuple[zipfile.ZipFile, dict[str, str]]:
    """Return a workbook without rows, and the number of each style in it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet(title[:31])
    looks = {
        "text": {"num_format": "@"},
        "quoted": {"num_format": "@", "quote_prefix": True},
        "day": {"num_format": "dd-mm-yyyy"},
        "head": {"num_format": "@", "bold": True, "bg_color": "#E7EFEA"},
    }
    for column, look in enumerate(looks.values()):
        sheet.write_string(0, column, "x", book.add_format(look))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(heads, 0)
    book.close()
    frame = zipfile.ZipFile(out)
    found = _STYLE.findall(frame.read(_SHEET).decode())
    return frame, dict(zip(looks, found, strict=True))


def _entry(name: str) -> zipfile.ZipInfo:
    """Return an entry that says nothing of the machine that made it."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _plain(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if runs(cell) else cell
    return cell.isoformat() if isinstance(cell, date) else cell


def _letters(column: int) -> str:
    """Name a column as spreadsheets do: A … Z, AA …"""
    name, left = "", column + 1
    while left:
        left, last = divmod(left - 1, 26)
        name = chr(ord("A") + last) + name
    return name
