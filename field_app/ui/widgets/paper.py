"""How a paper is to lie in its picture: a frame of its shape, before the first shot and over a live view."""

from kivy.graphics import Color, Rectangle
from kivy.metrics import dp
from kivy.properties import NumericProperty

from field_app.ui.widgets.painted import Painted

HEIGHT, MARGIN, CORNER, THICK = 168, 16, 22, 4
"""In dp: of the ground, round the frame, of a corner's arm, and of its line."""
WHITE, SHADE = (1, 1, 1, 1), (0, 0, 0, 0.6)
LINES = (0.5, 0.62, 0.38)
"""How long the lines of writing are, as parts of the paper."""


class PaperFrame(Painted):
    """Four corners, with a paper that fills them on ground of another colour. `shape` is width by height."""

    shape = NumericProperty(1.0)

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        kwargs.setdefault("height", dp(HEIGHT))
        super().__init__(**kwargs)
        self.bind(shape=self.refresh)

    def paint(self):
        look = self.look
        self.fill(look.quiet_soft, radius=look.radius("medium"))
        x, y, wide, high = frame_in(self, self.shape)
        draw_corners(self, look.primary, x, y, wide, high)
        inset = dp(2 * THICK)
        x, y, wide, high = x + inset, y + inset, wide - 2 * inset, high - 2 * inset
        self.fill(look.surface, x, y, wide, high, dp(6))
        for number, part in enumerate(LINES):
            line = y + high * (0.72 - 0.2 * number)
            self.fill(look.quiet, x + wide * 0.1, line, wide * part, dp(4), dp(2))


class LiveView(Painted):
    """What the camera sees now, as wide as the room; over it the corners that a paper fills. `shape` is its
    width by height, 0 where it is no paper.
    """

    shape = NumericProperty(0.0)

    def __init__(self, **kwargs):
        self._texture = None
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(shape=self.refresh)

    def see(self, texture) -> None:
        """Show a frame."""
        is_new = texture is not self._texture
        self._texture = texture
        if is_new:
            self.refresh()
        else:
            self.canvas.ask_update()

    def needed_height(self):
        texture = self._texture
        return self.width * (texture.height / texture.width if texture else 9 / 16)

    def paint(self):
        look = self.look
        self.fill(look.quiet_soft, radius=look.radius("medium"))
        if self._texture:
            self.add(Color(1, 1, 1, 1), Rectangle(texture=self._texture, size=self.size))
        if self.shape:
            x, y, wide, high = frame_in(self, self.shape)
            draw_corners_over(self, WHITE, SHADE, x, y, wide, high)


def frame_in(painted, shape):
    """Left, low, width and height of a frame of this shape, as large as there is room."""
    room_x, room_y = painted.width - dp(2 * MARGIN), painted.height - dp(2 * MARGIN)
    wide = min(room_x, room_y * shape)
    high = wide / shape
    return (painted.width - wide) / 2, (painted.height - high) / 2, wide, high


def draw_corners(painted, colour, x, y, wide, high):
    """Mark the four corners of a frame."""
    arm, thick = dp(CORNER), dp(THICK)
    for left in (True, False):
        for low in (True, False):
            across = x if left else x + wide - arm
            up = y if low else y + high - arm
            painted.fill(colour, across, y if low else y + high - thick, arm, thick, thick / 2)
            painted.fill(colour, x if left else x + wide - thick, up, thick, arm, thick / 2)


def draw_corners_over(painted, colour, under, x, y, wide, high):
    """Mark them over a picture: on ground of their own colour, what lies `under` them is seen."""
    off = dp(1.5)
    draw_corners(painted, under, x + off, y - off, wide, high)
    draw_corners(painted, colour, x, y, wide, high)
