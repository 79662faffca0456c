"""A photo and its place: waited for, told when it is missing, and what she wrote stands."""

import threading
from typing import Any

import pytest
from msgspec.structs import replace

from field_app.finalise import place_answer
from field_app.ui.sample_data import NOW_MS
from sync.change import Place
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_form_screen import FilmCamera


class Sky:
    """Gives these places one after another, the last for ever; None while nothing is received."""

    def __init__(self, *places: Place | None) -> None:
        self._places = list(places)
        self.open = threading.Event()
        self.open.set()

    def fix(self) -> Place | None:
        assert self.open.wait(20)
        return self._places.pop(0) if len(self._places) > 1 else self._places[0]

    def trouble(self) -> str:
        return ""


def _place(accuracy_m: float, age_s: int = 0) -> Place:
    return Place(lat=-7.4263, lng=111.019, accuracy_m=accuracy_m, at_ms=NOW_MS - 1000 * age_s)


def _camera(driver: Driver, location: Any = None, field: str = "foto_rumah_depan") -> Any:
    driver.open(camera=FilmCamera(), location=location)
    driver.phone.visits.start("bpnt_kpm", "w1", None)
    driver.shell.go("form", draft="d10")
    driver.settle()
    driver.shell.go("camera", draft="d10", form="bpnt_kpm", field=field)
    if location is None or location.open.is_set():
        driver.settle()
    return driver.screen


def _photos(driver: Driver) -> list[Any]:
    return driver.phone.visits.drafts["d10"].photos


def test_a_shot_that_was_asked_for_while_the_place_is_sought_takes_it(driver: Driver) -> None:
    sky = Sky(_place(6))
    sky.open.clear()
    screen = _camera(driver, sky)
    screen._loaded(driver.phone.visits.draft("d10"))
    assert driver.sees("Mencari lokasi…")
    screen.shoot()
    sky.open.set()
    driver.settle()
    assert _photos(driver)[0].place == _place(6) and driver.shell.name == "form"
    assert driver.sees("Foto tersimpan. Untuk mengulang, ketuk fotonya.")


def test_a_shot_without_the_place_that_the_form_asks_for_stays_until_one_has_it(driver: Driver) -> None:
    screen = _camera(driver, Sky(None, None, _place(6)))
    driver.press("Jepret")
    assert driver.shell.name == "camera" and _photos(driver)[0].place is None
    assert driver.sees("Foto ini tanpa lokasi. Tunggu sampai lokasinya didapat")
    assert screen._place._again.is_triggered, "it is asked again by itself"
    screen._place.seek()
    driver.settle()
    assert driver.sees("± 6 m") and not screen._place._again.is_triggered
    driver.press("Jepret")
    assert driver.shell.name == "form" and _photos(driver)[1].place == _place(6)


def test_where_no_device_knows_the_place_it_is_said_and_she_goes_on(driver: Driver) -> None:
    _camera(driver)
    driver.press("Jepret")
    assert driver.shell.name == "form" and driver.sees("Foto tersimpan tanpa lokasi.")


def test_nothing_that_is_saved_waits_for_the_device(driver: Driver) -> None:
    sky = Sky(_place(6))
    sky.open.clear()
    _camera(driver, sky)
    saved = threading.Event()
    driver.app.background.run(saved.set, lambda _: None)
    assert saved.wait(30)
    sky.open.set()
    driver.settle()


def test_a_paper_is_not_waited_for(driver: Driver) -> None:
    _camera(driver, Sky(None), field="foto_kk")
    driver.press("Jepret")
    assert driver.shell.name == "form" and not driver.sees("tanpa lokasi")


def test_each_shot_takes_the_newest_fix_and_says_how_old_it_is(driver: Driver) -> None:
    screen = _camera(driver, Sky(_place(60, 300), _place(6)), field="foto_rumah_depan")
    assert driver.sees("± 60 m") and driver.sees("5 menit lalu")
    screen._came_for = ""  # she works through the list of shots
    driver.press("Jepret")
    assert driver.sees("± 6 m") and driver.sees("Baru saja")
    driver.press("Jepret")
    assert [photo.place.accuracy_m for photo in _photos(driver)] == [60, 6]


def test_what_she_wrote_herself_is_not_overwritten_by_the_device(driver: Driver) -> None:
    sky = Sky(_place(60), _place(6), _place(7), _place(8))
    screen = _camera(driver, sky)
    sky.open.clear()
    screen._place.seek()
    written = Place(lat=-7.5, lng=111.0, accuracy_m=100, at_ms=NOW_MS, source="ketik")
    screen._place.take(written)
    sky.open.set()
    driver.settle()
    screen._came_for = ""
    driver.press("Jepret")
    driver.press("Jepret")
    assert [photo.place for photo in _photos(driver)] == [written, written]
    assert sky.fix() == _place(7), "it was asked no more"


def test_no_place_is_asked_for_by_itself_after_she_left_nor_after_she_refused(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sky = Sky(None)
    screen = _camera(driver, sky)
    assert screen._place._again.is_triggered
    driver.shell.back()
    assert not screen._place._again.is_triggered
    screen._place.seek()
    screen._place.rest()
    driver.settle()
    assert not screen._place._again.is_triggered, "what was under way as she left"
    monkeypatch.setattr(sky, "trouble", lambda: "aplikasi.lokasi.mati")
    screen._place.seek()
    driver.settle()
    assert not screen._place._again.is_triggered


@pytest.mark.parametrize(
    ("lat", "lng", "said"),
    [
        (-7.4373, 110.816, "Di dalam batas Desa Banaran"),
        (-7.4263, 111.019, "21,0 km di luar batas Desa Banaran"),
    ],
    ids=["inside", "far_outside"],
)
def test_it_is_said_how_a_place_lies_to_the_desa_at_the_camera_and_in_the_form(
    driver: Driver, lat: float, lng: float, said: str
) -> None:
    place = Place(lat=lat, lng=lng, accuracy_m=6, at_ms=NOW_MS)
    screen = _camera(driver, Sky(place))
    assert screen._place.card(screen._view).children[1].under[-1] == said
    driver.shell.back()
    driver.phone.visits.save("d10", "bpnt_kpm", "lokasi", place_answer(place))
    screen = driver.shell.screen
    screen.view = driver.phone.visits.draft("d10")
    assert screen.ground(place_answer(place)) == said


def test_a_sealed_case_and_a_visit_of_no_desa_say_nothing_of_one(driver: Driver) -> None:
    screen = _camera(driver, Sky(_place(6)))
    for view in (replace(screen._view, sealed=True), replace(screen._view, kode_desa="")):
        assert screen._place.card(view).children[1].under[1:] == ("Baru saja",)


def test_what_was_said_of_a_photo_does_not_lie_over_the_next_page_and_an_undo_stays(driver: Driver) -> None:
    _camera(driver)
    driver.press("Jepret")
    assert driver.shell.name == "form" and driver.sees("Foto tersimpan tanpa lokasi.")
    driver.press("Lanjut")
    assert not driver.sees("Foto tersimpan tanpa lokasi.")
    driver.shell.offer_undo("Foto dikeluarkan.", lambda: None)
    driver.press("Lanjut")
    assert driver.sees("Foto dikeluarkan.")
