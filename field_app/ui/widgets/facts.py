"""A fact: its name small above, its value below, an icon at the left when there is one."""

from kivy.metrics import dp
from kivy.properties import NumericProperty, ObjectProperty, StringProperty

from field_app.ui.widgets.buttons import Tappable
from field_app.ui.widgets.painted import Painted
from field_app.ui.widgets.words import chip_span, paint_chip


class Fact(Painted):
    """Name and value; both wrap."""

    label = StringProperty("")
    text = StringProperty("")
    icon = StringProperty("")

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(text=self.refresh, label=self.refresh)

    def _left(self):
        return self.look.icon_px(22) + dp(12) if self.icon else 0

    def _room(self):
        return max(1, self.width - self._left())

    def needed_height(self):
        if not self.look:
            return None
        room = self._room()
        return (
            self.measure(self.label, "caption", room)[1] + self.measure(self.text, "label", room)[1] + dp(8)
        )

    def paint(self):
        look, left, room = self.look, self._left(), self._room()
        label = self.measure(self.label, "caption", room)[1]
        y = self.height - dp(4) - label
        self.write(self.label, "caption", look.ink_faint, left, y, room)
        text = self.measure(self.text, "label", room)[1]
        self.write(self.text, "label", look.ink, left, y - text, room)
        if self.icon:
            side = look.icon_px(22)
            self.draw_icon(self.icon, look.primary, side / 2, self.height / 2, 22)


class FindingRow(Tappable):
    """A field that wants attention: tap to go there."""

    text = StringProperty("")
    under = StringProperty("")
    icon = StringProperty("edit")
    tone = StringProperty("notice")

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)

    def _left(self):
        return self.look.icon_px(36) + dp(12)

    def _room(self):
        return max(1, self.width - self._left() - dp(30))

    def needed_height(self):
        if not self.look:
            return None
        words = (
            self.measure(self.text, "label", self._room())[1]
            + self.measure(self.under, "small", self._room())[1]
        )
        return max(dp(56), words + dp(16))

    def paint(self):
        look, left, room = self.look, self._left(), self._room()
        if self.held:
            self.fill(look.pressed, radius=dp(12))
        side = look.icon_px(36)
        self.fill(look.colour(f"{self.tone}_soft"), 0, (self.height - side) / 2, side, side, side / 2)
        self.draw_icon(self.icon, look.colour(self.tone), side / 2, self.height / 2, 20)
        text = self.measure(self.text, "label", room)[1]
        under = self.measure(self.under, "small", room)[1]
        y = (self.height + text + under) / 2 - text
        self.write(self.text, "label", look.ink, left, y, room)
        self.write(self.under, "small", look.ink_soft, left, y - under, room)
        self.draw_icon("next", look.ink_faint, self.width - dp(12), self.height / 2, 22)


class SyncRow(Tappable):
    """One thing to be sent: its name, its state, how far it is, why it failed, and what else to know."""

    title = StringProperty("")
    under = StringProperty("")
    note = StringProperty("")
    icon = StringProperty("task")
    chip = ObjectProperty(("", "waiting", "notice"))
    percent = NumericProperty(0)

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)

    def _left(self):
        return self.look.icon_px(40) + dp(12)

    def _room(self):
        return max(1, self.width - self._left())

    def _chip_height(self):
        return self.measure(self.chip[0], "caption")[1] + dp(8)

    def needed_height(self):
        if not self.look:
            return None
        room = self._room()
        words = self.measure(self.title, "label", room)[1]
        words += sum(self.measure(text, "small", room)[1] for text in (self.under, self.note) if text)
        return words + self._chip_height() + dp(26) + (dp(10) if 0 < self.percent < 100 else 0)

    def paint(self):
        look, left, room = self.look, self._left(), self._room()
        tone = self.chip[2]
        side = look.icon_px(40)
        top = self.height - dp(10)
        self.fill(look.colour(f"{tone}_soft"), 0, top - side, side, side, dp(13))
        self.draw_icon(self.icon, look.colour(tone), side / 2, top - side / 2, 22)
        y = top
        for text, style, ink in (
            (self.title, "label", look.ink),
            (self.under, "small", look.bad_ink),
            (self.note, "small", look.ink_soft),
        ):
            if text:
                y -= self.measure(text, style, room)[1]
                self.write(text, style, ink, left, y, room)
        high = self._chip_height()
        y -= high + dp(6)
        word = self.chip[0] if not 0 < self.percent < 100 else f"{self.chip[0]} {round(self.percent)}%"
        x, wide = chip_span(self, word, left, self.width, 0)
        paint_chip(self, word, self.chip[1], tone, x, y, wide, high)
        if 0 < self.percent < 100:
            y -= dp(10)
            self.fill(look.line, left, y, room, dp(4), dp(2))
            self.fill(look.colour(tone), left, y, room * self.percent / 100, dp(4), dp(2))
