"""The seconds until another PIN may be tried. Rule: what is left is said each second, and the end once."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock


class Countdown:
    """`shown` is told the seconds that are left, `over` that none is."""

    def __init__(self, shown: Callable[[int], Any], over: Callable[[], Any]) -> None:
        self._shown, self._over = shown, over
        self._left_s = 0
        self._tick: Any = None

    @property
    def runs(self) -> bool:
        """Whether it counts."""
        return self._tick is not None

    def begin(self, seconds: int) -> None:
        """Count from here."""
        self.stop()
        self._left_s = seconds
        self._tick = Clock.schedule_interval(lambda _dt: self._second(), 1)
        self._shown(seconds)

    def _second(self) -> None:
        self._left_s -= 1
        if self._left_s > 0:
            self._shown(self._left_s)
        else:
            self.stop()
            self._over()

    def stop(self) -> None:
        """Count no longer."""
        if self._tick:
            self._tick.cancel()
        self._tick = None
