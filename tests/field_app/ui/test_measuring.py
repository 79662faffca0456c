"""Long lists are measured without being drawn, and screens that were left do not stay in memory."""

import gc
import re
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

import field_app.ui
from field_app.ui.letters import Letters
from field_app.ui.sample_data import CARDS
from field_app.ui.theme import Look
from schemas.theme import load_theme
from tests.field_app.ui.driver import Driver

UI = Path(field_app.ui.__file__).parent
NAMES = (
    "Sutarmi", "e-warong Sumber Rejeki Makmur Sejahtera", "", "Hj. Siti Nur'aini, S.Pd.I",
    "NIK …0002 · Desa Jati",
    "WWWWWWWWWWWWWWWWWWWWWWWW", "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii", "ꦱꦸꦠꦂꦩꦶ", "Ærøskøbing ñ", "a\nb",
    *(card.nama for cards in CARDS.values() for card in cards),
)  # fmt: skip


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("style", ["question", "small", "label", "caption"])
def test_a_height_is_that_of_the_drawn_words_at_every_width(driver: Driver, scale: float, style: str) -> None:
    driver.open()  # fonts need a window
    look = Look(load_theme(), scale=scale)
    wrong = [
        (name, width)
        for name in NAMES
        for width in range(60, 400, 17)
        # a line's texture is rounded up or down by a pixel, as its letters are
        if abs(look.height(name, style, width) - look.words(name, style, width).height) > 1
    ]
    assert wrong == []


SENTENCE = "bantuan diterima dan dibelanjakan sendiri. 3 data, 7 foto belum terkirim · terakhir 08.10"


def _others(draw: Callable[[str, float], Letters]) -> None:
    """So many that Kivy closes the font in hand, and opens it anew."""
    for size in range(20, 90):
        draw("x", size).refresh()


def _draw_first(label: Letters) -> None:
    """Draw without measuring, by Kivy's own steps."""
    label._size = (8, 8)
    label._render_begin()
    label._render_text(label.text, 0, 0)


BEFORE: dict[str, Callable[[Callable[..., Letters]], object]] = {
    "nothing": lambda _label: None,
    "it was measured": lambda label: label().extent(SENTENCE),
    "it was drawn": lambda label: label(SENTENCE).refresh(),
    "some letters were measured": lambda label: label().extent("data foto"),
    "other letters were drawn": lambda label: label("xyz").refresh(),
    "it was drawn with before anything was measured": lambda label: _draw_first(label("x")),
    "many others were drawn": lambda label: (label("data").refresh(), _others(label)),
}


@pytest.mark.parametrize("style", ["body", "small", "label", "caption", "title"])
def test_words_stand_alike_whatever_was_measured_or_drawn_before(driver: Driver, style: str) -> None:
    driver.open()
    look = Look(load_theme())
    seen: dict[str, tuple[int, bytes]] = {}
    for number, (name, before) in enumerate(BEFORE.items(), 1):
        # Kivy opens a font anew for each size that it was not asked for before, in whole pixels
        own_px = look.font_px(style) + number / 1000

        def label(text: str = "", size: float = own_px) -> Letters:
            return Letters(text=text, font_name=look.font(style), font_size=size)

        before(label)
        drawn = label(SENTENCE)
        drawn.refresh()
        seen[name] = (drawn.texture.width, drawn.texture.pixels)
    assert [name for name, each in seen.items() if each != seen["nothing"]] == []


def test_nothing_measures_or_draws_words_by_a_label_of_kivys_own() -> None:
    sources = {path.relative_to(UI).as_posix(): path.read_text("utf-8") for path in UI.rglob("*.py")}
    found = {name for name, source in sources.items() if re.search(r"kivy\.(core\.text|uix\.label)", source)}
    assert found == {"letters.py"}


def test_a_list_of_thousands_is_measured_without_drawing_its_words(driver: Driver) -> None:
    driver.open()
    driver.shell.go("search")
    driver.settle()
    look, rows = driver.app.theme, driver.screen.ids.list
    items = [
        ("TaskRow", {"name": f"Warga {number:05}", "lines": ("Desa Jati",), "icon": "person", "open": print})
        for number in range(3_000)
    ]
    before = look.words.cache_info().misses
    rows.show(items)
    driver.settle(3)
    assert len(rows.data) == 3_000
    assert look.words.cache_info().misses - before < 100


def test_a_screen_that_was_left_is_let_go_of(driver: Driver) -> None:
    driver.open()
    gc.disable()  # only what the app itself does counts
    try:
        driver.shell.go("map")
        driver.settle()
        left = weakref.ref(driver.screen)
        driver.shell.back()
        driver.wait_for(lambda: left() is None)
    finally:
        gc.enable()
