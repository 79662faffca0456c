"""Opening the window where there is one to open, and saying so where there is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from field_app.ui.environment import has_display, needs_display
from schemas.text import load_text

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("environment", "platform", "seen"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"SDL_VIDEODRIVER": "offscreen"}, "linux", True),
        ({}, "win32", True),
        ({}, "darwin", True),
    ],
)
def test_a_window_needs_a_display_or_a_named_driver(
    environment: dict[str, str], platform: str, seen: bool
) -> None:
    assert has_display(environment, platform) is seen
    assert needs_display({"SDL_VIDEODRIVER": "offscreen"}, "linux") is False


def test_without_a_display_the_app_says_what_can_be_done_and_ends(tmp_path: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-m", "field_app", "--dir", str(tmp_path / "hp")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == load_text()("lapangan.perintah.tanpa_jendela")
