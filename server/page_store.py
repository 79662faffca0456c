"""What the pages ask of the database. Rule: one function a query; rights come in as a scope."""

from collections.abc import Iterable
from typing import Literal

from schemas.base import Data
from schemas.ids import BlobId, ChangeId, DeviceId, LinkHash, RecordId
from server.access import Scope
from server.engine import Reader, SqlRow, Writer, one

DAY_MS = 86_400_000


class QueueFilter(Data, frozen=True, kw_only=True):
    """Which visits to list: empty members do not narrow. `region` covers all below it."""

    state: str = "diterima"
    forms: tuple[str, ...] | None = None
    region: str = ""
    received_before_ms: int = 0
    flagged: Literal["", "ya", "tidak"] = ""


def visit_ids(tx: Reader, scope: Scope, wanted: QueueFilter, *, limit: int, offset: int) -> list[RecordId]:
    """Return the visits of a filter, longest waiting first."""
    where, params = _visits_where(scope, wanted)
    found = tx.query(
        f"SELECT visit FROM kunjungan WHERE {where} ORDER BY received_ms, visit LIMIT :limit OFFSET :offset",  # noqa: S608 - only fixed conditions
        {**params, "limit": limit, "offset": offset},
    )
    return [RecordId(row[0]) for row in found]


def visit_count(tx: Reader, scope: Scope, wanted: QueueFilter) -> int:
    """Return how many visits a filter finds."""
    where, params = _visits_where(scope, wanted)
    found = tx.query(f"SELECT count(*) FROM kunjungan WHERE {where}", params)  # noqa: S608 - only fixed conditions
    return int(found[0][0])


def _visits_where(scope: Scope, wanted: QueueFilter) -> tuple[str, dict[str, object]]:
    """Build the conditions of a list from fixed pieces; every value is a parameter."""
    parts = ["kabupaten = :kabupaten", "state = :state"]
    params: dict[str, object] = {"state": wanted.state}
    if scope.author is not None:
        parts.append("petugas = :author")
        params["author"] = scope.author
    if wanted.forms is not None:
        parts.append("form IN :forms")
        params["forms"] = list(wanted.forms)
    for number, area in enumerate(scope.areas or ()):
        params |= {f"area{number}": area, f"below{number}": f"{area}.%"}
    if scope.areas is not None:
        either = [f"desa = :area{n} OR desa LIKE :below{n}" for n in range(len(scope.areas))] or ["1 = 0"]
        parts.append(f"({' OR '.join(either)})")
    if wanted.region:
        parts.append("(desa = :region OR desa LIKE :below)")
        params |= {"region": wanted.region, "below": f"{wanted.region}.%"}
    if wanted.received_before_ms:
        parts.append("received_ms < :before")
        params["before"] = wanted.received_before_ms
    if wanted.flagged:
        parts.append("flags <> ''" if wanted.flagged == "ya" else "flags = ''")
    return " AND ".join(parts), params


def held_blobs(tx: Reader, changes: Iterable[ChangeId]) -> frozenset[tuple[ChangeId, BlobId]]:
    """Return the blobs that the sender of each change has sent, whole and verified."""
    found = tx.query(
        "SELECT change, blob FROM blob_refs"
        " WHERE kabupaten = :kabupaten AND change IN :changes AND received = 1",
        {"changes": list(changes)},
    )
    return frozenset((ChangeId(row[0]), BlobId(row[1])) for row in found)


def blob_size(tx: Reader, blob: BlobId) -> int | None:
    """Return the size of a blob that is held."""
    found = one(
        tx.query("SELECT size_bytes FROM blobs WHERE kabupaten = :kabupaten AND blob = :blob", {"blob": blob})
    )
    return int(found[0]) if found else None


def link_of(tx: Reader, device: DeviceId, change: ChangeId) -> SqlRow | None:
    """Return (hash, counter, known) of a change's link in its device's chain."""
    return one(
        tx.query(
            "SELECT hash, counter, known FROM links"
            " WHERE kabupaten = :kabupaten AND device = :device AND change = :change"
            " ORDER BY counter LIMIT 1",
            {"device": device, "change": change},
        )
    )


