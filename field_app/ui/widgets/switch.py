"""A setting that is on or off: words at the left, the switch at the right, tapped anywhere."""

from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty

from field_app.ui.widgets.buttons import Tappable


class Toggle(Tappable):
    """On and off differ by place, colour and mark."""

    text = StringProperty("")
    under = StringProperty("")
    icon = StringProperty("")
    on = BooleanProperty(False)

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(on=self.repaint, text=self.refresh)

    def on_release(self):
        """Turn it."""
        self.on = not self.on

    def _left(self):
        return self.look.icon_px(22) + dp(12) if self.icon else 0

    def _room(self):
        return max(1, self.width - self._left() - dp(68))

    def needed_height(self):
        if not self.look:
            return None
        words = (
            self.measure(self.text, "label", self._room())[1]
            + self.measure(self.under, "small", self._room())[1]
        )
        return max(dp(52), words + dp(14))

    def paint(self):
        look, left, room = self.look, self._left(), self._room()
        if self.icon:
            self.draw_icon(self.icon, look.primary, look.icon_px(22) / 2, self.height / 2, 22)
        text = self.measure(self.text, "label", room)[1]
        under = self.measure(self.under, "small", room)[1]
        y = (self.height + text + under) / 2 - text
        self.write(self.text, "label", look.ink, left, y, room)
        self.write(self.under, "small", look.ink_soft, left, y - under, room)
        wide, high = dp(52), dp(32)
        x, low = self.width - wide, (self.height - high) / 2
        self.fill(look.primary if self.on else look.sunken, x, low, wide, high, high / 2)
        if not self.on:
            self.outline(look.outline, x, low, wide, high, high / 2, dp(1.4))
        knob = dp(24)
        knob_x = x + wide - knob - dp(4) if self.on else x + dp(4)
        self.fill(look.primary_ink if self.on else look.outline, knob_x, low + dp(4), knob, knob, knob / 2)
        if self.on:
            self.draw_icon("check", look.primary, knob_x + knob / 2, low + dp(4) + knob / 2, 14)
