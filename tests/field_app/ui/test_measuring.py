"""Long lists are measured without being drawn, and screens that were left do not stay in memory."""

import gc
import weakref

import pytest

from field_app.ui.sample_data import CARDS
from field_app.ui.theme import Look
from schemas.theme import load_theme
from tests.field_app.ui.driver import Driver

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