def next_signature(tx: Reader, device: DeviceId, counter: int) -> SqlRow | None:
    """Return (head, signature, counter) of the first signed head at or after a link of a device's chain."""
    return one(
        tx.query(
            "SELECT s.head, s.signature, l.counter FROM links l JOIN signatures s"
            " ON s.kabupaten = l.kabupaten AND s.device = l.device AND s.head = l.hash"
            " WHERE l.kabupaten = :kabupaten AND l.device = :device AND l.counter >= :counter"
            " ORDER BY l.counter LIMIT 1",
            {"device": device, "counter": counter},
        )
    )


def links_between(tx: Reader, device: DeviceId, first: int, last: int) -> list[tuple[LinkHash, bytes]]:
    """Return (hash, bytes) of a device's links between two counters, both included, by counter."""
    found = tx.query(
        "SELECT hash, raw FROM links WHERE kabupaten = :kabupaten AND device = :device"
        " AND counter BETWEEN :first AND :last ORDER BY counter",
        {"device": device, "first": first, "last": last},
    )
    return [(LinkHash(row[0]), bytes(row[1])) for row in found]


def device_key(tx: Reader, device: DeviceId) -> bytes | None:
    """Return a device's Ed25519 public key."""
    found = one(
        tx.query(
            "SELECT public_key FROM devices WHERE kabupaten = :kabupaten AND device = :device",
            {"device": device},
        )
    )
    return bytes(found[0]) if found else None


def devices(tx: Reader) -> list[SqlRow]:
    """Return (device, person, model, enrolled_ms, revoked_ms, last_ms) of every phone, newest first."""
    return tx.query(
        "SELECT d.device, d.person, d.model, d.enrolled_ms, d.revoked_ms, (SELECT max(c.received_ms)"
        " FROM changes c JOIN links l ON l.kabupaten = c.kabupaten AND l.change = c.id"
        " WHERE c.kabupaten = d.kabupaten AND l.device = d.device) FROM devices d"
        " WHERE d.kabupaten = :kabupaten ORDER BY d.enrolled_ms DESC"
    )


def add_decision(tx: Writer, visit: RecordId, at_ms: int, change: ChangeId) -> None:
    """Remember that a change decided a visit."""
    tx.execute(
        "INSERT INTO decisions (kabupaten, visit, at_ms, change) VALUES (:kabupaten, :visit, :at, :change)"
        " ON CONFLICT (kabupaten, visit, at_ms, change) DO NOTHING",
        {"visit": visit, "at": at_ms, "change": change},
    )


def decisions(tx: Reader, visit: RecordId) -> list[tuple[int, ChangeId]]:
    """Return (when, change) of a visit's decisions, oldest first."""
    found = tx.query(
        "SELECT at_ms, change FROM decisions WHERE kabupaten = :kabupaten AND visit = :visit ORDER BY at_ms",
        {"visit": visit},
    )
    return [(int(row[0]), ChangeId(row[1])) for row in found]


def conflict_ids(tx: Reader, state: str, limit: int) -> list[RecordId]:
    """Return conflicts in a state, oldest first."""
    found = tx.query(
        "SELECT conflict FROM konflik WHERE kabupaten = :kabupaten AND state = :state"
        " ORDER BY at_ms, conflict LIMIT :limit",
        {"state": state, "limit": limit},
    )
    return [RecordId(row[0]) for row in found]


def record_ids(tx: Reader, kind: str, limit: int) -> list[RecordId]:
    """Return the newest changed records of a kind."""
    found = tx.query(
        "SELECT id FROM records WHERE kabupaten = :kabupaten AND kind = :kind ORDER BY seq DESC LIMIT :limit",
        {"kind": kind, "limit": limit},
    )
    return [RecordId(row[0]) for row in found]
