"""Opens the window on a phone. Rule: Kivy is imported only after its environment is set, so only inside
run().
"""

from typing import Any

from field_app.devices.desktop import MountedMedia, SystemTime
from field_app.ui.environment import has_display, needs_display, prepare


class NoWindowError(Exception):
    """No window can be opened here: there is no display, or its driver is missing."""


def run(phone: Any, camera: Any = None, location: Any = None) -> None:
    """Show the app until its window is closed. Raises NoWindowError."""
    if not has_display():
        raise NoWindowError
    prepare()

    from kivy.core.window import Window

    from field_app.ui.webcam import DesktopCamera
    from field_app.ui.window import SambangApp

    # SDL that finds no working display takes its driver without a screen, and knows no window there
    unseen = Window is None or (needs_display() and Window.get_window_info() is None)
    if unseen:
        raise NoWindowError
    SambangApp(
        phone,
        now_ms=SystemTime().now_ms,
        text=phone.text,
        camera=camera or DesktopCamera(),
        location=location,
        media=MountedMedia(),
    ).run()
