"""A webcam through Kivy's own camera provider. Rule: without a provider or a device it is simply not there.

Kivy's cameras live on the UI thread and tell of a frame by a texture; `frame` is called from another thread,
asks the clock for one, and waits. The device is open only while a picture is taken.
"""

import io
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kivy.clock import Clock

from field_app.devices import Guide

SETTLE_FRAMES = 8
"""The first frames of a webcam are dark: it is still finding its exposure."""
PATIENCE_S = 8.0
LOOK_EVERY_S = 0.05
SIZE = (1280, 720)


def kivy_camera() -> Any:
    """Kivy's camera class on this system; None where it has no provider."""
    try:
        from kivy.core.camera import Camera
    except Exception as error:  # noqa: BLE001 - a provider's library may fail in any way when it is loaded
        del error
        return None
    return Camera


def has_device() -> bool:
    """Whether a camera is plugged in, as far as the system tells without opening it."""
    return not sys.platform.startswith("linux") or any(Path("/dev").glob("video*"))


class DesktopCamera:
    """See devices.Camera."""

    def __init__(
        self, provider: Callable[[], Any] = kivy_camera, device: Callable[[], bool] = has_device
    ) -> None:
        self._provider, self._device = provider, device
        self._known = False
        self._kind: Any = None

    def available(self) -> bool:
        """See devices.Camera. The provider is looked for when it is first asked for, a device each time."""
        if not self._device():
            return False
        if not self._known:
            self._known, self._kind = True, self._provider()
        return self._kind is not None

    def frame(self, guide: Guide | None = None) -> bytes:
        """See devices.Camera. Not to be called on the UI thread, which it waits for."""
        if not self.available():
            raise OSError("no camera")
        shot = _Shot(self._kind)
        Clock.schedule_once(shot.begin, 0)
        return shot.wait()

    def trouble(self) -> str:
        """See devices.Camera."""
        return ""


class _Shot:
    """One picture being taken; everything but `wait` runs on the UI thread."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._done = threading.Event()
        self._frames, self._looks = 0, 0
        self._camera: Any = None
        self._jpeg = b""

    def begin(self, _dt: float) -> None:
        try:
            self._camera = self._kind(index=0, resolution=SIZE, stopped=True)
            self._camera.bind(on_texture=self._seen)
            self._camera.start()
        except Exception:  # noqa: BLE001 - providers raise what their library raises
            self._end()
            return
        Clock.schedule_interval(self._look, LOOK_EVERY_S)

    def wait(self) -> bytes:
        """Wait for the picture, in the calling thread. Raises OSError when none came."""
        self._done.wait(PATIENCE_S * 1.5)
        if not self._jpeg:
            raise OSError("the camera gave no picture")
        return self._jpeg

    def _seen(self, *_: Any) -> None:
        self._frames += 1

    def _look(self, _dt: float) -> bool:
        self._looks += 1
        if self._frames >= SETTLE_FRAMES and self._camera.texture:
            try:
                self._jpeg = jpeg_of(self._camera.texture)
            except (OSError, ValueError):
                self._jpeg = b""
            self._end()
            return False
        if self._looks * LOOK_EVERY_S >= PATIENCE_S:
            self._end()
            return False
        return True

    def _end(self) -> None:
        try:
            if self._camera is not None:
                self._camera.stop()
        except Exception:  # noqa: BLE001 - the picture is there, or is not; a provider's farewell changes neither
            self._frames = 0
        self._done.set()


def jpeg_of(texture: Any) -> bytes:
    """A texture's pixels as JPEG, upright."""
    from PIL import Image

    image = Image.frombytes("RGBA", (int(texture.width), int(texture.height)), texture.pixels)
    if texture.tex_coords[1] < texture.tex_coords[5]:
        image = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=92)
    return out.getvalue()
