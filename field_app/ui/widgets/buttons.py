"""What is tapped: buttons, icon buttons, choices, links.

Rule: every target is at least 48 dp high, also when its drawing is smaller.
"""

from kivy.animation import Animation
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior

from field_app.ui.widgets.painted import Painted


class Tappable(ButtonBehavior, Painted):
    """Painted, and tapped; paints again while it is held."""

    always_release = BooleanProperty(False)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.bind(state=self.repaint, disabled=self.repaint)

    @property
    def held(self) -> bool:
        """Whether a finger is on it."""
        return self.state == "down"


class Pill(Tappable):
    """A pill with words: primary, soft, plain (words only) or danger."""

    text = StringProperty("")
    icon = StringProperty("")
    icon_after = StringProperty("")
    kind = StringProperty("primary")
    compact = BooleanProperty(False)
    tall = NumericProperty(48)
    """Height in dp of a compact one, whose words shrink and never wrap."""

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(tall=self.refresh)
        self.bind(text=self.refresh, icon=self.refresh, kind=self.refresh, icon_after=self.refresh)

    def _sides(self) -> float:
        side = self.look.icon_px(22) + dp(8)
        return (side if self.icon else 0) + (side if self.icon_after else 0) + dp(28)

    def natural_width(self) -> float:
        """Pixels that icon and words need on one line."""
        return self.measure(self.text, "strong")[0] + self._sides() + dp(6)

    def needed_height(self):
        if not self.look:
            return None
        if self.compact:
            return dp(self.tall)
        high = self.measure(self.text, "strong", max(1, self.width - self._sides()))[1]
        return max(self.look.size("button"), high + dp(20))

    def colours(self):
        """(ground, ink) for the kind and state."""
        look = self.look
        if self.disabled:
            return look.quiet_soft, look.quiet
        return {
            "primary": (look.primary_pressed if self.held else look.primary, look.primary_ink),
            "soft": (look.pressed if self.held else look.primary_soft, look.primary_soft_ink),
            "plain": (look.pressed if self.held else None, look.primary),
            "danger": (look.pressed if self.held else look.bad_soft, look.bad_ink),
        }[self.kind]

    def paint(self):
        look = self.look
        ground, ink = self.colours()
        radius = min(self.height / 2, dp(28))
        if ground:
            self.fill(ground, radius=radius)
        side = look.icon_px(22)
        room = max(1, self.width - self._sides())
        width, high = self.measure(self.text, "strong", room, shrink=self.compact)
        natural = min(width, self.measure(self.text, "strong")[0])
        block = natural + (side + dp(8) if self.icon else 0)
        x = (self.width - (side + dp(8) if self.icon_after else 0) - block) / 2
        if self.icon:
            self.draw_icon(self.icon, ink, x + side / 2, self.height / 2, 22)
            x += side + dp(8)
        y = (self.height - high) / 2
        if natural < width - 1 or high > self.measure("X", "strong")[1] * 1.5:
            left = dp(14) + (side + dp(8) if self.icon else 0)
            self.write(self.text, "strong", ink, left, y, room, "center", self.compact)
        else:
            self.write(self.text, "strong", ink, x, y, room if self.compact else 0, shrink=self.compact)
        if self.icon_after:
            self.draw_icon(self.icon_after, ink, self.width - dp(18) - side / 2, self.height / 2, 22)


class IconButton(Tappable):
    """A round icon, 48 dp; `label` is said by the test and by a screen reader."""

    icon = StringProperty("close")
    ink = StringProperty("ink")
    ground = StringProperty("")
    label = StringProperty("")
    icon_size = NumericProperty(24)

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint", (None, None))
        kwargs.setdefault("size", (dp(48), dp(48)))
        super().__init__(**kwargs)
        self.bind(icon=self.repaint, ink=self.repaint, ground=self.repaint)

    def paint(self):
        side = min(self.width, self.height)
        ground = self.look.pressed if self.held else (self.look.colour(self.ground) if self.ground else None)
        if ground:
            self.fill(ground, (self.width - side) / 2, (self.height - side) / 2, side, side, side / 2)
        ink = "ink_faint" if self.disabled else self.ink
        self.draw_icon(self.icon, self.look.colour(ink), self.width / 2, self.height / 2, self.icon_size)


