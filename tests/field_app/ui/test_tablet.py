"""On a tablet: what is read stays as narrow as is read easily, a thumb reaches the PIN, and the list of a
wide map stands beside it.
"""

from collections.abc import Iterator

import pytest
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.scrollview import ScrollView

from field_app.ui.fields.card import Question
from field_app.ui.pictures import scenes
from field_app.ui.sample import SamplePhone
from field_app.ui.widgets.buttons import Choice
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.pin import PAD_WIDTH, Dots, Key
from field_app.ui.widgets.rows import Heading, TaskRow
from schemas.form import load_forms
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_screens_fit import cut_off, overlapping, too_small

SCENES = dict(scenes())
ACROSS, UPRIGHT = (1280, 800), (800, 1280)
LYING_PHONE, LEAST = (640, 360), (600, 800)
SIXTY = "Bila ruang kurang, foto ukuran penuh dari kunjungan lama dihapus"
EIGHTY = SIXTY + " dari HP ini: hanya"


@pytest.fixture(autouse=True)
def _window() -> Iterator[None]:
    """The other tests find the window as they left it."""
    before = Window.size
    yield
    Window.size = before


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_line_has_more_than_sixty_letters_and_less_than_eighty(driver: Driver, scale: float) -> None:
    Window.size = ACROSS
    driver.open(scale=scale)
    driver.shell.go("settings")
    driver.settle()
    small = driver.screen.ids.used
    one = small.measure("Bila", "small", small.width)[1]
    assert small.measure(SIXTY, "small", small.width)[1] < 1.5 * one
    assert small.measure(EIGHTY, "small", small.width)[1] > 1.5 * one


@pytest.mark.parametrize("size", [ACROSS, UPRIGHT], ids=["across", "upright"])
@pytest.mark.parametrize(
    "name", ["01_kunci", "20_ganti_pin", "04_daftar_pin", "31_kunci_kedua", "31_kunci_kedua_terkunci"]
)
def test_the_keys_of_the_pin_are_under_one_thumb(driver: Driver, name: str, size: tuple[int, int]) -> None:
    Window.size = size
    driver.open()
    SCENES[name](driver.phone, driver.app)
    driver.settle(4)
    keys = [widget for widget in driver.walk() if isinstance(widget, Key)]
    assert max(key.right for key in keys) - min(key.x for key in keys) <= dp(PAD_WIDTH) + 1
    middle = (max(key.right for key in keys) + min(key.x for key in keys)) / 2
    assert abs(keys[0].to_window(middle, 0)[0] - Window.width / 2) < dp(3)
    assert driver.screen.width <= driver.screen.look.column


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize(
    "name",
    [
        "01_kunci",
        "02_kunci_tunggu",
        "04_daftar_pin",
        "20_ganti_pin",
        "31_kunci_kedua",
        "31_kunci_kedua_terkunci",
    ],
)
def test_on_a_phone_that_lies_all_keys_of_the_pin_are_seen_beside_the_words(
    driver: Driver, name: str, scale: float
) -> None:
    Window.size = LYING_PHONE
    driver.open(scale=scale)
    SCENES[name](driver.phone, driver.app)
    driver.settle(4)
    keys = [widget for widget in driver.walk() if isinstance(widget, Key)]
    places = [key.to_window(key.x, key.y)[1] for key in keys]
    assert min(places) >= 0 and max(places) + keys[0].height <= Window.height
    [dots] = [widget for widget in driver.walk() if isinstance(widget, Dots)]
    assert min(key.x for key in keys) >= dots.right
    assert cut_off(driver) == [] and overlapping(driver) == []
    assert min(min(key.size) for key in keys) >= dp(47.5)


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_on_a_phone_that_lies_the_ways_on_from_a_finished_visit_are_seen(
    driver: Driver, scale: float
) -> None:
    Window.size = LYING_PHONE
    driver.open(scale=scale)
    SCENES["16_selesai"](driver.phone, driver.app)
    driver.settle(4)
    seen = [driver.find(text) for text in ("Kirim sekarang", "Ke tugas saya")]
    assert all(pill.to_window(pill.x, pill.y)[1] >= 0 for pill in seen)
    assert all(pill.to_window(pill.x, pill.top)[1] <= Window.height for pill in seen)
    assert cut_off(driver) == [] and overlapping(driver) == []
    [page] = [widget for widget in driver.walk() if isinstance(widget, ScrollView)]
    assert page.children[0].height <= page.height, "nothing is to be scrolled"


def rows_of(driver: Driver, name: str) -> list[list[str]]:
    """What is offered on a page of the form, by the rows it stands in."""
    SCENES[name](driver.phone, driver.app)
    driver.settle(4)
    rows: dict[float, list[str]] = {}
    for each in driver.walk():
        if isinstance(each, Choice):
            rows.setdefault(each.to_window(each.x, each.top)[1], []).append(each.text)
    return list(rows.values())


def test_choices_stand_in_pairs_on_a_phone_that_lies_where_none_is_broken_for_it(driver: Driver) -> None:
    Window.size = LYING_PHONE
    driver.open()
    assert ["Laki-laki", "Perempuan"] in rows_of(driver, "10_formulir_06")
    assert cut_off(driver) == [] and overlapping(driver) == [] and too_small(driver) == []
    Window.size = (360, 640)
    driver.settle(4)
    choices = [each for each in driver.walk() if isinstance(each, Choice) and each.text.startswith("Laki")]
    assert choices[0].width > dp(250), "turned upright, each has the whole width"
    driver.open()
    Window.size = LYING_PHONE
    long = rows_of(driver, "10_formulir_01")
    assert ["Terisi lengkap"] in long and ["Responden tidak ada di tempat"] in long


