"""A storage that does not give back what a screen shows: it is said, and the app goes on."""

from kivy.base import ExceptionManager

from field_app.vault import StorageFailedError
from schemas.text import load_text
from tests.field_app.ui.driver import Driver

SAYS = load_text()("lapangan.penyimpanan_rusak")


def test_what_a_broken_storage_does_not_give_back_ends_no_app(driver: Driver) -> None:
    driver.open()
    shown = driver.shell.name
    assert ExceptionManager.handle_exception(StorageFailedError()) == ExceptionManager.PASS
    driver.settle()
    assert driver.sees(SAYS) and driver.shell.name == shown
    assert ExceptionManager.handle_exception(KeyError()) == ExceptionManager.RAISE, "a mistake of ours"


def test_nobody_answers_for_an_app_that_was_closed(driver: Driver) -> None:
    driver.open()
    driver.close()
    assert ExceptionManager.handle_exception(StorageFailedError()) == ExceptionManager.RAISE