class Link(Tappable):
    """A small word that is tapped; 48 dp high wherever it stands."""

    text = StringProperty("")
    icon = StringProperty("")
    ink = StringProperty("primary")
    align = StringProperty("left")

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        kwargs.setdefault("height", dp(48))
        super().__init__(**kwargs)
        self.bind(text=self.refresh, icon=self.refresh, ink=self.refresh)

    def natural_width(self) -> float:
        """Pixels that icon and words need."""
        return (
            self.measure(self.text, "strong")[0] + (self.look.icon_px(22) + dp(8) if self.icon else 0) + dp(8)
        )

    def needed_height(self):
        if not self.look:
            return None
        room = max(1, self.width - (self.look.icon_px(22) + dp(8) if self.icon else 0))
        return max(dp(48), self.measure(self.text, "strong", room)[1] + dp(12))

    def paint(self):
        look, x = self.look, 0.0
        if self.held:
            self.fill(look.pressed, -dp(8), dp(2), self.width + dp(16), self.height - dp(4), dp(12))
        ink = look.colour(self.ink)
        if self.icon:
            side = look.icon_px(22)
            self.draw_icon(self.icon, ink, side / 2, self.height / 2, 22)
            x = side + dp(8)
        room = max(1, self.width - x)
        high = self.measure(self.text, "strong", room)[1]
        self.write(self.text, "strong", ink, x, (self.height - high) / 2, room, self.align)


class Choice(Tappable):
    """One option: tapped anywhere, chosen shows ground, line, bold and mark together."""

    text = StringProperty("")
    code = ObjectProperty(None, allownone=True)
    chosen = BooleanProperty(False)
    many = BooleanProperty(False)
    earlier = StringProperty("")

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(text=self.refresh, chosen=self.refresh, earlier=self.refresh)

    def natural_width(self) -> float:
        """Pixels that its words need on one line."""
        return self.measure(self.text, "strong")[0] + dp(44) + self.look.icon_px(24)

    def _room(self):
        return max(1, self.width - dp(42) - self.look.icon_px(24))

    def _style(self):
        return "strong" if self.chosen else "label"

    def needed_height(self):
        if not self.look:
            return None
        # The bold form is the wider one: measured always, so that choosing never changes the height.
        words = self.measure(self.text, "strong", self._room())[1]
        note = self.measure(self.earlier, "caption", self._room())[1] if self.earlier else 0
        return max(self.look.size("choice"), words + note + dp(24))

    def paint(self):
        look, radius = self.look, self.look.radius("medium")
        if self.chosen:
            self.fill(look.primary_soft, radius=radius)
            self.outline(look.primary, radius=radius)
        else:
            self.fill(look.pressed if self.held else look.sunken, radius=radius)
        side = look.icon_px(24)
        mark = {
            (False, False): "radio_off", (False, True): "radio_on", (True, False): "box_off", (True,
            True): "box_on",
        }[(self.many, self.chosen)]  # fmt: skip
        ink = look.primary_soft_ink if self.chosen else look.ink
        note = self.measure(self.earlier, "caption", self._room())[1] if self.earlier else 0
        high = self.measure(self.text, self._style(), self._room())[1]
        bottom = (self.height - high - note) / 2
        self.draw_icon(
            mark, look.primary if self.chosen else look.outline, dp(14) + side / 2, self.height / 2, 24
        )
        left = dp(26) + side
        self.write(self.text, self._style(), ink, left, bottom + note, self._room())
        if self.earlier:
            self.write(self.earlier, "caption", look.ink_faint, left, bottom, self._room())


class Bar(Painted):
    """Progress of pages: one segment each, filled up to here."""

    count = NumericProperty(1)
    at = NumericProperty(0)

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        kwargs.setdefault("height", dp(4))
        super().__init__(**kwargs)
        self.bind(count=self.repaint, at=self.repaint)

    def paint(self):
        gap = dp(4) if self.count < 14 else dp(2)
        each = (self.width - gap * (self.count - 1)) / max(1, self.count)
        for index in range(int(self.count)):
            colour = self.look.primary if index <= self.at else self.look.line
            self.fill(colour, index * (each + gap), 0, each, self.height, self.height / 2)


def appear(widget) -> None:
    """Let something new come in quietly, without moving what stands above it."""
    widget.opacity = 0
    Animation(opacity=1, duration=0.18).start(widget)
