"""A webcam through Kivy's own camera provider. Rule: without a provider or a device it is simply not there.

Kivy's cameras live on the UI thread and tell of a frame by a texture; `frame` is called from another thread,
asks the clock for one, and waits. The device is open only while somebody looks through it or a picture is
taken.
"""

import io
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
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
        self._looking: _Look | None = None

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
        through = self._looking or _Look(self._kind)
        shot = _Shot(through, lambda: through is self._looking)
        Clock.schedule_once(shot.begin, 0)
        return shot.wait()

    def look(self, seen: Callable[[Any], None]) -> None:
        """Look through the camera until `look_away`: `seen` gets the texture of each frame. On the UI thread;
        a camera that gives none is told of when a picture is taken.
        """
        self.look_away()
        if self.available():
            self._looking = _Look(self._kind, seen)
            with suppress(Exception):  # providers raise what their library raises
                self._looking.open()

    def look_away(self) -> None:
        """Close what `look` opened."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.close()

    def trouble(self) -> str:
        """See devices.Camera."""
        return ""


class _Look:
    """The device while it is open, and how many frames it gave; all on the UI thread."""

    def __init__(self, kind: Any, seen: Callable[[Any], None] = lambda _texture: None) -> None:
        self._kind, self._seen = kind, seen
        self._camera: Any = None
        self.frames = 0

    @property
    def texture(self) -> Any:
        """The newest frame; None before the first."""
        return self._camera.texture if self._camera is not None else None

    def open(self) -> None:
        """Open the device, once. Raises whatever its provider raises."""
        if self._camera is not None:
            return
        try:
            self._camera = self._kind(index=0, resolution=SIZE, stopped=True)
            self._camera.bind(on_texture=self._frame)
            self._camera.start()
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Close it; a provider's farewell changes nothing."""
        camera, self._camera = self._camera, None
        with suppress(Exception):
            if camera is not None:
                camera.stop()

    def _frame(self, *_: Any) -> None:
        self.frames += 1
        if self.texture is not None:
            self._seen(self.texture)


class _Shot:
    """One picture being taken; everything but `wait` runs on the UI thread. The device stays open where
    somebody looks through it: `looked_through()` is asked at the end, for she may have left meanwhile.
    """

    def __init__(self, through: _Look, looked_through: Callable[[], bool]) -> None:
        self._through, self._looked_through = through, looked_through
        self._done = threading.Event()
        self._looks = 0
        self._jpeg = b""

    def begin(self, _dt: float) -> None:
        try:
            self._through.open()
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

    def _look(self, _dt: float) -> bool:
        self._looks += 1
        if self._through.frames >= SETTLE_FRAMES and self._through.texture:
            try:
                self._jpeg = jpeg_of(self._through.texture)
            except (OSError, ValueError):
                self._jpeg = b""
            self._end()
            return False
        if self._looks * LOOK_EVERY_S >= PATIENCE_S:
            self._end()
            return False
        return True

    def _end(self) -> None:
        if not self._looked_through():
            self._through.close()
        self._done.set()


def upright(texture: Any) -> Any:
    """A texture's pixels as a picture of Pillow (RGBA), the right way up."""
    from PIL import Image

    image = Image.frombytes("RGBA", (int(texture.width), int(texture.height)), texture.pixels)
    if texture.tex_coords[1] < texture.tex_coords[5]:
        image = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    return image


def jpeg_of(texture: Any) -> bytes:
    """A texture's pixels as JPEG, upright."""
    out = io.BytesIO()
    upright(texture).convert("RGB").save(out, "JPEG", quality=92)
    return out.getvalue()
