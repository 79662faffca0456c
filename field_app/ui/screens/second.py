"""Bagian tertutup: the PIN again, before anything of a sealed case is shown. What was asked for comes after
it.
"""

from typing import Any

from field_app.ui.kv import load_kv
from field_app.ui.screens.unlock import UnlockScreen
from field_app.ui.widgets import containers, head  # noqa: F401 - named in the .kv

load_kv(__file__)


class SecondScreen(UnlockScreen):
    """As the lock screen, over the second unlock; a PIN that is gone locks the whole phone."""

    def build(self, then: tuple[str, dict[str, Any]], closed: bool = False):
        super().build()
        self._then = then
        self._closed = closed

    def enter(self):
        super().enter()
        if self._closed and not self.notice:
            self._say(self.say("aplikasi.tersegel.terkunci"), "lock", "info")

    def say_whose(self):
        """Whoever has come here has opened it."""

    def typed(self, pin):
        """All digits are there: derive the key away from the UI thread."""
        self.ids.pad.disabled = True
        self._say(self.say("aplikasi.kunci.membuka"), "key", "info")
        self.context.background.run(lambda: self.context.phone.sealed.unlock(pin), self._answered)

    def _answered(self, outcome):
        self.ids.pad.disabled = False
        self.ids.pad.clear()
        if outcome is None:
            name, arguments = self._then
            self.context.shell.replace(name, **arguments)
            return
        self.ids.dots.tone = "bad"
        self._show(outcome)
