"""Permissions, asked when something needs one. Rule: never at the start, and never twice for one wish."""

import threading
from enum import Enum

from field_app.android.java import Java
from field_app.devices import Outing

CAMERA = "android.permission.CAMERA"
FINE = "android.permission.ACCESS_FINE_LOCATION"
COARSE = "android.permission.ACCESS_COARSE_LOCATION"


class Answer(Enum):
    """What came of asking; NEVER: Android asks no more, only its settings can give it."""

    GIVEN = "diberi"
    DENIED = "ditolak"
    NEVER = "ditolak-selamanya"


class Permissions:
    """Asks for permissions, in a thread that is not the window's."""

    def __init__(self, java: Java, outing: Outing) -> None:
        self._java, self._outing = java, outing
        self._one = threading.Lock()

    def has(self, name: str) -> bool:
        """Say whether one was given, without asking."""
        return self._java.activity.checkSelfPermission(name) == 0

    def refusal(self, wish: str, *names: str) -> str:
        """Ask, and return the text of `wish` (`kamera`, `lokasi` …) that says why not; empty when given."""
        match self.ask(*names):
            case Answer.GIVEN:
                return ""
            case Answer.DENIED:
                return f"aplikasi.{wish}.izin_ditolak"
            case Answer.NEVER:
                return f"aplikasi.{wish}.izin_tertutup"

    def ask(self, *names: str) -> Answer:
        """Ask for all of these unless one was given already, and wait for her answer: any one will do. Of two
        questions Android answers one by itself, so they come one after another.
        """
        with self._one:
            if any(map(self.has, names)):
                return Answer.GIVEN
            with self._outing.begun():
                self._java.activity.askPermissions(list(names))
        if any(map(self.has, names)):
            return Answer.GIVEN
        asks_again = any(self._java.activity.shouldShowRequestPermissionRationale(name) for name in names)
        return Answer.DENIED if asks_again else Answer.NEVER
