"""Drawn stand-ins for photos and signatures: for the demo, for pictures of the screens, for measuring.

Rule: nothing drawn here is, or looks like, a real home or a real person's handwriting. One generator in one
state draws one picture, byte for byte.
"""

import io
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((118, 170, 214), (214, 230, 238)),
    ((142, 178, 196), (232, 232, 222)),
    ((104, 158, 202), (236, 224, 204)),
)
GROUNDS: tuple[Colour, ...] = ((126, 146, 88), (150, 132, 98), (112, 138, 92))
WALLS: tuple[Colour, ...] = (
    (238, 228, 206),
    (206, 224, 216),
    (242, 236, 226),
    (226, 208, 186),
    (204, 214, 228),
)
ROOFS: tuple[Colour, ...] = ((164, 86, 62), (142, 74, 58), (124, 92, 78), (176, 102, 70))
DOORS: tuple[Colour, ...] = ((104, 68, 46), (72, 96, 88), (88, 74, 104))
CLOUD: Colour = (240, 244, 246)
GRAIN_SIDE = 256


def drawn_photo(rng: random.Random, size: tuple[int, int] = (2400, 1800)) -> bytes:
    """Draw a house front as a camera's JPEG, with make and model as such a file has them."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Sambang", "Kamera gambar"
    out = io.BytesIO()
    drawn_house(rng, size).save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()


def from_screen(photo: bytes) -> bytes:
    """Return a photo as a camera takes it from a screen that shows it: cut, darker, less sharp."""
    shown = Image.open(io.BytesIO(photo)).convert("RGB")
    wide, high = shown.size
    shown = shown.crop((wide // 30, high // 30, wide - wide // 30, high - high // 30))
    out = io.BytesIO()
    soft = shown.filter(ImageFilter.GaussianBlur(wide / 1200))
    Image.blend(Image.new("RGB", soft.size), soft, 0.85).save(out, "JPEG", quality=80)
    return out.getvalue()


def drawn_house(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    """Draw a house under a sky, with a tree and a path, no two alike."""
    house = _House(rng, size)
    house.sky()
    house.ground()
    if house.tree_left:
        house.tree()
    house.body()
    house.roof()
    house.openings()
    if not house.tree_left:
        house.tree()
    return _grained(house.image, rng)


def drawn_signature(rng: random.Random, size: tuple[int, int] = (600, 220)) -> bytes:
    """Draw a stroke as a PNG."""
    picture = Image.new("RGBA", size, (255, 255, 255, 0))
    draw = ImageDraw.Draw(picture)
    points = [(40 + 52 * step, rng.randrange(30, size[1] - 30)) for step in range(11)]
    draw.line(points, fill=(20, 20, 60, 255), width=5, joint="curve")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


class _House:
    """One picture being drawn; lengths are parts of its width and height."""

    def __init__(self, rng: random.Random, size: tuple[int, int]) -> None:
        self.rng, (self.wide, self.high) = rng, size
        self.image = Image.new("RGB", size)
        self.draw = ImageDraw.Draw(self.image)
        self.wall, self.tiles = rng.choice(WALLS), rng.choice(ROOFS)
        self.wood = rng.choice(DOORS)
        self.left = rng.uniform(0.16, 0.24)
        self.right = rng.uniform(0.76, 0.84)
        self.eaves = rng.uniform(0.38, 0.43)
        self.ridge = self.eaves - rng.uniform(0.17, 0.24)
        self.floor = 0.79
        self.tree_left = rng.random() < 0.5

    def box(self, left: float, top: float, right: float, low: float, fill: Colour) -> None:
        """Fill a rectangle."""
        corners = (left * self.wide, top * self.high, right * self.wide, low * self.high)
        self.draw.rectangle(corners, fill=fill)

    def shape(self, points: list[tuple[float, float]], fill: Colour) -> None:
        """Fill a polygon."""
        self.draw.polygon([(x * self.wide, y * self.high) for x, y in points], fill=fill)

    def stroke(self, start: tuple[float, float], end: tuple[float, float], fill: Colour, part: float) -> None:
        """Draw a line, `part` of the width thick."""
        ends = [(start[0] * self.wide, start[1] * self.high), (end[0] * self.wide, end[1] * self.high)]
        self.draw.line(ends, fill=fill, width=max(1, round(part * self.wide)))

    def blot(self, x: float, y: float, radius: float, fill: Colour) -> None:
        """Fill a circle; its radius is a part of the width."""
        centre = (x * self.wide, y * self.high)
        self.draw.circle(centre, radius * self.wide, fill=fill)

    def sky(self) -> None:
        """From blue above to light at the horizon, with two soft clouds."""
        above, below = self.rng.choice(SKIES)
        for row in range(self.high):
            share = min(1.0, row / (self.high * 0.75))
            tint = tuple(round(one + (two - one) * share) for one, two in zip(above, below, strict=True))
            self.draw.line((0, row, self.wide, row), fill=tint)
        for _ in range(2):
            x, y = self.rng.uniform(0.05, 0.9), self.rng.uniform(0.06, 0.2)
            for _ in range(5):
                self.blot(
                    x + self.rng.uniform(-0.06, 0.06),
                    y + self.rng.uniform(-0.015, 0.015),
                    0.03,
                    CLOUD,
                )
        soft = self.image.filter(ImageFilter.GaussianBlur(self.wide / 220))
        self.image.paste(soft)

    def ground(self) -> None:
        """The yard, blades of grass, and a path to the door."""
        earth = self.rng.choice(GROUNDS)
        self.box(0, 0.72, 1, 1, earth)
        middle = (self.left + self.right) / 2
        self.shape(
            [
                (middle - 0.05, self.floor),
                (middle + 0.05, self.floor),
                (middle + 0.16, 1),
                (middle - 0.16, 1),
            ],
            (192, 178, 152),
        )
        for _ in range(420):
            x, y = self.rng.random(), self.rng.uniform(0.74, 0.99)
            if abs(x - middle) > 0.06 + 0.1 * (y - self.floor) / (1 - self.floor):
                lean, tall = self.rng.uniform(-0.004, 0.004), self.rng.uniform(0.008, 0.02)
                self.stroke((x, y), (x + lean, y - tall), _lighter(earth, self.rng.choice((-32, 30))), 0.0011)

    def body(self) -> None:
        """Wall, its shadow under the eaves, its foot, and cracks of plaster."""
        self.box(self.left, self.eaves, self.right, self.floor, self.wall)
        self.box(self.left, self.eaves, self.right, self.eaves + 0.025, _lighter(self.wall, -44))
        self.box(self.left, self.floor - 0.05, self.right, self.floor, _lighter(self.wall, -64))
        for _ in range(26):
            x = self.rng.uniform(self.left + 0.01, self.right - 0.02)
            y = self.rng.uniform(self.eaves + 0.04, self.floor - 0.07)
            self.stroke((x, y), (x + self.rng.uniform(0.004, 0.016), y), _lighter(self.wall, -16), 0.001)

    def roof(self) -> None:
        """A pitched roof in rows of tiles."""
        over, top = 0.045, (self.left + self.right) / 2
        narrow = self.rng.uniform(0.1, 0.22)
        rows = 13
        for row in range(rows):
            upper = self.ridge + (self.eaves + 0.012 - self.ridge) * row / rows
            lower = self.ridge + (self.eaves + 0.012 - self.ridge) * (row + 1) / rows
            half = narrow + ((self.right - self.left) / 2 + over - narrow) * row / rows
            wider = narrow + ((self.right - self.left) / 2 + over - narrow) * (row + 1) / rows
            shade = self.rng.randrange(-8, 9)
            corners = [(top - half, upper), (top + half, upper), (top + wider, lower), (top - wider, lower)]
            self.shape(corners, _lighter(self.tiles, shade))
            self.stroke((top - wider, lower), (top + wider, lower), _lighter(self.tiles, -38), 0.0016)
            tiles = 22
            for tile in range(tiles):
                at = (tile + 0.5 * (row % 2)) / tiles * 2 - 1
                self.stroke(
                    (top + at * half, upper), (top + at * wider, lower), _lighter(self.tiles, -26), 0.0012
                )
        self.box(top - narrow - 0.01, self.ridge - 0.012, top + narrow + 0.01, self.ridge + 0.006, self.tiles)

    def openings(self) -> None:
        """A door in the middle, a window at each side of it."""
        middle, top = (self.left + self.right) / 2, self.eaves + 0.13
        half = self.rng.uniform(0.045, 0.058)
        self.box(middle - half - 0.008, top - 0.012, middle + half + 0.008, self.floor, (240, 236, 228))
        self.box(middle - half, top, middle + half, self.floor, self.wood)
        for panel in (0.03, 0.16):
            low = min(top + panel + 0.1, self.floor - 0.02)
            self.box(middle - half * 0.7, top + panel, middle + half * 0.7, low, _lighter(self.wood, 20))
        self.blot(middle + half * 0.8, (top + self.floor) / 2, 0.005, (222, 190, 110))
        self.box(middle - half - 0.03, self.floor, middle + half + 0.03, self.floor + 0.018, (176, 170, 160))
        for centre in ((self.left + middle - half) / 2, (self.right + middle + half) / 2):
            self._window(centre, top + 0.01)

    def _window(self, centre: float, top: float) -> None:
        half, low = 0.062, top + 0.15
        self.box(centre - half - 0.008, top - 0.012, centre + half + 0.008, low + 0.012, (240, 236, 228))
        self.box(centre - half, top, centre + half, low, (88, 118, 134))
        self.shape([(centre - half, low), (centre - half, top + 0.05), (centre, top), (centre + 0.02, top)],
                   (128, 158, 172))  # fmt: skip
        for bar in (-half / 3, half / 3):
            self.stroke((centre + bar, top), (centre + bar, low), (232, 228, 218), 0.003)
        self.stroke(
            (centre - half, (top + low) / 2), (centre + half, (top + low) / 2), (232, 228, 218), 0.003
        )
        self.box(centre - half - 0.016, low + 0.012, centre + half + 0.016, low + 0.026, (206, 200, 190))

    def tree(self) -> None:
        """A tree beside the house: a trunk, and leaves from dark to light."""
        x = self.rng.uniform(0.06, 0.12) if self.tree_left else self.rng.uniform(0.88, 0.94)
        top = self.rng.uniform(0.34, 0.44)
        self.box(x - 0.012, top, x + 0.012, 0.82, (98, 74, 54))
        green = self.rng.choice(((78, 112, 62), (92, 124, 66), (66, 104, 72)))
        for step in (-26, -8, 12, 28):
            for _ in range(46):
                angle, reach = self.rng.uniform(-1, 1), self.rng.uniform(0, 1)
                at = (x + angle * 0.085 * (1 - step / 90), top - 0.02 + (reach - 0.6) * 0.24 - step / 900)
                self.blot(
                    *at, self.rng.uniform(0.006, 0.017), _lighter(green, step + self.rng.randrange(-6, 7))
                )


def _grained(image: Image.Image, rng: random.Random) -> Image.Image:
    """Lay a fine grain over a picture, as a camera's sensor does."""
    side = GRAIN_SIDE
    # a byte becomes 0 to 11: a grain that one feels rather than sees
    faint = bytes(value // 22 for value in range(256))
    noise = [rng.randbytes(side * side).translate(faint) for _ in range(2)]
    bright, dark = (Image.frombytes("L", (side, side), values) for values in noise)
    for layer, mix in ((bright, ImageChops.add), (dark, ImageChops.subtract)):
        sheet = Image.new("L", image.size)
        for x in range(0, image.width, side):
            for y in range(0, image.height, side):
                sheet.paste(layer, (x, y))
        image = mix(image, Image.merge("RGB", (sheet,) * 3))
    return image


def _lighter(colour: Colour, by: int) -> Colour:
    red, green, blue = (min(255, max(0, part + by)) for part in colour)
    return red, green, blue
