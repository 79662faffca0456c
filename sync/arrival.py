"""A change as it arrived: its content, joined with what only the arrival tells."""

from schemas.ids import ChangeId, DeviceId
from sync.change import Content


class Arrived(Content, frozen=True, kw_only=True):
    """A decoded change with its id, device, time of receipt (UTC ms) and place in the office's history."""

    id: ChangeId
    device: DeviceId
    received_ms: int
    seq: int


def arrived(content: Content, change: ChangeId, device: DeviceId, received_ms: int, seq: int) -> Arrived:
    """Join a content with the facts of its arrival."""
    return Arrived(
        salt=content.salt,
        author=content.author,
        clock=content.clock,
        body=content.body,
        id=change,
        device=device,
        received_ms=received_ms,
        seq=seq,
    )
