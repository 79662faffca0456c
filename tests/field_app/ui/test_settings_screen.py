"""Pengaturan in the real window: what she taps is kept at once."""

from field_app.forgetting import Keeping
from field_app.settings import KEEP_DAYS, KEEP_MB, MEGABYTE
from field_app.ui.sample import SamplePhone, SampleSettings
from field_app.ui.sample_drafts import filled_draft
from field_app.vault import StorageFullError
from tests.field_app.ui.driver import Driver


def kept(driver: Driver) -> tuple[int, int]:
    keeping = driver.phone.settings.keeping
    return keeping.most_bytes // MEGABYTE, keeping.keep_days


def test_how_much_stays_on_the_phone_and_how_long_is_set_by_a_tap(driver: Driver) -> None:
    driver.open()
    driver.shell.go("settings")
    driver.settle()
    assert driver.sees("512 MB") and driver.sees("30 hari") and driver.sees("Terpakai sekarang 143,0 MB.")
    driver.press("Tambah ruang")
    assert kept(driver) == (1024, 30) and driver.sees("1 GB")
    driver.press("Tambah hari")
    assert kept(driver) == (1024, 90) and driver.sees("90 hari")
    driver.press("Kurangi ruang")
    driver.press("Kurangi hari")
    assert kept(driver) == (512, 30)


def test_a_draft_that_was_put_away_is_brought_back_from_the_settings_later(driver: Driver) -> None:
    driver.open()
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("form", draft="d1")
    driver.settle()
    driver.screen.discard()
    driver.settle()
    driver.press("Tutup")
    assert driver.shell.name == "home"
    driver.press("Pengaturan")
    driver.press("Lihat draf yang dihapus")
    assert driver.sees("Sutarmi") and driver.sees("Masih disimpan 28 hari")
    driver.press("Kembalikan draf")
    assert driver.shell.front == ("form", {"draft": "d1"}) and not driver.phone.visits.drafts["d1"].gone
    driver.screen.quit()
    driver.settle()
    assert driver.shell.name == "settings", "what was brought back is not listed as put away behind it"


def test_where_nothing_was_put_away_it_says_so(driver: Driver) -> None:
    driver.open()
    driver.shell.go("put_away")
    driver.settle()
    assert driver.sees("Tidak ada draf yang dihapus")


def test_at_either_end_there_is_no_further_step(driver: Driver) -> None:
    driver.open()
    driver.phone.settings.keeping = Keeping(most_bytes=KEEP_MB[0] * MEGABYTE, keep_days=KEEP_DAYS[-1])
    driver.shell.go("settings")
    driver.settle()
    shut = {
        widget.label
        for widget in driver.walk()
        if getattr(widget, "disabled", False) and hasattr(widget, "label")
    }
    assert shut == {"Perkecil huruf", "Kurangi ruang", "Tambah hari"}


class Full(SampleSettings):
    """Settings of a vault whose storage is full; what stands there can still be read."""

    is_full = False

    def __setattr__(self, name: str, value: object) -> None:
        if self.is_full:
            raise StorageFullError
        super().__setattr__(name, value)


def test_a_setting_that_the_storage_refuses_stays_as_it_was_and_why_is_said(driver: Driver) -> None:
    phone = SamplePhone()
    phone.settings = Full()
    driver.open(phone)
    Full.is_full = True
    try:
        driver.press("Pengaturan")
        before = vars(phone.settings).copy()
        for name in ("Perbesar huruf", "Gelap", "Tambah ruang", "Kurangi hari", "Lebih lama terbuka"):
            driver.press(name)
            assert driver.sees(driver.phone.text("lapangan.penyimpanan_penuh")), name
            driver.shell.hush_all()
        for name in ("wifi", "left"):
            switch = driver.screen.ids[name]
            stood = switch.on
            driver.tap(switch)
            assert switch.on == stood and driver.sees("Penyimpanan HP penuh"), name
            driver.shell.hush_all()
        assert vars(phone.settings) == before
    finally:
        Full.is_full = False
    driver.tap(driver.screen.ids.wifi)
    assert phone.settings.wifi_only == driver.screen.ids.wifi.on != before["wifi_only"]
