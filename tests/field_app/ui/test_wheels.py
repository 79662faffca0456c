"""Days and times on wheels, by a finger in the real window: at both text sizes, far years in few strokes."""

from typing import Any

import pytest
from kivy.metrics import dp

from field_app.ui.sample_drafts import filled_draft
from field_app.ui.widgets.wheel import Wheel, rows_of
from tests.field_app.ui.driver import Driver, Finger
from tests.field_app.ui.test_screens_fit import cut_off, overlapping


def _open(driver: Driver, name: str, scale: float = 1.0) -> Any:
    """The card of a field with its wheels open."""
    driver.open(scale=scale)
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("form", draft="d1")
    driver.settle()
    card = driver.turn_to(name)
    driver.tap(card.editor.turn)
    driver._bring(card.editor.panel)
    return card


def _wheel(driver: Driver, card: Any, part: str) -> Wheel:
    return next(w for w in driver.walk(card) if isinstance(w, Wheel) and w.label == part)


def _tap(driver: Driver, wheel: Wheel, row: int) -> None:
    """Tap a row: -1 the one above the value, 0 the value, 1 the one below it."""
    driver.touch(*wheel.to_window(wheel.center_x, wheel.center_y - row * wheel.row))


def _stroke(driver: Driver, wheel: Wheel, way_dp: float) -> None:
    x, y = wheel.to_window(wheel.center_x, wheel.center_y)
    driver.touch(x, y, (x, y + dp(way_dp) / 2), (x, y + dp(way_dp)))


def _kept(driver: Driver, name: str) -> Any:
    return driver.phone.visits.drafts["d1"].answers["bpnt_kpm"].get(name)


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_row_is_taken_by_a_tap_and_nothing_is_cut_off(driver: Driver, scale: float) -> None:
    card = _open(driver, "tanggal_lahir", scale)
    assert cut_off(driver) == [] and overlapping(driver) == []
    assert _kept(driver, "tanggal_lahir") == "1968-07-01"
    assert _wheel(driver, card, "bulan").row >= dp(48)
    _tap(driver, _wheel(driver, card, "bulan"), -1)
    assert _kept(driver, "tanggal_lahir") == "1968-06-01" and driver.sees("Sabtu, 1 Juni 1968")
    _tap(driver, _wheel(driver, card, "hari"), 1)
    assert _kept(driver, "tanggal_lahir") == "1968-06-02" and card.editor.entry.text == "02-06-1968"


def test_the_value_in_the_middle_is_an_answer_where_there_is_none_yet(driver: Driver) -> None:
    card = _open(driver, "tanggal_lahir")
    driver.type(card.editor.entry, "")
    assert _kept(driver, "tanggal_lahir") is None
    driver._bring(card.editor.panel)
    _tap(driver, _wheel(driver, card, "tahun"), 0)
    assert _kept(driver, "tanggal_lahir") == "2026-11-21"


def test_a_stroke_turns_and_is_kept_once_when_the_finger_leaves(driver: Driver) -> None:
    card = _open(driver, "tanggal_lahir")
    wheel, before = _wheel(driver, card, "tahun"), len(driver.phone.visits.saves)
    finger = Finger(*wheel.to_window(*wheel.center))
    scrolled = driver.screen.ids.page.scroll_y
    from kivy.base import EventLoop

    EventLoop.post_dispatch_input("begin", finger)
    finger.move(*wheel.to_window(wheel.center_x, wheel.center_y + dp(140)))
    EventLoop.post_dispatch_input("update", finger)
    driver.settle()
    assert driver.sees("1980") and _kept(driver, "tanggal_lahir") == "1968-07-01"
    EventLoop.post_dispatch_input("end", finger)
    driver.settle()
    assert _kept(driver, "tanggal_lahir") == "1980-07-01" and len(driver.phone.visits.saves) == before + 1
    assert driver.screen.ids.page.scroll_y == scrolled, "a finger on a wheel turns it, and scrolls nothing"


def test_a_birth_year_is_two_strokes_away(driver: Driver) -> None:
    card = _open(driver, "tanggal_lahir")
    driver.type(card.editor.entry, "21112026")
    driver._bring(card.editor.panel)
    for _ in range(2):
        _stroke(driver, _wheel(driver, card, "tahun"), -240)
    assert int(_kept(driver, "tanggal_lahir")[:4]) <= 1968


def test_a_time_turns_round_the_clock(driver: Driver) -> None:
    card = _open(driver, "jam_mulai", 1.6)
    assert cut_off(driver) == [] and _kept(driver, "jam_mulai") == "08:05"
    _stroke(driver, _wheel(driver, card, "menit"), -dp(140))
    assert _kept(driver, "jam_mulai") == "07:53" and driver.sees("Pukul 07.53 WIB")


def test_the_further_the_faster_and_a_slip_is_a_tap() -> None:
    assert [rows_of(way) for way in (0, 13, 28, -28, 100, -100, 240)] == [0, 1, 1, -1, 7, -7, 29]
    ways = [rows_of(way) for way in range(400)]
    assert ways == sorted(ways)
