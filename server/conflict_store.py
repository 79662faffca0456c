"""What the conflict pages ask of the database. Rule: one function a query; rights come in as shelves."""

from collections.abc import Iterable

from schemas.base import Data
from schemas.ids import ChangeId, DeviceId, RecordId
from server.engine import Reader, one


class Pile(Data, frozen=True, kw_only=True):
    """How many open conflicts lie on one shelf about one kind of record."""

    shelf: str
    kind: str
    count: int


def piles(tx: Reader, before_ms: int = 2**62) -> list[Pile]:
    """Return the open conflicts that came in before a moment (UTC ms), counted by shelf and kind."""
    found = tx.query(
        "SELECT shelf, kind, count(*) FROM konflik"
        " WHERE kabupaten = :kabupaten AND state = 'menunggu' AND at_ms < :before GROUP BY shelf, kind",
        {"before": before_ms},
    )
    return [Pile(shelf=str(row[0]), kind=str(row[1]), count=int(row[2])) for row in found]


_OPEN = (
    " FROM konflik WHERE kabupaten = :kabupaten AND state = 'menunggu' AND shelf IN :shelves"
    " AND (:kind = '' OR kind = :kind)"
)


def oldest(tx: Reader, shelves: Iterable[str], kind: str, limit: int, offset: int) -> list[RecordId]:
    """Return open conflicts of these shelves, oldest first; an empty `kind` does not narrow."""
    found = tx.query(
        f"SELECT conflict {_OPEN} ORDER BY at_ms, conflict LIMIT :limit OFFSET :offset",
        {"shelves": list(shelves), "kind": kind, "limit": limit, "offset": offset},
    )
    return [RecordId(row[0]) for row in found]


def after(tx: Reader, shelves: Iterable[str], kind: str, at_ms: int, conflict: RecordId) -> RecordId | None:
    """Return the open conflict that follows one in the order of `oldest`."""
    found = tx.query(
        f"SELECT conflict {_OPEN} AND (at_ms > :at OR (at_ms = :at AND conflict > :conflict))"
        " ORDER BY at_ms, conflict LIMIT 1",
        {"shelves": list(shelves), "kind": kind, "at": at_ms, "conflict": conflict},
    )
    return RecordId(found[0][0]) if found else None


def before(tx: Reader, shelves: Iterable[str], kind: str, at_ms: int, conflict: RecordId) -> RecordId | None:
    """Return the open conflict that stands before one in the order of `oldest`."""
    found = tx.query(
        f"SELECT conflict {_OPEN} AND (at_ms < :at OR (at_ms = :at AND conflict < :conflict))"
        " ORDER BY at_ms DESC, conflict DESC LIMIT 1",
        {"shelves": list(shelves), "kind": kind, "at": at_ms, "conflict": conflict},
    )
    return RecordId(found[0][0]) if found else None


def conflicts_about(tx: Reader, target: RecordId, limit: int) -> list[RecordId]:
    """Return the newest conflicts about a record, open and closed."""
    found = tx.query(
        "SELECT conflict FROM konflik WHERE kabupaten = :kabupaten AND about = :target"
        " ORDER BY at_ms DESC, conflict LIMIT :limit",
        {"target": target, "limit": limit},
    )
    return [RecordId(row[0]) for row in found]


def open_about(tx: Reader, targets: Iterable[RecordId]) -> list[RecordId]:
    """Return the open conflicts about these records, oldest first; each is about one of them in the end."""
    found = tx.query(
        "SELECT conflict FROM konflik WHERE kabupaten = :kabupaten AND about IN :targets"
        " AND state = 'menunggu' ORDER BY at_ms, conflict",
        {"targets": list(targets)},
    )
    return [RecordId(row[0]) for row in found]


def visits_near(tx: Reader, subject: RecordId, at_ms: int, limit: int) -> list[RecordId]:
    """Return the visits to somebody that came in nearest to a moment (UTC ms)."""
    found = tx.query(
        "SELECT visit FROM kunjungan WHERE kabupaten = :kabupaten AND subject = :subject"
        " ORDER BY abs(received_ms - :at), visit LIMIT :limit",
        {"subject": subject, "at": at_ms, "limit": limit},
    )
    return [RecordId(row[0]) for row in found]


def beside(tx: Reader, device: DeviceId, change: ChangeId, reach: int) -> list[ChangeId]:
    """Return what a device wrote just before and after a change of its own, by place in its chain."""
    place = one(
        tx.query(
            "SELECT counter FROM changes WHERE kabupaten = :kabupaten AND id = :change", {"change": change}
        )
    )
    if place is None:
        return []
    found = tx.query(
        "SELECT DISTINCT change, counter FROM links WHERE kabupaten = :kabupaten AND device = :device"
        " AND counter BETWEEN :first AND :last ORDER BY counter",
        {"device": device, "first": place[0] - reach, "last": place[0] + reach},
    )
    return [ChangeId(row[0]) for row in found]


def written_since(tx: Reader, device: DeviceId, seq: int) -> list[ChangeId]:
    """Return what of a device took effect from a seq on, in that order."""
    found = tx.query(
        "SELECT id FROM changes WHERE kabupaten = :kabupaten AND seq >= :seq AND device = :device"
        " ORDER BY seq, id",
        {"seq": seq, "device": device},
    )
    return [ChangeId(row[0]) for row in found]
