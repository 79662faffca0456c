"""Changes as acts of people, by time of arrival. Rule: one function a query; contents as they were sent."""

from collections.abc import Iterator

from schemas.ids import DeviceId
from server.engine import Reader, SqlRow

BATCH = 2_000


def acts(tx: Reader, device: DeviceId | None, first_ms: int, before_ms: int) -> Iterator[SqlRow]:
    """Give changes that came in this span, newest last: id, device, counter, received_ms, raw.

    `device` None means all. What was destroyed has no bytes any more (raw is None).
    """
    seq, name = -1, b""
    while True:
        found = tx.query(
            "SELECT id, device, counter, received_ms, raw, seq FROM changes WHERE kabupaten = :kabupaten"
            " AND seq >= :seq AND (seq > :seq OR id > :name)"
            " AND received_ms >= :first AND received_ms < :before"
            " AND (:device = '' OR device = :device) ORDER BY seq, id LIMIT :limit",
            {"seq": seq, "name": name, "first": first_ms, "before": before_ms, "device": device or "",
             "limit": BATCH},
        )  # fmt: skip
        yield from (row[:5] for row in found)
        if len(found) < BATCH:
            return
        seq, name = int(found[-1][5]), found[-1][0]


def signature_of(tx: Reader, device: DeviceId, counter: int, head: bytes) -> bytes | None:
    """Return the signature over one head."""
    found = tx.query(
        "SELECT signature FROM signatures WHERE kabupaten = :kabupaten AND device = :device"
        " AND counter = :counter AND head = :head",
        {"device": device, "counter": counter, "head": head},
    )
    return bytes(found[0][0]) if found else None
