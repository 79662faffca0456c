"""Opening, joining and locking, by touch."""

import threading

import pytest
from kivy.metrics import dp
from pytest import MonkeyPatch

from field_app.keys import Locked
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_drafts import filled_draft
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.pin import Key
from field_app.views import PhoneUser, Refused, Waiting, Welcomed
from tests.field_app.ui.driver import Driver


def _type_pin(driver: Driver, pin: str) -> None:
    for digit in pin:
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))


def test_a_wrong_pin_says_how_many_tries_are_left(driver: Driver) -> None:
    driver.open(SamplePhone(state="terkunci"))
    _type_pin(driver, "111111")
    assert driver.shell.name == "unlock"
    assert driver.sees("PIN salah. Sisa 9 kali coba.")
    _type_pin(driver, "246810")
    assert driver.shell.name == "home"


def test_whoever_remembers_the_pin_after_all_goes_back_by_a_button(driver: Driver) -> None:
    driver.open(SamplePhone(state="terkunci"))
    driver.press("Lupa PIN?")
    driver.press("Saya punya kode pembuka")
    driver.press("Kembali")
    assert driver.shell.name == "unlock"
    _type_pin(driver, "246810")
    assert driver.shell.name == "home"


def test_where_nothing_lies_behind_joining_no_button_leads_back(driver: Driver) -> None:
    driver.open(SamplePhone(state="baru"))
    assert not driver.sees("Kembali")


def test_a_forgotten_pin_leads_to_the_code_of_the_office(driver: Driver) -> None:
    driver.open(SamplePhone(state="terkunci"))
    driver.press("Lupa PIN?")
    driver.press("Saya punya kode pembuka")
    driver.type(driver.screen.code, "K7Q2")
    driver.press("Lanjut")
    _type_pin(driver, "246810")
    _type_pin(driver, "246810")
    assert driver.sees("M9XD-41TZ")
    driver.press("Mulai bekerja")
    assert driver.shell.name == "home"


def test_a_code_that_leaves_sealed_drafts_closed_says_so_before_and_again_for_another_code(
    driver: Driver,
) -> None:
    driver.open(SamplePhone(state="terkunci"))
    driver.press("Lupa PIN?")
    driver.press("Saya punya kode pembuka")

    def give(code: str) -> None:
        driver.type(driver.screen.code, code)
        driver.press("Lanjut")

    give("R7Q2")
    assert driver.sees("2 draf") and driver.shell.name == "rescue"
    give("SALAH")
    assert driver.sees("Kode pembuka ini bukan untuk HP ini"), "before a PIN is thought up"
    give("R7Q2")
    assert driver.sees("2 draf"), "another code was typed in between"
    give("R7Q2")
    _type_pin(driver, "246810")
    _type_pin(driver, "246810")
    assert driver.sees("M9XD-41TZ")


def test_joining_asks_the_pin_twice_and_shows_the_code_for_the_office(driver: Driver) -> None:
    driver.open(SamplePhone(state="baru"))
    driver.press("Lanjut")
    assert driver.sees("Isi alamat dan kode dulu.")
    driver.type(driver.screen.address, "https://10.0.0.1:8443")
    driver.type(driver.screen.code, "ABCD")
    driver.press("Lanjut")
    assert all(driver.sees(word) for word in ("kursi", "layang", "pisang", "sungai"))
    let_in(driver)
    _type_pin(driver, "111111")
    assert driver.sees("mudah ditebak")
    _type_pin(driver, "246810")
    _type_pin(driver, "246811")
    assert driver.sees("Kedua PIN tidak sama")
    _type_pin(driver, "246810")
    _type_pin(driver, "246810")
    assert driver.sees("K7Q2-M9XD-41TZ-8RHB")


def test_a_refused_code_keeps_what_was_typed_and_says_why(driver: Driver) -> None:
    driver.open(SamplePhone(state="baru"))
    driver.type(driver.screen.address, "10.0.0.1")
    driver.type(driver.screen.code, "TERPAKAI")
    driver.press("Lanjut")
    assert driver.sees("Alamat kantor tidak benar")
    assert driver.screen.address.text == "10.0.0.1"


def test_locking_asks_the_pin_again_and_back_does_not_open(driver: Driver) -> None:
    driver.open()
    driver.press("Pengaturan")
    driver.press("Kunci sekarang")
    assert driver.shell.name == "unlock"
    assert not driver.shell.back()
    assert driver.shell.name == "unlock"


