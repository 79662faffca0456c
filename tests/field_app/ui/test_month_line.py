"""The month's work on the first screen: one quiet line, which a wrong clock takes the place of."""

import pytest
from msgspec.structs import replace

from field_app.ui.sample_data import NOW_MS
from field_app.ui.widgets.head import SyncLine
from field_app.views import MonthWork, SyncStatus
from tests.field_app.ui.driver import Driver


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_the_month_s_work_stands_under_the_line_of_sending(driver: Driver, scale: float) -> None:
    driver.open(scale=scale)
    shown = driver.phone.visits.home()
    driver.phone.visits.home = lambda *_: replace(shown, month=MonthWork(done=12, left=8))  # type: ignore[method-assign]
    driver.shell.go("home")
    driver.settle()
    assert driver.sees("Tugas bulan ini: 12 selesai, 8 lagi.")
    off = SyncStatus(last_ms=1, clock_off_ms=10_800_000)
    driver.phone.visits.home = lambda *_: replace(shown, sync=off, month=MonthWork(done=12, left=8))  # type: ignore[method-assign]
    driver.shell.go("home")
    driver.settle()
    assert driver.sees("Jam HP ini") and not driver.sees("Tugas bulan ini"), "its month may be another"


def test_counts_of_thousands_are_written_with_a_dot(driver: Driver) -> None:
    driver.open()
    phone = driver.phone.visits
    pending = SyncStatus(data_pending=1234, photos_pending=5678, last_ms=NOW_MS)
    shown = replace(phone.home(), sync=pending, month=MonthWork(done=1234, left=2500))
    phone.status, phone.home = pending, lambda *_: shown
    driver.shell.only("home")
    driver.settle()
    assert driver.sees("Tugas bulan ini: 1.234 selesai, 2.500 lagi.")
    assert driver.sees("1.234 data, 5.678 foto") and driver.sees("elum terkirim")
    driver.shell.go("sync")
    driver.settle()
    assert "1.234 data, 5.678 foto" in driver.texts()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (SyncStatus(data_pending=1, last_ms=NOW_MS), "1 data belum terkirim"),
        (SyncStatus(photos_pending=2, last_ms=NOW_MS), "2 foto belum terkirim"),
        (SyncStatus(photos_pending=2, state="gagal"), "2 foto menunggu"),
    ],
    ids=["data", "photos", "failed"],
)
def test_of_what_is_none_no_number_is_told(driver: Driver, status: SyncStatus, said: str) -> None:
    driver.open()
    show(driver, status)
    for name in ("home", "sync"):
        driver.shell.go(name)
        driver.settle()
        words = " ".join(line_words(driver))
        assert said.lower() in words.lower() and "0 data" not in words and "0 foto" not in words


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_without_a_link_and_with_nothing_to_send_nothing_is_said_to_wait(
    driver: Driver, scale: float
) -> None:
    driver.open(scale=scale)
    show(driver, SyncStatus(state="gagal", last_ms=NOW_MS))
    for name in ("home", "sync"):
        driver.shell.go(name)
        driver.settle()
        assert "terhubung" in line_words(driver)[0] and "menunggu" not in " ".join(line_words(driver))


STATES = {
    "thousands": SyncStatus(data_pending=1234, photos_pending=5678, last_ms=NOW_MS),
    "a_day_ago": SyncStatus(data_pending=12, photos_pending=34, last_ms=NOW_MS - 86_400_000),
    "never": SyncStatus(data_pending=1234, photos_pending=5678),
    "failed": SyncStatus(data_pending=1234, photos_pending=5678, state="gagal", last_ms=NOW_MS),
    "sending": SyncStatus(data_pending=12, photos_pending=345, state="jalan", done=1, total=4),
    "lost": SyncStatus(lost=12, last_ms=NOW_MS),
    "nothing_yet": SyncStatus(),
    "out_of_reach": SyncStatus(state="gagal", last_ms=NOW_MS),
    "all_sent": SyncStatus(last_ms=NOW_MS),
}


def show(driver: Driver, status: SyncStatus) -> None:
    shown = replace(driver.phone.visits.home(), sync=status)
    driver.phone.visits.status, driver.phone.visits.home = status, lambda *_: shown  # type: ignore[method-assign]
    driver.shell.go("home")
    driver.settle()


def line_words(driver: Driver) -> list[str]:
    line = next(widget for widget in driver.walk() if isinstance(widget, SyncLine))
    return [piece.text for piece in line.pieces]


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_the_line_of_the_first_screen_grows_and_never_shrinks_its_words(
    driver: Driver, name: str, scale: float
) -> None:
    driver.open(scale=scale)
    show(driver, STATES[name])
    line = next(widget for widget in driver.walk() if isinstance(widget, SyncLine))
    for piece, style in zip(line.pieces, ("strong", "small"), strict=False):
        rows = piece.text.count("\n") + 1
        assert piece.height >= rows * line.measure("X", style)[1] - 1, piece
        assert piece.x + piece.width <= line.width and piece.y >= 0 and piece.y + piece.height <= line.height
    if name == "thousands" and scale > 1:
        assert line_words(driver) == ["1.234 data,\n5.678 foto", "Belum terkirim, 08.30"]
