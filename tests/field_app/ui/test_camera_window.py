"""The camera of a phone, a window of its own with a shutter: one tap a shot, and a bad one is looked at."""

from typing import Any

import pytest
from msgspec.structs import replace

from field_app.devices import Guide
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_form_screen import FilmCamera
from tests.field_app.ui.test_photo_place import Sky, _place

NONE_TAKEN = "aplikasi.kamera.tidak_jadi"


class WindowCamera(FilmCamera):
    """Her thumb is on the shutter `shots` times, then she goes back."""

    window = True

    def __init__(self, shots: int) -> None:
        super().__init__()
        self.left, self.furthers = shots, list[bool]()
        self._trouble = ""

    def frame(self, guide: Guide | None = None, *, further: bool = False) -> bytes:
        self.furthers.append(further)
        self._trouble = "" if self.left else NONE_TAKEN
        if not self.left:
            raise OSError("no picture was taken")
        self.left -= 1
        return super().frame(guide)

    def trouble(self) -> str:
        return self._trouble


def _at(driver: Driver, camera: Any, form: str, field: str, **more: Any) -> Any:
    driver.open(camera=camera, **more)
    driver.phone.visits.start(form, "w1", None)
    driver.shell.go("form", draft="d10")
    driver.settle()
    driver.shell.go("camera", draft="d10", form=form, field=field)
    driver.settle()
    return driver.screen


def _photos(driver: Driver) -> list[Any]:
    return driver.phone.visits.drafts["d10"].photos


def test_a_good_shot_that_is_enough_takes_the_shutter_alone(driver: Driver) -> None:
    camera = WindowCamera(1)
    _at(driver, camera, "bpnt_kpm", "foto_rumah_depan", location=Sky(_place(6)))
    assert driver.shell.name == "form" and camera.furthers == [False]
    assert [photo.place for photo in _photos(driver)] == [_place(6)]


def test_of_several_each_takes_the_shutter_alone_and_going_back_is_being_done(driver: Driver) -> None:
    camera = WindowCamera(3)
    _at(driver, camera, "usul_dtsen", "foto_dasar")
    assert driver.shell.name == "form" and len(_photos(driver)) == 3
    assert camera.furthers == [False, True, True, True]
    assert not driver.sees(driver.phone.text(NONE_TAKEN)), "she is done, and nothing failed"


def test_the_camera_opens_no_more_once_all_are_taken(driver: Driver) -> None:
    camera = WindowCamera(20)
    _at(driver, camera, "usul_dtsen", "foto_dasar")
    assert driver.shell.name == "form" and camera.shots == 8


def test_going_back_from_the_first_takes_none_and_leaves_the_choice(driver: Driver) -> None:
    camera = WindowCamera(0)
    screen = _at(driver, camera, "bpnt_kpm", "foto_rumah_depan")
    assert driver.shell.name == "camera" and driver.sees(driver.phone.text(NONE_TAKEN))
    screen.paused()
    screen.returned()
    driver.settle()
    assert len(camera.furthers) == 1, "it opens by itself once"
    camera.left = 1
    driver.press("Jepret")
    assert driver.shell.name == "form"


@pytest.mark.parametrize("field", ["foto_rumah_depan", "foto_dasar"])
def test_a_bad_shot_is_looked_at_before_another(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    camera = WindowCamera(1)
    driver.open(camera=camera)
    visits = driver.phone.visits
    visits.start("usul_dtsen" if field == "foto_dasar" else "bpnt_kpm", "w1", None)
    add_photo = visits.add_photo

    def dark(*arguments: Any, **more: Any) -> Any:
        made = replace(add_photo(*arguments, **more), warnings=("lapangan.foto_gelap",))
        visits.drafts["d10"].photos[-1] = made
        return made

    monkeypatch.setattr(visits, "add_photo", dark)
    form = visits.drafts["d10"].form
    driver.shell.go("camera", draft="d10", form=form, field=field)
    driver.settle()
    assert driver.shell.name == "camera" and camera.furthers == [False]
    assert driver.sees(driver.phone.text("lapangan.foto_gelap"))


def test_a_shot_without_its_place_stays_until_the_place_comes(driver: Driver) -> None:
    camera = WindowCamera(2)
    _at(driver, camera, "bpnt_kpm", "foto_rumah_depan", location=Sky(None, None, _place(6)))
    assert driver.shell.name == "camera" and camera.furthers == [False]
    assert driver.sees("Foto ini tanpa lokasi.")


def test_a_row_of_the_list_without_a_photo_opens_the_camera_and_one_with_photos_shows_them(
    driver: Driver,
) -> None:
    camera = WindowCamera(0)
    screen = _at(driver, camera, "bpnt_kpm", "foto_rumah_depan")
    camera.left = 1
    screen._switch("foto_kk")
    driver.settle()
    assert camera.shots == 1 and [photo.field for photo in _photos(driver)] == ["foto_kk"]
    camera.left = 1
    screen._switch("foto_kk")
    driver.settle()
    assert camera.shots == 1
