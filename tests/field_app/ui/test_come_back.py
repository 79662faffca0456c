"""After an unlock she stands where she was: the draft, its page, its field; whatever locked the phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from field_app.phone import Phone
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_drafts import filled_draft
from field_app.ui.sample_sealed import PIN as SEALED_PIN
from field_app.ui.sample_sealed import sealed_draft
from field_app.ui.widgets.pin import Key
from field_app.vault import StorageFailedError
from field_app.views import Refused
from tests.field_app.conftest import SetTime, make_phone
from tests.field_app.test_phone import PIN, Office, join
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_lock_screens import Clocked
from tests.field_app.ui.test_real_phone import TUGAS, receive


@pytest.fixture
def made(tmp_path: Path, time: SetTime) -> Iterator[list[Phone]]:
    """One phone after another on the same folder."""
    office = Office()
    phones = [make_phone(tmp_path / "hp", time, office.at)]  # type: ignore[arg-type,return-value]
    join(phones[0])
    yield phones
    phones[-1].lock()


def _pin(driver: Driver, pin: str) -> None:
    for digit in pin:
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))


def _touch(driver: Driver, name: str) -> None:
    """Turn to the page of a field, and touch its question."""
    question = driver.turn_to(name).question
    driver._bring(question)
    driver.touch(*question.to_window(*question.center))
    driver.settle()


def _is_at(driver: Driver, name: str) -> bool:
    """Whether the question is seen, near the top or as far up as the page goes."""
    if driver.shell.name != "form" or name not in driver.screen.step.fields:
        return False
    page, card = driver.screen.ids.page, driver.card(name)
    top = card.to_window(card.x, card.top)[1]
    return page.y < top <= page.top + 1 and (page.top - top < 60 or page.scroll_y <= 0.01)


def test_a_phone_that_locked_by_itself_opens_at_the_same_field(driver: Driver) -> None:
    clock = Clocked()
    driver.open(elapsed_ms=clock)
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("form", draft="d1")
    driver.settle()
    _touch(driver, "usul_kelayakan")
    clock.pass_s(300)
    driver.app._look_at_clock()
    driver.settle()
    assert driver.shell.name == "unlock"
    _pin(driver, driver.phone.pin)
    driver.wait_for(lambda: _is_at(driver, "usul_kelayakan"))
    while driver.screen.at:
        driver.shell.back()
    assert driver.shell.back() and driver.shell.name == "home"


def test_a_full_phone_says_that_it_cannot_remember_the_page_and_turns_it_all_the_same(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.open()
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("form", draft="d1")
    driver.settle()
    full = Refused(say="lapangan.penyimpanan_penuh")
    monkeypatch.setattr(driver.phone.visits, "remember_page", lambda *_: full)
    monkeypatch.setattr(driver.phone.visits, "discard", lambda _draft: full)
    driver.press("Lanjut")
    assert driver.screen.at == 1 and driver.sees(driver.phone.text("lapangan.penyimpanan_penuh"))
    driver.screen.discard()
    driver.settle()
    assert driver.shell.name == "form", "a draft that could not be put away is still in hand"


@pytest.mark.parametrize(
    ("screen", "asks"),
    [
        ("home", "home"), ("search", "search"), ("start", "startable"), ("map", "on_map"),
        ("conflicts", "conflicts"), ("put_away", "put_away"),
    ],
)  # fmt: skip
def test_a_storage_that_cannot_be_read_says_so_and_the_app_goes_on(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, screen: str, asks: str
) -> None:
    driver.open()

    def fail(*_: object) -> None:
        raise StorageFailedError

    monkeypatch.setattr(driver.phone.visits, asks, fail)
    driver.shell.go(screen)
    if screen == "search":
        driver.screen.find()
    driver.settle()
    assert driver.sees(driver.phone.text("lapangan.penyimpanan_rusak"))


def test_what_lies_under_no_draft_opens_with_the_tasks(driver: Driver) -> None:
    driver.open()
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("form", draft="d1")
    driver.settle()
    driver.shell.only("home")
    driver.press("Pengaturan")
    driver.press("Kunci sekarang")
    _pin(driver, driver.phone.pin)
    driver.wait_for(lambda: driver.shell.name == "home")


def test_the_review_is_come_back_to_with_the_form_behind_it(driver: Driver) -> None:
    driver.open()
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("review", draft="d1")
    driver.settle()
    driver.app.lock()
    driver.settle()
    _pin(driver, driver.phone.pin)
    driver.wait_for(lambda: driver.shell.name == "review")
    assert driver.shell.back() and driver.shell.name == "form"


def test_keluar_cepat_is_not_come_back_to(driver: Driver) -> None:
    phone = SamplePhone()
    phone.visits.unit_problem = ""
    sealed_draft(phone.visits, "ds")
    driver.open(phone)
    driver.shell.go("form", draft="ds")
    driver.settle()
    _pin(driver, SEALED_PIN)
    driver.press("Keluar cepat")
    driver.app.lock()
    driver.settle()
    _pin(driver, phone.pin)
    driver.wait_for(lambda: driver.shell.name == "home")


def test_a_sealed_draft_is_come_back_to_only_through_the_second_unlock(driver: Driver) -> None:
    phone = SamplePhone()
    phone.visits.unit_problem = ""
    sealed_draft(phone.visits, "ds")
    driver.open(phone)
    driver.shell.go("form", draft="ds")
    driver.settle()
    _pin(driver, SEALED_PIN)
    _touch(driver, "nama")
    driver.app.lock()
    driver.settle()
    phone.sealed.lock()
    _pin(driver, phone.pin)
    assert driver.shell.name == "second" and not driver.sees("Warga Uji")
    _pin(driver, SEALED_PIN)
    driver.wait_for(lambda: _is_at(driver, "nama"))


def test_a_killed_process_opens_at_the_same_field_on_the_real_phone(
    driver: Driver, made: list[Phone], time: SetTime
) -> None:
    phone = made[0]
    receive(phone, time)
    started: Any = phone.visits.start("bpnt_kpm", None, TUGAS)
    driver.open(phone, now_ms=time.now_ms)
    driver.shell.go("form", draft=started.id)
    driver.settle()
    driver.screen.save(driver.card("hasil_kunjungan"), "terisi_lengkap")
    driver.settle()
    _touch(driver, "keberadaan_kpm")
    driver.wait_for(lambda: phone.visits.stood() is not None)
    # a killed process leaves nobody to close anything: the next one opens what is on the disk
    again = make_phone(phone._folder, time, Office().at)  # type: ignore[arg-type,return-value]
    made.append(again)
    driver.open(again, now_ms=time.now_ms)
    assert driver.shell.name == "unlock"
    _pin(driver, PIN)
    driver.wait_for(lambda: _is_at(driver, "keberadaan_kpm"))
    phone.lock()
