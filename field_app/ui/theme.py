"""The tokens of schemas/theme.toml as Kivy wants them: colours, pixels, fonts, and drawn words that are kept.

Rule: a widget takes every colour and size from here. A change of look builds the screens anew, so nothing
is bound.
"""

import math
import re
from functools import cache, lru_cache

from kivy.graphics.texture import Texture
from kivy.metrics import dp

from field_app.ui.letters import Letters
from schemas.theme import Theme, rgba

Colour = tuple[float, float, float, float]
NATURAL_LINE = 1.26
"""Ascent and descent of Plus Jakarta Sans, as a factor of its size."""
COMMON = "".join(map(chr, range(0x20, 0x7F))) + "·…–’é"
"""Signs whose widths are kept, to tell without drawing whether words fit on one line."""
LINE, AROUND = 472, 64
"""In dp, for text of the usual size: 72 of the smallest letters that one reads; what page and card take."""
MANY = 16
ONE_LINE = ""
LEAST = 11
"""How small, in dp, words may shrink to fit on one line."""
SURELY = 0.97
"""How full a line may be by the sum of its letters, which knows no kerning."""
PARTS = re.compile(r"[^-/._@]*[-/._@]+|[^-/._@]+")
"""What a long word is made of: each part ends with the sign that parts it from the next."""
JAVANESE = range(0xA980, 0xA9E0)
EMOJI = (range(0x2300, 0x2C00), range(0x1F000, 0x20000))
"""Where emoji lie; the few signs that the letters' own font has there, the fallback has too."""


