"""The month's work on the first screen: one quiet line, which a wrong clock takes the place of."""

import pytest
from msgspec.structs import replace

from field_app.ui.sample_data import NOW_MS
from field_app.views import MonthWork, SyncStatus
from tests.field_app.ui.driver import Driver


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_the_month_s_work_stands_under_the_line_of_sending(driver: Driver, scale: float) -> None:
    driver.open(scale=scale)
    shown = driver.phone.visits.home()
    driver.phone.visits.home = lambda: replace(shown, month=MonthWork(done=12, left=8))  # type: ignore[method-assign]
    driver.shell.go("home")
    driver.settle()
    assert driver.sees("Tugas bulan ini: 12 selesai, 8 lagi.")
    off = SyncStatus(last_ms=1, clock_off_ms=10_800_000)
    driver.phone.visits.home = lambda: replace(shown, sync=off, month=MonthWork(done=12, left=8))  # type: ignore[method-assign]
    driver.shell.go("home")
    driver.settle()
    assert driver.sees("Jam HP ini") and not driver.sees("Tugas bulan ini"), "its month may be another"


def test_counts_of_thousands_are_written_with_a_dot(driver: Driver) -> None:
    driver.open()
    phone = driver.phone.visits
    pending = SyncStatus(data_pending=1234, photos_pending=5678, last_ms=NOW_MS)
    shown = replace(phone.home(), sync=pending, month=MonthWork(done=1234, left=2500))
    phone.status, phone.home = pending, lambda: shown
    driver.shell.only("home")
    driver.settle()
    assert driver.sees("Tugas bulan ini: 1.234 selesai, 2.500 lagi.")
    assert driver.sees("1.234 data, 5.678 foto belum terkirim")
    driver.shell.go("sync")
    driver.settle()
    assert driver.sees("1.234 data · 5.678 foto")
