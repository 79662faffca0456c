"""Photos, scans and signatures: small pictures, and the way to make more."""

import io
import math
from itertools import pairwise

from kivy.core.image import Image as CoreImage
from kivy.graphics import Color, Line, Rectangle, StencilPop, StencilPush, StencilUnUse, StencilUse
from kivy.graphics.vertex_instructions import RoundedRectangle
from kivy.metrics import dp
from kivy.properties import ListProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout

from field_app.ui.fields.base import Editor
from field_app.ui.widgets.buttons import Pill, Tappable
from field_app.ui.widgets.painted import Painted
from field_app.ui.widgets.words import Notice, Words
from schemas.form_types import Berkas


def picture_texture(data: bytes):
    """A texture of JPEG or PNG bytes, or None when they are no picture."""
    kind = "png" if data[:4] == b"\x89PNG" else "jpg"
    try:
        return CoreImage(io.BytesIO(data), ext=kind, nocache=True).texture
    except Exception as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return None


class PhotoTile(Tappable):
    """One photo: cut to a square, with a mark when something should be looked at."""

    blob = StringProperty("")
    warning = StringProperty("")
    caption = StringProperty("")

    def __init__(self, data: bytes = b"", private: bool = False, **kwargs):
        self.texture = None if private or not data else picture_texture(data)
        self.private = private
        kwargs.setdefault("size_hint", (None, None))
        super().__init__(**kwargs)

    def paint(self):
        look, radius = self.look, self.look.radius("medium")
        self.fill(look.sunken, radius=radius)
        if self.texture:
            paint_cover(self, self.texture, 0, 0, self.width, self.height, radius)
        else:
            icon = "privacy" if self.private else "broken_image"
            self.draw_icon(icon, look.ink_faint, self.width / 2, self.height / 2, 28)
        if self.warning:
            self.fill(look.notice_soft, dp(6), self.height - dp(34), dp(28), dp(28), dp(14))
            self.draw_icon("warning", look.notice, dp(20), self.height - dp(20), 16)
        if self.held:
            self.fill((*look.ink[:3], 0.2), radius=radius)


def paint_cover(painted: Painted, texture, x, y, width, height, radius):
    """Draw a picture that covers a rounded rectangle, cut in its middle."""
    scale = max(width / texture.width, height / texture.height)
    wide, high = texture.width * scale, texture.height * scale
    shape = {"pos": (x, y), "size": (width, height), "radius": [radius]}
    painted.add(
        StencilPush(),
        RoundedRectangle(**shape),
        StencilUse(),
        Color(1, 1, 1, 1),
        Rectangle(texture=texture, pos=(x + (width - wide) / 2, y + (height - high) / 2), size=(wide, high)),
        StencilUnUse(),
        RoundedRectangle(**shape),
        StencilPop(),
    )


class AddTile(Tappable):
    """The last tile: take one more."""

    icon = StringProperty("add_photo")
    text = StringProperty("")

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint", (None, None))
        super().__init__(**kwargs)

    def paint(self):
        look, radius = self.look, self.look.radius("medium")
        self.fill(look.pressed if self.held else look.primary_soft, radius=radius)
        self.draw_icon(self.icon, look.primary, self.width / 2, self.height / 2, 30)


class FotoEditor(Editor):
    """Photos (or scans) of this field, newest version of each, and a large way to take the next."""

    def build(self):
        self.grid = GridLayout(cols=3, spacing=dp(8), size_hint_y=None)
        self.grid.bind(minimum_height=self.grid.setter("height"), width=self._sized)
        self.take = Pill(kind="soft", icon="camera", text=self.say("tombol.ambil_foto"))
        self.take.bind(on_release=lambda *_: self.host.take_photo(self.field.name))
        self.warnings: list[Notice] = []
        self.show(self.value)

    def _sized(self, *_):
        side = (self.grid.width - 2 * dp(8)) / 3
        for tile in self.grid.children:
            tile.size = (side, side)

    def show(self, value):
        self.value = value
        self.clear_widgets()
        self.grid.clear_widgets()
        photos = [photo for photo in self.host.photos(self.field.name) if not photo.superseded]
        private = isinstance(self.field, Berkas) and not self.field.thumbnail
        for photo in photos:
            tile = PhotoTile(photo.thumbnail, private, blob=photo.blob, warning=" ".join(photo.warnings))
            tile.bind(on_release=lambda t: self.host.view_photo(self.field.name, t.blob))
            self.grid.add_widget(tile)
        if photos:
            self.add_widget(self.grid)
            if len(photos) < self.field.max_count:
                add = AddTile()
                add.bind(on_release=lambda *_: self.host.take_photo(self.field.name))
                self.grid.add_widget(add)
            elif self.field.max_count > 1:
                full = self.say("aplikasi.formulir.foto_penuh", jumlah=self.field.max_count)
                self.add_widget(Words(text=full, style="small", ink="ink_soft"))
            said = dict.fromkeys(key for photo in photos for key in photo.warnings)
            for key in said:
                self.add_widget(Notice(text=self.say(key), tone="notice", icon="warning"))
        else:
            scan = isinstance(self.field, Berkas)
            self.take.icon = "file" if scan else "camera"
            self.take.text = self.say("aplikasi.formulir.ambil_berkas" if scan else "tombol.ambil_foto")
            self.add_widget(self.take)
        self._sized()


