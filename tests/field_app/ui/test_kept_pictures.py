"""The screens look as they did, on phones and a tablet, light and dark; nothing on them is cut off."""

from collections.abc import Iterator

import pytest
from kivy.core.window import Window
from PIL import Image, ImageDraw

from field_app.ui.shell import SCREENS
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.hurry import rest
from tests.field_app.ui.kept_pictures import (
    KEPT,
    MOST_BYTES,
    SCENES,
    WAYS,
    difference,
    drawn,
    open_scene,
    path_of,
    shrunk,
)
from tests.field_app.ui.test_screens_fit import cut_off, overlapping, too_small


@pytest.fixture(autouse=True)
def _window() -> Iterator[None]:
    """The other tests find the window as they left it."""
    before = Window.size
    yield
    Window.size = before


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("way", WAYS)
def test_a_screen_looks_as_it_did_and_nothing_is_cut_off(driver: Driver, way: str, scene: str) -> None:
    open_scene(driver, way, scene)
    assert driver.shell.name == SCENES[scene]
    assert cut_off(driver) == [] and overlapping(driver) == [] and too_small(driver) == []
    with Image.open(path_of(way, scene)) as kept:
        apart = difference(kept, shrunk(drawn(driver)))
        for _ in range(4):  # on a busy machine something may still be on its way
            if apart.is_small:
                break
            driver.settle(3)
            rest(driver.app)
            apart = difference(kept, shrunk(drawn(driver)))
    assert apart.is_small, f"{apart}: look at it, then renew it as kept_pictures.py says"


def test_there_is_a_picture_of_each_and_none_besides_and_they_are_small() -> None:
    there = {path.relative_to(KEPT).as_posix() for path in KEPT.rglob("*") if path.is_file()}
    assert there == {f"{way}/{scene}.png" for way in WAYS for scene in SCENES}
    assert sum(path.stat().st_size for path in KEPT.rglob("*.png")) < MOST_BYTES


def test_every_screen_there_is_has_a_picture() -> None:
    assert set(SCENES.values()) == set(SCREENS)


def _kept(way: str = "kecil", scene: str = "05_beranda") -> Image.Image:
    with Image.open(path_of(way, scene)) as kept:
        return kept.convert("RGB")


def test_another_screen_another_look_a_moved_part_and_another_word_are_all_seen() -> None:
    kept = _kept()
    assert not difference(kept, _kept(scene="07_cari")).is_small
    assert not difference(kept, _kept("kecil_160")).is_small
    lower = kept.copy()
    lower.paste(kept.crop((0, 80, 180, 220)), (0, 82))
    assert not difference(kept, lower).is_small
    word = kept.copy()
    ImageDraw.Draw(word).text((45, 80), "Lain", fill=(15, 32, 28))
    assert not difference(kept, word).is_small


def test_edges_of_letters_that_another_driver_smooths_otherwise_are_not_seen() -> None:
    kept = _kept()
    other = Image.blend(kept, kept.resize((176, 314)).resize(kept.size), 0.25)
    assert difference(kept, other).is_small
