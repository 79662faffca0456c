"""What protecting people's data asks of the database. Rule: one function a query."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from schemas.base import Data
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
        "SELECT c.id, c.raw FROM trail_about a CROSS JOIN changes c WHERE c.kabupaten = a.kabupaten"
        " AND c.id = a.change AND a.kabupaten = :kabupaten AND a.about IN :names AND c.raw IS NOT NULL",
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


class Ended(Data, frozen=True, kw_only=True):
    """Things that ended before a moment (UTC ms): visits of a state and forms, or cases of a service at
    some stages. Each lies in a place, which is its form, empty for a case, and its desa.
    """

    kind: Literal["kunjungan", "kasus"]
    before_ms: int
    state: str = ""
    forms: tuple[str, ...] = ()
    service: str = ""
    stages: tuple[str, ...] = ()


_ENDED = {
    "kunjungan": "FROM kunjungan WHERE kabupaten = :kabupaten AND state = :state AND decided_ms > 0"
    " AND decided_ms < :before AND form IN :forms",
    "kasus": "FROM kasus WHERE kabupaten = :kabupaten AND service = :service AND since_ms > 0"
    " AND since_ms < :before AND stage IN :stages",
}


def ended_places(tx: Reader, ended: Ended) -> dict[tuple[str, str], int]:
    """Return how many of such things there are in each place."""
    form = "form" if ended.kind == "kunjungan" else "''"
    found = tx.query(
        f"SELECT {form}, desa, count(*) {_ENDED[ended.kind]} GROUP BY 1, 2",
        _bounds(ended),
    )
    return {(str(row[0]), str(row[1])): int(row[2]) for row in found}


def ended_in(
    tx: Reader, ended: Ended, places: Iterable[tuple[str, str]], limit: int
) -> Iterator[tuple[RecordId, int]]:
    """Give those in these places with when they ended (UTC ms), the oldest first; reads so many at a time."""
    name, at, form = {
        "kunjungan": ("visit", "decided_ms", "form"),
        "kasus": ("kasus", "since_ms", "''"),
    }[ended.kind]
    bounds = {**_bounds(ended), "places": [f"{where} {desa}" for where, desa in places]}
    for batch in batches(
        tx,
        f"SELECT {name}, {at} {_ENDED[ended.kind]} AND {at} >= :at AND ({at} > :at OR {name} > :name)"
        f" AND {form} || ' ' || desa IN :places ORDER BY {at}, {name} LIMIT :limit",
        limit,
        {"at": (1, 0), "name": (0, "")},
        bounds,
    ):
        yield from ((RecordId(row[0]), int(row[1])) for row in batch)


def _bounds(ended: Ended) -> dict[str, object]:
    if ended.kind == "kunjungan":
        return {"state": ended.state, "before": ended.before_ms, "forms": list(ended.forms)}
    return {"service": ended.service, "before": ended.before_ms, "stages": list(ended.stages)}


def cases_opened_by(tx: Reader, visits: Iterable[RecordId]) -> list[Record]:
    """Return the cases that visits opened; those whose columns are not filled yet are all looked at."""
    wanted = set(visits)
    found = tx.query(
        "SELECT kasus FROM kasus WHERE kabupaten = :kabupaten AND kunjungan IN :visits AND kunjungan <> ''",
        {"visits": wanted},
    )
    names = [*(RecordId(row[0]) for row in found), *unfilled_cases(tx)]
    known = SqlOfficeStore.reading(tx).records(names).values() if names else ()
    return [case for case in known if case.fields.get("kunjungan") in wanted]


def unfilled_cases(tx: Reader, limit: int = -1) -> list[RecordId]:
    """Return the cases whose columns an older program wrote, all of them or at most so many."""
    found = tx.query(
        "SELECT kasus FROM kasus WHERE kabupaten = :kabupaten AND since_ms IS NULL"
        " ORDER BY kasus LIMIT :limit",
        {"limit": limit},
    )
    return [RecordId(row[0]) for row in found]


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
