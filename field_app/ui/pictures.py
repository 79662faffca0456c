"""Draws every screen offscreen with sample data to PNG files: for the guides, and for whoever reviews the
look.

python -m field_app.ui.pictures --out DIR [--text 150] [--dark] [--size 360x640] [--only form]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from field_app.ui.environment import prepare
from field_app.ui.pictures_camera import camera_scenes
from field_app.ui.pictures_form import form_scenes
from field_app.ui.pictures_lock import lock_scenes
from field_app.ui.pictures_scan import scan_scenes
from field_app.ui.pictures_sealed import sealed_scenes
from field_app.ui.pictures_sync import sync_scenes
from field_app.ui.pictures_tasks import tasks_scenes

Scene = Callable[[Any, Any], None]
FADED_S = 0.25
"""After an answer came, until what it brought has come into sight."""
CALM_FRAMES = 4
"""And so many frames at least: on a busy machine one may last longer than that."""


def main() -> None:
    """Read the arguments, draw, save."""
    parser = argparse.ArgumentParser(description="Gambar semua layar aplikasi ke berkas PNG.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the PNG files")
    parser.add_argument("--text", type=int, default=100, help="text size in percent, 100 to 160")
    parser.add_argument("--dark", action="store_true", help="the dark look")
    parser.add_argument("--size", default="360x640", help="in dp")
    parser.add_argument("--density", type=float, default=2.0, help="pixels for each dp")
    parser.add_argument("--only", default="", help="only pictures whose name contains this")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    prepare((width, height), options.density, offscreen=True)
    options.out.mkdir(parents=True, exist_ok=True)
    suffix = f"{'_gelap' if options.dark else ''}{f'_{options.text}' if options.text != 100 else ''}"
    for name, draw in scenes():
        if options.only in name:
            draw_scene(draw, options.text / 100, options.dark).save(options.out / f"{name}{suffix}.png")


def scenes(rest: Callable[..., None] | None = None) -> Iterator[tuple[str, Scene]]:
    """(name, what to do with phone and shell before the picture is taken); `rest` is another `settle`."""
    for some in (
        lock_scenes, tasks_scenes, form_scenes, camera_scenes, sync_scenes, scan_scenes, sealed_scenes,
    ):  # fmt: skip
        yield from some(rest or settle)


def settle(app: Any, seconds: float = 0.35) -> None:
    """Let the loop run until nothing is under way and animations ended."""
    from kivy.base import EventLoop

    until, calm = time.monotonic() + seconds, 0
    while time.monotonic() < until or calm < CALM_FRAMES:
        busy = app.background.busy
        EventLoop.idle()
        calm = 0 if busy else calm + 1
        if busy:  # counted from when the answer was taken in, which may itself take long
            until = max(until, time.monotonic() + FADED_S)


def draw_scene(draw: Callable[[Any, Any], None], scale: float, dark: bool) -> Any:
    """Build the app anew, bring it to the scene, and read the window as a Pillow image."""
    from kivy.core.window import Window
    from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels
    from PIL import Image

    from field_app.ui.sample import SamplePhone
    from field_app.ui.sample_data import NOW_MS
    from field_app.ui.window import SambangApp

    phone = SamplePhone()
    phone.settings.text_scale, phone.settings.dark = scale, dark
    app = SambangApp(phone, now_ms=lambda: NOW_MS, text=phone.text)
    app.open_embedded()
    settle(app, 0.05)
    draw(phone, app)
    settle(app)
    Window.dispatch("on_draw")
    width, height = Window.system_size if Window.system_size[0] > Window.width else Window.size
    pixels = glReadPixels(0, 0, int(width), int(height), GL_RGBA, GL_UNSIGNED_BYTE)
    app.dispatch("on_stop")
    Window.remove_widget(app.root)
    image = Image.frombytes("RGBA", (int(width), int(height)), pixels)
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).convert("RGB")


if __name__ == "__main__":
    main()
