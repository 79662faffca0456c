"""The second unlock: the PIN again, before anything of a sealed case is shown. Rule: it closes by itself.

Without a touch for a minute it is closed, and its key forgotten; so it is when the phone is locked.
"""

from field_app.devices import Timepiece
from field_app.keys import Keys, Locked, Opened, PinGone
from field_app.tried import counted
from field_app.views import Refused

LOCK_S = 60
GRACE_S = 5
"""What was typed just before the minute was over is still kept, within this time."""


class ClosedError(Exception):
    """Something of a sealed case was asked for, and the second unlock is closed."""


class Second:
    """The second unlock of one open vault."""

    def __init__(self, keys: Keys, time: Timepiece) -> None:
        self._keys, self._time = keys, time
        self._key = b""
        self._touched_ms = 0

    def unlock(self, pin: str) -> Locked | PinGone | Refused | None:
        """Open with the PIN; None when it is open. Wrong tries are counted with those of the first unlock."""
        outcome = counted(lambda: self._keys.second(pin))
        if not isinstance(outcome, Opened):
            return outcome
        self._key = outcome.key
        self.touch()
        return None

    def lock(self) -> None:
        """Close it, and forget its key."""
        self._key = b""

    def touch(self) -> None:
        """Count the minute from now."""
        self._touched_ms = self._time.elapsed_ms()

    def left_s(self) -> int:
        """Return how many seconds it stays open without a touch; 0 when it is closed."""
        return max(0, -(-(LOCK_S * 1000 - self._idle_ms()) // 1000)) if self._key else 0

    def is_open(self) -> bool:
        """Say whether it is open."""
        return self.left_s() > 0

    def key(self) -> bytes:
        """Return the key under which the keys of drafts are wrapped (32 bytes). Raises ClosedError."""
        if self._idle_ms() > (LOCK_S + GRACE_S) * 1000:
            self.lock()
        if not self._key:
            raise ClosedError
        return self._key

    def _idle_ms(self) -> int:
        return self._time.elapsed_ms() - self._touched_ms
