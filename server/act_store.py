"""Changes as acts of people, by time of arrival. Rule: one function a query; contents as they were sent."""

from collections.abc import Iterator

from schemas.ids import DeviceId
from server.engine import Reader, SqlRow, batches

BATCH = 2_000


def acts(tx: Reader, device: DeviceId | None, first_ms: int, before_ms: int) -> Iterator[SqlRow]:
    """Give changes that came in this span, newest last: id, device, counter, received_ms, raw.

    `device` None means all. What was destroyed has no bytes any more (raw is None).
    """
    for found in batches(
        tx,
        "SELECT id, device, counter, received_ms, raw, seq FROM changes WHERE kabupaten = :kabupaten"
        " AND seq >= :seq AND (seq > :seq OR id > :name)"
        " AND received_ms >= :first AND received_ms < :before"
        " AND (:device = '' OR device = :device) ORDER BY seq, id LIMIT :limit",
        BATCH,
        {"seq": (5, -1), "name": (0, b"")},
        {"first": first_ms, "before": before_ms, "device": device or ""},
    ):
        yield from (row[:5] for row in found)
