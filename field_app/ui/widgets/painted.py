"""A widget that paints itself from kept textures: the base of all that is drawn here.

Rule: one thing on the screen is one widget. A choice made of five Kivy widgets costs six times as much
(measured).
`pieces` tells what words were drawn and where, so that a test can see that nothing is cut off.
"""

from typing import NamedTuple

from kivy.graphics import (
    BorderImage,
    Color,
    InstructionGroup,
    PopMatrix,
    PushMatrix,
    Rectangle,
    SmoothLine,
    SmoothRoundedRectangle,
    Translate,
)
from kivy.metrics import dp
from kivy.properties import ObjectProperty
from kivy.uix.widget import Widget

from field_app.ui.kv import load_kv
from field_app.ui.theme import LEAST, Colour

load_kv(__file__)


class Piece(NamedTuple):
    """Words as they were drawn: position and size in the widget's own pixels."""

    text: str
    x: float
    y: float
    width: float
    height: float


class Painted(Widget):
    """Paints once per size and state; moving it only moves the painting."""

    look = ObjectProperty(None, allownone=True)
    say = ObjectProperty(None, allownone=True)

    def __init__(self, **kwargs):
        self.pieces: list[Piece] = []
        self._move = Translate(0, 0)
        self._body = InstructionGroup()
        super().__init__(**kwargs)
        self.canvas.add(PushMatrix())
        self.canvas.add(self._move)
        self.canvas.add(self._body)
        self.canvas.add(PopMatrix())
        self.bind(pos=self._moved, size=self._sized, look=self._sized)
        self._moved()
        self._sized()

    def _moved(self, *_):
        self._move.x, self._move.y = round(self.x), round(self.y)

    def _sized(self, *_):
        wanted = self.needed_height() if self.look else None
        if wanted is not None and self.size_hint_y is None and abs(wanted - self.height) > 0.5:
            self.height = wanted
            return
        self.repaint()

    def needed_height(self) -> float | None:
        """The height that the contents need at this width, or None when the height is given from outside."""
        return None

    def refresh(self, *_):
        """Something that is shown changed: measure and paint again."""
        self._sized()

    def repaint(self, *_):
        """Paint again at the present size."""
        self._body.clear()
        self.pieces = []
        if self.look and self.width > 1 and self.height > 1:
            self.paint()

    def paint(self):
        """Draw with the helpers below; (0, 0) is the lower left corner."""

    # -- helpers, all in the widget's own pixels ------------------------------------------------------------

    def fill(self, colour: Colour, x=0.0, y=0.0, width=None, height=None, radius=0.0):
        """A filled rectangle with round corners."""
        width = self.width if width is None else width
        height = self.height if height is None else height
        self._body.add(Color(*colour))
        if radius:
            radius = min(radius, width / 2, height / 2)
            self._body.add(SmoothRoundedRectangle(pos=(x, y), size=(width, height), radius=[radius]))
        else:
            self._body.add(Rectangle(pos=(x, y), size=(width, height)))

    def outline(self, colour: Colour, x=0.0, y=0.0, width=None, height=None, radius=0.0, line=None):
        """A line round a rectangle, inside it."""
        width = self.width if width is None else width
        height = self.height if height is None else height
        line = line or self.look.size("line")
        inset = line / 2
        radius = min(radius, width / 2, height / 2)
        self._body.add(Color(*colour))
        self._body.add(
            SmoothLine(
                rounded_rectangle=(
                    x + inset,
                    y + inset,
                    width - line,
                    height - line,
                    max(radius - inset, 1),
                    40,
                ),
                width=max(line / 2, 1.0),
            )
        )

    def soft_shadow(self, radius: float, blur=14.0, drop=4.0, x=0.0, y=0.0, width=None, height=None):
        """A soft shadow under a rectangle of this size."""
        colour = self.look.colour("shadow")
        if not colour[3]:
            return
        width = self.width if width is None else width
        height = self.height if height is None else height
        blur_px, radius_px, drop_px = int(dp(blur)), int(radius), dp(drop)
        edge = radius_px + blur_px
        self._body.add(Color(*colour))
        self._body.add(
            BorderImage(
                texture=self.look.shadow_patch(radius_px, blur_px),
                pos=(x - blur_px, y - blur_px - drop_px),
                size=(width + 2 * blur_px, height + 2 * blur_px),
                border=(edge, edge, edge, edge),
                auto_scale="off",
            )
        )

    def write(self, text, style, colour, x, y, width=0, align="left", shrink=False, least=LEAST):
        """Write words with their lower left corner at (x, y); returns (width, height) of what was drawn."""
        if not text:
            return 0.0, 0.0
        texture = self.look.words(text, style, int(width), align, shrink, least=least)
        left = x
        if shrink and width and align != "left":
            spare = width - texture.width
            left = x + (spare / 2 if align == "center" else spare)
        self._body.add(Color(*colour))
        self._body.add(Rectangle(texture=texture, pos=(round(left), round(y)), size=texture.size))
        self.pieces.append(Piece(text, left, y, texture.width, texture.height))
        return texture.size

    def measure(self, text, style, width=0, shrink=False, least=LEAST):
        """(width, height) of words, without drawing them."""
        if not text:
            return 0.0, 0.0
        return self.look.words(text, style, int(width), "left", shrink, least=least).size

    def draw_icon(self, name, colour, centre_x, centre_y, size=24.0):
        """An icon round a centre; size in dp, grown with the text."""
        texture = self.look.icon(name, self.look.icon_px(size))
        self._body.add(Color(*colour))
        self._body.add(
            Rectangle(
                texture=texture,
                pos=(round(centre_x - texture.width / 2), round(centre_y - texture.height / 2)),
                size=texture.size,
            )
        )

    def add(self, *instructions):
        """Any other instructions, in order."""
        for instruction in instructions:
            self._body.add(instruction)
