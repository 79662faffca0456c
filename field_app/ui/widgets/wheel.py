"""A wheel: a value with the one before it and the one after it, turned by the finger or by a tap on either.

Rule: the further the finger goes, the faster it turns, by its distance alone: a birth year is two strokes
away, and the same stroke always leads to the same value.
"""

from kivy.metrics import dp
from kivy.properties import NumericProperty, StringProperty

from field_app.ui.widgets.painted import Painted

ROW_DP, TAP_DP = 48, 8
"""Height of a row, and how far a finger may slip in a tap."""
STEP_DP, FASTER_DP = 28, 100
"""A short way that turns by one; after this distance it turns twice as fast, after two of it three times."""


def rows_of(way_dp: float) -> int:
    """By how many rows a finger turns that went so far up (below 0: down)."""
    far = abs(way_dp)
    rows = round(far / STEP_DP * (1 + far / FASTER_DP))
    return rows if way_dp > 0 else -rows


class Wheel(Painted):
    """One part of a value. `turning(rows)` is called while a finger is on it, `turned(rows)` afterwards."""

    keeps_drags = True
    label = StringProperty("")
    row = NumericProperty(0)

    def __init__(self, turning, turned, **kwargs):
        self._turning, self._turned = turning, turned
        self._texts = ("", "", "")
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)

    def show(self, before: str, value: str, after: str) -> None:
        """Show a value between its neighbours."""
        if (before, value, after) != self._texts:
            self._texts = (before, value, after)
            self.refresh()

    def needed_height(self):
        if not self.look:
            return None
        self.row = max(dp(ROW_DP), self.measure("0", "heading")[1] + dp(12))
        return 3 * self.row

    def paint(self):
        look, room = self.look, self.width - dp(8)
        self.fill(look.primary_soft, 0, self.row, self.width, self.row, look.radius("medium"))
        for place, text in enumerate(reversed(self._texts)):
            style, ink = ("heading", look.ink) if place == 1 else ("body", look.ink_soft)
            high = self.measure(text, style, room, True)[1]
            low = place * self.row + (self.row - high) / 2
            self.write(text, style, ink, dp(4), low, room, "center", shrink=True)

    def on_touch_down(self, touch):
        if self.disabled or not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        return True

    def on_touch_move(self, touch):
        if touch.grab_current is not self:
            return False
        self._turning(rows_of(self._way(touch)))
        return True

    def on_touch_up(self, touch):
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        way = self._way(touch)
        self._turned(rows_of(way) if abs(way) > TAP_DP else self._tapped(touch))
        return True

    def _tapped(self, touch) -> int:
        """The row that was tapped: one after, one before, or the value itself."""
        return 1 - min(2, max(0, int((touch.y - self.y) // self.row)))

    def _way(self, touch) -> float:
        """How far up the finger went, in dp."""
        return (touch.y - touch.oy) / dp(1)
