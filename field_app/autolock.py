"""When an open phone locks by itself. Rule: only the clock that nobody can set decides, and only an open
phone is ever due.

Nothing was touched for some minutes, or the app was left: for good (Android put it away, the window was
hidden), which locks at once, or perhaps only for a moment (something else is in front), which locks after a
short grace.
"""

from collections.abc import Callable

STANDARD_MINUTES = 5
CHOICES_MINUTES = (1, 2, 5, 10, 15)
GRACE_MS = 20_000
"""How long something else may be in front: a call that is refused, a message that is looked at."""
MINUTE_MS = 60_000


class AutoLock:
    """Counts on `elapsed_ms()`, which goes on while the device sleeps. `minutes()` is her setting."""

    def __init__(self, elapsed_ms: Callable[[], int], minutes: Callable[[], int]) -> None:
        self._elapsed_ms, self._minutes = elapsed_ms, minutes
        self._touched_ms = elapsed_ms()
        self._left_ms: int | None = None

    def touched(self) -> None:
        """She did something: the minutes begin anew."""
        self._touched_ms = self._elapsed_ms()

    def left(self) -> None:
        """Something else came in front of the app; the first time counts."""
        if self._left_ms is None:
            self._left_ms = self._elapsed_ms()

    def back(self) -> None:
        """The app is in front again. Whether it came in time was for `due` to say before."""
        self._left_ms = None

    def due(self) -> bool:
        """Say whether it is time to lock."""
        now = self._elapsed_ms()
        if self._left_ms is not None and now - self._left_ms >= GRACE_MS:
            return True
        return now - self._touched_ms >= self._minutes() * MINUTE_MS