def test_the_whole_text_of_the_qr_fills_address_and_code(driver: Driver) -> None:
    driver.open(SamplePhone(state="baru"))
    driver.screen.code.insert_text("https://10.0.0.1:8443 K7Q2-M7XD\n")
    assert driver.screen.address.text == "https://10.0.0.1:8443" and driver.screen.code.text == "K7Q2-M7XD"
    driver.screen.code.text, driver.screen.address.text = "", ""
    driver.screen.address.insert_text("http://kantor.test ABCD-EFGH")
    assert driver.screen.address.text == "http://kantor.test" and driver.screen.code.text == "ABCD-EFGH"
    driver.press("Lanjut")
    assert driver.sees("Cocokkan dengan kantor")


def let_in(driver: Driver) -> None:
    driver.phone.lets_in = Welcomed(office="Dinas", person_name="")
    driver.screen._ask()
    driver.settle()
    assert driver.sees("Buat PIN")


def test_a_phone_that_waits_goes_on_where_it_was_and_leaves_when_the_words_differ(driver: Driver) -> None:
    phone = SamplePhone(state="baru")
    phone.join("https://10.0.0.1", "ABCD-EFGH")
    driver.open(phone)
    assert driver.sees("kursi") and driver.sees("Menunggu petugas kantor")
    driver.press("Kata-katanya tidak sama")
    assert phone.waits is None and driver.sees("minta kode baru") and driver.screen.code.text == ""


def test_nobody_answering_is_said_beside_the_words(driver: Driver) -> None:
    phone = SamplePhone(state="baru")
    waiting = phone.join("https://10.0.0.1", "ABCD-EFGH")
    driver.open(phone)
    phone.lets_in = Waiting(address="", words=waiting.words, trouble="lapangan.tanpa_jaringan")
    driver.screen._ask()
    driver.settle()
    assert driver.sees("kursi") and driver.sees("Kantor tidak terjangkau")


def test_several_workers_choose_whose_vault_it_is_and_one_more_can_join(driver: Driver) -> None:
    phone = SamplePhone(state="terkunci")
    phone.people = (*phone.people, PhoneUser(id="petugas-2", number=2, sign="RW", ready=True))
    driver.open(phone)
    assert driver.shell.name == "who" and driver.sees("Petugas 1")
    driver.press("RW")
    assert driver.shell.name == "unlock" and phone.chosen == "petugas-2"
    driver.press("Petugas lain")
    driver.press("Tambah petugas")
    driver.type(driver.screen.sign, "SK")
    driver.press("Lanjut mendaftar")
    assert driver.shell.name == "enrol" and phone.people[-1].sign == "SK"


# -- locking by itself, and being gone ----------------------------------------------------------------------


class Clocked:
    """The clock that nobody can set."""

    def __init__(self) -> None:
        self.now_ms = 1_000

    def __call__(self) -> int:
        return self.now_ms

    def pass_s(self, seconds: int) -> None:
        self.now_ms += seconds * 1000


def test_the_pads_keys_are_large_and_may_be_shuffled(driver: Driver) -> None:
    phone = SamplePhone(state="terkunci")
    phone.shuffled_pin = True
    driver.open(phone, scale=1.6)
    keys = [widget for widget in driver.walk() if isinstance(widget, Key) and widget.text]
    assert sorted(key.text for key in keys) == list("0123456789")
    assert all(key.height >= dp(56) for key in keys)
    orders = set[str]()
    for _ in range(5):
        driver.shell.only("unlock")
        driver.settle()
        orders.add("".join(key.text for key in driver.walk() if isinstance(key, Key)))
    assert len(orders) > 1
    _type_pin(driver, "246810")
    assert driver.shell.name == "home"


def test_an_untouched_phone_locks_after_the_minutes_she_chose(driver: Driver) -> None:
    clock = Clocked()
    driver.open(elapsed_ms=clock)
    clock.pass_s(299)
    driver.app._look_at_clock()
    driver.press("Pengaturan")
    clock.pass_s(299)
    driver.app._look_at_clock()
    driver.settle()
    assert driver.shell.name == "settings"
    clock.pass_s(1)
    driver.app._look_at_clock()
    driver.settle()
    assert driver.shell.name == "unlock" and driver.phone.state() == "terkunci"


def test_what_was_typed_is_kept_when_it_locks_by_itself(driver: Driver) -> None:
    clock = Clocked()
    driver.open(elapsed_ms=clock)
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("form", draft="d1")
    driver.settle()
    entry: Entry = driver.turn_to("alamat").editor.entry
    entry.text = "Dukuh Baru"
    clock.pass_s(300)
    driver.app._look_at_clock()
    driver.settle()
    assert driver.phone.state() == "terkunci"
    assert driver.phone.visits.drafts["d1"].answers["bpnt_kpm"]["alamat"] == "Dukuh Baru"


