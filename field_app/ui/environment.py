"""Kivy's settings that must stand in the environment before it is first imported.

Rule: nothing of Kivy is imported here before the environment is set.
"""

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping


def prepare(
    size: tuple[int, int] = (412, 820),
    density: float | None = None,
    offscreen: bool = False,
    environment: MutableMapping[str, str] = os.environ,
) -> None:
    """Quieten Kivy (it logs paths and parses our arguments otherwise) and fix the window; size in dp."""
    quiet = ("KIVY_NO_ARGS", "KIVY_NO_CONSOLELOG", "KIVY_NO_FILELOG", "KIVY_NO_CONFIG")
    environment["KIVY_LOG_MODE"] = "PYTHON"  # else Kivy takes stderr, and tracebacks vanish
    for name in quiet:
        environment[name] = "1"
    if "ANDROID_ARGUMENT" not in environment:
        environment["KIVY_CLIPBOARD"] = "sdl2"  # the others start programs that may not be there
    if density is not None:
        environment["KIVY_METRICS_DENSITY"] = str(density)
    if offscreen:
        environment["SDL_VIDEODRIVER"] = "offscreen"
        environment["SDL_AUDIODRIVER"] = "dummy"

    # Kivy looks for a touch-panel driver and an X11 helper that few systems have, and reports it as
    # tracebacks.
    logging.getLogger("kivy").addFilter(_worth_saying)

    from kivy.config import Config  # after the environment, which it reads when imported

    scale = density or 1.0
    Config.set("graphics", "width", str(round(size[0] * scale)))
    Config.set("graphics", "height", str(round(size[1] * scale)))
    Config.set("graphics", "multisamples", "0")
    Config.set("graphics", "minimum_width", "320")
    Config.set("graphics", "minimum_height", "480")
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "log_level", "warning")
    Config.set("input", "mouse", "mouse,disable_multitouch")


def needs_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Say whether a window needs a display server here; whoever names a driver wants just that one."""
    named = environment.get("SDL_VIDEODRIVER") or "ANDROID_ARGUMENT" in environment
    return not named and platform.startswith(("linux", "freebsd"))


def has_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Say whether a window can be seen. Without a display SDL draws to nowhere rather than refuse, and the
    app would run unseen for ever.
    """
    servers = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    return bool(servers) or not needs_display(environment, platform)


def _worth_saying(record: logging.LogRecord) -> bool:
    text = str(record.msg)
    return "is not supported by your" not in text and not text.startswith("Cutbuffer:")
