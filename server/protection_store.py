"""What protecting people's data asks of the database. Rule: one function a query."""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from schemas.ids import ChangeId, RecordId
from schemas.wire import Applied, Conflict
from server import trail_store
from server.engine import Reader, batches
from server.store import SqlOfficeStore
from sync.store import Record

PAGE = 500
_record = msgspec.msgpack.Decoder(Record)


def contents_naming(tx: Reader, names: Iterable[RecordId]) -> Iterator[tuple[ChangeId, bytes]]:
    """Give every content in which one of these ids occurs anywhere; reads all, as no index says it."""
    wanted = _any_of(names)
    return ((name, raw) for name, raw in _contents(tx) if wanted.search(raw))


def contents_in_effect(tx: Reader, names: Iterable[RecordId]) -> list[tuple[ChangeId, bytes]]:
    """Return the contents in which one of these ids occurs and that were applied or parked, in that order.

    What was refused is kept too, whoever wrote it and whatever it says: none of that ever stood in a record.
    """
    return _in_effect(tx, dict(contents_naming(tx, names)))


def contents_about(tx: Reader, names: Iterable[RecordId]) -> dict[ChangeId, bytes]:
    """Return every content that the trail tells as one about these ids (server/trail.py).

    Of what the trail has not come to: in which one of the ids occurs anywhere.
    """
    wanted, named = list(names), dict[ChangeId, bytes]()
    for change, raw in tx.query(
        "SELECT c.id, c.raw FROM trail_about a JOIN changes c ON c.kabupaten = a.kabupaten"
        " AND c.id = a.change WHERE a.kabupaten = :kabupaten AND a.about IN :names AND c.raw IS NOT NULL",
        {"names": wanted},
    ):
        named[ChangeId(bytes(change))] = bytes(raw)
    pattern = _any_of(wanted)
    return named | {name: raw for name, raw in _beyond_the_trail(tx) if pattern.search(raw)}


def contents_of(tx: Reader, name: RecordId) -> list[tuple[ChangeId, bytes]]:
    """Return the contents about a record that were applied or parked, in that order."""
    return _in_effect(tx, contents_about(tx, [name]))


def _in_effect(tx: Reader, found: Mapping[ChangeId, bytes]) -> list[tuple[ChangeId, bytes]]:
    stand = SqlOfficeStore.reading(tx).changes(list(found))
    took_effect = [
        name for name in found if name in stand and isinstance(stand[name].outcome, Applied | Conflict)
    ]
    return [(name, found[name]) for name in sorted(took_effect, key=lambda name: stand[name].seq)]


def records_naming(tx: Reader, kinds: Iterable[str], names: Iterable[RecordId]) -> list[Record]:
    """Return the records of these kinds in which one of these ids occurs anywhere; reads all of the kinds."""
    wanted = _any_of(names)
    return [_record.decode(body) for kind in kinds for body in _bodies(tx, kind) if wanted.search(body)]


def decided_visits(tx: Reader, states: Iterable[str], forms: Iterable[str]) -> list[tuple[RecordId, int]]:
    """Return the visits of these states and forms with when they were decided (UTC ms), the oldest first."""
    found = tx.query(
        "SELECT visit, decided_ms FROM kunjungan WHERE kabupaten = :kabupaten AND state IN :states"
        " AND form IN :forms AND decided_ms > 0 ORDER BY decided_ms, visit",
        {"states": list(states), "forms": list(forms)},
    )
    return [(RecordId(row[0]), int(row[1])) for row in found]


def records_holding(tx: Reader, kind: str, text: str) -> Iterator[Record]:
    """Give the records of a kind in which a text occurs, in whatever case; reads all of the kind."""
    wanted = re.compile(re.escape(text.encode()), re.IGNORECASE)
    # beyond ASCII bytes know no case: then each is looked at
    bodies = (body for body in _bodies(tx, kind) if not text.isascii() or wanted.search(body))
    return (_record.decode(body) for body in bodies)


def _any_of(names: Iterable[RecordId]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(re.escape(name.encode()) for name in names) or b"(?!)")


def _bodies(tx: Reader, kind: str) -> Iterator[bytes]:
    after = ""
    while found := tx.query(
        "SELECT id, body FROM records WHERE kabupaten = :kabupaten AND kind = :kind AND id > :after"
        " ORDER BY id LIMIT :limit",
        {"kind": kind, "after": after, "limit": PAGE},
    ):
        for row in found:
            yield bytes(row[1])
        after = str(found[-1][0])


def _contents(tx: Reader) -> Iterator[tuple[ChangeId, bytes]]:
    after = b""
    while found := tx.query(
        "SELECT id, raw FROM changes WHERE kabupaten = :kabupaten AND raw IS NOT NULL AND id > :after"
        " ORDER BY id LIMIT :limit",
        {"after": after, "limit": PAGE},
    ):
        for row in found:
            yield ChangeId(bytes(row[0])), bytes(row[1])
        after = bytes(found[-1][0])


def _beyond_the_trail(tx: Reader) -> Iterator[tuple[ChangeId, bytes]]:
    for batch in batches(
        tx,
        "SELECT id, raw, seq FROM changes WHERE kabupaten = :kabupaten"
        " AND seq > :after ORDER BY seq LIMIT :limit",
        PAGE,
        {"after": (2, trail_store.end(tx))},
    ):
        yield from ((ChangeId(bytes(name)), bytes(raw)) for name, raw, _ in batch if raw is not None)


def conflicts_about(tx: Reader, record: RecordId) -> list[RecordId]:
    """Return the conflicts about a record, open and closed."""
    found = tx.query(
        "SELECT conflict FROM konflik WHERE kabupaten = :kabupaten AND record = :record"
        " UNION ALL SELECT conflict FROM konflik WHERE kabupaten = :kabupaten AND about = :record",
        {"record": record},
    )
    return sorted({RecordId(row[0]) for row in found})
