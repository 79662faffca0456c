"""Android's camera as a live view whose frames are read. Rule: a frame is never in a file, and the camera is
open only while somebody looks through it.
"""

from typing import Any

from field_app.android.camera import ANY_CAMERA
from field_app.android.java import OURS, Java, bytes_of
from field_app.android.permissions import CAMERA, Permissions
from field_app.devices import Grey

PATIENCE_MS = 5000
"""How long a camera may take to open."""


class AndroidFinder:
    """See devices.Viewfinder."""

    def __init__(self, java: Java, permissions: Permissions) -> None:
        self._java, self._permissions = java, permissions
        self._view: Any = None
        self._trouble = ""

    def available(self) -> bool:
        """See devices.Viewfinder."""
        return bool(self._java.activity.getPackageManager().hasSystemFeature(ANY_CAMERA))

    def open(self) -> None:
        """See devices.Viewfinder."""
        self.close()
        self._trouble = self._permissions.refusal("pindai", CAMERA)
        if self._trouble:
            raise OSError("no permission for the camera")
        view = self._java(OURS + "Viewfinder")(self._java.activity)
        if not view.open(PATIENCE_MS):
            view.close()
            self._trouble = "aplikasi.pindai.tanpa_gambar"
            raise OSError("the camera did not open")
        self._view = view

    def frame(self) -> Grey | None:
        """See devices.Viewfinder."""
        view = self._view
        if view is None:
            return None
        dots = view.take()
        if dots is None:
            return None
        return Grey(view.getWidth(), view.getHeight(), bytes_of(dots), view.getTurn())

    def close(self) -> None:
        """See devices.Viewfinder."""
        view, self._view = self._view, None
        if view is not None:
            view.close()

    def has_light(self) -> bool:
        """See devices.Viewfinder."""
        return self._view is not None and bool(self._view.hasLight())

    def light(self, on: bool) -> None:
        """See devices.Viewfinder."""
        if self._view is not None:
            self._view.light(on)

    def trouble(self) -> str:
        """See devices.Viewfinder."""
        return self._trouble
