"""Noticing phones: that they spoke, how their clock stands, which head of this office they were shown.

Rule: it never holds up an answer. What is pushed is noted in its own transaction; a phone that had nothing to
say is noted now and then, without waiting.
"""

from collections.abc import Callable, Sequence

from schemas.ids import NO_LINK, DeviceId
from schemas.wire import SyncRequest
from server import alarm_store
from server.alarm_store import UnknownHead
from server.engine import Engine, Writer
from sync.change import Clock
from sync.intake import Run

MOST_OFF_MS = 100 * 365 * 86_400_000
"""More is told as this: a phone may say any number, and this one is kept."""
NOTED_EVERY_MS = 5 * 60_000


def clock_off_ms(clock: Clock, received_ms: int) -> int:
    """Return how far a device's clock lies outside what the office knows to be possible, 0 if it fits.

    A change was made after the last office time that the device had seen, and before it was received. From
    how much on anybody is told is a setting, asked where it is told.
    """
    off_ms = 0
    if clock.wall_ms > received_ms:
        off_ms = clock.wall_ms - received_ms
    elif clock.server_ms and clock.wall_ms < clock.server_ms:
        off_ms = clock.wall_ms - clock.server_ms
    return min(max(off_ms, -MOST_OFF_MS), MOST_OFF_MS)


def note_pushes(tx: Writer, pushed: Sequence[tuple[int, Run]], office: DeviceId, now_ms: int) -> None:
    """Note what runs, each pushed by some protocol, tell of their devices by their newest links."""
    alarm_store.note_heard(
        tx,
        [
            (run.entries[-1].link.device, now_ms, protocol, _clock_off(run, now_ms))
            for protocol, run in pushed
        ],
    )
    newest = [run.entries[-1].link for _, run in pushed if run.entries[-1].link.seen != NO_LINK]
    own = alarm_store.own_heads(tx, office, {link.seen for link in newest})
    for link in newest:
        if link.seen not in own:
            unknown = UnknownHead(device=link.device, head=link.seen, counter=link.counter, at_ms=now_ms)
            alarm_store.note_unknown_head(tx, unknown)


class Hearing:
    """Remembers phones that have nothing to say."""

    def __init__(self, engine: Engine, now_ms: Callable[[], int]) -> None:
        self._engine, self._now_ms = engine, now_ms
        self._noted: dict[DeviceId, int] = {}

    def quiet(self, request: SyncRequest) -> None:
        """Note that a device spoke, if that has not been noted for a while. Waits for nothing."""
        now, device = self._now_ms(), request.device
        if 0 <= now - self._noted.get(device, 0) < NOTED_EVERY_MS:
            return
        self._noted[device] = now
        self._engine.write(lambda tx: alarm_store.note_heard(tx, [(device, now, request.protocol, None)]))


def _clock_off(run: Run, now_ms: int) -> int | None:
    newest = run.read.get(run.entries[-1].link.change)
    return clock_off_ms(newest.clock, now_ms) if newest else None
