"""The service in front that keeps the process alive while photos are sent. Rule: it is best effort; the
upload goes on where it was cut, with or without it.
"""

from field_app.android.java import OURS, Java
from schemas.text import Text


class AndroidStaying:
    """See devices.Staying."""

    def __init__(self, java: Java, text: Text) -> None:
        self._java, self._text = java, text
        self._begun = False

    def begin(self) -> None:
        """See devices.Staying."""
        words = self._text("aplikasi.android.saluran"), self._text("aplikasi.android.mengirim")
        try:
            self._java(OURS + "SendingService").begin(self._java.activity, *words)
        except self._java.error:
            return  # Android allows none while the app is not in front
        self._begun = True

    def end(self) -> None:
        """See devices.Staying."""
        if self._begun:
            self._begun = False
            self._java(OURS + "SendingService").end(self._java.activity)
