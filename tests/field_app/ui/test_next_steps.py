"""States that seldom come: each says in plain words what to do next, and leads there."""

from typing import Any

import pytest
from kivy.metrics import dp
from msgspec.structs import replace

from field_app.ui.pictures import scenes
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_data import CARDS, NOW_MS
from field_app.ui.sample_drafts import filled_draft
from field_app.ui.screens.home import HomeScreen
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import BottomBar, Sheet
from field_app.ui.widgets.head import LeaveButton, SyncLine
from field_app.ui.widgets.rows import RowList
from field_app.views import PhoneUser, SyncStatus
from sync.change import Place
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.hurry import rest
from tests.field_app.ui.test_android_window import Phone as AndroidPhone

SCENES = dict(scenes(rest))
HOUR_MS = 3_600_000


def _scene(driver: Driver, name: str, scale: float = 1.0) -> Any:
    driver.open(scale=scale)
    SCENES[name](driver.phone, driver.app)
    driver.settle(3)
    return driver.screen


@pytest.mark.parametrize(
    ("off_ms", "said"),
    [(3 * HOUR_MS, "Jam HP ini 3 jam terlalu cepat."), (-72 * HOUR_MS, "Jam HP ini 3 hari terlambat.")],
)
def test_a_wrong_clock_is_told_where_the_days_stand_and_where_it_sends(
    driver: Driver, off_ms: int, said: str
) -> None:
    driver.open()
    driver.phone.visits.status = SyncStatus(last_ms=1, clock_off_ms=off_ms)
    for name in ("home", "sync"):
        driver.shell.go(name)
        driver.settle()
        assert driver.sees(said) and driver.sees("nyalakan tanggal dan waktu otomatis")
    driver.phone.visits.status = SyncStatus(last_ms=1)
    for name in ("home", "sync"):
        driver.shell.go(name)
        driver.settle()
        assert not driver.sees("Jam HP")


def test_a_right_clock_takes_no_room_on_the_first_screen(driver: Driver) -> None:
    driver.open()
    screen = driver.screen
    assert isinstance(screen, HomeScreen)
    assert screen.ids.said.height == 0


def test_a_long_wait_is_told_in_minutes_and_hours(driver: Driver) -> None:
    _scene(driver, "02_kunci_tunggu")
    assert driver.sees("Tunggu 60 menit lagi")
    _scene(driver, "18_sinkronisasi_masalah")
    assert driver.sees("Mencoba lagi dalam 2 menit.")


def test_when_no_pin_helps_any_more_one_tap_leads_to_the_code(driver: Driver) -> None:
    phone = SamplePhone(state="terkunci")
    phone.tries_left = 0
    driver.open(phone)
    assert driver.sees("Minta kode pembuka ke kantor.") and not driver.sees("Masukkan PIN")
    driver.press("Saya punya kode pembuka")
    assert driver.shell.name == "rescue"


def test_a_statement_that_lacks_something_leads_to_what_is_missing(driver: Driver) -> None:
    _scene(driver, "34_pernyataan_kurang")
    driver.press("Lihat yang belum diisi")
    assert driver.shell.name == "review" and driver.sees("Belum diisi")


def test_who_began_to_join_and_did_not_end_is_told_apart_by_words(driver: Driver) -> None:
    phone = SamplePhone(state="terkunci")
    phone.people = (
        PhoneUser(id="", number=1, sign="RW", ready=True),
        PhoneUser(id="2", number=2, sign="", ready=False),
    )
    driver.open(phone)
    assert driver.shell.name == "who"
    assert driver.find("RW") and driver.find("Petugas 2 · belum selesai mendaftar")


def test_a_day_is_not_called_a_limit_twice(driver: Driver) -> None:
    _scene(driver, "09_tugas")
    assert driver.sees("Batas waktu") and driver.sees("Hari ini") and not driver.sees("Batas hari ini")
    driver.shell.go("task", card=replace(CARDS["today"][0], due="2026-11-24"))
    driver.settle()
    assert "24 November" in driver.texts()
    driver.shell.go("task", card=replace(CARDS["today"][0], due="2026-11-18"))
    driver.settle()
    assert "Lewat 3 hari" in driver.texts()
    driver.shell.only("home")
    driver.settle()
    assert driver.sees("Batas hari ini")


def _look(driver: Driver) -> None:
    """Open the camera's screen as it is on this device."""
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("camera", draft="d1", form="bpnt_kpm", field="foto_rumah_depan")
    driver.settle(3)


class Ready:
    """A camera that is there."""

    def available(self) -> bool:
        return True


def test_one_button_of_the_camera_screen_is_the_main_one(driver: Driver) -> None:
    for camera, main in ((Ready(), "Jepret"), (None, "Pilih berkas")):
        driver.open(camera=camera)
        _look(driver)
        pills = [w for w in driver.walk() if isinstance(w, Pill) and w.kind == "primary"]
        assert [pill.text for pill in pills] == [main]


