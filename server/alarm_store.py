"""What the office knows of its phones, for whoever must notice. Rule: one function a query."""

from collections.abc import Iterable, Sequence

from schemas.base import Data
from schemas.ids import DeviceId, LinkHash
from server.engine import Reader, Writer

NEWEST_COMMITS = 2_000
"""So many commits after it was set right, a clock that ran ahead is forgotten."""


class Heard(Data, frozen=True, kw_only=True):
    """When a device was last heard (UTC ms), its protocol, and how far its clock was off (ms, 0: it fits)."""

    at_ms: int
    protocol: int
    clock_ms: int


class UnknownHead(Data, frozen=True, kw_only=True):
    """A head that a phone was shown and this office lacks; `counter` is that of the link that names it."""

    device: DeviceId
    head: LinkHash
    counter: int
    at_ms: int


def newest_commit_ms(tx: Reader) -> int:
    """Return the latest time (UTC ms) at which one of the newest commits was made, 0 without any."""
    found = tx.query(
        "SELECT coalesce(max(at_ms), 0) FROM (SELECT at_ms FROM commits WHERE kabupaten = :kabupaten"
        " ORDER BY last_seq DESC LIMIT :most)",
        {"most": NEWEST_COMMITS},
    )
    return int(found[0][0])


def note_heard(tx: Writer, heard: Sequence[tuple[DeviceId, int, int, int | None]]) -> None:
    """Note that devices spoke: device, when (UTC ms), protocol, how far its clock was off.

    Where one said nothing of its clock (None), what was known of that stays.
    """
    tx.many(
        "INSERT INTO heard (kabupaten, device, at_ms, protocol, clock_ms)"
        " VALUES (:kabupaten, :device, :at, :protocol, coalesce(:clock, 0))"
        " ON CONFLICT (kabupaten, device) DO UPDATE SET at_ms = excluded.at_ms,"
        " protocol = excluded.protocol, clock_ms = coalesce(:clock, heard.clock_ms)",
        [(tx.regency, *one) for one in heard],
    )


def heard(tx: Reader) -> dict[DeviceId, Heard]:
    """Return when each device was last heard."""
    found = tx.query("SELECT device, at_ms, protocol, clock_ms FROM heard WHERE kabupaten = :kabupaten")
    return {
        DeviceId(row[0]): Heard(at_ms=int(row[1]), protocol=int(row[2]), clock_ms=int(row[3]))
        for row in found
    }


def own_heads(tx: Reader, office: DeviceId, heads: Iterable[LinkHash]) -> set[LinkHash]:
    """Return those heads that this office has signed. Every head that a phone was shown was signed."""
    found = tx.query(
        "SELECT head FROM signatures WHERE kabupaten = :kabupaten AND head IN :heads AND device = :office",
        {"heads": list(heads), "office": office},
    )
    return {row[0] for row in found}


def note_unknown_head(tx: Writer, unknown: UnknownHead) -> None:
    """Keep a head that this office does not have; the first time that a device named it counts."""
    tx.many(
        "INSERT INTO unknown_heads (kabupaten, device, head, counter, at_ms)"
        " VALUES (:kabupaten, :device, :head, :counter, :at_ms)"
        " ON CONFLICT (kabupaten, device, head) DO NOTHING",
        [(tx.regency, unknown.device, unknown.head, unknown.counter, unknown.at_ms)],
    )


def unknown_heads(tx: Reader) -> list[UnknownHead]:
    """Return the heads that phones were shown and this office does not have, as they became known."""
    found = tx.query(
        "SELECT device, head, counter, at_ms FROM unknown_heads WHERE kabupaten = :kabupaten"
        " ORDER BY at_ms, device, head"
    )
    return [
        UnknownHead(device=row[0], head=LinkHash(row[1]), counter=int(row[2]), at_ms=int(row[3]))
        for row in found
    ]


def tips(tx: Reader) -> dict[DeviceId, list[int]]:
    """Return the places of the newest links of each device's branches."""
    found: dict[DeviceId, list[int]] = {}
    for device, counter in tx.query("SELECT device, counter FROM tips WHERE kabupaten = :kabupaten"):
        found.setdefault(DeviceId(device), []).append(int(counter))
    return found


def forks(tx: Reader, devices: Iterable[DeviceId]) -> dict[DeviceId, list[LinkHash]]:
    """Return the links with which the branches of each of these chains begin, where they fork."""
    found: dict[DeviceId, list[LinkHash]] = {}
    for device, name in tx.query(
        "SELECT l.device, l.hash FROM links l WHERE l.kabupaten = :kabupaten AND l.device IN :devices"
        " AND l.known = 1 AND EXISTS (SELECT 1 FROM links o WHERE o.kabupaten = l.kabupaten"
        " AND o.device = l.device AND o.counter = l.counter AND o.prev = l.prev AND o.hash <> l.hash"
        " AND o.known = 1) ORDER BY l.device, l.counter, l.hash",
        {"devices": list(devices)},
    ):
        found.setdefault(DeviceId(device), []).append(LinkHash(name))
    return found


def blobs_to_come(tx: Reader, devices: Iterable[DeviceId]) -> dict[DeviceId, int]:
    """Return how many photos these devices named and have not sent."""
    found = tx.query(
        "SELECT device, count(DISTINCT blob) FROM blob_refs WHERE kabupaten = :kabupaten"
        " AND device IN :devices AND received = 0 GROUP BY device",
        {"devices": list(devices)},
    )
    return {DeviceId(row[0]): int(row[1]) for row in found}
