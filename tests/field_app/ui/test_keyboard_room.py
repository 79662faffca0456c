"""With a keyboard over the lower part of a small phone, what is typed in is seen, whatever the field."""

from collections.abc import Iterator
from typing import Any

import pytest
from kivy.core.window import Window
from kivy.metrics import dp

from field_app.ui.pictures import scenes
from field_app.ui.sheets import SkipSheet
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.keyboard import covered
from field_app.ui.widgets.pin import Key
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.hurry import rest
from tests.field_app.ui.test_screens_fit import overlapping

SCENES = dict(scenes(rest))
PAGES = {
    "numbers": "10_formulir_05", "days": "10_formulir_06", "money": "10_formulir_10", "a_table": "13_tabel",
    "a_sealed_case": "32_ktk_1", "the_last_page": "10_formulir_15", "joining": "03_daftar",
    "somebody_new": "07_cari_baru", "a_search": "07_cari", "why_skipped": "11_lewati", "a_list": "12_wilayah",
    "a_place": "14_lokasi", "a_sign": "04_siapa_tambah",
}  # fmt: skip
KEYBOARD, WHOLE, LEFT = 280, (360, 640), (360, 360)


@pytest.fixture(autouse=True)
def _window() -> Iterator[None]:
    """The other tests find the window as they left it."""
    before = Window.size
    yield
    Window.size = before


def _open(driver: Driver, scene: str) -> list[Entry]:
    """The fields of a scene that can be typed in, in the largest text."""
    Window.size = WHOLE
    driver.open(scale=1.6)
    SCENES[scene](driver.phone, driver.app)
    driver.settle(4)
    return [widget for widget in driver.walk() if isinstance(widget, Entry) and not widget.disabled]


def _focus(driver: Driver, entry: Entry) -> None:
    """Tap it, as it stands; a person taps again when a tap passed for a scroll."""
    for _ in range(3):
        driver.tap(entry)
        if entry.focus:
            break
    assert entry.focus
    driver.settle(4)


def _line(entry: Entry) -> tuple[float, float]:
    """From where to where, in pixels of the window, the line with the cursor stands."""
    high = entry.to_window(0, entry.cursor_pos[1])[1]
    return high - entry.line_height, high


def _hidden(driver: Driver, entry: Entry, keyboard: float) -> str:
    """How what is typed in is not seen: under the keyboard, or outside of what is scrolled."""
    low, high = _line(entry)
    around = [one for one in driver._parents(entry) if hasattr(one, "scroll_y")]
    bottom = max([keyboard, *(one.to_window(0, one.y)[1] for one in around)])
    top = min([driver.shell.height, *(one.to_window(0, one.top)[1] for one in around)])
    return (
        ""
        if bottom - 1 <= low and high <= top + 1
        else f"{entry.text!r} at {low}..{high}, seen {bottom}..{top}"
    )


@pytest.mark.parametrize("scene", PAGES.values(), ids=PAGES)
def test_each_field_that_is_typed_in_is_above_the_keyboard(driver: Driver, scene: str) -> None:
    entries = _open(driver, scene)
    assert entries
    for entry in entries:
        _focus(driver, entry)
        assert _hidden(driver, entry, dp(KEYBOARD)) == ""


@pytest.mark.parametrize("scene", PAGES.values(), ids=PAGES)
def test_each_field_stays_seen_when_the_keyboard_takes_its_part_of_the_window(
    driver: Driver, scene: str
) -> None:
    for entry in _open(driver, scene):
        _focus(driver, entry)
        Window.size = LEFT
        driver.settle(6)
        assert _hidden(driver, entry, 0) == ""
        Window.size = WHOLE
        driver.settle(6)
        assert _hidden(driver, entry, dp(KEYBOARD)) == ""