@pytest.mark.parametrize("name", ["32_ktk_1", "33_tinjau_tertutup", "34_pernyataan"])
def test_above_a_sealed_part_one_way_out_stands_and_no_second(driver: Driver, name: str) -> None:
    _scene(driver, name)
    assert not [w for w in driver.walk() if isinstance(w, LeaveButton)]
    assert driver.find("Keluar cepat")


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_when_something_was_last_heard_never_stands_larger_than_what_waits(
    driver: Driver, scale: float
) -> None:
    driver.open(scale=scale)
    line = next(w for w in driver.walk() if isinstance(w, SyncLine))
    first, second = line.pieces
    assert first.text.startswith("3 data") and second.text.endswith("08.10")
    assert first.height > second.height


@pytest.mark.parametrize("name", ["04_daftar_kata", "04_daftar_pin"])
def test_a_step_of_joining_without_a_button_leaves_no_empty_bar(driver: Driver, name: str) -> None:
    assert _scene(driver, name, 1.6).ids.page.y == 0
    assert _scene(driver, "03_daftar", 1.6).ids.page.y == pytest.approx(dp(72))


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_list_to_pick_from_reaches_down_to_the_rim(driver: Driver, scale: float) -> None:
    _scene(driver, "12_wilayah", scale)
    sheet = next(w for w in driver.shell.children if isinstance(w, Sheet))
    rows = next(w for w in sheet.walk() if isinstance(w, RowList))
    assert 0 <= rows.to_window(*rows.pos)[1] < dp(40)


def test_a_table_without_rows_takes_no_room_above_its_button(driver: Driver) -> None:
    driver.open()
    driver.phone.visits.start("kis", "w1", None)
    driver.shell.go("form", draft=next(iter(driver.phone.visits.drafts)))
    driver.settle()
    table = driver.turn_to("syarat_lain", frames=3).editor
    assert table.rows() == []
    assert table.height <= table.more.height + dp(16)


class Refusing:
    """A camera and a place that Android no longer asks her about."""

    def __init__(self, kind: str) -> None:
        self._trouble = f"aplikasi.{kind}.izin_tertutup"

    def available(self) -> bool:
        return True

    def frame(self, guide: object = None) -> bytes:
        raise OSError("no permission")

    def fix(self) -> None:
        return None

    def trouble(self) -> str:
        return self._trouble


def test_a_permission_refused_for_ever_is_told_until_it_is_read_and_one_tap_leads_to_it(
    driver: Driver,
) -> None:
    system = AndroidPhone()
    driver.open(camera=Refusing("kamera"), location=Refusing("lokasi"), system=system)
    _look(driver)
    assert driver.sees("Lokasi tidak diizinkan untuk Sambang.")
    driver.press("Buka Setelan HP")
    driver.press("Jepret")
    assert driver.shell.sheets() and driver.sees("Kamera tidak diizinkan untuk Sambang.")
    driver.press("Buka Setelan HP")
    assert system.asked_for_permissions == 2
    driver.shell.back()
    assert driver.shell.name == "camera"


def test_a_place_asked_in_a_form_leads_to_the_permission_too(driver: Driver) -> None:
    system = AndroidPhone()
    driver.open(location=Refusing("lokasi"), system=system)
    filled_draft(driver.phone.visits, "d1").page = 1
    driver.shell.go("form", draft="d1")
    driver.settle()
    driver.press("Ambil lokasi lagi")
    assert driver.sees("Lokasi tidak diizinkan untuk Sambang.")
    driver.press("Buka Setelan HP")
    assert system.asked_for_permissions == 1


class Rough(Refusing):
    """A place that Android gives only roughly, as she chose in its question."""

    def __init__(self) -> None:
        self._trouble = "aplikasi.lokasi.izin_perkiraan"

    def fix(self) -> Any:
        return Place(lat=-7.4373, lng=110.816, accuracy_m=2000, at_ms=NOW_MS, source="jaringan")


def test_a_rough_place_is_kept_and_one_tap_leads_to_where_the_exact_one_is_allowed(driver: Driver) -> None:
    system = AndroidPhone()
    driver.open(location=Rough(), system=system)
    filled_draft(driver.phone.visits, "d1").page = 1
    driver.shell.go("form", draft="d1")
    driver.settle()
    driver.press("Ambil lokasi lagi")
    assert driver.sees("HP hanya memberi lokasi perkiraan")
    driver.press("Buka Setelan HP")
    driver.shell.back()
    assert driver.phone.visits.drafts["d1"].answers["bpnt_kpm"]["lokasi"]["accuracy_m"] == 2000
    driver.shell.go("camera", draft="d1", form="bpnt_kpm", field="foto_rumah_depan")
    driver.settle(3)
    assert driver.sees("± 2000 m") and driver.sees("HP hanya memberi lokasi perkiraan")
    driver.press("Buka Setelan HP")
    assert system.asked_for_permissions == 2
    driver.screen._place.take(Place(lat=-7.4373, lng=110.816, accuracy_m=10, at_ms=NOW_MS, source="ketik"))
    driver.settle()
    assert not driver.sees("HP hanya memberi lokasi perkiraan"), "she wrote it herself"


@pytest.mark.parametrize(
    "name", ["05_beranda", "07_cari", "10_formulir_02", "14_kamera", "15_tinjau", "17_sinkronisasi"]
)
def test_what_stands_in_the_bar_stands_in_its_middle(driver: Driver, name: str) -> None:
    _scene(driver, name)
    bar = next(w for w in driver.walk() if isinstance(w, BottomBar))
    assert [round(child.center_y - bar.center_y) for child in bar.children] == [0] * len(bar.children)
