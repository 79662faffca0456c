"""An office that moved without a word, by touch: its code before the camera, or its address typed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_app.ui.sample import SamplePhone
from field_app.ui.sample_scan import SampleFinder
from schemas.addresses import signed_address
from tests.field_app.conftest import SetTime
from tests.field_app.test_handover_round import visit, waiting
from tests.field_app.test_office_word import Regency
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_scan_screen import ADDRESS, shown
from tests.server.test_tls import own_port


@pytest.fixture
def regency(tmp_path: Path, time: SetTime) -> Iterator[Regency]:
    made = Regency(tmp_path, time)
    yield made
    made.phone.lock()


def test_the_code_on_the_offices_page_leads_her_phone_and_its_work_there(
    driver: Driver, regency: Regency, time: SetTime
) -> None:
    phone, finder = regency.phone, SampleFinder()
    with regency.open() as running:
        regency.join(running)
    visit(phone)
    regency.port = own_port()
    with regency.open() as running:
        assert phone.worker.run_once() is not None
        driver.open(phone, now_ms=time.now_ms, finder=finder)
        driver.shell.go("sync")
        driver.settle()
        driver.press("Kantor pindah alamat")
        assert driver.sees(phone.owner.address)
        driver.type(driver.screen.address, running.address)
        driver.press("Coba alamat ini")
        assert driver.sees("Mencari kantor") and driver.screen.ids.go.disabled
        assert phone.worker.run_once() is not None
        driver.wait_for(lambda: driver.sees("tidak terbukti kantor Anda"))
        assert driver.screen.address.text == running.address, "what she typed stays"
        finder.frames = [shown(signed_address(running.address, running.deps.office.sign).printed())]
        driver.press("Pindai kode QR")
        driver.wait_for(lambda: driver.sees("Mencari kantor"))
        assert driver.screen.address.text == running.address, "and no signature stands there"
        assert phone.worker.run_once() is None and waiting(phone) == (0, 0)
        driver.wait_for(lambda: driver.shell.name == "sync")
        assert driver.sees("HP memakai alamat ini")
        assert phone.new_address.present == running.address


def test_she_may_go_on_meanwhile_and_finds_the_answer_when_she_comes_back(
    driver: Driver, regency: Regency, time: SetTime
) -> None:
    phone = regency.phone
    with regency.open() as running:
        regency.join(running)
    driver.open(phone, now_ms=time.now_ms)
    driver.shell.go("new_address")
    driver.type(driver.screen.address, "http://127.0.0.1:9")
    driver.press("Coba alamat ini")
    driver.shell.back()
    driver.shell.go("settings")
    phone.worker.run_once()
    driver.settle()
    assert driver.shell.name == "settings", "nothing takes her away from where she is"
    driver.shell.back()
    driver.shell.go("new_address")
    driver.settle()
    assert driver.sees("Kantor tidak menjawab di http://127.0.0.1:9.") and not driver.screen.ids.go.disabled


def test_a_search_that_she_locks_out_ends(driver: Driver, regency: Regency, time: SetTime) -> None:
    with regency.open() as running:
        regency.join(running)
    driver.open(regency.phone, now_ms=time.now_ms)
    driver.shell.go("new_address")
    driver.type(driver.screen.address, "http://127.0.0.1:9")
    driver.press("Coba alamat ini")
    worker = regency.phone.worker
    driver.app.lock()
    worker._first()
    driver.settle()
    assert driver.shell.name == "unlock"


def test_what_came_of_it_is_told_before_the_sync_that_follows(regency: Regency) -> None:
    phone = regency.phone
    with regency.open() as running:
        regency.join(running)
    looked: list[tuple[str, bool]] = []
    phone.worker.listener = lambda status: looked.append((status.state, phone.new_address.looks))
    assert phone.new_address.go("http://127.0.0.1:9") is None
    phone.worker.run_once()
    assert looked[:2] == [("jalan", True), ("jalan", False)]


def test_a_search_that_breaks_ends_with_a_sentence(regency: Regency, monkeypatch: pytest.MonkeyPatch) -> None:
    with regency.open() as running:
        regency.join(running)
    address = regency.phone.new_address

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(address._link, "go", broken)
    assert address.go("http://127.0.0.1:9") is None
    failure = regency.phone.worker.run_once()
    assert failure is not None and failure.say == "lapangan.sinkron_terganggu"
    assert address.refused is not None and not address.looks, "it is not looked for again and again"
    assert address.refused.say == "lapangan.pindah.tidak_menjawab"


def test_another_code_is_named_and_looking_goes_on(driver: Driver) -> None:
    finder = SampleFinder(shown("WIFI:T:WPA;S:kantor;P:rahasia;;"))
    driver.open(SamplePhone(), finder=finder)
    driver.shell.go("new_address")
    driver.press("Pindai kode QR")
    driver.wait_for(lambda: driver.sees("Ini bukan alamat kantor"))
    finder.frames = [shown(ADDRESS)]
    driver.wait_for(lambda: driver.shell.name == "new_address")
    assert driver.screen.address.text == ADDRESS
    driver.wait_for(lambda: driver.sees(f"Kantor tidak menjawab di {ADDRESS}."))
