"""What every test stands on.

One rule: a test leaves nothing behind outside its temporary folder, and asks nothing of the display, the
network or the person who runs it.
"""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Keep Kivy offscreen and out of the home folder, and make property tests the same on every run."""
    home = tempfile.TemporaryDirectory(prefix="sambang-kivy-")
    config.add_cleanup(home.cleanup)
    os.environ.update(
        KIVY_HOME=home.name,
        KIVY_NO_ARGS="1",
        KIVY_NO_CONSOLELOG="1",
        KIVY_NO_FILELOG="1",
        SDL_AUDIODRIVER="dummy",
    )
    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    # a run that depends on luck or on the machine's speed proves nothing about the change at hand
    settings.register_profile("house", derandomize=True, deadline=None, database=None, print_blob=True)
    settings.load_profile("house")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder that holds the whole project."""
    return ROOT
