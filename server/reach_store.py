"""Up to where each phone's work is safe. Rule: a link counts only with all before it and all their blobs.

`reach` is asked of a copy: the newest link of each chain that is in it with all its blobs.
`work_out_backed_up` is asked of the office: what at least two separate disks reach, and what is old enough.
"""

from collections.abc import Collection, Iterable, Mapping

from schemas.base import Data, decode
from schemas.ids import BlobId, ChangeId, DeviceId, LinkHash
from server.engine import Reader, Writer
from server.limits import SLACK_MS
from sync.chain import Tip
from sync.store import Record

STALE_MS = 60 * 24 * 3_600_000
"""A medium that was not verified for so long does not count any more: nobody knows whether it still reads."""


class Reached(Data, frozen=True, kw_only=True):
    """How far one disk reaches on a device's chain."""

    disk: str
    tip: Tip


def reach(reader: Reader, absent: Collection[BlobId]) -> dict[DeviceId, Tip]:
    """Return the newest link of each device up to which nothing is missing; `absent` blobs are."""
    missing = {
        ChangeId(row[0])
        for row in reader.query(
            "SELECT DISTINCT change FROM blob_refs WHERE kabupaten = :kabupaten"
            " AND (received = 0 OR blob IN :absent)",
            {"absent": list(absent)},
        )
    }
    wanting = _links_of(reader, missing)
    found: dict[DeviceId, Tip] = {}
    for device, tips in _tips(reader).items():
        tip = _newest(reader, device, tips, frozenset(wanting.get(device, ())))
        if tip is not None:
            found[device] = tip
    return found


def put_reach(writer: Writer, medium: str, reached: Mapping[DeviceId, Tip]) -> None:
    """Note how far a medium's newest copy reaches."""
    writer.execute(
        "DELETE FROM backup_reach WHERE kabupaten = :kabupaten AND medium = :medium", {"medium": medium}
    )
    writer.many(
        "INSERT INTO backup_reach (kabupaten, medium, device, counter, hash)"
        " VALUES (:kabupaten, :medium, :device, :counter, :hash)",
        [(writer.regency, medium, device, tip.counter, tip.hash) for device, tip in reached.items()],
    )


def work_out_backed_up(reader: Reader, now_ms: int, age_days: int) -> dict[DeviceId, Tip]:
    """Return what every phone may forget: on two separate disks, and received `age_days` ago or earlier.

    Nothing from a declared gap on counts: a phone that is put back to an older state holds again what it
    believed lost, and may be the only one that does.
    """
    young = _first_young(reader, now_ms - age_days * 24 * 3_600_000)
    holes = _first_holes(reader)
    tips = _tips(reader)
    found: dict[DeviceId, Tip] = {}
    for device, reached in _reached(reader, now_ms - STALE_MS, now_ms + SLACK_MS).items():
        common = _on_two(reader, device, reached, tips.get(device, []))
        if common is None:
            continue
        beyond = common.counter + 1
        tip = _up_to(reader, device, common, min(young.get(device, beyond), holes.get(device, beyond)) - 1)
        if tip is not None:
            found[device] = tip
    return found


def put_backed_up(writer: Writer, found: Mapping[DeviceId, Tip]) -> None:
    """Store what was worked out, in place of what stood there."""
    writer.execute("DELETE FROM backed_up WHERE kabupaten = :kabupaten")
    writer.many(
        "INSERT INTO backed_up (kabupaten, device, counter, hash)"
        " VALUES (:kabupaten, :device, :counter, :hash)",
        [(writer.regency, device, tip.counter, tip.hash) for device, tip in found.items()],
    )


def forget_reach(writer: Writer) -> None:
    """Forget what media hold: after a restore they hold another history, and may hold less of this one."""
    writer.execute("DELETE FROM backup_reach WHERE kabupaten = :kabupaten")
    writer.execute("DELETE FROM backed_up WHERE kabupaten = :kabupaten")


def _tips(reader: Reader) -> dict[DeviceId, list[Tip]]:
    found: dict[DeviceId, list[Tip]] = {}
    for device, counter, name in reader.query(
        "SELECT device, counter, hash FROM tips WHERE kabupaten = :kabupaten ORDER BY counter DESC, hash"
    ):
        found.setdefault(DeviceId(device), []).append(Tip(counter=counter, hash=LinkHash(name)))
    return found


def _links_of(reader: Reader, changes: Iterable[ChangeId]) -> dict[DeviceId, list[Tip]]:
    """Return the known links that name any of these changes, by device."""
    found: dict[DeviceId, list[Tip]] = {}
    names = list(changes)
    if not names:
        return found
    for device, counter, name in reader.query(
        "SELECT device, counter, hash FROM links WHERE kabupaten = :kabupaten AND known = 1"
        " AND change IN :changes",
        {"changes": names},
    ):
        found.setdefault(DeviceId(device), []).append(Tip(counter=counter, hash=LinkHash(name)))
    return found


