"""A page's rows without what can be had from others. Rule: `fill(thin(rows))` is `rows`, byte for byte.

Someone with a task sees a warga twice: in full as their own, and reduced in the desa's list. The reduced one
can be made from the full one on the phone, so it travels empty.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from schemas.base import UNREADABLE, decode, encode
from schemas.ids import Part, RecordId
from schemas.wire import Row, RowBody
from sync.merge import NO_FIELDS
from sync.scope import MINE, reduced

THIN = b""
LATE = frozenset({"desil"})
"""What lists did show at first: a phone of before would make such a row with it, so that row is sent."""


def thin(rows: Sequence[Row]) -> list[Row]:
    """Return the rows, those of one thing together; a reduced row that its fuller one in the same page tells
    travels empty.
    """
    made = _reduced_bodies(rows, LATE)
    if not made:  # most pages: nobody has a task there
        return _neighbours(rows)
    return [
        replace(row, body=THIN) if not _own(row) and made.get(row.id) == row.body else row
        for row in _neighbours(rows)
    ]


def fill(rows: Sequence[Row]) -> list[Row] | None:
    """Return the rows whole again; None if one is no row, or an empty one has no fuller one beside it."""
    try:
        made = _reduced_bodies(rows)
        for row in rows:
            if row.body:
                decode(row.body, RowBody)
    except UNREADABLE:
        return None
    whole = [row if row.body else replace(row, body=made.get(row.id, THIN)) for row in rows]
    return whole if all(row.body for row in whole) else None


def _reduced_bodies(rows: Iterable[Row], without: frozenset[str] = NO_FIELDS) -> dict[RecordId, bytes]:
    """Make the reduced row of each warga that stands in full, unless it has one of these fields."""
    full = [row for row in rows if row.kind == "warga" and row.body and _own(row)]
    wanted = {row.id for row in rows if not _own(row)} if full else set[RecordId]()
    told = ((row.id, decode(row.body, RowBody)) for row in full if row.id in wanted)
    return {name: encode(reduced(fields)) for name, fields in told if without.isdisjoint(fields)}


def _own(row: Row) -> bool:
    return row.part.startswith(MINE)


def _neighbours(rows: Sequence[Row]) -> list[Row]:
    """Order a page so that what is alike stands together, which deflates better: things of one desa, and the
    rows of one thing.
    """
    first: dict[RecordId, Part] = {}
    for row in rows:
        first[row.id] = min(row.part, first.get(row.id, row.part))
    return sorted(rows, key=lambda row: (first[row.id], row.id))
