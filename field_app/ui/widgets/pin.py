"""Our own pad for the PIN: no system keyboard sees it, and the digits are never shown.

Rule: a key is at least 56 dp high. Shuffled, the digits lie elsewhere each time, so that neither a look over
the shoulder nor smears on the glass tell them.
"""

import random
from typing import Any

from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout

from field_app.ui.widgets.buttons import Tappable
from field_app.ui.widgets.painted import Painted

PIN_DIGITS = 6
KEY_HEIGHT, GAP = 56, 8
PAD_HEIGHT = 4 * KEY_HEIGHT + 3 * GAP
"""Least height of a pad, in dp."""
PAD_WIDTH = 400
"""Greatest width, in dp: a thumb reaches all of it on a tablet too."""
LOW, WIDE, APART = 440, 480, 32
"""Below which height a place is too low for words above the keys, from which width on it has room for both,
and the gap between them, in dp.
"""


class Dots(Painted):
    """One dot for each digit, filled when typed."""

    count = NumericProperty(0)
    tone = StringProperty("primary")

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        kwargs.setdefault("height", dp(28))
        super().__init__(**kwargs)
        self.bind(count=self.repaint, tone=self.repaint)

    def paint(self):
        side, gap = dp(14), dp(16)
        x = (self.width - PIN_DIGITS * side - (PIN_DIGITS - 1) * gap) / 2
        for index in range(PIN_DIGITS):
            y = (self.height - side) / 2
            colour = self.look.colour(self.tone)
            if index < self.count:
                self.fill(colour, x, y, side, side, side / 2)
            else:
                self.outline(self.look.outline, x, y, side, side, side / 2, dp(1.6))
            x += side + gap


class Key(Tappable):
    """One key: a digit or an icon."""

    text = StringProperty("")
    icon = StringProperty("")

    def paint(self):
        look = self.look
        side = min(self.width, self.height)
        wide = min(self.width, side * 1.5)
        if not self.text and not self.icon:
            return
        if self.text or self.held:
            ground = look.pressed if self.held else look.surface
            if not self.held:
                self.soft_shadow(side / 2, 8, 2, (self.width - wide) / 2, 0, wide, side)
            self.fill(ground, (self.width - wide) / 2, 0, wide, side, side / 2)
        ink = look.ink_faint if self.disabled else look.ink
        if self.icon:
            self.draw_icon(self.icon, ink, self.width / 2, self.height / 2, 26)
            return
        high = self.measure(self.text, "title")[1]
        self.write(self.text, "title", ink, 0, (self.height - high) / 2, self.width, "center", True)


class PinPad(GridLayout):
    """Twelve keys; `typed` is called with the whole PIN at the last digit."""

    pin = StringProperty("")
    shuffled = BooleanProperty(False)

    def __init__(self, **kwargs):
        self.register_event_type("on_typed")
        kwargs.setdefault("size_hint_min_y", dp(PAD_HEIGHT))
        super().__init__(cols=3, spacing=dp(GAP), **kwargs)
        self.bind(shuffled=lambda *_: self.lay(), width=self._keep_narrow)
        self.lay()

    def _keep_narrow(self, *_):
        """A column gives its whole width, whatever greatest width is asked of it."""
        self.padding = (max(0.0, (self.width - dp(PAD_WIDTH)) / 2), 0)

    def lay(self) -> None:
        """Lay the keys, anew each time when the digits are shuffled."""
        digits = list("1234567890")
        if self.shuffled:
            random.SystemRandom().shuffle(digits)
        self.clear_widgets()
        for label in (*digits[:9], "", digits[9], "backspace"):
            key = Key(text=label if label.isdigit() else "", icon=label if label == "backspace" else "")
            key.bind(on_release=lambda _k, name=label: self.press(name))
            self.add_widget(key)

    def press(self, name: str) -> None:
        """A key was tapped."""
        if name == "backspace":
            self.pin = self.pin[:-1]
        elif name and len(self.pin) < PIN_DIGITS:
            self.pin += name
            if len(self.pin) == PIN_DIGITS:
                self.dispatch("on_typed", self.pin)

    def on_typed(self, _pin: str) -> None:
        """The last digit was typed."""

    def clear(self) -> None:
        """Forget what was typed."""
        self.pin = ""


class PinPlace(BoxLayout):
    """Words with the keys below them; on a phone that lies the keys stand beside them, and all are seen."""

    beside = BooleanProperty(False)

    def __init__(self, **kwargs):
        super().__init__(orientation="vertical", **kwargs)
        self._order: list[Any] = []
        self._share = 1.0
        self._words = BoxLayout(orientation="vertical")
        self._words.bind(minimum_height=self._words.setter("size_hint_min_y"))
        self.bind(parent=self._stand)

    def _stand(self, _self, room):
        if room is not None:
            room.bind(size=self._arrange)
            self._arrange(room)

    def _arrange(self, room, *_):
        beside = room.width >= dp(WIDE) and room.height < dp(LOW)
        if beside != self.beside:
            self._turn(beside)
        for pad in self.children if beside else ():
            if isinstance(pad, PinPad):  # all of it is seen, however long the words are
                pad.height = max(pad.size_hint_min_y, room.height - self.padding[1] - self.padding[3])

    def _turn(self, beside):
        self.beside = beside
        if beside:
            self._order = self.children[::-1]
        stand = [part for part in self._order if part.parent is not None]  # what was taken away stays so
        pads = [part for part in stand if isinstance(part, PinPad)]
        self._words.clear_widgets()
        self.clear_widgets()
        if beside:
            for part in stand:
                if part not in pads:
                    self._words.add_widget(part)
            stand = [self._words, *pads]
            self._share = pads[0].size_hint_y if pads else 1
        for pad in pads:
            pad.size_hint_y, pad.pos_hint = (None, {"top": 1}) if beside else (self._share, {})
        self._words.spacing, self.spacing = self.spacing, dp(APART) if beside else self._words.spacing
        self.orientation = "horizontal" if beside else "vertical"
        for part in stand:
            self.add_widget(part)


class Emblem(Painted):
    """The app's neutral sign: a door under a roof."""

    def paint(self):
        side = min(self.height, self.width)
        x, y = (self.width - side) / 2, (self.height - side) / 2
        self.fill(self.look.primary, x, y, side, side, side * 0.32)
        self.draw_icon("house", self.look.primary_ink, x + side / 2, y + side / 2, 32)
