"""What was pulled, as rows in the vault. Rule: digests and the search index change with the rows, in one
transaction.

Rows lie in the order in which they came, and their number is what the search index calls them by.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

import msgspec
import sqlcipher3.dbapi2 as sqlcipher

from field_app.search import Seen, index_subjects
from schemas.ids import Part, RecordId
from schemas.wire import Removed, Row
from sync.digest import EMPTY, fold, row_hash

ROW = "SELECT rows.number, part, id, seq, kind, body FROM rows JOIN parts ON parts.number = part_number"
LISTED = "id IN (SELECT value FROM json_each(?))"
# In the words of the index `rows_by_kind`: SQLite takes it only for a query that says its condition again.
FEW = "kind NOT IN ('warga', 'ewarong')"
Place = tuple[RecordId, Part]
"""Where a row stands."""


def rows_of(connection: sqlcipher.Connection, ids: Iterable[RecordId]) -> list[Row]:
    """Return all rows of these ids, by id."""
    return [row for _, row in _numbered(connection, ids)]


def rows_of_kind(connection: sqlcipher.Connection, kind: str) -> list[Row]:
    """Return all rows of one kind of record, in any part."""
    few = f" AND {FEW}" if kind not in ("warga", "ewarong") else ""
    return [_row(*found) for _, *found in connection.execute(f"{ROW} WHERE kind = ?{few}", (kind,))]


def put_rows(connection: sqlcipher.Connection, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
    """See sync.store.Rows; in a few statements for all of a page."""
    items: dict[Place, Row | Removed] = {(item.id, item.part): item for item in (*rows, *removed)}
    seen: dict[RecordId, list[Seen]] = {name: [] for name, _ in items}
    before: dict[Place, int] = {}
    folds: dict[Part, int] = {}
    was: list[int] = []
    for number, old in _numbered(connection, seen):
        was.append(number)
        if (old.id, old.part) in items:
            before[old.id, old.part] = number
            folds[old.part] = folds.get(old.part, 0) ^ _hash(old)
        else:
            seen[old.id].append((number, old.part, old.kind, old.body))
    (last,) = connection.execute("SELECT coalesce(max(number), 0) FROM rows").fetchone()
    fresh = count(last + 1)
    put: list[tuple[int, Row]] = []
    for place, row in items.items():
        if isinstance(row, Row):
            number = before.pop(place, None) or next(fresh)
            put.append((number, row))
            folds[row.part] = folds.get(row.part, 0) ^ _hash(row)
            seen[row.id].append((number, row.part, row.kind, row.body))
    parts = _fold_digests(connection, folds)
    connection.executemany(
        "INSERT INTO rows (number, part_number, id, seq, kind, body) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (number) DO UPDATE SET seq = excluded.seq, kind = excluded.kind, body = excluded.body",
        [(number, parts[row.part], row.id, row.seq, row.kind, row.body) for number, row in put],
    )
    connection.executemany("DELETE FROM rows WHERE number = ?", [(number,) for number in before.values()])
    index_subjects(connection, was, seen.values())


def clear_parts(connection: sqlcipher.Connection, cleared: Sequence[Part]) -> None:
    """Take away the rows of these parts and of those not held any more."""
    parts = connection.execute(
        "SELECT number FROM parts WHERE NOT held OR part IN (SELECT value FROM json_each(?))",
        (_listed(cleared),),
    ).fetchall()
    was: list[int] = []
    seen: dict[RecordId, list[Seen]] = {}
    for part in parts:
        for number, name in connection.execute("SELECT number, id FROM rows WHERE part_number = ?", part):
            was.append(number)
            seen[RecordId(name)] = []
        connection.execute("DELETE FROM rows WHERE part_number = ?", part)
        connection.execute("UPDATE parts SET digest = ? WHERE number = ?", (EMPTY, *part))
    connection.execute("DELETE FROM parts WHERE NOT held")
    for number, row in _numbered(connection, seen):
        was.append(number)
        seen[row.id].append((number, row.part, row.kind, row.body))
    index_subjects(connection, was, seen.values())


def _numbered(connection: sqlcipher.Connection, ids: Iterable[RecordId]) -> list[tuple[int, Row]]:
    """Return all rows of these ids behind their numbers, by id: one statement for a whole page."""
    found = connection.execute(f"{ROW} WHERE {LISTED} ORDER BY id, part", (_listed(list(ids)),))
    return [(number, _row(*columns)) for number, *columns in found.fetchall()]


def _row(part: Part, name: RecordId, seq: int, kind: str, body: bytes) -> Row:
    return Row(part=part, id=name, seq=seq, kind=kind, body=body)


def _hash(row: Row) -> int:
    return row_hash(row.part, row.id, row.seq, row.body)


def _fold_digests(connection: sqlcipher.Connection, folds: Mapping[Part, int]) -> dict[Part, int]:
    """Fold row hashes into the digests of their parts; return the number of each part."""
    now: dict[Part, bytes] = dict(connection.execute("SELECT part, digest FROM parts").fetchall())
    connection.executemany(
        "INSERT INTO parts (part, held, digest) VALUES (?, 0, ?)"
        " ON CONFLICT (part) DO UPDATE SET digest = excluded.digest",
        [(part, fold(now.get(part, EMPTY), change)) for part, change in folds.items()],
    )
    return dict(connection.execute("SELECT part, number FROM parts").fetchall())


def _listed(values: Sequence[str]) -> str:
    return msgspec.json.encode(values).decode()