def _first_young(reader: Reader, before_ms: int) -> dict[DeviceId, int]:
    """Return for each device the lowest counter that came, or whose blobs came, after `before_ms`.

    What was old enough before is not looked at again. Where a chain has branches, the lowest counts for all.
    """
    rows = reader.query(
        "SELECT l.device, min(l.counter) FROM links l"
        " LEFT JOIN backed_up p ON p.kabupaten = l.kabupaten AND p.device = l.device"
        " WHERE l.kabupaten = :kabupaten AND l.known = 1 AND l.counter > coalesce(p.counter, 0)"
        " AND (EXISTS (SELECT 1 FROM changes c WHERE c.kabupaten = l.kabupaten AND c.id = l.change"
        " AND c.received_ms > :before) OR EXISTS (SELECT 1 FROM blob_refs r"
        " JOIN blob_senders s ON s.kabupaten = r.kabupaten AND s.blob = r.blob AND s.device = r.device"
        " WHERE r.kabupaten = l.kabupaten AND r.change = l.change AND s.received_ms > :before))"
        " GROUP BY l.device",
        {"before": before_ms},
    )
    return {DeviceId(device): int(counter) for device, counter in rows}


def _first_holes(reader: Reader) -> dict[DeviceId, int]:
    """Return for each device the lowest place that it ever declared lost."""
    found: dict[DeviceId, int] = {}
    for (body,) in reader.query("SELECT body FROM records WHERE kabupaten = :kabupaten AND kind = 'celah'"):
        fields = decode(body, Record).fields
        device, first = DeviceId(fields["perangkat"]), int(fields["awal"])
        found[device] = min(first, found.get(device, first))
    return found


def _reached(reader: Reader, fresh_ms: int, until_ms: int) -> dict[DeviceId, list[Reached]]:
    """Return how far each disk reaches; not that of the data, nor a medium that was last seen long ago or on
    a day that has not come.
    """
    found: dict[DeviceId, list[Reached]] = {}
    for device, disk, counter, name in reader.query(
        "SELECT r.device, m.disk, r.counter, r.hash FROM backup_reach r"
        " JOIN backup_media m ON m.kabupaten = r.kabupaten AND m.medium = r.medium"
        " WHERE r.kabupaten = :kabupaten AND m.beside_data = 0 AND EXISTS (SELECT 1 FROM backups b"
        " WHERE b.kabupaten = r.kabupaten AND b.medium = r.medium AND b.verified_ms >= :fresh"
        " AND b.verified_ms <= :until)"
        " ORDER BY r.counter DESC, r.hash",
        {"fresh": fresh_ms, "until": until_ms},
    ):
        tip = Tip(counter=counter, hash=LinkHash(name))
        found.setdefault(DeviceId(device), []).append(Reached(disk=disk, tip=tip))
    return found


def _on_two(reader: Reader, device: DeviceId, reached: list[Reached], tips: list[Tip]) -> Tip | None:
    """Return the newest link of a chain that two separate disks reach."""
    first = reached[0]
    second = next((other for other in reached if other.disk != first.disk), None)
    if second is None:
        return None
    if len(tips) == 1:
        return second.tip  # one chain without branches: what reaches further reaches this too
    others = set(_path(reader, device, second.tip))
    return next((tip for tip in reversed(_path(reader, device, first.tip)) if tip in others), None)


def _newest(reader: Reader, device: DeviceId, ends: list[Tip], bad: Collection[Tip]) -> Tip | None:
    """Return the newest link, on the way to any of these ends, before which and at which none is bad."""
    if not bad:
        return ends[0]
    if len(ends) == 1:
        return _up_to(reader, device, ends[0], min(tip.counter for tip in bad) - 1)
    best: Tip | None = None
    for end in ends:
        for tip in _path(reader, device, end):
            if tip in bad:
                break
            if best is None or tip.counter > best.counter:
                best = tip
    return best


def _up_to(reader: Reader, device: DeviceId, end: Tip, counter: int) -> Tip | None:
    """Return the newest link on the way to `end` that is not beyond this counter."""
    if counter >= end.counter:
        return end
    rows = reader.query(
        "SELECT counter, hash FROM links l WHERE kabupaten = :kabupaten AND device = :device AND known = 1"
        " AND counter = (SELECT max(o.counter) FROM links o WHERE o.kabupaten = l.kabupaten"
        " AND o.device = l.device AND o.known = 1 AND o.counter <= :counter)",
        {"device": device, "counter": counter},
    )
    if len(rows) == 1:  # no branch stands beside it, so it is on the way; below a declared gap it is the last
        return Tip(counter=rows[0][0], hash=LinkHash(rows[0][1]))
    return next((tip for tip in reversed(_path(reader, device, end)) if tip.counter <= counter), None)


def _path(reader: Reader, device: DeviceId, end: Tip) -> list[Tip]:
    """Return the links from the first of a chain to this one."""
    before: dict[LinkHash, tuple[int, LinkHash]] = {
        LinkHash(name): (counter, LinkHash(prev))
        for name, counter, prev in reader.query(
            "SELECT hash, counter, prev FROM links WHERE kabupaten = :kabupaten AND device = :device"
            " AND known = 1 AND counter <= :counter",
            {"device": device, "counter": end.counter},
        )
    }
    path: list[Tip] = []
    name = end.hash
    while name in before:
        counter, prev = before[name]
        path.append(Tip(counter=counter, hash=name))
        name = prev
    return path[::-1]
