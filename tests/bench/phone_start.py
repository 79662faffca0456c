"""Cold start: from the start of the process to the first screen drawn, on a phone that is locked."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from field_app.__main__ import DEVICE_FILE, build
from field_app.devices.desktop import FileKeystore, SystemTime
from field_app.keys import Keys
from schemas.text import load_text
from tests.bench.figures import Figure

RUNS = 7
DRAWN = "drawn"


def measure(folder: Path) -> list[Figure]:
    """Start the app's process several times, offscreen, and a bare Python that imports Kivy's window."""
    _enrolled(folder)
    ours = [sys.executable, "-m", "tests.bench.phone_start", str(folder)]
    bare = [sys.executable, "-c", "from kivy.core.window import Window; print('drawn', flush=True)"]
    return [
        Figure(
            name="phone: cold start to the first drawn screen",
            value=_median_s(ours),
            unit="s",
            budget=1.5,
            limit=_median_s(bare),
            limit_name="a bare Kivy window",
        )
    ]


def _enrolled(folder: Path) -> None:
    """Lay down the key file of an enrolled phone; the vault is not opened before the PIN is given."""
    keys = Keys(folder, FileKeystore(folder / DEVICE_FILE), SystemTime(), os.urandom)
    keys.create("280945", os.urandom(32))


def _median_s(command: list[str]) -> float:
    return statistics.median(_until_drawn(command) for _ in range(RUNS))


def _until_drawn(command: list[str]) -> float:
    quiet = {"KIVY_NO_ARGS": "1", "KIVY_NO_CONSOLELOG": "1", "KIVY_NO_FILELOG": "1"}
    environment = {**os.environ, **quiet, "SDL_VIDEODRIVER": "offscreen", "SDL_AUDIODRIVER": "dummy"}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    drawn = any(line.strip() == DRAWN for line in process.stdout)
    seconds = time.perf_counter() - start
    process.terminate()
    process.wait()
    if not drawn:
        raise RuntimeError("the window was never drawn")
    return seconds


def start(folder: Path) -> None:
    """Open the app as `python -m field_app` does, and say so once its first frame was drawn."""
    from field_app.ui.environment import prepare

    prepare(offscreen=True)
    from kivy.clock import Clock

    from field_app.ui.window import SambangApp

    text = load_text()
    app = SambangApp(build(folder, text), SystemTime().now_ms, text)
    Clock.schedule_once(lambda _: Clock.schedule_once(lambda _: print(DRAWN, flush=True), 0), 0)
    app.run()


if __name__ == "__main__":
    start(Path(sys.argv[1]))
