"""Kamera bukti on a desktop: a webcam or chosen files, and a place that says where it is from."""

import threading
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from kivy.clock import Clock
from kivy.event import EventDispatcher
from kivy.graphics.texture import Texture
from msgspec.structs import replace

from field_app.capture import Photo, Quality, develop
from field_app.devices import Guide
from field_app.drawing import drawn_photo
from field_app.exif import Stamp
from field_app.paper import LYING
from field_app.ui.sample_data import NOW_MS
from field_app.ui.sheets import FileSheet, LocationSheet
from field_app.ui.webcam import DesktopCamera
from field_app.ui.widgets.paper import LiveView, PaperFrame
from schemas.ids import DeviceId, RecordId
from sync.change import Place
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_form_screen import FilmCamera


class Lens(EventDispatcher):
    """A camera that gives one grey frame after another."""

    frames = 20

    opened: list["Lens"] = []

    def __init__(self, **_: Any) -> None:
        self.opened.append(self)
        self.register_event_type("on_texture")
        super().__init__()
        self.texture: Any = None
        self.stopped = False

    def on_texture(self) -> None: ...

    def start(self) -> None:
        self.texture = Texture.create(size=(320, 240), colorfmt="rgb")
        self.texture.blit_buffer(bytes((200, 120, 40)) * 320 * 240, colorfmt="rgb")
        for _ in range(self.frames):
            self.dispatch("on_texture")

    def stop(self) -> None:
        self.stopped = True


class BrokenLens(Lens):
    def start(self) -> None:
        raise RuntimeError("no stream")


def _camera(driver: Driver, **more: Any) -> Any:
    driver.open(**more)
    driver.phone.visits.start("bpnt_kpm", "w1", None)
    driver.shell.go("camera", draft="d10", form="bpnt_kpm", field="foto_rumah_depan")
    driver.settle()
    return driver.screen


def _photos(driver: Driver) -> list[Any]:
    return driver.phone.visits.drafts["d10"].photos


def _with_place(accuracy_m: float) -> bytes:
    place = Place(lat=-7.4263, lng=111.019, accuracy_m=accuracy_m, at_ms=NOW_MS - 60_000)
    stamp = Stamp(visit=RecordId("1" * 32), device=DeviceId("d" * 32), taken_ms=NOW_MS)
    made = develop(drawn_photo(Random(1), (640, 480)), place, stamp, Quality())
    assert isinstance(made, Photo)
    return made.data


@pytest.mark.parametrize(
    ("provider", "device"), [(lambda: None, True), (lambda: Lens, False)], ids=["no provider", "no device"]
)
def test_without_a_camera_files_are_chosen(driver: Driver, provider: Any, device: bool) -> None:
    webcam = DesktopCamera(provider, lambda: device)
    assert not webcam.available()
    _camera(driver, camera=webcam)
    assert driver.sees("Kamera tidak ditemukan.") and not driver.sees("Jepret")
    with pytest.raises(OSError, match="no camera"):
        webcam.frame()


def test_a_paper_is_looked_at_through_the_frame_it_fills_and_a_house_through_none(driver: Driver) -> None:
    film = FilmCamera()
    screen = _camera(driver, camera=film)
    screen._switch("foto_kk")
    driver.settle()
    driver.press("Jepret")
    screen._switch("foto_rumah_depan")
    driver.settle()
    driver.press("Jepret")
    assert film.guides == [Guide(LYING, "Isi bingkai dengan kertasnya"), None]


