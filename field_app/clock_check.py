"""Whether this phone's clock is right. Rule: the office's last word and the clock that nobody can set tell;
nothing waits for it, nothing is put in order by it, she is only told how to mend it.
"""

from field_app.devices import Timepiece
from field_app.store import Store
from schemas.base import Data

OFF_MS = 10 * 60_000
"""A clock may be off by so much before anybody is told; the office's own measure."""
SAME_MS = 60_000
"""Two answers whose times agree as well as this say the same: the later one is not written down."""
NAME = "jam_kantor"


class Heard(Data, frozen=True, kw_only=True):
    """The office's time (UTC ms) as it was said at a moment of this run of the device."""

    server_ms: int
    elapsed_ms: int
    boot: str


NEVER = Heard(server_ms=0, elapsed_ms=0, boot="")


class ClockCheck:
    """Of one phone."""

    def __init__(self, store: Store, time: Timepiece) -> None:
        self._store, self._time = store, time

    def heard(self, server_ms: int) -> None:
        """The office said what time it is."""
        known = self._by_the_office_ms()
        if known is None or abs(known - server_ms) > SAME_MS:
            moment = Heard(server_ms=server_ms, elapsed_ms=self._time.elapsed_ms(), boot=self._time.boot())
            self._store.put(NAME, moment)

    def off_ms(self) -> int:
        """Return how far the clock is ahead, below 0 how far behind; 0 when it is right, or nothing tells.

        After a restart of the device only a clock behind the last answer is known to be wrong.
        """
        known, now_ms = self._by_the_office_ms(), self._time.now_ms()
        off_ms = now_ms - known if known is not None else min(0, now_ms - self._store.server_ms())
        return off_ms if abs(off_ms) > OFF_MS else 0

    def latest_ms(self) -> int:
        """Return the latest moment (UTC ms) that it may be now, by this clock or by the office's word."""
        known = self._by_the_office_ms()
        return max(self._time.now_ms(), self._store.server_ms() if known is None else known)

    def _by_the_office_ms(self) -> int | None:
        """The time now as the office has it; None when it said none since the device was started."""
        heard = self._store.get(NAME, Heard, NEVER)
        if not heard.boot or heard.boot != self._time.boot():
            return None
        return heard.server_ms + self._time.elapsed_ms() - heard.elapsed_ms
