"""What a live view sees while a code is looked for: the frame as large as the room, over it four corners.

Rule: a frame is drawn and not kept; each takes the place of the one before.
"""

from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import BooleanProperty

from field_app.ui.widgets.painted import Painted
from field_app.ui.widgets.paper import SHADE, WHITE, draw_corners_over

PART = 0.72
"""Of the shorter side, how wide the corners stand."""
MARK, MARK_ICON = 76, 46
"""In dp: the round mark of a code that was read, and the icon in it."""
BEHIND, FAINT = (0.13, 0.13, 0.15, 1), (0.45, 0.45, 0.48, 1)
"""Where no frame is: the ground, and the icon on it."""


class FinderView(Painted):
    """A grey live view; `found` marks that a code was read."""

    found = BooleanProperty(False)

    def __init__(self, **kwargs):
        self._texture = None
        self._turn = 0
        super().__init__(**kwargs)
        self.bind(found=self.refresh)

    @property
    def sees(self) -> bool:
        """Whether a frame is shown."""
        return self._texture is not None

    def see(self, frame):
        """Show a frame (devices.Grey)."""
        size = (frame.width, frame.height)
        fresh = self._texture is None or self._texture.size != size or self._turn != frame.turn
        if fresh:
            self._texture = Texture.create(size=size, colorfmt="luminance")
            self._turn = frame.turn
        self._texture.blit_buffer(frame.dots, colorfmt="luminance", bufferfmt="ubyte")
        if fresh:
            self.refresh()
        else:
            self.canvas.ask_update()

    def paint(self):
        look = self.look
        self.fill(BEHIND)
        if self._texture:
            corners = seen_part(self._texture.size, self._turn, self.size)
            picture = Rectangle(texture=self._texture, size=self.size, tex_coords=corners)
            self.add(Color(1, 1, 1, 1), picture)
        else:
            self.draw_icon("camera", FAINT, self.width / 2, self.height / 2, MARK_ICON)
        side = PART * min(self.size)
        x, y = (self.width - side) / 2, (self.height - side) / 2
        colour, under = (look.good, WHITE) if self.found else (WHITE, SHADE)
        draw_corners_over(self, colour, under, x, y, side, side)
        if self.found:
            wide = dp(MARK)
            self.fill(look.good, (self.width - wide) / 2, (self.height - wide) / 2, wide, wide, wide / 2)
            self.draw_icon("check", look.surface, self.width / 2, self.height / 2, MARK_ICON)


def seen_part(frame, turn, room):
    """Texture coordinates (lower left, lower right, upper right, upper left) of the middle of a frame that is
    turned upright and fills the room. `frame` and `room` are width and height.
    """
    upright = frame if turn % 180 == 0 else frame[::-1]
    scale = max(room[0] / upright[0], room[1] / upright[1])
    across, down = (side / scale / 2 / whole for side, whole in zip(room, upright, strict=True))
    left, right, top, low = 0.5 - across, 0.5 + across, 0.5 - down, 0.5 + down
    corners = ((left, low), (right, low), (right, top), (left, top))
    return tuple(value for x, y in corners for value in _before(turn, x, y))


def _before(turn, x, y):
    """Where a point of the upright frame lies in the frame as it came, from its upper left."""
    return {0: (x, y), 90: (y, 1 - x), 180: (1 - x, 1 - y), 270: (1 - y, x)}[turn]