def test_a_shot_that_should_be_looked_at_stays_in_front(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _camera(driver, camera=FilmCamera())
    visits, add_photo = driver.phone.visits, driver.phone.visits.add_photo

    def dark(*arguments: Any, **more: Any) -> Any:
        made = replace(add_photo(*arguments, **more), warnings=("lapangan.foto_gelap",))
        visits.drafts["d10"].photos[-1] = made
        return made

    monkeypatch.setattr(visits, "add_photo", dark)
    driver.press("Jepret")
    assert driver.shell.name == "camera"
    assert driver.sees(driver.phone.text("lapangan.foto_gelap"))


def test_from_the_list_of_shots_one_goes_on_to_the_next(driver: Driver) -> None:
    screen = _camera(driver, camera=FilmCamera())
    screen._switch("foto_kk")
    driver.settle()
    driver.press("Jepret")
    assert driver.shell.name == "camera"
    assert driver.sees("Sudah ada 1")


def test_where_several_shots_are_asked_for_the_first_does_not_lead_back(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = _camera(driver, camera=FilmCamera())
    definition, field = screen._asked(screen._view)
    monkeypatch.setattr(screen, "_asked", lambda _view: (definition, replace(field, min_count=2)))
    driver.press("Jepret")
    assert driver.shell.name == "camera" and len(_photos(driver)) == 1
    driver.press("Jepret")
    assert driver.shell.name == "home", "what lay behind the camera"


def _taps_until_home(driver: Driver) -> int:
    taps = 0
    while driver.shell.name == "camera":
        driver.press("Jepret")
        taps += 1
        assert taps < 20
    return taps


def test_where_there_is_room_for_many_one_shot_leads_to_the_next_until_none_is_left(
    driver: Driver,
) -> None:
    driver.open(camera=FilmCamera())
    visits = driver.phone.visits
    visits.start("usul_dtsen", "w1", None)
    driver.shell.go("camera", draft="d10", form="usul_dtsen", field="foto_dasar")
    driver.settle()
    for _ in range(3):
        driver.press("Jepret")
    assert driver.shell.name == "camera" and len(_photos(driver)) == 3
    driver.press("Selesai")
    assert driver.shell.name == "home", "out of it at any time"
    driver.shell.go("camera", draft="d10", form="usul_dtsen", field="foto_dasar")
    driver.settle()
    assert _taps_until_home(driver) == 5, "eight are all"


def test_whoever_comes_for_one_more_shot_goes_on_until_all_are_taken(driver: Driver) -> None:
    _camera(driver, camera=FilmCamera())
    assert _taps_until_home(driver) == 1, "one is enough"
    driver.shell.go("camera", draft="d10", form="bpnt_kpm", field="foto_rumah_depan")
    driver.settle()
    assert _taps_until_home(driver) == 3
    number = _photos(driver)[0].number
    driver.shell.go("camera", draft="d10", form="bpnt_kpm", field="foto_rumah_depan", replaces=number)
    driver.settle()
    assert _taps_until_home(driver) == 1, "taking one again"


def test_a_paper_she_came_for_may_have_more_pages(driver: Driver) -> None:
    driver.open(camera=FilmCamera())
    driver.phone.visits.start("kis", "w1", None)
    driver.shell.go("camera", draft="d10", form="kis", field="fc_kk")
    driver.settle()
    driver.press("Jepret")
    assert driver.shell.name == "camera" and len(_photos(driver)) == 1


@pytest.mark.parametrize(
    ("asked", "tapped"), [("foto_rumah_depan", "foto_kk"), ("foto_kk", "foto_rumah_depan")]
)
def test_a_shot_is_of_what_it_was_asked_for_though_she_taps_another_row_meanwhile(
    driver: Driver, asked: str, tapped: str
) -> None:
    let_go = threading.Event()

    class Slow(FilmCamera):
        def frame(self, guide: Guide | None = None) -> bytes:
            assert let_go.wait(20)
            return super().frame(guide)

    screen = _camera(driver, camera=Slow())
    screen._switch(asked)
    driver.settle()
    screen.shoot()
    screen._switch(tapped)
    let_go.set()
    driver.settle()
    [photo] = _photos(driver)
    assert photo.field == asked and driver.shell.name == "camera"


def test_looking_for_a_camera_here_raises_nothing() -> None:
    assert DesktopCamera().available() in (True, False)
    assert DesktopCamera(device=lambda: True).available() in (True, False)


def test_a_webcam_gives_a_picture(driver: Driver) -> None:
    _camera(driver, camera=DesktopCamera(lambda: Lens, lambda: True))
    driver.press("Jepret")
    driver.wait_for(lambda: _photos(driver))
    assert driver.phone.visits.blobs[_photos(driver)[0].blob][:2] == b"\xff\xd8"


def test_a_webcam_is_looked_through_before_the_picture_and_shut_when_she_leaves(driver: Driver) -> None:
    Lens.opened.clear()
    screen = _camera(driver, camera=DesktopCamera(lambda: Lens, lambda: True))
    [lens] = Lens.opened
    live = next(w for w in driver.walk() if isinstance(w, LiveView))
    assert live._texture is lens.texture and live.height == pytest.approx(live.width * 3 / 4)
    assert live.shape == 0, "a house fills no frame"
    screen._switch("foto_kk")
    driver.settle()
    assert next(w for w in driver.walk() if isinstance(w, LiveView)).shape == LYING
    driver.press("Jepret")
    driver.wait_for(lambda: driver.phone.visits.drafts["d10"].photos)
    assert Lens.opened == [lens] and not lens.stopped, "one device, that stays open for the next"
    driver.shell.back()
    driver.settle()
    assert lens.stopped


def test_a_locked_phone_looks_through_no_camera(driver: Driver) -> None:
    Lens.opened.clear()
    _camera(driver, camera=DesktopCamera(lambda: Lens, lambda: True))
    driver.app.lock()
    driver.settle()
    assert driver.shell.name == "unlock" and [lens.stopped for lens in Lens.opened] == [True]


def test_a_picture_asked_for_as_she_leaves_leaves_no_webcam_open(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lens.opened.clear()
    webcam = DesktopCamera(lambda: Lens, lambda: True)
    screen = _camera(driver, camera=webcam)

    def she_leaves_first(begin: Any, wait_s: float) -> None:
        webcam.look_away()
        Clock.schedule_once(begin, wait_s)

    late = SimpleNamespace(schedule_once=she_leaves_first, schedule_interval=Clock.schedule_interval)
    with monkeypatch.context() as slow:
        slow.setattr("field_app.ui.webcam.Clock", late)
        screen.shoot()
        driver.wait_for(lambda: _photos(driver))
    screen.leave()
    assert Lens.opened and all(lens.stopped for lens in Lens.opened)


def test_a_webcam_that_fails_is_told_in_a_sentence(driver: Driver) -> None:
    _camera(driver, camera=DesktopCamera(lambda: BrokenLens, lambda: True))
    driver.press("Jepret")
    driver.settle()
    assert driver.sees("Kamera tidak memberi gambar.") and _photos(driver) == []


def test_a_chosen_photo_without_a_place_is_kept_at_once(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "rumah.jpg").write_bytes(drawn_photo(Random(1), (640, 480)))
    _camera(driver)
    driver.screen._chosen(tmp_path / "rumah.jpg")
    driver.settle()
    assert len(_photos(driver)) == 1 and _photos(driver)[0].place is None


def test_the_place_of_a_photo_is_offered_and_marked_as_from_the_file(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "rumah.jpg").write_bytes(_with_place(6.5))
    _camera(driver)
    driver.screen._chosen(tmp_path / "rumah.jpg")
    driver.settle()
    assert _photos(driver) == [] and driver.sees("Foto ini membawa lokasinya sendiri.")
    driver.press("Pakai lokasi ini")
    place = _photos(driver)[0].place
    assert (round(place.lat, 5), round(place.lng, 5), place.accuracy_m) == (-7.4263, 111.019, 6.5)
    assert place.source == "berkas" and place.at_ms == NOW_MS - 60_000 and driver.sees("Dari berkas")


def test_the_place_of_a_photo_can_be_left_out(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "rumah.jpg").write_bytes(_with_place(6.5))
    _camera(driver)
    driver.screen._chosen(tmp_path / "rumah.jpg")
    driver.settle()
    driver.press("Jangan pakai lokasi dari foto")
    assert len(_photos(driver)) == 1 and _photos(driver)[0].place is None


def _sheet(driver: Driver) -> LocationSheet:
    driver.press("Tulis lokasi")
    sheet = driver.shell.sheets()[0]
    assert isinstance(sheet, LocationSheet)
    return sheet


def test_a_place_is_read_from_a_file_and_its_accuracy_is_asked(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "titik.gpx").write_text('<gpx><wpt lat="-7.4263" lon="111.0190"/></gpx>', "utf-8")
    screen = _camera(driver)
    sheet = _sheet(driver)
    driver.press("Ambil dari berkas GPX, GeoJSON, atau teks")
    files = driver.shell.sheets()[0]
    assert isinstance(files, FileSheet)
    files._enter(tmp_path)
    driver.settle()
    assert driver.sees("titik.gpx")
    files._take(tmp_path / "titik.gpx")
    driver.settle()
    assert driver.sees("Terbaca dari berkas (1 titik")
    driver.press("Pakai lokasi ini")
    assert driver.sees("Isi akurasinya dalam meter.") and screen._place.fix is None
    driver.type(sheet.lines["akurasi_meter"], "25")
    driver.press("Pakai lokasi ini")
    assert (screen._place.fix.source, screen._place.fix.accuracy_m, screen._place.fix.lat) == (
        "berkas",
        25.0,
        -7.4263,
    )


def test_a_place_changed_by_hand_is_no_longer_the_files(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "titik.txt").write_text("-7.4263, 111.0190, 9", "utf-8")
    screen = _camera(driver)
    sheet = _sheet(driver)
    sheet.read(tmp_path / "titik.txt")
    driver.settle()
    driver.type(sheet.lines["lintang"], "-7,5")
    driver.press("Pakai lokasi ini")
    assert (screen._place.fix.source, screen._place.fix.lat, screen._place.fix.at_ms) == (
        "ketik",
        -7.5,
        NOW_MS,
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"rumah", "Tidak ada lokasi di berkas ini."), (b"<gpx>", "Berkas lokasi ini rusak.")],
)
def test_a_bad_file_says_so_and_keeps_what_was_typed(
    driver: Driver, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "titik.txt").write_bytes(content)
    _camera(driver)
    sheet = _sheet(driver)
    driver.type(sheet.lines["lintang"], "-7,1")
    sheet.read(tmp_path / "titik.txt")
    sheet.read(tmp_path / "tidak-ada.txt")
    sheet.read(tmp_path / "titik.txt")
    driver.settle()
    assert driver.sees(said) and sheet.lines["lintang"].text == "-7,1"


def test_a_paper_has_a_frame_of_its_shape_until_there_is_a_picture_and_a_home_has_none(
    driver: Driver, tmp_path: Path
) -> None:
    (tmp_path / "kk.jpg").write_bytes(drawn_photo(Random(1), (640, 480)))
    screen = _camera(driver)
    assert not driver.sees("Isi bingkai")
    screen._switch("foto_kk")
    driver.settle()
    assert driver.sees("Isi bingkai dengan kertasnya") and driver.sees("Keempat tepi terlihat")
    assert [w.shape for w in driver.walk() if isinstance(w, PaperFrame)] == [LYING]
    screen._chosen(tmp_path / "kk.jpg")
    driver.settle()
    assert len(_photos(driver)) == 1 and not driver.sees("Isi bingkai")


def test_a_picture_that_comes_after_she_left_opens_no_webcam_again(driver: Driver) -> None:
    Lens.opened.clear()
    screen = _camera(driver, camera=DesktopCamera(lambda: Lens, lambda: True))
    screen.shoot()
    driver.shell.back()
    driver.settle()
    assert Lens.opened and all(lens.stopped for lens in Lens.opened)
