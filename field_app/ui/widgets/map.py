"""A map without tiles: outlines of kecamatan and desa, their names, pins, and where she stands.

Rule: it is told what stands where in metres, and tells what was tapped; drags, pinches and the wheel move it.
Outlines are laid out anew when a gesture ends: while it lasts they are only moved and stretched.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from kivy.graphics import Color, InstructionGroup, Line, PopMatrix, PushMatrix, Scale, Translate
from kivy.metrics import dp
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.stencilview import StencilView

from field_app.atlas import Point, Seen, fitted, gathered, thinned
from field_app.ui.theme import Colour
from field_app.ui.widgets.painted import Painted

APART_DP = 56
"""Pins nearer to each other than this are one, with their number: a finger could not tell them apart."""
TAP_DP = 10
"""A finger that moved less than this has tapped."""
COVERED_DP = 64
"""The strip at the right in which the screen has its buttons."""
STEP = 1.8
"""How much closer one tap on a button, or one notch of the wheel, brings."""


Box = tuple[float, float, float, float]
"""Left, low, right, top."""


class Area(NamedTuple):
    """A region: its name, where that is written, and its outline, all in metres; its box for culling."""

    name: str
    middle: Point
    outline: Sequence[Point]
    large: bool

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        all_x, all_y = zip(*self.outline, strict=True)
        return min(all_x), min(all_y), max(all_x), max(all_y)


class Mark(NamedTuple):
    """A pin: where, its word, icon and tone."""

    at: Point
    word: str
    icon: str
    tone: str


class MapView(Painted):
    """See the module. `tapped(indices of marks)` is called with what stands under the finger."""

    keeps_drags = True

    def __init__(self, tapped: Callable[[tuple[int, ...]], Any], **kwargs: Any) -> None:
        self._tapped = tapped
        self._areas: list[tuple[Area, tuple[float, float, float, float]]] = []
        self._marks: list[Mark] = []
        self.own: Point | None = None
        self.chosen: tuple[int, ...] = ()
        self.seen: Seen | None = None
        self.groups: list[tuple[int, ...]] = []
        self._words: dict[tuple[int, ...], tuple[str, Box]] = {}
        self._laid: Seen | None = None
        self._held: tuple[Sequence[Point], float] | None = None
        self._fingers: dict[Any, Point] = {}
        self._travelled = 0.0
        self._lines = InstructionGroup()
        self._shift, self._stretch = Translate(0, 0), Scale(1, 1, 1)
        super().__init__(**kwargs)
        for order, step in enumerate((PushMatrix(), self._shift, self._stretch, self._lines, PopMatrix())):
            self.canvas.before.insert(order, step)

    # -- what it shows --------------------------------------------------------------------------------------

    def furnish(self, areas: Sequence[Area]) -> None:
        """Take the regions, once."""
        self._areas = [(area, area.box) for area in areas]

    def show(self, marks: Sequence[Mark], own: Point | None) -> None:
        """Show these pins, the most pressing first."""
        self._marks, self.own, self.chosen = list(marks), own, ()
        self.repaint()

    def hold(self, points: Sequence[Point], edge: float) -> None:
        """Keep all these points in sight, `edge` pixels from the rim, until she moves the map herself."""
        self._held = (tuple(points), edge)
        self._look_at(self._holding(points, edge))

    def _holding(self, points: Sequence[Point], edge: float) -> Seen:
        """What shows all these points beside the buttons, which cover the right."""
        covered = min(dp(COVERED_DP), self.width / 2)
        free = fitted(points, self.width - covered, self.height, edge)
        return free.dragged(-covered / 2, 0).resized(self.width, self.height)

    def centre(self, point: Point) -> None:
        """Bring a point into the middle."""
        self._held = None
        if self.seen:
            self._look_at(self.seen.moved_to(*point))

    def _look_at(self, seen: Seen) -> None:
        self.seen = seen
        self._lay()
        self.repaint()

    def closer(self, by: int, at: Point | None = None) -> None:
        """Come closer by one step, or go back with -1."""
        self._held = None
        if self.seen:
            self._look_at(self.seen.closer(STEP**by, at, dp(1)))

    def _sized(self, *_):
        if self.seen:
            seen = self._holding(*self._held) if self._held else self.seen
            self.seen = seen.resized(self.width, self.height)
            self._lay()
        super()._sized()

    def _moved(self, *_):
        super()._moved()
        self._stretch_lines()

    def _lay(self) -> None:
        """Lay the outlines out for the present view."""
        seen, self._laid = self.seen, self.seen
        self._lines.clear()
        if self.look is None or seen is None:
            return
        desa = Color(*self.look.colour("line" if not self.look.dark else "outline"))
        kecamatan = Color(*self.look.colour("outline" if not self.look.dark else "ink_soft"))
        for colour, large, width in ((desa, False, dp(0.8)), (kecamatan, True, dp(1.3))):
            self._lines.add(colour)
            for area, box in self._areas:
                if area.large == large and seen.shows(*box):
                    outline = thinned(area.outline, seen.metres_per_pixel * dp(2))
                    points = [part for point in outline for part in seen.on_screen(*point)]
                    if len(points) >= 6:
                        self._lines.add(Line(points=points, close=True, width=width))
        self._stretch_lines()

    def _stretch_lines(self) -> None:
        """Bring the outlines, laid out for an earlier view, to where they are now."""
        laid, seen = self._laid, self.seen
        if laid is None or seen is None:
            return
        factor = laid.metres_per_pixel / seen.metres_per_pixel
        # where the laid-out picture's corner is on the ground is where it must be drawn now
        west = laid.x - laid.width / 2 * laid.metres_per_pixel
        south = laid.y - laid.height / 2 * laid.metres_per_pixel
        left, low = seen.on_screen(west, south)
        self._shift.x, self._shift.y = self.x + left, self.y + low
        self._stretch.x = self._stretch.y = factor

    # -- drawing --------------------------------------------------------------------------------------------

    def paint(self):
        if self.seen is None:
            return
        places = [self.seen.on_screen(*mark.at) for mark in self._marks]
        self.groups = gathered(places, dp(APART_DP))
        covered = (self.width - dp(COVERED_DP), self.height - dp(176), self.width, self.height)
        taken = [covered, *(self._pin_box(group) for group in self.groups)]
        self._place_words(taken)
        self._names(taken)
        if self.own is not None:
            self._own(*self.seen.on_screen(*self.own))
        for group in reversed(self.groups):  # the most pressing lies on top
            self._pin(group)
        for group, (text, box) in self._words.items():
            self._write_word(group, text, box)

    def _inside(self, x: float, y: float, edge: float = 0.0) -> bool:
        return edge <= x <= self.width - edge and edge <= y <= self.height - edge

    def _names(self, taken: list[Box]) -> None:
        """Write the names that have room: of kecamatan from afar, of desa from near."""
        seen, look = self.seen, self.look
        near = seen.metres_per_pixel * dp(1) < 22
        for area, box in self._areas:
            if area.large == near or not area.name or not seen.shows(*box):
                continue
            x, y = seen.on_screen(*area.middle)
            wide, high = self.measure(area.name, "caption")
            own = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
            whole = self._inside(own[0], own[1], dp(2)) and self._inside(own[2], own[3], dp(2))
            if whole and not any(_overlap(own, other) for other in taken):
                taken.append(own)
                self.write(area.name, "caption", look.ink_faint, own[0], own[1])

    def _own(self, x: float, y: float) -> None:
        if self._inside(x, y):
            halo: Colour = (*self.look.info[:3], 0.25)
            self.fill(halo, x - dp(18), y - dp(18), dp(36), dp(36), dp(18))
            self.fill(self.look.surface, x - dp(9), y - dp(9), dp(18), dp(18), dp(9))
            self.fill(self.look.info, x - dp(7), y - dp(7), dp(14), dp(14), dp(7))

    def _pin_box(self, group: tuple[int, ...]) -> Box:
        x, y = self.seen.on_screen(*self._marks[group[0]].at)
        half = self.look.icon_px(34) / 2 + dp(2)
        return x - half, y, x + half, y + 2 * half + dp(4)

    def _place_words(self, taken: list[Box]) -> None:
        """Find room for the word of each pin, the most pressing first, or at least for the number of several.
        What has none is left out: the icon says it too, and so does the list below.
        """
        self._words = {}
        for group in self.groups:
            if not self._inside(*self.seen.on_screen(*self._marks[group[0]].at)):
                continue
            for text in (self._word(group), str(len(group)) if len(group) > 1 else ""):
                box = self._room_for(text, self._pin_box(group), taken) if text else None
                if box is not None:
                    self._words[group] = (text, box)
                    taken.append(box)
                    break

    def _room_for(self, text: str, pin: Box, taken: list[Box]) -> Box | None:
        """Under a pin, beside it or above it, where nothing else stands."""
        left, low, right, top = pin
        wide, high = self.measure(text, "caption")
        wide, high = wide + dp(12), high + dp(4)
        centred, middle = (left + right - wide) / 2, (low + top - high) / 2
        for x, y in (
            (min(max(centred, dp(1)), self.width - wide - dp(1)), low - high - dp(1)),
            (right + dp(1), middle),
            (left - wide - dp(1), middle),
            (centred, top + dp(1)),
        ):
            box = (x, y, x + wide, y + high)
            whole = self._inside(*box[:2]) and self._inside(*box[2:])
            if whole and not any(_overlap(box, other) for other in taken):
                return box
        return None

    def _word(self, group: tuple[int, ...]) -> str:
        word = self._marks[group[0]].word
        return f"{len(group)} · {word}" if len(group) > 1 else word

    def _pin(self, group: tuple[int, ...]) -> None:
        """Icon on its colour, its foot at the place."""
        mark, look = self._marks[group[0]], self.look
        x, y = self.seen.on_screen(*mark.at)
        side = look.icon_px(34)
        if not self._inside(x, y):
            return
        tone = look.colour(mark.tone)
        if set(group) & set(self.chosen):
            self.fill(look.primary, x - side / 2 - dp(4), y + dp(2), side + dp(8), side + dp(8), side)
        self.fill(look.surface, x - side / 2 - dp(2), y + dp(4), side + dp(4), side + dp(4), side)
        self.fill(tone, x - side / 2, y + dp(6), side, side, side / 2)
        self.fill(tone, x - dp(2), y, dp(4), dp(8), dp(2))
        self.draw_icon(mark.icon, look.surface, x, y + dp(6) + side / 2, 20)

    def _write_word(self, group: tuple[int, ...], text: str, box: Box) -> None:
        mark, look = self._marks[group[0]], self.look
        left, low, right, top = box
        self.fill(look.colour(f"{mark.tone}_soft"), left, low, right - left, top - low, dp(10))
        ink = look.colour(f"{mark.tone}_ink")
        self.write(text, "caption", ink, left + dp(6), low + dp(2))

    # -- fingers --------------------------------------------------------------------------------------------

    def on_touch_down(self, touch):
        if not self.collide_point(*touch.pos) or self.seen is None:
            return False
        if getattr(touch, "is_mouse_scrolling", False):
            self.closer(1 if touch.button == "scrolldown" else -1, self._place(touch))
            return True
        touch.grab(self)
        if not self._fingers:
            self._travelled = 0.0
        self._fingers[touch.uid] = self._place(touch)
        return True

    def on_touch_move(self, touch):
        if touch.grab_current is not self or touch.uid not in self._fingers:
            return False
        self._held = None
        before, now = self._fingers[touch.uid], self._place(touch)
        others = [place for uid, place in self._fingers.items() if uid != touch.uid]
        self._fingers[touch.uid] = now
        if others:
            held = others[0]
            spread = max(_apart(held, before), dp(8))
            self.seen = self.seen.closer(_apart(held, now) / spread or 1.0, held, dp(1))
            self._travelled = dp(TAP_DP)
        else:
            self.seen = self.seen.dragged(now[0] - before[0], now[1] - before[1])
            self._travelled += _apart(before, now)
        self._stretch_lines()
        self.repaint()
        return True

    def on_touch_up(self, touch):
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._fingers.pop(touch.uid, None)
        if not self._fingers:
            if self._travelled < dp(TAP_DP):
                self._tap(*self._place(touch))
            else:
                self._lay()
        return True

    def _place(self, touch: Any) -> Point:
        return touch.x - self.x, touch.y - self.y

    def _tap(self, x: float, y: float) -> None:
        reach = dp(24)
        for group in self.groups:
            left, low, right, top = self._pin_box(group)
            _text, word = self._words.get(group, ("", (0.0, 0.0, 0.0, 0.0)))
            on_pin = left - dp(4) <= x <= right + dp(4) and min(low, top - 2 * reach) <= y <= top
            if on_pin or (word[0] <= x <= word[2] and word[1] <= y <= word[3]):
                self._tapped(group)
                return


class MapBox(FloatLayout, StencilView):
    """Holds the map and its buttons; nothing is drawn beyond it."""


def _apart(one: Point, other: Point) -> float:
    return ((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