def test_a_field_stands_there_before_the_keyboard_is_asked_for(driver: Driver, monkeypatch: Any) -> None:
    asked: list[float] = []
    ask = Window.request_keyboard

    def asks(callback: Any, target: Any, **more: Any) -> Any:
        asked.append(target.to_window(0, target.y)[1])
        return ask(callback, target, **more)

    monkeypatch.setattr(Window, "request_keyboard", asks)
    for entry in _open(driver, "10_formulir_05"):
        _focus(driver, entry)
    assert asked and min(asked) >= dp(KEYBOARD)


def test_a_long_text_shows_the_line_that_is_written_and_follows_it(driver: Driver) -> None:
    _open(driver, "32_ktk_1")
    entry = driver.turn_to("kronologi_ringkas", frames=4).editor.entry
    _focus(driver, entry)
    for _ in range(12):
        for character in "Tanpa nama siapa pun, cukup singkat. ":
            Window.dispatch("on_textinput", character)
        driver.settle(5)
        assert _hidden(driver, entry, dp(KEYBOARD)) == ""
    assert entry.height > driver.screen.ids.page.top - dp(KEYBOARD), "it is higher than all that is left"
    entry.cursor = (0, 0)
    driver.settle(5)
    assert _hidden(driver, entry, dp(KEYBOARD)) == "", "and the first line, when she goes back to it"


def test_the_room_is_given_back_when_the_field_is_left_and_not_on_the_way_to_the_next(driver: Driver) -> None:
    first, *_, last = _open(driver, "10_formulir_05")
    page = driver.screen.ids.page
    before = page.body.height
    _focus(driver, first)
    assert page.body.height == pytest.approx(before + covered())
    _focus(driver, last)
    driver.wait_for(lambda: page.body.height > before + covered() - 1)
    last.focus = False
    driver.settle()
    assert page.body.height > before + covered() - 1, "not under the finger that leaves it"
    driver.wait_for(lambda: page.body.height < before + covered() / 2)


def test_the_button_of_a_sheet_stands_above_the_keyboard_too(driver: Driver) -> None:
    (entry,) = _open(driver, "11_lewati")
    sheet = driver.shell.sheets()[0]
    assert isinstance(sheet, SkipSheet)
    _focus(driver, entry)
    keep = next(widget for widget in driver.walk(sheet.ids.foot) if isinstance(widget, Pill))
    assert keep.to_window(0, keep.y)[1] >= dp(KEYBOARD)
    assert sheet.ids.panel.top <= driver.shell.height


def test_a_tap_that_moves_the_page_marks_no_words(driver: Driver) -> None:
    entry = _open(driver, "10_formulir_05")[-1]
    entry.text = "Warga Uji Panjang Sekali Namanya"
    driver.settle(3)
    page = driver.screen.ids.page
    page.scroll_y = 0
    driver.settle(3)
    x, y = entry.to_window(entry.x + dp(40), entry.center_y)
    driver.touch(x, y, (x + 3, y - 2), (x + 5, y - 3))
    assert entry.selection_text == ""


@pytest.mark.parametrize("scene", ["01_kunci", "02_kunci_salah", "20_ganti_pin", "31_kunci_kedua_salah"])
def test_in_a_low_window_the_dots_and_every_key_of_a_pin_pad_are_reached_and_nothing_overlaps(
    driver: Driver, scene: str
) -> None:
    Window.size = LEFT
    driver.open(scale=1.6)
    SCENES[scene](driver.phone, driver.app)
    driver.settle(4)
    assert overlapping(driver) == []
    pad = driver.screen.ids.pad
    pad.clear()
    for name in ("1", "backspace", "9", "0"):
        key = next(w for w in driver.walk() if isinstance(w, Key) and name in (w.text, w.icon))
        driver.tap(key)
    assert pad.pin == "90"
    driver._bring(driver.screen.ids.dots)
    low = driver.screen.ids.dots.to_window(0, driver.screen.ids.dots.y)[1]
    assert 0 <= low <= LEFT[1] - driver.screen.ids.dots.height
