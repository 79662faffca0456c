"""What was pulled, as rows in the vault. Rule: digests and the search index change with the rows, in one
transaction.

A person may stand in a desa's list and, in full, in a worker's own part: only the fullest row of each thing
has what it is looked for by.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count

import sqlcipher3.dbapi2 as sqlcipher

from field_app.asked import asked_of
from field_app.search import END, NO_KEYS, Keys, add_words, forget_words, keys_of, listed
from schemas.ids import Part, RecordId
from schemas.wire import Removed, Row
from sync.digest import EMPTY, fold, row_hash
from sync.scope import MINE

ROW = (
    "SELECT rows.number, part, id, seq, kind, body, kode_desa, tail, name_key"
    " FROM rows JOIN parts ON parts.number = part_number"
)
LISTED = "id IN (SELECT value FROM json_each(?))"
# In the words of the index `rows_by_kind`: SQLite takes it only for a query that says its condition again.
FEW = "kind NOT IN ('warga', 'ewarong')"
Place = tuple[RecordId, Part]
"""Where a row stands."""
Numbered = tuple[int, Row]
"""A row behind its number: rows lie in the order in which they came."""


def rows_of(connection: sqlcipher.Connection, ids: Iterable[RecordId]) -> list[Row]:
    """Return all rows of these ids, by id."""
    return [row for _, row, _ in _held(connection, ids)]


def fullest(rows: Iterable[Row]) -> Row | None:
    """Return the row that shows most of a thing."""
    return min(rows, key=_reduction, default=None)


def rows_of_kind(connection: sqlcipher.Connection, kind: str) -> list[Row]:
    """Return all rows of one kind of record, in any part."""
    few = f" AND {FEW}" if kind not in ("warga", "ewarong") else ""
    return [_row(*found) for _, *found, _, _, _ in connection.execute(f"{ROW} WHERE kind = ?{few}", (kind,))]


def rows_in_state(connection: sqlcipher.Connection, kind: str, states: Collection[str]) -> list[Row]:
    """Return the rows of one kind that stand so: tugas, kunjungan or konflik."""
    asked = f"{ROW} WHERE kind = ? AND state IN (SELECT value FROM json_each(?))"  # noqa: S608
    return [_row(*found[1:6]) for found in connection.execute(asked, (kind, listed(sorted(states))))]


def rows_about(connection: sqlcipher.Connection, names: Collection[str]) -> list[Row]:
    """Return the rows that are about any of these (asked.py)."""
    asked = f"{ROW} WHERE about IN (SELECT value FROM json_each(?))"  # noqa: S608
    return [_row(*found[1:6]) for found in connection.execute(asked, (listed(sorted(names)),))]


def tugas_due(connection: sqlcipher.Connection, month: str) -> list[Row]:
    """Return the tugas that are due in a month, YYYY-MM."""
    asked = f"{ROW} WHERE kind = 'tugas' AND at >= ? AND at < ?"
    return [_row(*found[1:6]) for found in connection.execute(asked, (month, month + END))]


def was_made_after(connection: sqlcipher.Connection, about: str, visit: RecordId, after_ms: int) -> bool:
    """Say whether a visit of this name (asked.py) but another was made after a time, UTC milliseconds."""
    asked = "SELECT 1 FROM rows WHERE about = ? AND at > ? AND id <> ? LIMIT 1"
    return connection.execute(asked, (about, after_ms, visit)).fetchone() is not None


def put_rows(connection: sqlcipher.Connection, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
    """See sync.store.Rows; in a few statements for all of a page."""
    items: dict[Place, Row | Removed] = {(item.id, item.part): item for item in (*rows, *removed)}
    after: dict[RecordId, list[Numbered]] = {name: [] for name, _ in items}
    was: dict[int, Keys] = {}
    replaced: dict[Place, int] = {}
    folds: dict[Part, int] = {}
    for number, old, keys in _held(connection, after):
        was[number] = keys
        if (old.id, old.part) in items:
            replaced[old.id, old.part] = number
            folds[old.part] = folds.get(old.part, 0) ^ _hash(old)
        else:
            after[old.id].append((number, old))
    (last,) = connection.execute("SELECT coalesce(max(number), 0) FROM rows").fetchone()
    fresh = count(last + 1)
    put: list[Numbered] = []
    for place, row in items.items():
        if isinstance(row, Row):
            put.append((replaced.pop(place, None) or next(fresh), row))
            after[row.id].append(put[-1])
            folds[row.part] = folds.get(row.part, 0) ^ _hash(row)
    parts = _fold_digests(connection, folds)
    now = _keys(after.values())
    forget_words(connection, _renamed(was, now))
    connection.executemany("DELETE FROM rows WHERE number = ?", [(number,) for number in replaced.values()])
    connection.executemany(
        "INSERT INTO rows (number, part_number, id, seq, kind, body, kode_desa, tail, name_key, state, about,"
        " at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (number) DO UPDATE SET seq = excluded.seq, kind = excluded.kind, body = excluded.body,"
        " state = excluded.state, about = excluded.about, at = excluded.at",
        [
            (n, parts[row.part], row.id, row.seq, row.kind, row.body, *now[n], *asked_of(row.kind, row.body))
            for n, row in put
        ],
    )
    _put_keys(connection, was, now)


def clear_parts(connection: sqlcipher.Connection, cleared: Sequence[Part]) -> None:
    """Take away the rows of these parts and of those not held any more."""
    parts = connection.execute(
        "SELECT number FROM parts WHERE NOT held OR part IN (SELECT value FROM json_each(?))",
        (listed(cleared),),
    ).fetchall()
    after: dict[RecordId, list[Numbered]] = {}
    for part in parts:
        gone = connection.execute("SELECT number, id FROM rows WHERE part_number = ?", part).fetchall()
        after.update((RecordId(name), []) for _, name in gone)
        forget_words(connection, [number for number, _ in gone])
        connection.execute("DELETE FROM rows WHERE part_number = ?", part)
        connection.execute("UPDATE parts SET digest = ? WHERE number = ?", (EMPTY, *part))
    connection.execute("DELETE FROM parts WHERE NOT held")
    was: dict[int, Keys] = {}
    for number, row, keys in _held(connection, after):
        was[number] = keys
        after[row.id].append((number, row))
    now = _keys(after.values())
    forget_words(connection, _renamed(was, now))
    _put_keys(connection, was, now)


def _put_keys(connection: sqlcipher.Connection, was: Mapping[int, Keys], now: Mapping[int, Keys]) -> None:
    """Write the keys of rows that had others, and the words of names that are new."""
    connection.executemany(
        "UPDATE rows SET kode_desa = ?, tail = ?, name_key = ? WHERE number = ?",
        [(*keys, number) for number, keys in now.items() if was.get(number, keys) != keys],
    )
    add_words(connection, _renamed(now, was))


def _renamed(ours: Mapping[int, Keys], other: Mapping[int, Keys]) -> list[int]:
    """Return the rows with a name of `ours` that is not theirs in the other."""
    return [
        number
        for number, (_, _, name) in ours.items()
        if name is not None and name != other.get(number, NO_KEYS)[2]
    ]


def _keys(things: Iterable[Sequence[Numbered]]) -> dict[int, Keys]:
    """Return what each row is looked for by: of each thing's rows only the fullest."""
    found: dict[int, Keys] = {}
    for rows in things:
        if len(rows) > 1:  # one of a thing is nearly all there is, and ten thousand times in a first sync
            rows = sorted(rows, key=lambda each: _reduction(each[1]))
            found.update((number, NO_KEYS) for number, _ in rows[1:])
        for number, row in rows[:1]:
            found[number] = keys_of(row.kind, row.body)
    return found


def _reduction(row: Row) -> tuple[bool, Part]:
    """Order the rows of a thing by how little they show of it: the person's own part has all."""
    return not row.part.startswith(MINE), row.part


def _held(connection: sqlcipher.Connection, ids: Iterable[RecordId]) -> Iterator[tuple[int, Row, Keys]]:
    """Give all rows of these ids, by id, behind their numbers and with what they are looked for by."""
    found = connection.execute(f"{ROW} WHERE {LISTED} ORDER BY id, part", (listed(list(ids)),))
    for number, *columns, place, tail, name in found.fetchall():
        yield number, _row(*columns), (place, tail, name)


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
