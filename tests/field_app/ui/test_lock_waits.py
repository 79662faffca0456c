"""Locking and the PIN where something is in the way: a wait, no tries left, another's vault, a short word."""

from typing import Any

import pytest

from field_app.keys import Locked, PinGone
from field_app.ui.sample import SamplePhone
from field_app.ui.shell import Toast
from field_app.ui.widgets.pin import Key
from field_app.views import PhoneUser
from tests.field_app.ui.driver import Driver


def type_pin(driver: Driver, *pins: str) -> None:
    for digit in "".join(pins):
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))


class Strict(SamplePhone):
    """Answers what it is told to, whatever PIN is tried."""

    answer: Any = None

    def tries(self) -> Any:
        return self.answer or super().tries()

    def check_pin(self, pin: str) -> Any:
        return self.answer


def test_on_a_phone_of_several_the_lock_says_whose_pin_it_asks(driver: Driver) -> None:
    phone = SamplePhone()
    phone.people = (*phone.people, PhoneUser(id="petugas-2", number=2, sign="RW", ready=True))
    phone.chosen = "petugas-2"
    driver.open(phone)
    driver.app.lock()
    driver.settle()
    assert driver.sees("Masukkan PIN RW")
    driver.press("Petugas lain")
    driver.press("Petugas 1")
    assert driver.sees("Masukkan PIN Petugas 1")


def test_on_a_phone_of_one_nobody_is_named(driver: Driver) -> None:
    driver.open(SamplePhone(state="terkunci"))
    assert driver.sees("Masukkan PIN 6 angka")


def test_what_was_just_said_is_not_read_over_the_lock(driver: Driver) -> None:
    driver.open()
    driver.shell.toast("Sutarmi", seconds=60)
    driver.shell.lock()
    driver.settle()
    assert not [child for child in driver.shell.children if isinstance(child, Toast)]


def test_while_it_waits_no_pin_is_changed_and_the_seconds_are_counted(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = Strict()
    driver.open(phone)
    driver.shell.go("change_pin")
    driver.settle()
    phone.answer = Locked(tries_left=6, wait_s=30)
    type_pin(driver, "111112")
    assert driver.sees("Tunggu 30 detik lagi") and driver.screen.ids.pad.disabled
    driver.screen._waiting._second()
    assert driver.sees("Tunggu 29 detik lagi")
    for _ in range(29):
        driver.screen._waiting._second()
    assert driver.sees("Silakan coba lagi. Sisa 6 kali coba.") and not driver.screen.ids.pad.disabled


def test_whoever_comes_to_change_the_pin_within_a_wait_is_told_before_typing(driver: Driver) -> None:
    phone = Strict()
    phone.answer = Locked(tries_left=5, wait_s=60, waiting=True)
    driver.open(phone)
    driver.shell.go("change_pin")
    driver.settle()
    assert driver.sees("Tunggu 1 menit lagi") and driver.screen.ids.pad.disabled
    driver.screen.paused()
    driver.screen.returned()
    assert driver.sees("Tunggu 1 menit lagi") and driver.screen.ids.pad.disabled


def test_where_no_pin_opens_any_more_changing_it_leads_to_the_code(driver: Driver) -> None:
    phone = Strict()
    phone.answer = PinGone()
    driver.open(phone)
    driver.shell.go("change_pin")
    driver.settle()
    assert driver.sees("PIN sudah tidak berlaku") and driver.screen.ids.pad.disabled
    driver.press("Saya punya kode pembuka")
    assert driver.shell.name == "rescue"


def test_the_last_wrong_pin_of_the_second_unlock_leads_to_the_code(driver: Driver) -> None:
    driver.open()
    driver.phone.sealed.tries_left = 1
    driver.shell.go("cases", form="ktk", title="KTK")
    driver.settle()
    assert driver.shell.name == "second"
    type_pin(driver, "111112")
    assert driver.sees("PIN sudah tidak berlaku")
    driver.press("Saya punya kode pembuka")
    assert driver.shell.name == "rescue"


def test_a_new_workers_button_is_seen_while_the_sign_is_typed(driver: Driver) -> None:
    driver.open(SamplePhone(state="terkunci"))
    driver.press("Petugas lain")
    driver.press("Tambah petugas")
    driver.tap(driver.screen.sign)
    button, sheet = driver.find("Lanjut mendaftar"), driver.shell.sheets()[0]
    low = button.to_window(button.x, button.y)[1]
    assert driver.screen.sign.focus and sheet.room and low >= sheet.room
    driver.screen.sign.focus = False
