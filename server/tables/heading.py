"""Where a sheet's header stands. Rule: titles above it, blank rows and merged cells are what is expected.

A merged cell arrives as its text in the first cell and blanks after it. A header of two rows is put together:
the upper one's words belong to every blank right of them.
"""

from collections.abc import Sequence

from schemas.base import Data
from server.parsing.messages import Cell
from server.tables.columns import COLUMNS, named

Row = Sequence[Cell]
DEEPEST = 60
"""So many rows from the top a header is looked for."""
_KNOWN = frozenset(head for columns in COLUMNS.values() for column in columns for head in column.heads)


class Heading(Data, frozen=True, kw_only=True):
    """The header: its last row (from 0), how many rows it has (1 or 2), and the name of each column."""

    row: int
    rows: int
    names: tuple[str, ...]


def find_heading(rows: Sequence[Row]) -> Heading:
    """Return where the header most likely stands: the row whose words are known best, or a full one."""
    top = rows[:DEEPEST]
    scores = [_known(row) for row in top]
    best = max(range(len(top)), key=lambda place: (scores[place], -place), default=0)
    if not top or scores[best] == 0:
        widths = [sum(cell not in (None, "") for cell in row) for row in top]
        best = max(range(len(top)), key=lambda place: (widths[place] > 1, -place), default=0)
    if best + 1 < len(top) and _is_upper_half(top[best], top[best + 1]):
        best += 1
    return heading_at(rows, best)


def heading_at(rows: Sequence[Row], row: int) -> Heading:
    """Return the header that ends with a row (from 0), with what stands merged above it."""
    if not 0 <= row < len(rows):
        return Heading(row=0, rows=1, names=())
    lower = [text_of(cell) for cell in rows[row]]
    if not row or not _is_upper_half(rows[row - 1], rows[row]):
        return Heading(row=row, rows=1, names=tuple(lower))
    upper = [text_of(cell) for cell in rows[row - 1]]
    names: list[str] = []
    group = ""
    for place in range(max(len(lower), len(upper))):
        over = upper[place] if place < len(upper) else ""
        under = lower[place] if place < len(lower) else ""
        group = over or group
        alone = under if named(under) in _KNOWN else f"{group} {under}".strip()
        names.append(alone if under else over)
    return Heading(row=row, rows=2, names=tuple(names))


def _known(row: Row) -> int:
    return sum(named(text_of(cell)) in _KNOWN for cell in row)


def _is_upper_half(upper: Row, lower: Row) -> bool:
    """Say whether two rows are one header: each names columns that the other leaves blank or only groups."""
    if not _known(upper) or not _known(lower):
        return False
    above = {place for place, cell in enumerate(upper) if cell not in (None, "")}
    below = {place for place, cell in enumerate(lower) if cell not in (None, "")}
    return bool(above - below) and bool(below - above)


def text_of(cell: Cell) -> str:
    """Return a cell as one line of text; a whole number without a decimal point."""
    match cell:
        case None:
            return ""
        case str():
            return " ".join(cell.split())
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return str(cell)
