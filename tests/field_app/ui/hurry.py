"""Kivy's clock, put forward while a test waits for nothing else. Rule: work under way takes its own time.

With each frame that a test waits, a thirtieth of a second goes by: an animation, a finger that rests or a
word that stays for a while end in some frames. What else goes by that clock comes as much sooner.
"""

from typing import Any

from kivy.base import EventLoop
from kivy.clock import Clock

from field_app.ui.pictures import FADED_S

FRAME_S = 1 / 30


class Hurry:
    """The one clock that all tests of a process share."""

    def __init__(self) -> None:
        self._time, self._ahead_s = Clock.time, 0.0
        Clock.time = self.now

    def now(self) -> float:
        """Seconds on Kivy's clock."""
        return self._time() + self._ahead_s

    def frame(self, app: Any) -> None:
        """Run the loop once."""
        if not app.background.busy:
            self._ahead_s += FRAME_S
        EventLoop.idle()


HURRY = Hurry()


def rest(app: Any, seconds: float = 0.35) -> None:
    """As `settle` of the pictures: until nothing is under way and animations ended."""
    until = HURRY.now() + seconds
    while HURRY.now() < until or app.background.busy:
        if app.background.busy:
            until = max(until, HURRY.now() + FADED_S)
        HURRY.frame(app)
