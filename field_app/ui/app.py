"""Opens the window on a phone. Rule: Kivy is imported only after its environment is set, so only inside
run().
"""

import gc
from typing import Any

from field_app.devices.desktop import MountedMedia, SystemTime
from field_app.ui.environment import has_display, needs_display, prepare


class NoWindowError(Exception):
    """No window can be opened here: there is no display, or its driver is missing."""


def settle_memory() -> None:
    """Set apart what was loaded once, so that collecting garbage looks only at what came since: a frame then
    waits some milliseconds for it and not a sixth of a second.
    """
    gc.collect()
    gc.freeze()


def run(
    phone: Any,
    camera: Any = None,
    location: Any = None,
    documents: Any = None,
    system: Any = None,
    time: Any = None,
    finder: Any = None,
) -> None:
    """Show the app until its window is closed, by default with what a desktop has. Raises NoWindowError."""
    if not has_display():
        raise NoWindowError
    prepare()

    from kivy.core.window import Window

    from field_app.ui.webcam import DesktopCamera
    from field_app.ui.webcam_finder import DesktopFinder
    from field_app.ui.window import SambangApp

    # SDL that finds no working display takes its driver without a screen, and knows no window there
    unseen = Window is None or (needs_display() and Window.get_window_info() is None)
    if unseen:
        raise NoWindowError
    time = time or SystemTime()
    webcam = DesktopCamera()
    settle_memory()
    SambangApp(
        phone,
        now_ms=time.now_ms,
        elapsed_ms=time.elapsed_ms,
        text=phone.text,
        camera=camera or webcam,
        location=location,
        media=None if documents else MountedMedia(),
        documents=documents,
        system=system,
        finder=finder or DesktopFinder(webcam),
    ).run()
