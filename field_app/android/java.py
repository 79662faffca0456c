"""Java's classes, by name. Rule: each is looked up once, on the main thread, before anything else begins.

A thread that Python made cannot find the app's own classes, only the system's: there the look-up of a name
would fail, and what was looked up before goes on working. So `java(name)` knows no class but those listed.
"""

import importlib
from collections.abc import Callable
from typing import Any

OURS = "org.sambang.lapangan."
"""The package of the classes below `java/`, which is also the app's id."""
CLASSES = (
    "android.content.Context",
    "android.content.Intent",
    "android.net.NetworkCapabilities",
    "android.net.Uri",
    "android.os.Build",
    "android.os.Build$VERSION",
    "android.os.SystemClock",
    "android.provider.Settings$Global",
    "android.security.keystore.KeyGenParameterSpec$Builder",
    "android.security.keystore.KeyProperties",
    "java.security.KeyStore",
    "javax.crypto.KeyGenerator",
    "javax.crypto.Mac",
    OURS + "CameraActivity",
    OURS + "Fixes",
    OURS + "SambangActivity",
    OURS + "SendingService",
    OURS + "Viewfinder",
)


class Java:
    """`find(name)` gives a class; `error` is what a Java exception is raised as, with its `classname`."""

    def __init__(self, find: Callable[[str], Any], error: type[Exception]) -> None:
        self._classes = {name: find(name) for name in CLASSES}
        self.error = error

    def __call__(self, name: str) -> Any:
        """Return a class of the list. Raises KeyError for any other."""
        return self._classes[name]

    @property
    def activity(self) -> Any:
        """The window's activity, which is also the context of everything."""
        return self(OURS + "SambangActivity").get()

    @property
    def release(self) -> int:
        """Which Android this is, as its API level."""
        return int(self("android.os.Build$VERSION").SDK_INT)

    def service(self, name: str) -> Any:
        """Return a service of the system by its name in Context. None where this phone has none."""
        return self.activity.getSystemService(getattr(self("android.content.Context"), name))


def kind_of(error: Exception) -> str:
    """Return the name of a Java exception's class, without its package; empty for another's."""
    return str(getattr(error, "classname", "") or "").rpartition(".")[2]


def bytes_of(array: Any) -> bytes:
    """Return a byte[] that Java gave, copied whole: pyjnius gives a picture byte by byte to `bytes`."""
    return array.tostring()


def on_this_phone() -> Java:
    """Return the Java of the phone that this runs on. To be called on the main thread."""
    jnius = importlib.import_module("jnius")
    return Java(jnius.autoclass, jnius.JavaException)
