"""Looking through the camera for a code, against a phone that is none."""

from pathlib import Path

import pytest
from PIL import Image

from field_app.android.finder import AndroidFinder
from field_app.android.java import OURS
from field_app.android.permissions import CAMERA, Permissions
from field_app.android.system import AndroidSystem
from field_app.devices import Grey, Outing, Viewfinder
from field_app.qr import QrReader
from field_app.ui.sample_scan import SampleFinder, desk, grey
from schemas.text import load_text
from tests.field_app.android.fake_android import FakePhone

TEXT = "https://10.1.2.3:8443 AAAQ-EAYE"
JAVA = Path(__file__).parents[3] / "field_app/android/java" / OURS.replace(".", "/")


@pytest.fixture
def finder(handset: FakePhone) -> AndroidFinder:
    return AndroidFinder(handset.java(), Permissions(handset.java(), Outing()))


def test_both_kinds_of_view_answer_what_the_port_says(handset: FakePhone, finder: AndroidFinder) -> None:
    handset.will_grant = {CAMERA}
    handset.frames = [bytes(range(12))]
    views: list[Viewfinder] = [finder, SampleFinder(Grey(4, 3, bytes(range(12)), 90), lamp=True)]
    for view in views:
        view.close()
        assert view.available() and view.frame() is None and view.trouble() == ""
        view.open()
        assert view.has_light() and view.frame() == Grey(4, 3, bytes(range(12)), 90)
        view.light(True)
        view.close()
        view.close()
        view.light(True)
        assert view.frame() is None


def test_a_turned_frame_of_the_sensor_is_read(handset: FakePhone, finder: AndroidFinder) -> None:
    lying = grey(desk(TEXT), 90)
    handset.granted, handset.frame_size = {CAMERA}, (lying.width, lying.height)
    handset.frames = [lying.dots]
    finder.open()
    frame = finder.frame()
    assert frame == lying and QrReader().in_frame(frame) == (TEXT,)
    assert Image.frombytes("L", (480, 640), lying.dots).rotate(-90, expand=True).size == desk(TEXT).size


def test_the_permission_is_asked_when_it_is_looked_for_and_not_before(
    handset: FakePhone, finder: AndroidFinder
) -> None:
    assert finder.available() and handset.asked == []
    with pytest.raises(OSError, match="permission"):
        finder.open()
    assert handset.asked == [(CAMERA,)] and handset.viewfinders == []
    assert finder.trouble() == "aplikasi.pindai.izin_ditolak" and finder.frame() is None
    handset.never_again = {CAMERA}
    with pytest.raises(OSError, match="permission"):
        finder.open()
    assert finder.trouble() == "aplikasi.pindai.izin_tertutup" and finder.trouble() in load_text()
    handset.granted = {CAMERA}
    finder.open()
    assert finder.trouble() == ""


def test_a_camera_that_does_not_open_is_let_go_of(handset: FakePhone, finder: AndroidFinder) -> None:
    handset.granted, handset.camera_opens = {CAMERA}, False
    with pytest.raises(OSError, match="did not open"):
        finder.open()
    assert finder.trouble() == "aplikasi.pindai.tanpa_gambar"
    assert [one.closed for one in handset.viewfinders] == [True] and finder.frame() is None
    assert not finder.has_light()


def test_each_opening_lets_go_of_the_one_before(handset: FakePhone, finder: AndroidFinder) -> None:
    handset.granted = {CAMERA}
    finder.open()
    finder.light(True)
    finder.open()
    first, second = handset.viewfinders
    assert first.closed and not first.lit and not second.closed
    finder.close()
    assert second.closed


def test_a_tablet_without_a_camera_has_no_view(handset: FakePhone, finder: AndroidFinder) -> None:
    handset.features.clear()
    assert not finder.available()


def test_she_feels_that_a_code_was_read(handset: FakePhone) -> None:
    AndroidSystem(handset.java(), Outing()).nudge()
    assert handset.nudges == 1


def test_python_calls_only_what_the_view_has() -> None:
    java = (JAVA / "Viewfinder.java").read_text(encoding="utf-8")
    for name in ("open", "take", "getWidth", "getHeight", "getTurn", "hasLight", "light", "close"):
        assert f" {name}(" in java.replace("synchronized ", ""), name
    assert "void nudge()" in (JAVA / "SambangActivity.java").read_text(encoding="utf-8")