class Look:
    """One look: light or dark, at one text size. Token names that are colours are its attributes."""

    def __init__(
        self, theme: Theme, dark: bool = False, scale: float = 1.0, insets: tuple[int, int] = (0, 0)
    ):
        self.theme = theme
        self.dark = dark
        self.scale = min(1.6, max(1.0, scale))
        self.insets = insets
        colours = theme.dark if dark else theme.light
        self._colours: dict[str, Colour] = {name: rgba(value) for name, value in colours.items()}
        self._fonts = {name: str(theme.font_path(name)) for name in theme.font}
        self.words = lru_cache(maxsize=1500)(self._words)
        self._advances = lru_cache(maxsize=20)(self._measured)
        self.icon = lru_cache(maxsize=300)(self._icon)
        self.shadow_patch = lru_cache(maxsize=4)(self._shadow)

    def __getattr__(self, name: str) -> Colour:
        try:
            return self.__dict__["_colours"][name]
        except KeyError:
            raise AttributeError(f"no colour {name}") from None

    def colour(self, name: str) -> Colour:
        """The colour token of this name."""
        return self._colours[name]

    def space(self, name: str) -> float:
        """A gap, in pixels."""
        return dp(self.theme.space[name])

    def radius(self, name: str) -> float:
        """A corner, in pixels."""
        return dp(self.theme.radius[name])

    def size(self, name: str) -> float:
        """A fixed size (touch target, icon …), in pixels."""
        return dp(self.theme.size[name])

    @property
    def column(self) -> float:
        """How wide a column of words is at most, in pixels, at any size of text."""
        return dp(LINE) * self.scale + dp(AROUND)

    def font(self, style: str) -> str:
        """Path of the font of a step of the type scale."""
        return self._fonts[self.theme.type[style].weight]

    def font_of(self, text: str, style: str) -> str:
        """Path of the font that has the letters of these words."""
        if text.isascii():
            return self.font(style)
        if any(ord(c) in JAVANESE for c in text):
            return self._fonts["javanese"]
        is_emoji = any(ord(c) in signs for c in text for signs in EMOJI)
        return self._fonts["emoji"] if is_emoji else self.font(style)

    def font_px(self, style: str, growth: float | None = None) -> float:
        """Type size in pixels at the reader's text size; titles grow less, so that they stay on a small
        screen.
        """
        base = self.theme.type[style].size
        grown = 1 + (self.scale - 1) * (growth if growth is not None else (0.55 if base >= 24 else 1.0))
        return dp(base * grown)

    def icon_px(self, size: float = 24) -> float:
        """Icons grow with the text, half as fast."""
        return dp(size * (1 + (self.scale - 1) * 0.5))

    def _words(
        self,
        text: str,
        style: str,
        width: int = 0,
        align: str = "left",
        shrink: bool = False,
        lines: int = 0,
        least: float = LEAST,
    ) -> Texture:
        """White letters on nothing, wrapped at `width` pixels (0: one line); `shrink` fits one line into
        `width`, and what is too long even at the smallest size, `least` dp, ends in "…".
        """
        size = self.font_px(style)
        line = max(1.0, self.theme.type[style].line / NATURAL_LINE)
        font = self.font_of(text, style)
        options = {
            "text": text,
            "font_name": font,
            "halign": align,
            "line_height": line,
        }
        if shrink and width:
            options |= {"text_size": (None, None)}
            smallest = dp(least)
            while True:
                label = Letters(font_size=size, **options)
                label.refresh()
                if label.texture.width <= width:
                    return label.texture
                if size <= smallest:
                    break
                # a font is opened in whole pixels, so the next may be as wide once more
                size = max(smallest, min(size - 1, size * width / label.texture.width))
            kept = text[: int(width)]  # no letter is narrower than a pixel
            while kept and label.get_extents(kept + "…")[0] > width:
                kept = kept[:-1].rstrip()
            options["text"] = kept + "…"
        elif width:
            options |= {
                "text_size": (width, None),
                "text": parted(text, Letters(**options, font_size=size), width),
            }
            if lines:
                options |= {"max_lines": lines, "shorten": False}
        label = Letters(font_size=size, **options)
        label.refresh()
        return label.texture

    def height(self, text: str, style: str, width: float) -> float:
        """Pixels that words need in height at this width: without drawing them when they surely fit on one
        line, so that a list of thousands is measured at once.
        """
        known = self._advances(style)
        try:
            wide = sum(known[character] for character in text)
        except KeyError:  # another script, or a sign whose width is not known
            return self.words(text, style, int(width)).height
        if text and wide <= width * SURELY:
            return known[ONE_LINE]
        return self.words(text, style, int(width)).height

    def _measured(self, style: str) -> dict[str, float]:
        """How far each common letter carries the pen, and the height of one line."""
        label = Letters(font_name=self.font(style), font_size=self.font_px(style))
        # one letter is measured in whole pixels, many tell what each takes
        widths = {character: label.extent(character * MANY) / MANY for character in COMMON}
        return widths | {ONE_LINE: float(self.words("X", style, 1000).height)}

    def _icon(self, name: str, size: float) -> Texture:
        """One white icon, `size` pixels high."""
        label = Letters(text=self.theme.glyphs[name], font_name=self._fonts["icon"], font_size=size)
        label.refresh()
        return label.texture

    def _shadow(self, radius: int, blur: int) -> Texture:
        """A soft shadow as a nine-patch texture of side 2 * (radius + blur) + 2, white with alpha."""
        side = 2 * (radius + blur) + 2
        texture = Texture.create(size=(side, side), colorfmt="rgba")
        texture.blit_buffer(_soft(radius, blur), colorfmt="rgba", bufferfmt="ubyte")
        return texture


@cache
def _soft(radius: int, blur: int) -> bytes:
    """The pixels of a soft shadow, which another text size or look leaves as they are."""
    side = 2 * (radius + blur) + 2
    half, inner = side / 2, side / 2 - blur - radius
    values = bytearray()
    quarter: list[list[int]] = []
    for row in range(side // 2):
        line: list[int] = []
        for column in range(side // 2):
            dx = max(0.0, abs(column + 0.5 - half) - inner)
            dy = max(0.0, abs(row + 0.5 - half) - inner)
            away = (math.hypot(dx, dy) - radius) / blur
            t = min(1.0, max(0.0, 0.5 - away / 2))
            line.append(round(255 * t * t * (3 - 2 * t)))
        quarter.append(line + line[::-1])
    for line in quarter + quarter[::-1]:
        for alpha in line:
            values += bytes((255, 255, 255, alpha))
    return bytes(values)


def parted(text: str, letters: Letters, width: float) -> str:
    """Break words that are longer than a line behind the signs that part them, where there are some: a file's
    name, a path, a code. Kivy would break them at any letter. `width` in pixels.
    """
    lines = text.split("\n")
    return "\n".join(" ".join(_parted(word, letters, width) for word in line.split(" ")) for line in lines)


def _parted(word: str, letters: Letters, width: float) -> str:
    parts = PARTS.findall(word)
    if len(parts) < 2 or letters.extent(word) <= width:
        return word
    lines = [""]
    for part in parts:
        if lines[-1] and letters.extent(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)
