"""A real Kivy window, offscreen: the loop runs, touches are real, and pixels are drawn."""

from collections.abc import Iterator

import pytest

from field_app.ui.environment import prepare

prepare((360, 640), 1.0, offscreen=True)

from kivy.config import Config  # noqa: E402 - Kivy reads its environment when it is first imported

Config.set("graphics", "maxfps", "0")
Config.set("graphics", "vsync", "0")

from tests.field_app.ui.driver import Driver  # noqa: E402


@pytest.fixture
def driver() -> Iterator[Driver]:
    driven = Driver()
    yield driven
    driven.close()
