"""What every test stands on.

One rule: a test leaves nothing behind outside its temporary folder, and asks nothing of the display, the
network or the person who runs it.
"""

import os
import tempfile
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from schemas import form, text, theme, wilayah, workflow

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


def _once(load: Callable[..., Any]) -> Callable[..., Any]:
    """Read what ships with the program once, whoever asks for it: nothing changes it."""
    shipped = cache(load)

    @wraps(load)
    def loaded(*where: Any, **named: Any) -> Any:
        return load(*where, **named) if where or named else shipped()

    return loaded


def _forms(load: Callable[..., form.Forms]) -> Callable[..., form.Forms]:
    """Give each office and phone forms of its own, as it takes in more; those that ship are decoded once."""

    @cache
    def shipped() -> dict[tuple[str, int], form.Form]:
        forms = load()
        return {
            (one, version): forms.get(one, version) for one in forms.ids() for version in forms.versions(one)
        }

    @wraps(load)
    def loaded(*where: Any, **named: Any) -> form.Forms:
        forms = load(*where, **named)
        if not where and not named:
            forms._read.update(shipped())
        return forms

    return loaded


# before any module takes these names: a tenth of a second for each office, and as much for each phone
form.load_forms = _forms(form.load_forms)
for module, name in (
    (text, "load_text"), (theme, "load_theme"), (wilayah, "load_wilayah"), (workflow, "load_workflows"),
):  # fmt: skip
    setattr(module, name, _once(getattr(module, name)))


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder that holds the whole project."""
    return ROOT
