"""Plays a recording through Kivy. Rule: one at a time; what cannot be played is silence and False."""

from collections.abc import Callable
from pathlib import Path
from typing import Any


class KivyVoice:
    """The speaker of this device: a Voice."""

    def __init__(self) -> None:
        self._sound: Any = None
        self._ended: Callable[[], None] = lambda: None

    def play(self, path: Path, ended: Callable[[], None]) -> bool:
        """Begin; `ended` is called once when it is over or was stopped. False when it cannot be played."""
        # opens the sound device, so only when something is to be heard
        from kivy.core.audio import SoundLoader

        self.stop()
        sound = SoundLoader.load(str(path))
        if sound is None:
            return False
        self._sound, self._ended = sound, ended
        sound.bind(on_stop=lambda stopped: self._over(stopped))
        sound.play()
        if sound.state != "play":  # it was found, and cannot be read
            self._sound = None
            return False
        return True

    def stop(self) -> None:
        """Be quiet."""
        if self._sound is not None:
            self._sound.stop()

    def _over(self, stopped: Any) -> None:
        if stopped is self._sound:
            self._sound = None
            stopped.unload()
            self._ended()
