"""Back, on every screen: a step nearer to the tasks each time, at last out of the app, and no answer lost."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from kivy.core.window import Window

from field_app.devices.desktop import DesktopSystem
from field_app.ui.leading import lead
from field_app.ui.pictures import scenes
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_scan import SampleFinder
from field_app.ui.shell import SCREENS
from field_app.views import PhoneUser, Welcomed
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.hurry import rest

SCENES = dict(scenes(rest))
MOST_STEPS = 30
"""A form has fifteen pages, and back turns each."""


class System(DesktopSystem):
    """Android: the last back puts the app away."""

    def __init__(self) -> None:
        self.away = 0

    def put_away(self) -> bool:
        self.away += 1
        return True


class Reader:
    """Codes could be read here."""

    def available(self) -> bool:
        return True

    def read(self, *_: Any) -> tuple[str, ...]:
        return ()


def _back() -> None:
    Window.dispatch("on_keyboard", 27, 9, None, [])


def _standing(driver: Driver) -> tuple[Any, ...]:
    """What she sees: the screen, what it is about, its page or step, and the sheets over it."""
    name, arguments = driver.shell.front
    about = {key: value for key, value in arguments.items() if not callable(value)}
    steps = tuple(getattr(driver.screen, step, None) for step in ("at", "_step", "_first"))
    return name, repr(about), steps, tuple(sheet.title for sheet in driver.shell.sheets())


def _walk_out(driver: Driver, system: System) -> list[tuple[Any, ...]]:
    """Press back until the app goes away; every screen on the way, the first one too."""
    seen = [_standing(driver)]
    for _ in range(MOST_STEPS):
        _back()
        driver.settle()
        if system.away:
            return seen
        seen.append(_standing(driver))
    raise AssertionError(f"no way out: {seen}")


def _open(driver: Driver, state: str = "terbuka", people: int = 1) -> System:
    system = System()
    phone = SamplePhone(state=state)
    phone.people = tuple(PhoneUser(id=f"p{n}", number=n, sign="", ready=n < 3) for n in range(1, people + 1))
    phone.sealed.open_s = 60
    phone.visits.unit_problem = ""
    driver.open(phone, system=system, qr=Reader(), finder=SampleFinder())
    return system


def _by_scene(name: str) -> Callable[[Driver], None]:
    def go(driver: Driver) -> None:
        SCENES[name](driver.phone, driver.app)

    return go


def _pressing(*words: str) -> Callable[[Driver], None]:
    def go(driver: Driver) -> None:
        for word in words:
            driver.press(word)

    return go


def _sync(driver: Driver) -> None:
    driver.tap(driver.screen.ids.sync)


def _search(driver: Driver) -> None:
    driver.press("Cari warga")
    driver.screen.line.text = "su"
    driver.wait_for(lambda: driver.screen.ids.list.data)
    driver.screen.ids.list.data[0]["item"]["open"]()


def _from_form(name: str) -> Callable[[Driver], None]:
    """Into a draft from the tasks, then to the screen that the form leads to."""

    def go(driver: Driver) -> None:
        SCENES["10_formulir_04"](driver.phone, driver.app)
        screen = driver.screen
        if name == "review":
            screen.go_to(len(screen.steps) - 1)
            screen.turn(1)
        elif name == "camera":
            screen.take_photo("foto_rumah_depan")
        else:
            screen.view_photo("foto_rumah_depan", driver.phone.visits.drafts["d1"].photos[0].blob)

    return go


ROUTES: dict[str, Callable[[Driver], None]] = {
    "home": lambda _driver: None,
    "search": _pressing("Cari warga"),
    "map": _pressing("Peta tugas"),
    "start": _search,
    "task": _by_scene("09_tugas"),
    "form": _by_scene("10_formulir_04"),
    "camera": _from_form("camera"),
    "photo": _from_form("photo"),
    "review": _from_form("review"),
    "done": _by_scene("16_selesai"),
    "sync": _sync,
    "repair": _by_scene("19_perbaikan"),
    "settings": _pressing("Pengaturan"),
    "conflicts": _by_scene("22_keputusan_kantor"),
    "change_pin": _pressing("Pengaturan", "Ganti PIN"),
    "second": _by_scene("31_kunci_kedua_terkunci"),
    "cases": _by_scene("35_kasus"),
    "closed": _by_scene("35_alasan"),
    "statement": _by_scene("34_pernyataan"),
    "unit_key": _pressing("Pengaturan", "Kunci unit"),
    "put_away": _by_scene("23_draf_dihapus"),
    "scan": _pressing("Cari warga", "Pindai kode QR"),
    "new_address": _by_scene("18_alamat_kantor"),
}
LOCKED: dict[str, tuple[str, int, Callable[[Driver], None]]] = {
    "unlock": ("terkunci", 1, lambda _driver: None),
    "rescue": ("terkunci", 1, _pressing("Lupa PIN?", "Saya punya kode pembuka")),
    "who": ("terkunci", 3, lambda _driver: None),
    "enrol": ("baru", 1, lambda _driver: None),
}


def _forgotten(driver: Driver) -> None:
    SCENES["02_kunci_salah"](driver.phone, driver.app)
    driver.settle()
    driver.press("Lupa PIN?")


ON_TOP = ("04_siapa_tambah", "07_cari_baru", "07_peta_pilih", "11_lewati", "12_wilayah", "14_lokasi",
          "21_serah_folder", "21_serah_siap")  # fmt: skip
SHEETS = {"forgotten": _forgotten} | {name: _by_scene(name) for name in ON_TOP}


def test_a_way_out_is_tried_from_every_screen_there_is() -> None:
    assert set(ROUTES) | set(LOCKED) == set(SCREENS)


@pytest.mark.parametrize("name", ROUTES)
def test_back_leads_from_every_screen_out_of_the_app_without_a_loop_and_without_loss(
    driver: Driver, name: str
) -> None:
    system = _open(driver)
    ROUTES[name](driver)
    driver.settle()
    assert driver.shell.name == name
    before = copy.deepcopy({key: draft.answers for key, draft in driver.phone.visits.drafts.items()})
    seen = _walk_out(driver, system)
    assert len(set(seen)) == len(seen), "a screen that was left came again"
    assert seen[-1][0] == "home" and not seen[-1][-1], "the tasks are the last before the way out"
    assert {key: draft.answers for key, draft in driver.phone.visits.drafts.items()} == before
    assert not any(draft.gone for draft in driver.phone.visits.drafts.values()) or name == "put_away"


@pytest.mark.parametrize("name", LOCKED)
def test_back_leads_out_of_a_locked_phone_and_never_into_it(driver: Driver, name: str) -> None:
    state, people, go = LOCKED[name]
    system = _open(driver, state, people)
    go(driver)
    driver.settle()
    assert driver.shell.name == name
    seen = _walk_out(driver, system)
    assert len(set(seen)) == len(seen)
    assert driver.phone.state() == state and {one[0] for one in seen} <= set(LOCKED)


@pytest.mark.parametrize("name", SHEETS)
def test_back_closes_what_lies_on_top_before_it_leaves_the_screen(driver: Driver, name: str) -> None:
    system = _open(driver)
    SHEETS[name](driver)
    driver.settle()
    seen = _walk_out(driver, system)
    assert len(set(seen)) == len(seen)
    titles = [one[-1] for one in seen]
    assert titles[0], "a sheet lies on top"
    assert seen[1] == (*seen[0][:-1], titles[0][1:]), "it alone goes, and the screen stays"
    assert titles == sorted(titles, key=len, reverse=True), "the sheet goes first"


def _way(driver: Driver) -> list[str]:
    return [name for name, _arguments, _screen in driver.shell._stack]


def test_what_is_opened_again_from_what_it_led_to_lies_on_the_way_once(driver: Driver) -> None:
    system = _open(driver)
    card = driver.phone.visits.home().today[0]
    driver.press("Peta tugas")
    lead(driver.shell, card)
    driver.settle()
    driver.press("Lihat di peta")
    assert _way(driver) == ["home", "map"]
    driver.shell.only("home")
    _sync(driver)
    driver.shell.go("conflicts")
    driver.settle()
    _sync(driver)
    assert _way(driver) == ["home", "sync"]
    assert [one[0] for one in _walk_out(driver, system)] == ["sync", "home"]


def test_a_photo_taken_again_from_the_camera_lies_before_one_camera_and_two_drafts_before_each_other(
    driver: Driver,
) -> None:
    _open(driver)
    _from_form("camera")(driver)
    driver.settle()
    driver.screen._look(driver.phone.visits.drafts["d1"].photos[0].blob)
    driver.settle()
    driver.press("Ulangi foto")
    assert _way(driver) == ["home", "form", "camera"] and driver.screen._replaces == 1
    driver.phone.visits.start("skm", None, None)
    driver.shell.go("form", draft="d11")
    driver.settle()
    assert _way(driver) == ["home", "form", "camera", "form"], "another draft is another screen"


def test_whoever_was_let_in_and_sets_no_pin_yet_can_leave_and_comes_back_to_it(driver: Driver) -> None:
    system = _open(driver, "baru")
    driver.phone.lets_in = Welcomed(office="Dinas Sosial", person_name="")
    SCENES["04_daftar_kata"](driver.phone, driver.app)
    driver.screen._ask()
    driver.settle()
    assert driver.screen._step == "pin"
    _back()
    assert system.away == 1 and driver.screen._step == "pin"


def test_whoever_tapped_a_name_that_never_joined_finds_the_others_by_going_back(driver: Driver) -> None:
    system = _open(driver, "terkunci", 3)
    driver.press("Petugas 3 · belum selesai mendaftar")
    assert driver.shell.name == "enrol"
    _back()
    driver.settle()
    assert driver.shell.name == "who" and not system.away
    driver.press("Petugas 1")
    assert driver.shell.name == "unlock" and driver.phone.chosen == "p1"


def test_behind_the_code_for_the_office_lies_no_lock_screen_of_an_open_phone(driver: Driver) -> None:
    system = _open(driver, "terkunci")
    LOCKED["rescue"][2](driver)
    driver.screen.code.text = "K7Q2"
    driver.press("Lanjut")
    for _ in range(2):
        driver.screen.typed("246810")
        driver.settle()
    assert driver.sees("M9XD-41TZ")
    _back()
    assert system.away == 1 and driver.sees("M9XD-41TZ")
