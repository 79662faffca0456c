"""Text on the screen: paragraphs, headings, status chips and notices.

Rule: words wrap; they are never cut. Height follows from width at once, so nothing jumps a frame later.
"""

from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from field_app.ui.widgets.painted import Painted


class Column(BoxLayout):
    """Things one under another, as high as they are together."""

    def __init__(self, **kwargs):
        kwargs.setdefault("orientation", "vertical")
        kwargs.setdefault("size_hint_y", None)
        kwargs.setdefault("height", 0)  # while nothing is in it, Kivy says nothing of its height
        super().__init__(**kwargs)
        self.bind(minimum_height=self.setter("height"))


class Words(Painted):
    """A paragraph or a heading: `style` of the type scale, `ink` a colour token."""

    text = StringProperty("")
    style = StringProperty("body")
    ink = StringProperty("ink")
    align = StringProperty("left")
    shrink = BooleanProperty(False)

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(text=self.refresh, style=self.refresh, ink=self.refresh, align=self.refresh)

    def natural_width(self) -> float:
        """Pixels that they need on one line."""
        return self.measure(self.text, self.style)[0]

    def needed_height(self):
        if not self.look:
            return None
        return self.measure(self.text, self.style, max(self.width, 1), self.shrink)[1]

    def paint(self):
        self.write(
            self.text, self.style, self.look.colour(self.ink), 0, 0, self.width, self.align, self.shrink
        )


class Chip(Painted):
    """A status: colour, icon and word together. As wide as it needs, unless there is less room."""

    text = StringProperty("")
    icon = StringProperty("info")
    tone = StringProperty("quiet")

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint", (None, None))
        super().__init__(**kwargs)
        self.bind(text=self.refresh, icon=self.refresh, tone=self.refresh)

    def natural_width(self) -> float:
        """Pixels that icon and word need."""
        return self.measure(self.text, "caption")[0] + self.look.icon_px(18) + dp(24)

    def needed_height(self):
        return self.measure(self.text, "caption")[1] + dp(8) if self.look else None

    def paint(self):
        paint_chip(self, self.text, self.icon, self.tone, 0, 0, self.width, self.height)


def chip_width(painted: Painted, text: str) -> float:
    """Pixels that a chip with this word needs."""
    return painted.measure(text, "caption")[0] + painted.look.icon_px(16) + dp(22)


def chip_span(painted: Painted, text: str, left: float, right: float, least: float) -> tuple[float, float]:
    """Where a chip begins, and how wide it is: at `left`, but rather further left than with shrunk words."""
    begins = max(least, min(left, right - chip_width(painted, text)))
    return begins, min(right - begins, chip_width(painted, text))


def paint_chip(painted: Painted, text: str, icon: str, tone: str, x, y, width, height):
    """Draw a chip inside any painted widget."""
    look = painted.look
    side = look.icon_px(16)
    painted.fill(look.colour(f"{tone}_soft"), x, y, width, height, height / 2)
    painted.draw_icon(icon, look.colour(tone), x + dp(9) + side / 2, y + height / 2, 16)
    room = width - side - dp(22)
    high = painted.measure(text, "caption", room, True)[1]
    painted.write(
        text,
        "caption",
        look.colour(f"{tone}_ink"),
        x + dp(13) + side,
        y + (height - high) / 2,
        room,
        shrink=True,
    )


class Notice(Painted):
    """A sentence with its tone: a warning that does not stop, an error that says how to mend it, a hint."""

    text = StringProperty("")
    icon = StringProperty("info")
    tone = StringProperty("info")
    style = StringProperty("small")

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(text=self.refresh, tone=self.refresh, icon=self.refresh, style=self.refresh)

    def _room(self):
        return max(1, self.width - dp(40) - self.look.icon_px(22))

    def needed_height(self):
        if not self.look:
            return None
        return max(dp(44), self.measure(self.text, self.style, self._room())[1] + dp(22))

    def paint(self):
        look = self.look
        side = look.icon_px(22)
        self.fill(look.colour(f"{self.tone}_soft"), radius=look.radius("medium"))
        high = self.measure(self.text, self.style, self._room())[1]
        first = self.measure("X", self.style)[1]
        top = (self.height + high) / 2
        self.draw_icon(self.icon, look.colour(self.tone), dp(13) + side / 2, top - first / 2, 22)
        self.write(
            self.text,
            self.style,
            look.colour(f"{self.tone}_ink"),
            dp(25) + side,
            (self.height - high) / 2,
            self._room(),
        )


class Empty(Painted):
    """An empty state: a quiet icon, what is not here, and what can be done."""

    text = StringProperty("")
    hint = StringProperty("")
    icon = StringProperty("inbox")

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(text=self.refresh, hint=self.refresh, icon=self.refresh)

    def _room(self):
        return max(1, self.width - dp(32))

    def needed_height(self):
        if not self.look:
            return None
        words = (
            self.measure(self.text, "heading", self._room())[1]
            + self.measure(self.hint, "body", self._room())[1]
        )
        return words + dp(72) + dp(12) + dp(6) + dp(48)

    def paint(self):
        look, room = self.look, self._room()
        y = self.height - dp(24) - dp(72)
        self.fill(look.primary_soft, self.width / 2 - dp(36), y, dp(72), dp(72), dp(36))
        self.draw_icon(self.icon, look.primary, self.width / 2, y + dp(36), 32)
        for text, style, ink, gap in ((self.text, "heading", "ink", 12), (self.hint, "body", "ink_soft", 6)):
            high = self.measure(text, style, room)[1]
            y -= high + dp(gap)
            self.write(text, style, look.colour(ink), dp(16), y, room, "center")
