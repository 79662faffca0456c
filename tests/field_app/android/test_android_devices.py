"""Clock, network, permissions, place, camera, files and the rest, against a phone that is none."""

from pathlib import Path
from typing import Any

import pytest

from field_app.android.camera import AndroidCamera
from field_app.android.clock import AndroidTime
from field_app.android.documents import AndroidDocuments
from field_app.android.java import CLASSES, OURS
from field_app.android.location import WAIT_MS, AndroidLocation, best_of
from field_app.android.network import AndroidNetwork
from field_app.android.permissions import CAMERA, COARSE, FINE, Answer, Permissions
from field_app.android.staying import AndroidStaying
from field_app.android.system import AndroidSystem
from field_app.devices import Camera, Guide, Location, Network, Outing, Staying, System, Timepiece
from field_app.devices.desktop import (
    DesktopNetwork,
    DesktopStaying,
    DesktopSystem,
    FileCamera,
    SystemTime,
    TypedLocation,
)
from field_app.settings import Settings
from schemas.text import load_text
from sync.change import Place
from tests.field_app.android.fake_android import FakeFix, FakeIntent, FakePhone

TEXT = load_text()


class Handset:
    """All adapters of one phone."""

    def __init__(self, fake: FakePhone) -> None:
        java, self.outing = fake.java(), Outing()
        fake.is_out = lambda: self.outing.under_way
        self.time = AndroidTime(java)
        self.network = AndroidNetwork(java)
        self.permissions = Permissions(java, self.outing)
        self.location = AndroidLocation(java, self.permissions, self.time)
        self.camera = AndroidCamera(java, self.permissions, self.outing, TEXT)
        self.documents = AndroidDocuments(java, self.outing, fake.folder / "dokumen")
        self.system = AndroidSystem(java, self.outing)
        self.staying = AndroidStaying(java, TEXT)


@pytest.fixture
def phone(handset: FakePhone) -> Handset:
    return Handset(handset)


def test_both_kinds_of_device_answer_what_their_ports_say(phone: Handset, tmp_path: Path) -> None:
    times: list[Timepiece] = [SystemTime(), phone.time]
    networks: list[Network] = [DesktopNetwork(), phone.network]
    systems: list[System] = [DesktopSystem(), phone.system]
    locations: list[Location] = [TypedLocation(), phone.location]
    cameras: list[Camera] = [FileCamera([tmp_path / "a.jpg"]), phone.camera]
    stayings: list[Staying] = [DesktopStaying(), phone.staying]
    for time in times:
        assert time.now_ms() > 1_700_000_000_000
        assert time.elapsed_ms() <= time.elapsed_ms()
        assert 0 < len(time.boot()) <= 16 and time.boot() == time.boot()
    for network in networks:
        assert isinstance(network.metered(), bool) and isinstance(network.available(), bool)
    for system in systems:
        system.nudge()
        assert system.dark() is False and system.text_scale() == 1.0 and not system.is_out()
    for location in locations:
        assert location.fix() is None and (location.trouble() == "" or location.trouble() in TEXT)
    for camera in cameras:
        assert camera.available()
        with pytest.raises(OSError):
            camera.frame()
        assert camera.trouble() == "" or camera.trouble() in TEXT
    for staying in stayings:
        staying.end()
        staying.begin()
        staying.end()


def test_every_class_is_looked_up_when_the_app_starts(handset: FakePhone) -> None:
    seen: list[str] = []
    find = handset._find
    handset._find = lambda name: (seen.append(name), find(name))[1]  # type: ignore[method-assign]
    java = handset.java()
    assert seen == list(CLASSES)
    with pytest.raises(KeyError):
        java("java.lang.Runtime")


def test_the_clock_is_androids_and_its_boots_have_names(handset: FakePhone, tmp_path: Path) -> None:
    time = AndroidTime(handset.java())
    assert time.elapsed_ms() == 50_000
    handset.elapsed_ms += 9
    assert time.elapsed_ms() == 50_009
    handset.boots = 8
    assert (time.boot(), AndroidTime(handset.java()).boot()) == ("boot-7", "boot-8")
    handset.boots = 0
    kernel = tmp_path / "boot_id"
    assert AndroidTime(handset.java(), kernel).boot() == "tidak-diketahui"
    kernel.write_text("0123abcd-4567-89ab-cdef-000000000000\n")
    assert AndroidTime(handset.java(), kernel).boot() == "0123abcd4567"


