"""Peta tugas by finger: pins, their list, coming closer, and the way there."""

from typing import Any

import pytest
from kivy.base import EventLoop
from kivy.core.clipboard import Clipboard
from kivy.metrics import dp

from field_app.devices.desktop import DesktopSystem
from field_app.ui.shell import Toast
from field_app.ui.widgets.map import _overlap
from field_app.ui.widgets.rows import TaskRow
from sync.change import Place
from tests.field_app.ui.driver import Driver, Finger


class Roads(DesktopSystem):
    """A device whose map app remembers what it was asked, or is not there."""

    def __init__(self, there: bool = True) -> None:
        self.there, self.asked = there, list[tuple[float, float]]()

    def show_on_map(self, lat: float, lng: float) -> bool:
        self.asked.append((lat, lng))
        return self.there


class Satellite:
    def __init__(self, place: Place | None) -> None:
        self.place = place

    def fix(self) -> Place | None:
        return self.place

    def trouble(self) -> str:
        return ""


def _open(driver: Driver, **more: Any) -> Any:
    driver.open(**more)
    driver.press(driver.phone.text("aplikasi.peta.judul"))
    return driver.wait_for(lambda: driver.screen.map.groups and driver.screen.map)


def _rows(driver: Driver) -> list[str]:
    rows = [widget for widget in driver.walk(driver.screen.ids.list) if isinstance(widget, TaskRow)]
    return [row.item["name"] for row in sorted(rows, key=lambda row: -row.to_window(row.x, row.y)[1])]


def _tap_pin(driver: Driver, group: tuple[int, ...]) -> None:
    view = driver.screen.map
    x, y = view.seen.on_screen(*view._marks[group[0]].at)
    driver.touch(*view.to_window(view.x + x, view.y + y + dp(20)))


def test_every_task_stands_on_the_map_with_its_word(driver: Driver) -> None:
    view = _open(driver)
    assert sorted(index for group in view.groups for index in group) == list(range(6))
    said = [piece.text for piece in view.pieces]
    assert any("Perlu diperbaiki" in word for word in said) and any("Terlambat" in word for word in said)


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_no_word_lies_on_another_or_on_a_pin_and_the_number_of_several_is_said(
    driver: Driver, scale: float
) -> None:
    view = _open(driver, scale=scale)
    pins = {group: view._pin_box(group) for group in view.groups}
    words = {group: box for group, (_text, box) in view._words.items()}
    assert not [
        (one, other) for one, word in words.items() for other, pin in pins.items() if _overlap(word, pin)
    ]
    boxes = list(words.values())
    assert not [at for at, word in enumerate(boxes) for other in boxes[at + 1 :] if _overlap(word, other)]
    several = [group for group in view.groups if len(group) > 1]
    assert several and all(view._words[group][0].startswith(str(len(group))) for group in several)


def test_a_tap_on_a_pin_offers_the_way_and_the_task(driver: Driver) -> None:
    roads = Roads()
    view = _open(driver, system=roads)
    group = next(group for group in view.groups if len(group) == 1)
    _tap_pin(driver, group)
    pin = driver.screen._view.pins[group[0]]
    assert driver.sees(pin.card.nama)
    driver.press("Petunjuk arah")
    assert roads.asked == [(pin.lat, pin.lng)]
    driver.press("Buka rincian")
    assert driver.shell.name == "task"


def test_several_in_one_place_are_asked_about_and_none_is_hidden(driver: Driver) -> None:
    view = _open(driver)
    group = next(group for group in view.groups if len(group) > 1)
    _tap_pin(driver, group)
    assert driver.sees(f"{len(group)} tugas di sini")
    names = [driver.screen._view.pins[index].card.nama for index in group]
    assert all(driver.sees(name) for name in names)


