"""On a tablet: what is read stays as narrow as is read easily, a thumb reaches the PIN, and the list of a
wide map stands beside it.
"""

from collections.abc import Iterator

import pytest
from kivy.core.window import Window
from kivy.metrics import dp

from field_app.ui.pictures import scenes
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.pin import PAD_WIDTH, Key
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_screens_fit import cut_off, overlapping, too_small

SCENES = dict(scenes())
ACROSS, UPRIGHT = (1280, 800), (800, 1280)
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
