"""What she sees when the office had her phone wiped, in the real window."""

from errno import EIO
from pathlib import Path

import pytest

from field_app.enrol import VAULT
from field_app.phone import Phone
from field_app.ui.sample import SamplePhone
from field_app.ui.shell import Toast
from field_app.ui.widgets.pin import Key
from field_app.views import PhoneUser, Refused
from tests.field_app.conftest import SetTime, make_phone
from tests.field_app.test_phone_and_office import PIN, enrolled, record_visit  # noqa: F401
from tests.field_app.test_wiped import lost, order, start_visit  # noqa: F401
from tests.field_app.ui.driver import Driver
from tests.server.conftest import Running, office  # noqa: F401 - the running office as a fixture

# ruff: noqa: F811 - a test asks for the fixture by its name

WIPED = "Atas perintah kantor, data Anda di HP ini sudah dihapus"
RECEIVED, SEALED = "Semua catatan Anda sudah diterima kantor", "bawa HP ini ke kantor"


class Ordered(SamplePhone):
    """A phone that obeys an order as soon as it locks; `stands`: the order could not be carried out."""

    stands = False

    def wipe_due(self) -> bool:
        return self.state() == "terbuka"

    def lock(self) -> None:
        self._state = "terkunci" if self.stands else "baru"
        self.people = self.people if self.stands else self.people[1:]


def obey(driver: Driver, phone: Phone) -> None:
    """The order comes by a sync, and the clock finds it."""
    assert phone.worker.run_once() is None and phone.wipe_due()
    driver.app._look_at_clock()
    driver.wait_for(lambda: driver.shell.name == "enrol")


def said(driver: Driver) -> str:
    return " ".join(child.text for child in driver.shell.children if isinstance(child, Toast))


def test_where_all_was_received_she_reads_that_it_was_and_may_join_anew(
    driver: Driver, enrolled: Phone, lost: object, time: SetTime
) -> None:
    assert enrolled.worker.run_once() is None
    record_visit(enrolled, start_visit(enrolled))
    driver.open(enrolled, now_ms=time.now_ms)
    order(lost, enrolled.owner.device)  # type: ignore[arg-type]
    obey(driver, enrolled)
    assert driver.sees(WIPED) and driver.sees(RECEIVED) and not driver.sees(SEALED)
    assert driver.sees("Daftarkan perangkat") and not driver.sees("Kembali")


def test_what_was_under_work_is_to_be_brought_to_the_office_and_so_it_says_after_a_new_start_too(
    driver: Driver, enrolled: Phone, lost: object, time: SetTime, tmp_path: Path
) -> None:
    assert enrolled.worker.run_once() is None
    draft = start_visit(enrolled).id
    driver.open(enrolled, now_ms=time.now_ms)
    driver.shell.go("form", draft=draft)
    driver.settle()
    order(lost, enrolled.owner.device)  # type: ignore[arg-type]
    obey(driver, enrolled)
    assert driver.sees(WIPED) and driver.sees(SEALED) and not driver.sees(RECEIVED)
    driver.open(make_phone(tmp_path / "phone", time), now_ms=time.now_ms)
    assert driver.shell.name == "enrol" and driver.sees(SEALED) and not driver.sees(WIPED)


def test_however_it_is_locked_a_wiped_phone_asks_for_no_pin(driver: Driver) -> None:
    phone = Ordered()
    phone.wipe_due = lambda: False  # type: ignore[method-assign]  # the clock has not looked yet
    driver.open(phone)
    driver.press("Pengaturan")
    driver.press("Kunci sekarang")
    assert driver.shell.name == "enrol" and driver.sees(WIPED)


def test_an_order_that_could_not_be_carried_out_is_not_said_to_be(driver: Driver) -> None:
    phone = Ordered()
    phone.stands = True
    driver.open(phone)
    driver.app._look_at_clock()
    driver.settle()
    assert driver.shell.name == "unlock" and not driver.sees(WIPED)


@pytest.mark.parametrize("kept", [True, False])
def test_behind_a_wiped_vault_another_worker_finds_hers(driver: Driver, kept: bool) -> None:
    phone = Ordered()
    phone.people = (*phone.people, PhoneUser(id="petugas-2", number=2, sign="RW", ready=True))
    phone.kept_sealed = kept
    driver.open(phone)
    driver.app._look_at_clock()
    driver.settle()
    assert driver.shell.name == "enrol" and driver.sees(WIPED) and driver.sees(SEALED) == kept
    driver.press("Kembali")
    assert driver.shell.name == "who" and driver.sees(SEALED) == kept
    driver.press("RW")
    for digit in "246810":
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))
    assert driver.shell.name == "home"


def test_a_wipe_that_the_storage_stops_is_told_and_ends_when_she_goes_on(
    driver: Driver,
    enrolled: Phone,
    lost: object,
    time: SetTime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert enrolled.worker.run_once() is None
    driver.open(enrolled, now_ms=time.now_ms)
    order(lost, enrolled.owner.device)  # type: ignore[arg-type]
    unlink = Path.unlink

    def fails(path: Path, missing_ok: bool = False) -> None:
        if path.name == VAULT:
            raise OSError(EIO, "broken")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", fails)
    obey(driver, enrolled)
    assert "Penyimpanan HP sedang tidak dapat dipakai" in said(driver) and not driver.sees(WIPED)
    again = make_phone(tmp_path / "phone", time)
    assert again.state() == "baru"
    refused = Refused(say="lapangan.penyimpanan_rusak")
    assert again.join("http://127.0.0.1:1", "kode") == enrolled.unlock(PIN) == refused
    monkeypatch.undo()
    assert again.join("http://127.0.0.1:1", "kode") != refused
    assert not list((tmp_path / "phone").glob(f"{VAULT}*"))