def test_without_a_map_app_the_point_can_be_taken_along(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(Clipboard, "copy", copied.append)
    _open(driver, system=Roads(there=False))
    driver.screen._choose(driver.screen._view.pins[0])
    driver.settle()
    driver.press("Petunjuk arah")
    pin = driver.screen._view.pins[0]
    assert copied == [f"{pin.lat:.6f}, {pin.lng:.6f}"]
    assert [child.text for child in driver.shell.children if isinstance(child, Toast)] == [
        driver.phone.text("aplikasi.peta.tanpa_aplikasi")
    ]


def test_with_a_place_of_her_own_the_nearest_is_first(driver: Driver) -> None:
    _open(driver)
    pins = driver.screen._view.pins
    last = pins[-2]
    assert _rows(driver)[0] == pins[0].card.nama
    driver.shell.context.location = Satellite(Place(lat=last.lat, lng=last.lng, accuracy_m=5.0, at_ms=1))
    driver.press("Tempat saya")
    assert _rows(driver)[0] == last.card.nama
    assert driver.sees("0 m")


def test_without_a_fix_it_says_what_to_do(driver: Driver) -> None:
    _open(driver, location=Satellite(None))
    driver.press("Tempat saya")
    assert driver.screen._here is None and driver.sees("Pindah ke tempat terbuka")
    driver.shell.context.location.trouble = lambda: "aplikasi.lokasi.mati"
    driver.press("Tempat saya")
    assert driver.sees(driver.phone.text("aplikasi.lokasi.mati"))
    driver.shell.context.location.trouble = lambda: "aplikasi.lokasi.izin_tertutup"
    driver.press("Tempat saya")
    assert driver.sees("Lokasi tidak diizinkan untuk Sambang.") and driver.find("Buka Setelan HP")
    driver.shell.back()
    driver.shell.context.location = None
    driver.press("Tempat saya")
    assert driver.shell.sheets(), "where a place can be typed"


def test_buttons_and_a_drag_move_the_map(driver: Driver) -> None:
    view = _open(driver)
    before = view.seen
    driver.press("Dekatkan peta")
    assert view.seen.metres_per_pixel == pytest.approx(before.metres_per_pixel / 1.8)
    driver.press("Jauhkan peta")
    assert view.seen.metres_per_pixel == pytest.approx(before.metres_per_pixel)
    pin_x, pin_y = view.seen.on_screen(*view._marks[view.groups[0][0]].at)
    x, y = view.to_window(view.x + pin_x, view.y + pin_y + dp(20))  # the pin comes along under the finger
    driver.touch(x, y, (x + dp(40), y + dp(20)))
    assert (before.x - view.seen.x, before.y - view.seen.y) == pytest.approx(
        (dp(40) * before.metres_per_pixel, dp(20) * before.metres_per_pixel), rel=0.01
    )
    assert not driver.shell.sheets(), "a drag is no tap"


def test_two_fingers_spread_bring_closer(driver: Driver) -> None:
    view = _open(driver)
    before = view.seen.metres_per_pixel
    x, y = view.to_window(view.x + dp(60), view.y + dp(60))
    fingers = [Finger(x, y), Finger(x + dp(40), y)]
    fingers[1].uid += 1
    for finger in fingers:
        EventLoop.post_dispatch_input("begin", finger)
    fingers[1].move(x + dp(80), y)
    EventLoop.post_dispatch_input("update", fingers[1])
    for finger in fingers:
        EventLoop.post_dispatch_input("end", finger)
    assert view.seen.metres_per_pixel == pytest.approx(before / 2, rel=0.02)
    assert not driver.shell.sheets()


def test_a_task_leads_to_its_own_pin(driver: Driver) -> None:
    driver.open()
    driver.shell.go("task", card=driver.phone.visits.home().today[0])
    driver.settle()
    driver.press("Lihat di peta")
    view = driver.wait_for(lambda: driver.screen.map.groups and driver.screen.map)
    pin = next(pin for pin in driver.screen._view.pins if pin.card.tugas == "t3")
    x, y = view.seen.on_screen(*driver.screen._at(pin))
    assert (x, y) == pytest.approx(((view.width - dp(64)) / 2, view.height / 2), abs=1)


def test_an_empty_map_says_so_and_shows_the_kabupaten(driver: Driver) -> None:
    driver.open()
    driver.phone.visits._empty = True
    driver.shell.go("map")
    driver.settle(4)
    assert driver.sees("Belum ada tugas di peta")
    assert any(piece.text == "Gemolong" for piece in driver.screen.map.pieces)


def test_the_list_below_the_map_says_until_when(driver: Driver) -> None:
    _open(driver)
    assert any("Batas" in word or "Lewat" in word for word in driver.texts())