@pytest.mark.parametrize(
    ("connected", "internet", "available"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_link_is_one_that_leads_to_the_internet(
    phone: Handset, handset: FakePhone, connected: bool, internet: bool, available: bool
) -> None:
    handset.connected, handset.internet = connected, internet
    assert phone.network.available() is available


def test_wifi_only_waits_where_android_says_that_bytes_cost_money_or_says_nothing(
    phone: Handset, handset: FakePhone
) -> None:
    assert phone.network.metered()
    handset.metered = False
    assert not phone.network.metered()
    del handset.services["connectivity"]
    assert phone.network.metered() and not phone.network.available()


def test_nothing_is_asked_before_something_needs_it(phone: Handset, handset: FakePhone) -> None:
    phone.camera.available()
    phone.network.metered()
    phone.system.dark()
    assert handset.asked == []


def test_what_was_given_is_not_asked_again(phone: Handset, handset: FakePhone) -> None:
    handset.will_grant = {CAMERA}
    assert phone.permissions.ask(CAMERA) is Answer.GIVEN
    assert phone.permissions.ask(CAMERA) is Answer.GIVEN
    assert handset.asked == [(CAMERA,)]


def test_denied_once_and_denied_for_ever_are_told_apart(phone: Handset, handset: FakePhone) -> None:
    assert phone.permissions.ask(CAMERA) is Answer.DENIED
    handset.never_again = {CAMERA}
    assert phone.permissions.ask(CAMERA) is Answer.NEVER
    assert not phone.outing.under_way


@pytest.mark.parametrize(
    ("forever", "says"), [(False, "aplikasi.lokasi.izin_ditolak"), (True, "aplikasi.lokasi.izin_tertutup")]
)
def test_without_the_permission_there_is_no_place_and_a_sentence_says_what_to_do(
    phone: Handset, handset: FakePhone, forever: bool, says: str
) -> None:
    handset.never_again = {FINE, COARSE} if forever else set()
    assert phone.location.fix() is None
    assert phone.location.trouble() == says and says in TEXT
    assert handset.listening == set()


@pytest.fixture
def allowed(handset: FakePhone) -> FakePhone:
    handset.granted = {FINE, COARSE, CAMERA}
    return handset


def test_a_fix_says_where_how_well_when_and_from_what(phone: Handset, allowed: FakePhone) -> None:
    allowed.fixes = {"gps": FakeFix("gps", accuracy=6.5, age_ms=4_000)}
    before = phone.time.now_ms()
    place = phone.location.fix()
    assert place is not None
    assert (place.lat, place.lng, place.accuracy_m, place.mock, place.source) == (
        -7.4,
        111.0,
        6.5,
        False,
        "gps",
    )
    assert 0 <= place.at_ms - (before - 4_000) < 1_000
    assert phone.location.trouble() == ""
    phone.location.rest()
    assert allowed.listening == set()


@pytest.mark.parametrize("release", [30, 31])
def test_a_mock_place_is_marked_on_old_and_new_phones(allowed: FakePhone, release: int) -> None:
    allowed.release = release
    allowed.fixes = {"gps": FakeFix("gps", mock=True)}
    location = Handset(allowed).location
    place = location.fix()
    location.rest()
    assert place is not None and place.mock


def test_where_satellites_are_out_of_sight_the_network_says_so(phone: Handset, allowed: FakePhone) -> None:
    allowed.fixes = {"network": FakeFix("network", accuracy=400)}
    place = phone.location.fix()
    phone.location.rest()
    assert place is not None and place.source == "jaringan" and place.accuracy_m == 400
    assert f"aplikasi.lokasi.sumber_{place.source}" in TEXT


def test_whoever_gave_only_the_rough_place_has_that(phone: Handset, allowed: FakePhone) -> None:
    allowed.granted = {COARSE}
    allowed.fixes = {"gps": FakeFix("gps"), "network": FakeFix("network", accuracy=2000)}
    place = phone.location.fix()
    phone.location.rest()
    assert place is not None and place.accuracy_m == 2000
    assert phone.location.trouble() == "aplikasi.lokasi.izin_perkiraan" and phone.location.trouble() in TEXT
    allowed.granted = {COARSE, FINE}
    assert phone.location.fix() is not None and not phone.location.trouble()
    phone.location.rest()


def test_no_provider_is_switched_on(phone: Handset, allowed: FakePhone) -> None:
    allowed.switched_on = {"passive"}
    assert phone.location.fix() is None
    assert phone.location.trouble() == "aplikasi.lokasi.mati" and "aplikasi.lokasi.mati" in TEXT


def test_no_place_is_made_up(phone: Handset, allowed: FakePhone) -> None:
    assert phone.location.fix() is None
    allowed.fixes = {"gps": FakeFix("gps", accuracy=None)}
    assert phone.location.fix() is None
    allowed.fixes = {"gps": FakeFix("gps", age_ms=600_000)}
    assert phone.location.fix() is None
    phone.location.rest()


def test_among_fresh_places_the_best_counts_else_the_newest() -> None:
    def place(accuracy_m: float, age_ms: int) -> Place:
        return Place(lat=-7.4, lng=111.0, accuracy_m=accuracy_m, at_ms=1_000_000 - age_ms)

    rough, good, old = place(400, 0), place(5, 9_000), place(3, 60_000)
    assert best_of([rough, good, old], 1_000_000) is good
    assert best_of([old, place(2, 90_000)], 1_000_000) is old
    assert best_of([place(2, 500_000)], 1_000_000) is None
    assert WAIT_MS <= 5_000  # saving what is typed waits behind it


def test_the_camera_hands_its_picture_over_once(phone: Handset, allowed: FakePhone) -> None:
    def shoot(intent: FakeIntent) -> Any:
        assert intent.target == OURS + "CameraActivity" and all(intent.extras.values())
        allowed.picture = b"\xff\xd8jpeg"
        return FakeIntent()

    allowed.answer = shoot
    assert phone.camera.frame() == b"\xff\xd8jpeg"
    assert allowed.picture is None and allowed.out_while_asking == [True] and not phone.outing.under_way


def test_the_camera_is_told_of_the_frame_that_a_paper_fills_and_of_none_for_anything_else(
    phone: Handset, allowed: FakePhone
) -> None:
    asked: list[dict[str, str]] = []

    def shoot(intent: FakeIntent) -> Any:
        asked.append({name: intent.extras[name] for name in ("bentuk", "petunjuk") if name in intent.extras})
        allowed.picture = b"\xff\xd8jpeg"
        return FakeIntent()

    allowed.answer = shoot
    phone.camera.frame(Guide(1.586, "Isi bingkai dengan kertasnya"))
    phone.camera.frame()
    assert asked == [{"bentuk": "1.586", "petunjuk": "Isi bingkai dengan kertasnya"}, {}]


def test_going_back_from_the_camera_takes_none_and_says_so(phone: Handset, allowed: FakePhone) -> None:
    with pytest.raises(OSError):
        phone.camera.frame()
    assert phone.camera.trouble() == "aplikasi.kamera.tidak_jadi"


@pytest.mark.parametrize(
    ("forever", "says"), [(False, "aplikasi.kamera.izin_ditolak"), (True, "aplikasi.kamera.izin_tertutup")]
)
def test_without_the_permission_no_camera_opens(
    phone: Handset, handset: FakePhone, forever: bool, says: str
) -> None:
    handset.never_again = {CAMERA} if forever else set()
    with pytest.raises(OSError):
        phone.camera.frame()
    assert phone.camera.trouble() == says and handset.intents == []


def test_a_phone_without_a_camera_has_none(phone: Handset, handset: FakePhone) -> None:
    handset.features.clear()
    assert not phone.camera.available()


def test_a_file_goes_where_she_says_whole(phone: Handset, handset: FakePhone, tmp_path: Path) -> None:
    source, target = tmp_path / "serah.sambang", tmp_path / "stik"
    source.write_bytes(b"tersegel" * 300_000)
    target.write_bytes(b"lama" * 900_000)
    handset.documents["content://stik"] = target

    def choose(intent: FakeIntent) -> FakeIntent:
        assert intent.action == FakeIntent.ACTION_CREATE_DOCUMENT
        assert intent.extras[FakeIntent.EXTRA_TITLE] == "serah.sambang"
        return FakeIntent(data="content://stik")

    handset.answer = choose
    assert phone.documents.save(source, "application/octet-stream")
    assert target.read_bytes() == source.read_bytes()
    assert handset.out_while_asking == [True]


def test_a_file_comes_in_whole_or_not_at_all(phone: Handset, handset: FakePhone, tmp_path: Path) -> None:
    answer, into = tmp_path / "jawaban", phone.documents.folder / "dibawa"
    answer.write_bytes(b"j" * 70_000)
    handset.documents["content://jawaban"] = answer
    handset.answer = lambda _intent: FakeIntent(data="content://jawaban")
    assert phone.documents.bring(into) and into.read_bytes() == answer.read_bytes()
    assert phone.documents.read("image/*", 10) == b"j" * 11
    into.unlink()
    handset.documents["content://jawaban"] = Path("/proc/self/mem")  # opens, and breaks when it is read
    with pytest.raises(OSError):
        phone.documents.bring(into)
    assert not into.exists()
    handset.documents.clear()
    with pytest.raises(OSError):
        phone.documents.bring(into)


def test_going_back_from_the_chooser_does_nothing(phone: Handset, tmp_path: Path) -> None:
    source = tmp_path / "serah.sambang"
    source.write_bytes(b"x")
    assert not phone.documents.save(source, "application/octet-stream")
    assert not phone.documents.bring(tmp_path / "dibawa")
    assert phone.documents.read("image/*", 10) is None


def test_the_systems_dark_colours_and_text_size_hold_until_she_chooses(handset: FakePhone) -> None:
    handset.configuration.uiMode, handset.configuration.fontScale = 0x21, 1.3
    settings = Settings(Handset(handset).system)
    assert settings.dark and settings.text_scale == 1.3
    handset.configuration.fontScale = 2.5
    assert settings.text_scale == 1.6


def test_the_bars_take_the_colour_of_the_screen(phone: Handset, handset: FakePhone) -> None:
    phone.system.paint_bars((1.0, 1.0, 1.0), dark=False)
    assert handset.bars == (-1, False)
    phone.system.paint_bars((0.0, 0.0, 0.0), dark=True)
    assert handset.bars == (-(1 << 24), True)


def test_a_map_app_learns_a_point_and_no_name(phone: Handset, handset: FakePhone) -> None:
    assert phone.system.show_on_map(-7.4263, 111.019)
    [intent] = handset.intents
    assert (intent.action, intent.data) == (
        FakeIntent.ACTION_VIEW, "geo:-7.426300,111.019000?q=-7.426300,111.019000"
    )  # fmt: skip
    handset.has_map = False
    assert not phone.system.show_on_map(-7.4263, 111.019)


def test_permissions_are_shown_where_they_are_given_for_this_app_alone(
    phone: Handset, handset: FakePhone
) -> None:
    assert phone.system.show_permissions()
    [intent] = handset.intents
    assert intent.action == "android.settings.APPLICATION_DETAILS_SETTINGS"
    assert intent.data == "package:org.sambang.lapangan"
    handset.has_map = False  # nothing there shows anything
    assert not phone.system.show_permissions()


def test_the_process_is_kept_only_while_something_is_sent(phone: Handset, handset: FakePhone) -> None:
    phone.staying.begin()
    assert all(handset.service)
    phone.staying.end()
    assert not handset.service
    handset.may_start_service = False
    phone.staying.begin()  # Android says no: the upload goes on all the same
    phone.staying.end()
    assert not handset.service
