"""The window as Android drives it: put away, out for a photo, back, other apps' file chooser and map."""

from pathlib import Path
from typing import Any

import pytest

from field_app.autolock import MINUTE_MS
from field_app.task_map import home_of
from field_app.ui.sample import SamplePhone
from field_app.views import HandedOver
from tests.field_app.ui.driver import Driver


class Phone:
    """What Android's system would do, noted."""

    def __init__(self) -> None:
        self.out, self.away, self.colours = False, 0, []
        self.asked_for_permissions = 0
        self.shown: list[tuple[float, float]] = []

    def dark(self) -> bool:
        return False

    def text_scale(self) -> float:
        return 1.0

    def paint_bars(self, colour: tuple[float, float, float], dark: bool) -> None:
        self.colours.append((colour, dark))

    def put_away(self) -> bool:
        self.away += 1
        return True

    def is_out(self) -> bool:
        return self.out

    def has_map(self) -> bool:
        return True

    def show_on_map(self, lat: float, lng: float) -> bool:
        self.shown.append((lat, lng))
        return True

    def show_permissions(self) -> bool:
        self.asked_for_permissions += 1
        return True


class Chooser:
    """A file chooser in which she picks, or goes back."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.goes_back, self.saved = folder, False, b""
        self.answer = b"jawaban"
        self.photo: bytes | None = None

    def save(self, path: Path, media_type: str) -> bool:
        if not self.goes_back:
            self.saved = path.read_bytes()
        return not self.goes_back

    def bring(self, into: Path) -> bool:
        into.write_bytes(self.answer)
        return not self.goes_back

    def read(self, media_type: str, most_bytes: int) -> bytes | None:
        return self.photo


def test_being_out_for_a_photo_is_not_leaving(driver: Driver) -> None:
    system = Phone()
    driver.open(system=system)
    system.out = True
    driver.app.on_pause()
    driver.app._gone()
    driver.app._focus(None, False)
    driver.settle()
    assert driver.phone.state() == "terbuka"
    system.out = False
    driver.app.on_resume()
    driver.app._focus(None, True)
    driver.settle()
    assert driver.phone.state() == "terbuka"
    driver.app.on_pause()
    driver.settle()
    assert driver.phone.state() == "terkunci"


def test_being_out_for_too_long_locks_all_the_same(driver: Driver) -> None:
    system, elapsed = Phone(), [0]
    driver.open(system=system, elapsed_ms=lambda: elapsed[0])
    system.out = True
    driver.app.on_pause()
    elapsed[0] += driver.phone.settings.lock_minutes * MINUTE_MS
    driver.app.on_resume()
    driver.settle()
    assert driver.phone.state() == "terkunci" and driver.shell.name == "unlock"


def test_back_leads_out_of_the_app_only_from_its_first_screen(driver: Driver) -> None:
    system = Phone()
    driver.open(system=system)
    driver.shell.go("sync")
    driver.settle()
    assert driver.app._key(None, 27) and system.away == 0 and driver.shell.name == "home"
    assert driver.app._key(None, 27) and system.away == 1
    assert not driver.app._key(None, 13)


def test_the_bars_follow_light_and_dark(driver: Driver) -> None:
    system = Phone()
    driver.open(system=system)
    driver.phone.settings.dark = True
    driver.app.restyle()
    driver.settle()
    (light, was_dark), (dark, is_dark) = system.colours[0], system.colours[-1]
    assert (was_dark, is_dark) == (False, True) and sum(dark) < sum(light)


class Handover:
    """Writes and reads as the phone does, as far as the card sees it."""

    def __init__(self) -> None:
        self.read_bytes = b""

    def last(self) -> None:
        return None

    def write(self, folder: Path, progress: Any) -> HandedOver:
        path = folder / "serah-1.sambang"
        path.write_bytes(b"tersegel")
        return HandedOver(path=path, written_ms=1, data=2, photos=3)

    def read(self, path: Path, progress: Any) -> Any:
        self.read_bytes = path.read_bytes()
        return SamplePhone().handover.read(path, progress)


@pytest.mark.parametrize("goes_back", [False, True])
def test_a_file_goes_out_by_the_chooser_and_nothing_of_it_stays(
    driver: Driver, tmp_path: Path, goes_back: bool
) -> None:
    phone, chooser = SamplePhone(), Chooser(tmp_path)
    phone.handover = Handover()
    chooser.goes_back = goes_back
    driver.open(phone, documents=chooser)
    driver.shell.go("sync")
    driver.settle()
    driver.press("Serahkan tanpa internet")
    driver.settle()
    assert driver.sees("Tidak jadi" if goes_back else "Berkas siap diserahkan")
    assert driver.sees("serah-1.sambang") is not goes_back and not driver.sees(str(tmp_path))
    assert chooser.saved == (b"" if goes_back else b"tersegel")
    assert list(tmp_path.iterdir()) == []


def test_an_answer_comes_in_by_the_chooser_and_nothing_of_it_stays(driver: Driver, tmp_path: Path) -> None:
    phone, chooser = SamplePhone(), Chooser(tmp_path)
    phone.handover = Handover()
    driver.open(phone, documents=chooser)
    driver.shell.go("sync")
    driver.settle()
    driver.press("Baca jawaban kantor")
    driver.settle()
    assert phone.handover.read_bytes == b"jawaban"
    assert list(tmp_path.iterdir()) == []


def test_a_home_is_a_point_only_where_one_is_known() -> None:
    assert home_of({"rumah": {"lat": -7.4, "lng": 111.0}}) == (-7.4, 111.0)
    assert home_of({"titik": {"lat": -7.4, "lng": 111.0, "accuracy_m": 5}}) == (-7.4, 111.0)
    assert home_of({"rumah": None, "titik": {"lat": -7.4}}) is None


@pytest.mark.parametrize("known", [True, False])
def test_a_home_is_shown_on_the_phones_map_where_it_is_known(driver: Driver, known: bool) -> None:
    phone, system = SamplePhone(), Phone()
    home = phone.visits.home()
    card = next(card for card in home.today + home.upcoming + home.overdue if card.tugas)
    view = phone.visits.task(card.tugas)
    view.subject["rumah"] = {"lat": -7.4, "lng": 111.0} if known else None
    phone.visits.task = lambda _tugas: view
    driver.open(phone, system=system)
    driver.shell.go("task", card=card)
    driver.settle()
    assert driver.sees("Buka di peta HP") is known
    if known:
        driver.press("Buka di peta HP")
    assert system.shown == ([(-7.4, 111.0)] if known else [])
