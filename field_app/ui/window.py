"""The window: look, words, shell. Everything it needs is handed in; it builds no use case.

Rule: nothing heavy is imported here, so that the first screen is drawn quickly.
"""

from collections.abc import Callable
from typing import Any

from kivy.app import App
from kivy.core.window import Window

from field_app.ui.background import Background
from field_app.ui.context import Context
from field_app.ui.ports import Phone
from field_app.ui.shell import Shell
from field_app.ui.theme import Look
from field_app.ui.widgets.containers import keyboard_below
from schemas.text import Text, load_text
from schemas.theme import Theme, load_theme


class SambangApp(App):
    """Run with run(); tests drive it step by step after open_embedded()."""

    title = "Sambang"

    def __init__(
        self,
        phone: Phone,
        now_ms: Callable[[], int],
        text: Text | None = None,
        theme: Theme | None = None,
        camera: Any = None,
        location: Any = None,
        media: Any = None,
    ) -> None:
        super().__init__()
        self.phone = phone
        self.text = text or load_text()
        self._theme = theme or load_theme()
        self.theme = self._look()
        self._now_ms = now_ms
        self._camera, self._location, self._media = camera, location, media
        self.background = Background()

    def _look(self) -> Look:
        settings = self.phone.settings
        return Look(self._theme, dark=settings.dark, scale=settings.text_scale)

    def build(self) -> Shell:
        """Build the frame and its first screen."""
        Window.clearcolor = self.theme.background
        keyboard_below()
        shell = Shell()
        shell.context = Context(
            phone=self.phone, text=self.text, background=self.background, shell=shell, now_ms=self._now_ms,
            camera=self._camera, location=self._location, media=self._media,
        )  # fmt: skip
        Window.bind(on_keyboard=self._key)
        shell.restyle = self.restyle
        several = self.phone.state() != "terbuka" and len(self.phone.users()) > 1
        first = {"baru": "enrol", "terkunci": "unlock", "terbuka": "home"}[self.phone.state()]
        shell.only("who" if several else first)
        return shell

    def load_kv(self, filename=None):
        """The .kv files lie beside their modules; there is none for the app."""

    def restyle(self, rebuild: bool = True) -> None:
        """Light, dark or text size changed."""
        self.theme = self._look()
        Window.clearcolor = self.theme.background
        if self.root:
            self.root.canvas.before.children[0].rgba = self.theme.background
            if rebuild:
                self.root.rebuild()

    def _key(self, _window, key, *_rest) -> bool:
        """27 is Escape, and back on Android."""
        return self.root.back() if key == 27 else False

    def on_pause(self) -> bool:
        """Android puts the app away: keep what is typed."""
        if self.root and self.root.screen:
            self.root.screen.leave()
        return True

    def on_resume(self) -> None:
        """The app is in front again: what came meanwhile is fetched."""
        if self.phone.state() == "terbuka":
            self.phone.worker.sync_soon()

    def on_stop(self) -> None:
        """The window closes: keep what is typed, finish what was begun."""
        Window.unbind(on_keyboard=self._key)
        if self.root:
            self.root.guard.rest()
            if self.root.screen:
                self.root.screen.leave()
        self.background.close()

    def open_embedded(self) -> None:
        """Build everything without running the loop: whoever drives it calls EventLoop.idle()."""
        self._run_prepare()
