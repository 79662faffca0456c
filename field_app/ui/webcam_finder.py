"""A desktop's webcam as a live view whose frames are read. Rule: the device is open only between open and
close.
"""

from typing import Any

from kivy.clock import Clock

from field_app.devices import Grey
from field_app.ui.webcam import DesktopCamera, upright


class DesktopFinder:
    """See devices.Viewfinder."""

    def __init__(self, camera: DesktopCamera) -> None:
        self._camera = camera
        self._wanted = False
        self._texture: Any = None

    def available(self) -> bool:
        """See devices.Viewfinder."""
        return self._camera.available()

    def open(self) -> None:
        """See devices.Viewfinder. A device that gives nothing is told of by the frames that do not come."""
        if not self.available():
            raise OSError("no camera")
        self._wanted = True
        Clock.schedule_once(self._begin, 0)

    def frame(self) -> Grey | None:
        """See devices.Viewfinder."""
        texture, self._texture = self._texture, None
        if texture is None:
            return None
        grey = upright(texture).convert("L")
        return Grey(grey.width, grey.height, grey.tobytes())

    def close(self) -> None:
        """See devices.Viewfinder."""
        self._wanted, self._texture = False, None
        self._camera.look_away()

    def has_light(self) -> bool:
        """See devices.Viewfinder."""
        return False

    def light(self, on: bool) -> None:
        """See devices.Viewfinder."""

    def trouble(self) -> str:
        """See devices.Viewfinder."""
        return ""

    def _begin(self, _dt: float) -> None:
        if self._wanted:  # she may have left meanwhile
            self._camera.look(self._see)

    def _see(self, texture: Any) -> None:
        self._texture = texture