class Pad(Painted):
    """A place to sign with the finger; strokes are kept as they were drawn."""

    strokes = ListProperty([])
    keeps_drags = True

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        kwargs.setdefault("height", dp(180))
        super().__init__(**kwargs)
        self.bind(strokes=self.repaint)

    def on_touch_down(self, touch):
        if not self.collide_point(*touch.pos) or self.disabled:
            return False
        touch.grab(self)
        self.strokes = [*self.strokes, [self._point(touch)]]
        return True

    def on_touch_move(self, touch):
        if touch.grab_current is not self:
            return False
        self.strokes[-1].append(self._point(touch))
        self.repaint()
        return True

    def on_touch_up(self, touch):
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        return True

    def _point(self, touch):
        x = min(self.width, max(0, touch.x - self.x))
        y = min(self.height, max(0, touch.y - self.y))
        return x, y

    def paint(self):
        look, radius = self.look, self.look.radius("medium")
        self.fill(look.sunken, radius=radius)
        self.outline(look.outline, radius=radius, line=dp(1))
        self.fill(look.line, dp(20), dp(46), self.width - dp(40), dp(1))
        if not self.strokes:
            words = self.say("aplikasi.formulir.tanda_di_sini")
            self.write(words, "small", look.ink_faint, dp(20), dp(16), self.width - dp(40), "center")
        for stroke in self.strokes:
            points = [number for point in (stroke if len(stroke) > 1 else stroke * 2) for number in point]
            self.add(Color(*look.ink), Line(points=points, width=dp(1.4), cap="round", joint="round"))

    @property
    def ink(self) -> float:
        """Pixels that were drawn on, along the lines."""
        return sum(math.dist(one, other) for stroke in self.strokes for one, other in pairwise(stroke))

    def png(self) -> bytes:
        """The strokes as black on white, 3 pixels for each dp, at most 1,200 wide."""
        from PIL import Image, ImageDraw

        scale = min(3.0, 1200 / self.width)
        size = (round(self.width * scale), round(self.height * scale))
        image = Image.new("L", size, 255)
        draw = ImageDraw.Draw(image)
        for stroke in self.strokes:
            points = [(x * scale, size[1] - y * scale) for x, y in stroke]
            if len(points) == 1:
                draw.circle(points[0], 3 * scale, fill=0)
            else:
                draw.line(points, fill=0, width=max(2, round(2.8 * scale)), joint="curve")
        out = io.BytesIO()
        image.save(out, "PNG", optimize=True)
        return out.getvalue()


def pad_row(pad, say, keep, kind="primary"):
    """What stands under a pad, with its two buttons: to wipe it, and to `keep` what is drawn on it. When they
    can be tapped, whoever shows them says.
    """
    row = BoxLayout(size_hint_y=None, height=dp(52), spacing=dp(8))
    wipe = Pill(kind="plain", icon="undo", text=say("tombol.hapus"), compact=True)
    wipe.bind(on_release=lambda *_: setattr(pad, "strokes", []))
    kept = Pill(kind=kind, icon="check", text=say("tombol.simpan"), compact=True)
    kept.bind(on_release=lambda *_: keep())
    row.add_widget(wipe)
    row.add_widget(kept)
    return row, wipe, kept


class SignedPicture(Painted):
    """The signature as it was kept."""

    def __init__(self, data: bytes, **kwargs):
        self.texture = picture_texture(data)
        kwargs.setdefault("size_hint_y", None)
        kwargs.setdefault("height", dp(150))
        super().__init__(**kwargs)

    def paint(self):
        self.fill((1, 1, 1, 1), radius=self.look.radius("medium"))
        self.outline(self.look.line, radius=self.look.radius("medium"))
        if self.texture:
            scale = min(
                (self.width - dp(16)) / self.texture.width, (self.height - dp(16)) / self.texture.height
            )
            size = self.texture.width * scale, self.texture.height * scale
            pos = (self.width - size[0]) / 2, (self.height - size[1]) / 2
            self.add(Color(1, 1, 1, 1), Rectangle(texture=self.texture, pos=pos, size=size))


LEAST_INK = 40
"""dp that a line must be drawn on to pass for a signature that somebody forgot to keep: a finger that only
scrolled by leaves less.
"""


class TandaTanganEditor(Editor):
    """Sign, keep; or sign again. What was signed and not kept is kept at leaving, as what was typed is."""

    def build(self):
        self._given = 0
        self.pad = Pad()
        self.pad.bind(strokes=self._marks)
        self.row, self.again, self.keep = pad_row(self.pad, self.say, self._give, kind="soft")
        self.redo = Pill(kind="soft", icon="signature", text=self.say("aplikasi.formulir.tanda_ulang"))
        self.redo.bind(on_release=lambda *_: self._sign_again())
        self.show(self.value)

    def _give(self):
        self._given = len(self.pad.strokes)
        self.host.sign(self.field.name, self.pad.png())

    def flush(self):
        if self.pad.parent and len(self.pad.strokes) > self._given and self.pad.ink >= dp(LEAST_INK):
            self._give()

    def _marks(self, *_):
        self.again.disabled = self.keep.disabled = not self.pad.strokes

    def show(self, value):
        self.value = value
        data = self.host.photo_bytes(value) if isinstance(value, str) else None
        if data:
            self.clear_widgets()
            self.add_widget(SignedPicture(data))
            self.add_widget(self.redo)
        elif not self.pad.parent:  # else what is drawn on it stays: it may not have been kept
            self._sign_again()

    def _sign_again(self):
        self.clear_widgets()
        self.pad.strokes, self._given = [], 0
        self._marks()
        self.add_widget(self.pad)
        self.add_widget(self.row)