def test_something_else_in_front_for_a_moment_does_not_lock_and_for_longer_does(driver: Driver) -> None:
    clock = Clocked()
    driver.open(elapsed_ms=clock)
    driver.app._focus(None, False)
    clock.pass_s(19)
    driver.app._focus(None, True)
    driver.settle()
    assert driver.phone.state() == "terbuka"
    driver.app._focus(None, False)
    clock.pass_s(21)
    driver.app._focus(None, True)
    driver.settle()
    assert driver.phone.state() == "terkunci"


def test_putting_the_app_away_locks_at_once_unless_she_chose_otherwise(driver: Driver) -> None:
    driver.open()
    driver.phone.settings.lock_when_left = False
    driver.app.on_pause()
    driver.settle()
    assert driver.phone.state() == "terbuka"
    driver.phone.settings.lock_when_left = True
    driver.app.on_pause()
    driver.settle()
    assert driver.phone.state() == "terkunci" and driver.shell.name == "unlock"


def test_putting_the_locked_app_away_stops_no_wait(driver: Driver) -> None:
    driver.open(SamplePhone(state="terkunci"))
    driver.screen._show(Locked(tries_left=4, wait_s=30))
    driver.app.on_pause()
    assert driver.screen.waiting.runs


def test_the_way_out_on_every_screen_locks_and_closes_and_is_no_cross(
    driver: Driver, monkeypatch: MonkeyPatch
) -> None:
    stopped: list[str] = []
    driver.open()
    monkeypatch.setattr(driver.app, "stop", lambda: stopped.append(driver.phone.state()))
    for name in ("home", "settings", "search", "sync"):
        driver.shell.go(name)
        driver.settle()
        assert driver.find("Tutup aplikasi").icon == "exit"
    driver.press("Tutup aplikasi")
    assert stopped == ["terkunci"] and driver.shell.name == "unlock"


def test_changing_the_pin_asks_the_old_one_and_the_new_one_twice(driver: Driver) -> None:
    driver.open()
    driver.shell.go("change_pin")
    driver.settle()
    _type_pin(driver, "135790")
    assert driver.sees("PIN salah. Sisa 9 kali coba."), "before a new one is typed"
    _type_pin(driver, "246810")
    _type_pin(driver, "246810")
    assert driver.sees("PIN baru sama dengan yang lama")
    _type_pin(driver, "123456")
    assert driver.sees("mudah ditebak")
    _type_pin(driver, "593821")
    _type_pin(driver, "593822")
    assert driver.sees("Kedua PIN tidak sama")
    _type_pin(driver, "593821")
    _type_pin(driver, "593821")
    assert driver.phone.pin == "593821" and driver.shell.name != "change_pin"


@pytest.mark.parametrize("name", ["change_pin", "enrol"])
def test_that_a_pin_is_being_stored_is_said_until_it_is(driver: Driver, name: str) -> None:
    done = threading.Event()
    full = Refused(say="lapangan.penyimpanan_penuh")
    held = lambda *_: full if done.wait(20) else None  # noqa: E731
    if name == "change_pin":
        driver.open()
        driver.shell.go("change_pin")
        driver.phone.change_pin = held
        driver.screen.typed("246810")
        driver.settle()
    else:
        driver.open(SamplePhone(state="baru"))
        driver.type(driver.screen.address, "https://10.0.0.1:8443")
        driver.type(driver.screen.code, "ABCD")
        driver.press("Lanjut")
        let_in(driver)
        driver.phone.finish = held
    driver.screen.typed("593821")
    driver.settle()
    driver.screen.typed("593821")
    assert driver.sees("Menyimpan PIN…")
    done.set()
    driver.settle()
    assert not driver.sees("Menyimpan PIN…")


def test_the_lock_is_set_in_the_settings(driver: Driver) -> None:
    driver.open()
    driver.shell.go("settings")
    driver.settle()
    driver.press("Lebih cepat mengunci")
    assert driver.phone.settings.lock_minutes == 2 and driver.sees("2 menit")
    driver.tap(driver.screen.ids.shuffled)
    driver.tap(driver.screen.ids.left)
    assert driver.phone.shuffled_pin and not driver.phone.settings.lock_when_left
    driver.press("Ganti PIN")
    assert driver.shell.name == "change_pin"
