"""The list of an SK by name by address, as an officer pastes it. Rule: it becomes a table, kept nowhere.

One person a line: name; NIK; address; account; amount in rupiah. Tabs, as spreadsheets copy them, part too.
"""

import re

from schemas import format as written
from schemas.base import Data
from schemas.text import Text
from server.parsing.letter import Grid

COLUMNS = ("nama", "nik", "alamat", "rekening", "nominal")
WIDTHS = (0.4, 1.7, 1.6, 2.4, 1.5, 1.3)
MOST_PEOPLE = 500
MOST_CELL = 200
_SIGNS = re.compile(r"['\u2019. ]")
"""What people and spreadsheets put before and into a NIK."""
_RUPIAH = re.compile(
    r"(?:Rp\.?)?\s*(?:([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,(?:00|-))?"
    r"|([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{4,})(?:\.00)?)",
    re.IGNORECASE,
)
"""An amount as spreadsheets show it: 1500000, Rp1.500.000,00, Rp 1.500.000,- or 1,500,000.00."""


class Listed(Data, frozen=True, kw_only=True):
    """The table, how many people stand in it, and what they get together (whole rupiah)."""

    table: Grid
    people: int
    amount: int


class LineWrong(Data, frozen=True, kw_only=True):
    """The first line (from 1) that cannot be read; 0: there is none at all, or there are far too many."""

    line: int


def list_table(pasted: str, text: Text) -> Listed | LineWrong:
    """Read the lines; blank ones are left out."""
    rows: list[tuple[str, ...]] = []
    total = 0
    for place, line in enumerate(pasted.splitlines(), 1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t" if "\t" in line else ";")]
        if not rows and "nik" in map(str.casefold, cells):  # the heads came along
            continue
        if len(cells) == len(COLUMNS) + 1 and cells[0].rstrip(".").isdigit():  # and the running numbers
            del cells[0]
        amount = _rupiah(cells[-1])
        if len(cells) != len(COLUMNS) or amount is None or not cells[0]:
            return LineWrong(line=place)
        cells[1] = _SIGNS.sub("", cells[1])
        if not _is_nik(cells[1]):
            return LineWrong(line=place)
        if max(len(cell) for cell in cells) > MOST_CELL:
            return LineWrong(line=place)
        total += amount
        rows.append((str(len(rows) + 1), *cells[:-1], written.rupiah(amount)))
    if not 0 < len(rows) <= MOST_PEOPLE:
        return LineWrong(line=0)
    head = (text("surat.isi.urut"), *(text(f"surat.isi.{name}") for name in COLUMNS))
    table = Grid(head=head, widths=WIDTHS, rows=tuple(rows), right=(0, len(COLUMNS)))
    return Listed(table=table, people=len(rows), amount=total)


def _rupiah(cell: str) -> int | None:
    found = _RUPIAH.fullmatch(cell)
    digits = re.sub("[.,]", "", found[1] or found[2]) if found else ""
    return int(digits) if digits and len(digits) < 13 else None


def _is_nik(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) == 16
