"""The one look, read from theme.toml and icons.toml: named tokens for the phone and the web.

One rule: whoever draws asks for a token by its name; no colour, size or code point stands in code.
"""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

FONTS = Path(__file__).parent / "fonts"

Tone = Literal["good", "notice", "bad", "info", "quiet"]
Weight = Literal["regular", "medium", "bold", "extrabold"]


class TypeStyle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of the type scale: size in sp, line height as a factor of it."""

    size: float
    weight: Weight
    line: float


class StatusLook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one status is shown beside its word."""

    tone: Tone
    icon: str


class ContrastRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Inks that are read on these grounds, and the least contrast they must have (WCAG 2.2, 1.4.3 and
    1.4.11).
    """

    least: float
    inks: list[str]
    grounds: list[str]


class Glyph(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One icon: its name in Material Symbols, and its code point in the subset font."""

    symbol: str
    code: int


class Theme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """All tokens. Colours are #RRGGBB or #RRGGBBAA, lengths dp, type sizes sp."""

    light: dict[str, str]
    dark: dict[str, str]
    space: dict[str, float]
    radius: dict[str, float]
    size: dict[str, float]
    type: dict[str, TypeStyle]
    font: dict[str, str]
    status: dict[str, StatusLook]
    contrast: list[ContrastRule]
    icons: dict[str, Glyph]

    @cached_property
    def glyphs(self) -> dict[str, str]:
        """Icon name -> the one character to draw."""
        return {name: chr(glyph.code) for name, glyph in self.icons.items()}

    def font_path(self, name: str) -> Path:
        """Where the font of this name ("regular", "icon", "javanese" …) lies."""
        return FONTS / self.font[name]


def load_theme(folder: Path = Path(__file__).parent) -> Theme:
    """Decode both files strictly; raises msgspec.ValidationError when a token is malformed."""
    look = tomllib.loads((folder / "theme.toml").read_text(encoding="utf-8"))
    icons = tomllib.loads((folder / "icons.toml").read_text(encoding="utf-8"))
    return msgspec.convert({**look, **icons}, Theme)


def rgba(colour: str) -> tuple[float, float, float, float]:
    """#RRGGBB or #RRGGBBAA as four numbers from 0 to 1."""
    digits = colour.removeprefix("#")
    if len(digits) not in (6, 8):
        raise ValueError(f"not a colour: {colour}")
    parts = [int(digits[start : start + 2], 16) / 255 for start in range(0, len(digits), 2)]
    red, green, blue = parts[:3]
    return red, green, blue, parts[3] if len(parts) == 4 else 1.0


def contrast(ink: str, ground: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgba(colour)[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