def test_the_words_to_compare_are_seen_with_the_way_out_on_a_phone_that_lies(driver: Driver) -> None:
    Window.size = LYING_PHONE
    driver.open()
    SCENES["04_daftar_kata"](driver.phone, driver.app)
    driver.settle(4)
    differ = driver.find("Kata-katanya tidak sama")
    assert differ.to_window(differ.x, differ.y)[1] >= 0
    assert cut_off(driver) == [] and overlapping(driver) == []


def test_a_phone_that_is_turned_keeps_what_was_typed_and_its_keys_come_back(driver: Driver) -> None:
    Window.size = (360, 640)
    driver.open(SamplePhone(state="terkunci"))

    def keys() -> list[tuple[float, float]]:
        return [key.to_window(*key.pos) for key in driver.walk() if isinstance(key, Key)]

    upright = keys()
    driver.tap(next(key for key in driver.walk() if isinstance(key, Key) and key.text == "1"))
    for size in (LYING_PHONE, (360, 640)):
        Window.size = size
        driver.settle(4)
        assert driver.screen.ids.pad.pin == "1" and driver.screen.ids.place.beside == (size == LYING_PHONE)
    assert keys() == upright


def test_a_sheet_is_no_wider_than_a_screen(driver: Driver) -> None:
    Window.size = ACROSS
    driver.open()
    SCENES["11_lewati"](driver.phone, driver.app)
    driver.settle(4)
    [sheet] = [widget for widget in driver.shell.children if isinstance(widget, Sheet)]
    assert sheet.ids.panel.width == driver.screen.width == driver.screen.look.column


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize(("size", "beside"), [(ACROSS, True), (UPRIGHT, False)], ids=["across", "upright"])
def test_the_list_of_a_wide_map_stands_beside_it(
    driver: Driver, size: tuple[int, int], beside: bool, scale: float
) -> None:
    Window.size = size
    driver.open(scale=scale)
    SCENES["07_peta"](driver.phone, driver.app)
    driver.settle(4)
    ids = driver.screen.ids
    assert (ids.place.x >= ids.box.right) == beside and (ids.place.top <= ids.box.y) == (not beside)
    assert not beside or ids.place.width <= driver.screen.look.column
    assert cut_off(driver) == [] and overlapping(driver) == [] and too_small(driver) == []


def _rows(driver: Driver) -> list[list[str]]:
    """Names of the cards of the list, as they stand: row by row, from the left."""
    places: dict[int, list[tuple[float, str]]] = {}
    for card in driver.walk():
        if isinstance(card, TaskRow):
            x, y = card.to_window(card.x, card.top)
            places.setdefault(round(y), []).append((x, card.item["name"]))
    return [[name for _x, name in sorted(places[y])] for y in sorted(places, reverse=True)]


@pytest.mark.parametrize(
    ("size", "scale", "two"),
    [
        (ACROSS, 1.0, True), (UPRIGHT, 1.0, True), (LEAST, 1.0, True), (LYING_PHONE, 1.0, True),
        (ACROSS, 1.6, True), (UPRIGHT, 1.6, False), (LYING_PHONE, 1.6, False), ((360, 640), 1.0, False),
    ],
    ids=["across", "upright", "least", "phone", "across_160", "upright_160", "phone_160", "small"],
)  # fmt: skip
def test_cards_stand_side_by_side_where_there_is_room(
    driver: Driver, size: tuple[int, int], scale: float, two: bool
) -> None:
    Window.size = size
    driver.open(scale=scale)
    SCENES["05_beranda"](driver.phone, driver.app)
    driver.settle(4)
    rows = _rows(driver)
    assert [name for row in rows for name in row][:1] == ["Sutarmi"]
    if two:
        assert rows[0] == ["Sutarmi", "Wagiyem"], "two groups of one card each share a row"
        heads = [each for each in driver.walk() if isinstance(each, Heading)]
        assert [head.item["title"] for head in heads][:2] == ["Perlu diperbaiki", "Terlambat"]
    else:
        assert {len(row) for row in rows} == {1}
    assert cut_off(driver) == [] and overlapping(driver) == [] and too_small(driver) == []


def test_each_of_two_cards_opens_its_own(driver: Driver) -> None:
    Window.size = UPRIGHT
    for name in ("Sugeng Raharjo", "e-warong Sumber Rejeki"):
        driver.open()
        SCENES["05_beranda"](driver.phone, driver.app)
        driver.settle(4)
        card = next(w for w in driver.walk() if isinstance(w, TaskRow) and w.item["name"] == name)
        driver.touch(*card.to_window(*card.center))
        assert driver.shell.name == "task" and driver.sees(name)


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("size", [ACROSS, UPRIGHT, LYING_PHONE], ids=["across", "upright", "phone"])
def test_a_line_on_a_card_of_a_form_has_no_more_than_72_letters(
    driver: Driver, size: tuple[int, int], scale: float
) -> None:
    Window.size = size
    driver.open(scale=scale)
    SCENES["10_formulir_05"](driver.phone, driver.app)
    driver.settle(4)
    question = next(widget for widget in driver.walk() if isinstance(widget, Question))
    hints = " ".join(field.hint for form in load_forms().all() for field in form.fields.values())
    one, all_of_it = (question.measure(text, "small", question.width)[1] for text in ("Bila", hints))
    assert len(hints) / round(all_of_it / one) <= 72
