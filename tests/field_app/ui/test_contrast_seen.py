"""Contrast as it is drawn, measured from pixels: words of status chips, buttons and notices, in both looks.

The theme's own pairs are held by tests/schemas/test_theme.py; this sees that they are the ones drawn.
"""

from typing import Any

import pytest
from kivy.metrics import dp
from PIL import Image

from field_app.ui.cards import status_chip
from field_app.ui.finished_cards import fitting_chip
from field_app.ui.widgets.buttons import Choice, Link, Pill
from field_app.ui.widgets.painted import Painted
from field_app.ui.widgets.words import Column, Notice
from schemas.theme import load_theme
from tests.field_app.ui.driver import Driver

LEAST = 4.5
LARGE_SCALE = 1.6
"""Letters so large that their strokes have a core without a smoothed edge."""
TONES = ("good", "notice", "bad", "info", "quiet")
KINDS = ("primary", "soft", "plain", "danger")


def _light(colour: tuple[int, ...]) -> float:
    """Relative luminance (WCAG 2) of a colour of 0 to 255."""
    parts = [value / 255 for value in colour[:3]]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """How far two colours are apart, 1 to 21."""
    bright, dim = sorted((_light(one), _light(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def seen_contrast(picture: Image.Image) -> float:
    """Contrast between the commonest colour of a picture of words, and the one that is furthest from it."""
    colours = picture.convert("RGB").getcolors(picture.width * picture.height)
    assert colours
    ground = max(colours)[1]
    assert isinstance(ground, tuple)
    # strokes, not single pixels: what is seen is what at least two in a hundred pixels have
    found = [colour for count, colour in colours if count * 500 >= picture.width * picture.height]
    return max(contrast(ground, colour) for colour in found if isinstance(colour, tuple))


def _drawn(driver: Driver, widget: Painted) -> Image.Image:
    """A picture of the words of one widget."""
    widget.size_hint_x, widget.width = None, dp(320)
    box = Column(size_hint=(None, None), width=dp(360))
    box.add_widget(widget)
    driver.shell.add_widget(box)
    driver.settle(3)
    texture = driver.shell.export_as_image().texture
    whole = Image.frombytes("RGBA", texture.size, texture.pixels).convert("RGB")
    piece = next(piece for piece in widget.pieces if piece.text)
    left, low = widget.to_window(widget.x + piece.x, widget.y + piece.y)
    area = (left, whole.height - low - piece.height, left + piece.width, whole.height - low)
    driver.shell.remove_widget(box)
    return whole.crop(tuple(round(side) for side in area))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("status", load_theme().status)
def test_the_word_of_every_status_can_be_read(driver: Driver, status: str, dark: bool) -> None:
    driver.open(scale=LARGE_SCALE, dark=dark)
    word, icon, tone = status_chip(status, driver.app.theme, driver.app.text)
    assert seen_contrast(_drawn(driver, fitting_chip(word, icon, tone))) >= LEAST


def _buttons() -> dict[str, Any]:
    made: dict[str, Any] = {
        f"pill {kind}": lambda kind=kind: Pill(kind=kind, text="Kirim semua") for kind in KINDS
    }
    made |= {f"notice {tone}": lambda tone=tone: Notice(tone=tone, text="Kirim semua") for tone in TONES}
    made["link"] = lambda: Link(text="Kirim semua")
    made["choice"] = lambda: Choice(text="Kirim semua")
    made["choice chosen"] = lambda: Choice(text="Kirim semua", chosen=True)
    return made


BUTTONS = _buttons()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", BUTTONS)
def test_the_words_of_every_button_and_notice_can_be_read(driver: Driver, name: str, dark: bool) -> None:
    driver.open(scale=LARGE_SCALE, dark=dark)
    assert seen_contrast(_drawn(driver, BUTTONS[name]())) >= LEAST


class Pale(Painted):
    """Words in the colour of lines."""

    def paint(self) -> None:
        self.fill(self.look.background)
        self.write("Kirim semua", "strong", self.look.line, 0, 0)


def test_words_that_hardly_differ_from_their_ground_are_noticed(driver: Driver) -> None:
    driver.open(scale=LARGE_SCALE)
    assert seen_contrast(_drawn(driver, Pale(size_hint_y=None, height=dp(48)))) < 1.5
