"""Scanning, through the real loop: a camera that holds codes before the screen, and the real decoder."""

import io
import threading
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image

from field_app.devices import Grey
from field_app.devices.desktop import DesktopSystem
from field_app.qr import QrReader
from field_app.ui.permissions import PermissionSheet
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_scan import SIZE, SampleFinder, grey
from field_app.ui.screens import scan as scan_module
from field_app.ui.webcam import DesktopCamera
from field_app.ui.webcam_finder import DesktopFinder
from field_app.ui.widgets.finder import seen_part
from field_app.wraps import written_code
from schemas.ids import RecordId
from schemas.joining import invitation
from schemas.printed import printed_code
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_camera_screen import Lens
from tests.field_app.ui.test_screens_fit import cut_off, overlapping, too_small

ADDRESS = "https://10.1.2.3:8443"
CODE = invitation(bytes(range(5)), b"authority").typed()
INVITATION = f"{ADDRESS} {CODE}"
NIK = "3314994107680002"


class Nudged(DesktopSystem):
    """A device that counts how often she felt something."""

    def __init__(self) -> None:
        self.nudges = 0

    def nudge(self) -> None:
        self.nudges += 1


def drawn(text: str, error: str = "m") -> Image.Image:
    """What the camera sees: the code in the middle of a grey desk."""
    out = io.BytesIO()
    segno.make(text, error=error, micro=False).save(
        out, kind="png", scale=2 if len(text) > 200 else 6, border=4
    )
    code = Image.open(out).convert("L")
    desk = Image.new("L", SIZE, 150)
    desk.paste(code, ((SIZE[0] - code.width) // 2, (SIZE[1] - code.height) // 2))
    return desk


def shown(text: str, turn: int = 0) -> Grey:
    return grey(drawn(text), turn)


NOTHING = grey(Image.new("L", SIZE, 150))


def _open(driver: Driver, finder: Any, state: Any = "baru", **more: Any) -> Any:
    driver.open(SamplePhone(state=state), finder=finder, **more)
    driver.press("Pindai kode QR")
    return driver.screen


def test_the_offices_code_before_the_camera_leads_to_the_words_to_compare(driver: Driver) -> None:
    finder, system = SampleFinder(NOTHING, NOTHING, shown(INVITATION, 90)), Nudged()
    _open(driver, finder, system=system)
    assert driver.sees("Arahkan ke kode QR di layar kantor")
    driver.wait_for(lambda: driver.shell.name == "enrol")
    assert (driver.screen.address.text, driver.screen.code.text) == (ADDRESS, CODE)
    assert driver.sees("Alamat dan kode terisi") and system.nudges == 1 and not finder.is_open
    driver.press("Lanjut")
    assert driver.sees("kursi"), "the four words"


def test_a_code_that_was_read_is_marked_before_it_is_taken(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_module, "MARKED_S", 60)
    screen = _open(driver, SampleFinder(shown(INVITATION)))
    driver.wait_for(lambda: screen.ids.view.found)
    assert driver.sees("Kode terbaca") and driver.shell.name == "scan" and not screen.looking


@pytest.mark.parametrize(
    "wrong",
    [
        "WIFI:T:WPA;S:kantor;P:rahasia;;",
        printed_code("warga", RecordId("1" * 32)),
        f"javascript:alert(1) {CODE}",
        f"{ADDRESS}\x1b[2J {CODE}",
        "x" * 900,
    ],
    ids=["a network", "another of ours", "another scheme", "control characters", "huge"],
)
def test_another_code_is_named_and_looking_goes_on(driver: Driver, wrong: str) -> None:
    finder = SampleFinder(shown(wrong))
    screen = _open(driver, finder)
    driver.wait_for(lambda: driver.sees("Ini bukan kode pendaftaran"))
    assert driver.shell.name == "scan" and screen.looking and not driver.sees(wrong[:20])
    finder.frames = [shown(INVITATION)]
    driver.wait_for(lambda: driver.shell.name == "enrol")
    assert driver.screen.code.text == CODE


def test_one_of_several_codes_in_sight_is_enough(driver: Driver) -> None:
    both = Image.new("L", (1280, 480), 150)
    both.paste(drawn("https://example.test"), (0, 0))
    both.paste(drawn(INVITATION), (640, 0))
    _open(driver, SampleFinder(grey(both)))
    driver.wait_for(lambda: driver.shell.name == "enrol")
    assert driver.screen.code.text == CODE


def test_going_back_shuts_the_camera_and_takes_nothing(driver: Driver) -> None:
    finder = SampleFinder(NOTHING)
    _open(driver, finder)
    driver.wait_for(lambda: finder.is_open)
    assert driver.shell.back() and driver.shell.name == "enrol" and not finder.is_open
    assert driver.screen.address.text == driver.screen.code.text == ""


def test_a_camera_that_opens_after_she_left_is_shut(driver: Driver) -> None:
    finder = SampleFinder(shown(INVITATION))
    driver.open(SamplePhone(state="baru"), finder=finder)
    driver.shell.go("scan", purpose="daftar", take=lambda text: pytest.fail(text))
    driver.shell.back()
    driver.settle()
    assert finder.opened and not finder.is_open


def test_locking_in_the_middle_shuts_the_camera(driver: Driver) -> None:
    finder = SampleFinder(NOTHING)
    driver.open(finder=finder)
    driver.shell.go("search")
    driver.press("Pindai kode QR")
    driver.wait_for(lambda: finder.is_open)
    driver.app.lock()
    driver.settle()
    assert driver.shell.name == "unlock" and not finder.is_open


@pytest.mark.parametrize("sheet", [True, False])
def test_without_the_permission_it_is_said_and_the_way_to_it_shown(driver: Driver, sheet: bool) -> None:
    trouble = "izin_tertutup" if sheet else "izin_ditolak"
    _open(driver, SampleFinder(NOTHING, trouble=f"aplikasi.pindai.{trouble}"))
    assert any(isinstance(one, PermissionSheet) for one in driver.shell.sheets()) is sheet
    driver.shell.back()
    driver.settle()
    if sheet:
        assert driver.sees("Kamera tidak diizinkan") and driver.shell.name == "scan"


def test_without_a_camera_a_photo_of_the_code_will_do(driver: Driver, tmp_path: Path) -> None:
    screen = _open(driver, None)
    assert driver.sees("Kamera tidak ditemukan")
    empty, whole = tmp_path / "kosong.png", tmp_path / "kode.png"
    Image.new("L", SIZE, 150).save(empty)
    drawn(INVITATION).save(whole)
    screen._chosen(empty)
    driver.wait_for(lambda: driver.sees("Tidak ada kode QR yang terbaca"))
    screen._chosen(tmp_path / "tidak ada.png")
    driver.wait_for(lambda: driver.sees("Berkas tidak dapat dibaca"))
    screen._chosen(whole)
    driver.wait_for(lambda: driver.shell.name == "enrol")
    assert driver.screen.address.text == ADDRESS


def test_a_photo_comes_by_the_phones_own_chooser(driver: Driver) -> None:
    out = io.BytesIO()
    drawn(INVITATION).save(out, "JPEG")
    answers: list[bytes | None] = [None, out.getvalue()]

    class Chooser:
        def read(self, media_type: str, most_bytes: int) -> bytes | None:
            return answers.pop(0)

    _open(driver, SampleFinder(NOTHING), documents=Chooser())
    driver.press("Dari foto")
    assert driver.shell.name == "scan", "she went back from the chooser"
    driver.press("Dari foto")
    driver.wait_for(lambda: driver.shell.name == "enrol")
    assert driver.screen.code.text == CODE


def test_the_phones_chooser_lies_over_the_app_and_the_photo_is_read_all_the_same(driver: Driver) -> None:
    out, chosen = io.BytesIO(), threading.Event()
    drawn(INVITATION).save(out, "JPEG")

    class Chooser:
        def read(self, media_type: str, most_bytes: int) -> bytes | None:
            assert chosen.wait(20)
            return out.getvalue()

    finder = SampleFinder(NOTHING)
    screen = _open(driver, finder, documents=Chooser())
    driver.wait_for(lambda: screen.looking)
    screen.choose()
    driver.app.on_pause()
    assert not finder.is_open
    chosen.set()
    driver.app.on_resume()
    driver.wait_for(lambda: driver.shell.name == "enrol")
    assert driver.screen.code.text == CODE and not finder.is_open


def test_putting_the_app_away_shuts_the_camera_and_coming_back_opens_it(driver: Driver) -> None:
    finder = SampleFinder(NOTHING)
    screen = _open(driver, finder)
    driver.wait_for(lambda: screen.looking)
    driver.app.on_pause()
    driver.settle()
    assert not finder.is_open, "nothing is locked before she joined, and the camera is shut all the same"
    finder.frames = [shown(INVITATION)]
    driver.app.on_resume()
    driver.wait_for(lambda: driver.shell.name == "enrol")
    assert driver.screen.code.text == CODE


def test_a_question_for_the_permission_over_the_app_leads_to_a_camera_that_is_open(driver: Driver) -> None:
    answered = threading.Event()

    class Asking(SampleFinder):
        def open(self) -> None:
            assert answered.wait(20)
            super().open()

    finder = Asking(NOTHING)
    driver.open(finder=finder)
    driver.phone.settings.lock_when_left = False  # as while she is out on an errand of the app
    driver.shell.go("scan", purpose="daftar", take=lambda text: pytest.fail(text))
    driver.app.on_pause()
    answered.set()
    driver.app.on_resume()
    driver.wait_for(lambda: driver.screen.looking)
    assert finder.is_open and finder.opened == 1


def test_a_code_in_sight_waits_while_a_sheet_is_in_front(driver: Driver) -> None:
    finder = SampleFinder(NOTHING)
    screen = _open(driver, finder)
    driver.wait_for(lambda: screen.looking)
    driver.press("Dari foto")
    [sheet] = driver.shell.sheets()
    screen._read((INVITATION,))
    assert screen.looking and not screen.ids.view.found
    sheet.close()
    screen._read((INVITATION,))
    driver.wait_for(lambda: driver.shell.name == "enrol")


def test_a_camera_that_gives_nothing_is_told_of(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "PATIENCE_S", 0.3)
    finder = SampleFinder()
    screen = _open(driver, finder)
    driver.wait_for(lambda: driver.sees("Kamera tidak memberi gambar"))
    assert not screen.looking and not finder.is_open


def test_the_lamp_is_offered_where_there_is_one(driver: Driver) -> None:
    finder = SampleFinder(NOTHING, lamp=True)
    _open(driver, finder)
    driver.press("Lampu")
    assert finder.lit
    driver.press("Padamkan")
    assert not finder.lit and driver.sees("Lampu")
    _open(driver, SampleFinder(NOTHING))
    assert not driver.sees("Lampu")


def test_where_codes_cannot_be_read_it_is_said_and_typing_stays(driver: Driver) -> None:
    def missing() -> Any:
        raise ImportError

    driver.open(SamplePhone(state="baru"), finder=SampleFinder(NOTHING), qr=QrReader(missing))
    driver.press("Pindai kode QR")
    assert driver.shell.name == "enrol" and driver.sees("tidak dapat dipindai di perangkat ini")
    driver.screen.address.insert_text(INVITATION)
    assert driver.screen.code.text == CODE


def test_a_card_is_looked_for_by_its_number(driver: Driver) -> None:
    driver.open(finder=SampleFinder(shown(f"KTP|{NIK}|Sutarmi")))
    driver.shell.go("search")
    driver.press("Pindai kode QR")
    driver.wait_for(lambda: driver.shell.name == "search")
    assert driver.screen.line.text == NIK


def test_the_offices_own_code_opens_whom_it_names(driver: Driver) -> None:
    asked: list[str] = []
    driver.open(finder=SampleFinder(shown(printed_code("tugas", RecordId("2" * 32)))))
    search = driver.phone.visits.search

    def found(text: str, *more: Any) -> Any:
        asked.append(text)
        return search("Sutarmi" if text.startswith("SAMBANG") else text, *more)[:1]

    driver.phone.visits.search = found
    driver.shell.go("search")
    driver.press("Pindai kode QR")
    driver.wait_for(lambda: driver.shell.name == "start")
    assert printed_code("tugas", RecordId("2" * 32)) in asked and driver.shell.front[1]["name"] == "Sutarmi"


def test_a_code_of_somebody_who_is_not_here_says_so(driver: Driver) -> None:
    driver.open(finder=SampleFinder(shown(printed_code("warga", RecordId("9" * 32)))))
    driver.phone.visits.search = lambda text, *_more: ()
    driver.shell.go("search")
    driver.press("Pindai kode QR")
    driver.wait_for(lambda: driver.sees("tidak ada di HP ini. Sinkronkan"))
    assert driver.shell.name == "search" and driver.screen.line.text == ""


def test_a_letter_of_the_office_fills_the_code_that_opens(driver: Driver) -> None:
    code = written_code(bytes(range(10)))
    driver.open(SamplePhone(state="terkunci"), finder=SampleFinder(shown(code)))
    driver.shell.go("rescue")
    driver.press("Pindai kode QR")
    driver.wait_for(lambda: driver.shell.name == "rescue")
    assert driver.screen.code.text == code


def test_a_webcam_is_looked_through_and_shut(driver: Driver) -> None:
    Lens.opened.clear()
    finder = DesktopFinder(DesktopCamera(lambda: Lens, lambda: True))
    screen = _open(driver, finder)
    driver.wait_for(lambda: screen.ids.view.sees)
    [lens] = Lens.opened
    assert not lens.stopped and not finder.has_light() and finder.frame() is None
    driver.shell.back()
    assert lens.stopped


def test_a_webcams_frame_stands_upright(driver: Driver) -> None:
    from kivy.graphics.texture import Texture

    driver.open()
    finder, drawing = DesktopFinder(DesktopCamera(lambda: Lens, lambda: True)), drawn(INVITATION)
    texture = Texture.create(size=drawing.size, colorfmt="rgb")
    texture.blit_buffer(drawing.convert("RGB").tobytes(), colorfmt="rgb")
    texture.flip_vertical()
    finder._see(texture)
    frame = finder.frame()
    assert frame is not None and frame.turn == 0
    seen = Image.frombytes("L", (frame.width, frame.height), frame.dots)
    assert seen.tobytes() == drawing.tobytes()
    assert QrReader().in_frame(frame) == (INVITATION,)


def test_without_a_webcam_there_is_nothing_to_look_through() -> None:
    finder = DesktopFinder(DesktopCamera(lambda: None, lambda: True))
    assert not finder.available()
    with pytest.raises(OSError, match="no camera"):
        finder.open()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_sensor_is_shown_upright(turn: int) -> None:
    """The dark upper left corner of the upright picture is where the screen's upper left corner looks."""
    upright = Image.new("L", (40, 20), 255)
    upright.paste(0, (0, 0, 8, 8))
    frame = grey(upright, turn)
    corners = seen_part((frame.width, frame.height), turn, (40, 20))
    dots = Image.frombytes("L", (frame.width, frame.height), frame.dots)

    def dot(number: int) -> Any:
        across, down = corners[2 * number : 2 * number + 2]
        return dots.getpixel(
            (min(int(across * frame.width), frame.width - 1), min(int(down * frame.height), frame.height - 1))
        )

    assert [dot(number) for number in range(4)] == [255, 255, 255, 0]  # lower left, lower right, up right


def test_a_long_frame_fills_the_room_by_its_middle() -> None:
    left, low, right, _low, _right, top = seen_part((400, 100), 0, (100, 100))[:6]
    assert (left, right, top, low) == (0.375, 0.625, 0.0, 1.0)


@pytest.mark.parametrize(("scale", "dark"), [(1.0, False), (1.6, True)])
@pytest.mark.parametrize("purpose", ["daftar", "cari", "pembuka"])
def test_nothing_is_cut_off(driver: Driver, purpose: str, scale: float, dark: bool) -> None:
    driver.open(finder=SampleFinder(NOTHING, lamp=True), scale=scale, dark=dark)
    driver.shell.go("scan", purpose=purpose, take=lambda _text: None)
    driver.settle()
    for key in (f"petunjuk_{purpose}", "bukan_warga", "izin_tertutup", "tanpa_gambar"):
        driver.screen._tell(f"aplikasi.pindai.{key}", "qr", "notice")
        driver.settle()
        assert cut_off(driver) == [] and too_small(driver) == [] and overlapping(driver) == []
        assert driver.screen.ids.view.height > driver.shell.height * 0.2
