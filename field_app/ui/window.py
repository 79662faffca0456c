"""The window: look, words, shell. Everything it needs is handed in; it builds no use case.

Rule: nothing heavy is imported here, so that the first screen is drawn quickly.
"""

from collections.abc import Callable
from typing import Any

from kivy.app import App
from kivy.base import ExceptionHandler, ExceptionManager
from kivy.clock import Clock
from kivy.core.window import Window

from field_app.autolock import AutoLock
from field_app.devices.desktop import DesktopSystem, SystemTime
from field_app.qr import QrReader
from field_app.ui.background import Background
from field_app.ui.context import Context
from field_app.ui.ports import Phone
from field_app.ui.shell import Shell
from field_app.ui.theme import Look
from field_app.ui.voice import KivyVoice
from field_app.ui.widgets.keyboard import keyboard_below
from field_app.views import Refused
from schemas.text import Text, load_text
from schemas.theme import Theme, load_theme

LOOK_S = 1.0
"""How often it is looked whether it is time to lock."""


class Unread(ExceptionHandler):
    """Says it where a broken storage does not give back what a screen shows: what else is there goes on."""

    def __init__(self, app: "SambangApp") -> None:
        self._app = app

    def handle_exception(self, exception: BaseException) -> int:
        """Leave the app running, on the screen that it was on, for what the storage is at fault in."""
        from field_app.unstored import unstored
        from field_app.vault import StorageFailedError

        if not isinstance(exception, StorageFailedError) or not (self._app.root and self._app.root.screen):
            return ExceptionManager.RAISE
        self._app.root.screen.refusal(unstored(exception))
        return ExceptionManager.PASS


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
        elapsed_ms: Callable[[], int] | None = None,
        documents: Any = None,
        system: Any = None,
        voice: Any = None,
        finder: Any = None,
        qr: Any = None,
    ) -> None:
        super().__init__()
        self.phone = phone
        self.text = text or load_text()
        self._theme = theme or load_theme()
        self.theme = self._look()
        self._now_ms = now_ms
        self._camera, self._location, self._media = camera, location, media
        self._documents, self._system = documents, system or DesktopSystem()
        self._voice = voice or KivyVoice()
        self._finder, self._qr = finder, qr or QrReader()
        self.background = Background()
        self._autolock = AutoLock(elapsed_ms or SystemTime().elapsed_ms, lambda: phone.settings.lock_minutes)
        self._watch: Any = None
        self._unread = Unread(self)

    def _look(self) -> Look:
        settings = self.phone.settings
        return Look(self._theme, dark=settings.dark, scale=settings.text_scale)

    def build(self) -> Shell:
        """Build the frame and its first screen."""
        self._paint_around()
        keyboard_below()
        shell = Shell()
        shell.context = Context(
            phone=self.phone, text=self.text, background=self.background, shell=shell, now_ms=self._now_ms,
            camera=self._camera, location=self._location, media=self._media,
            documents=self._documents, system=self._system, voice=self._voice,
            finder=self._finder, qr=self._qr,
        )  # fmt: skip
        Window.bind(on_keyboard=self._key)
        self._watch_over(True)
        ExceptionManager.add_handler(self._unread)
        shell.restyle, shell.lock, shell.quick_exit = self.restyle, self.lock, self.quick_exit
        several = self.phone.state() != "terbuka" and len(self.phone.users()) > 1
        first = {"baru": "enrol", "terkunci": "unlock", "terbuka": "home"}[self.phone.state()]
        shell.only("who" if several else first)
        return shell

    def load_kv(self, filename=None):
        """The .kv files lie beside their modules; there is none for the app."""

    def restyle(self, rebuild: bool = True) -> None:
        """Light, dark or text size changed."""
        self.theme = self._look()
        self._paint_around()
        if self.root:
            self.root.canvas.before.children[0].rgba = self.theme.background
            if rebuild:
                self.root.rebuild()

    def _paint_around(self) -> None:
        """Colour what is behind the screens, and around the window."""
        Window.clearcolor = self.theme.background
        self._system.paint_bars(tuple(self.theme.background[:3]), self.phone.settings.dark)

    def _key(self, _window, key, *_rest) -> bool:
        """27 is Escape, and back on Android, where it leads out of the app at last."""
        return (self.root.back() or self._system.put_away()) if key == 27 else False

    def _watch_over(self, on: bool) -> None:
        """Notice touches, keys, and that the app is left; look now and then whether it is time to lock."""
        heard = {
            "on_touch_down": self._touched, "on_touch_move": self._touched, "on_key_down": self._touched,
            "on_textinput": self._touched, "on_hide": self._gone, "on_minimize": self._gone,
            "focus": self._focus,
        }  # fmt: skip
        if on:
            Window.bind(**heard)
            self._watch = Clock.schedule_interval(lambda _dt: self._look_at_clock(), LOOK_S)
        elif self._watch:
            Window.unbind(**heard)
            self._watch.cancel()

    def _touched(self, *_: Any) -> None:
        self._autolock.touched()

    def _gone(self, *_: Any) -> None:
        if self.phone.settings.lock_when_left and not self._system.is_out():
            self.lock()

    def _focus(self, _window: Any, in_front: bool) -> None:
        self._look_at_clock()  # before it is said that she is back: the time away may have been too long
        if in_front:
            self._autolock.back()
        elif self.phone.settings.lock_when_left and not self._system.is_out():
            self._autolock.left()

    def _look_at_clock(self) -> None:
        if self.phone.state() != "terbuka" or self.root.name == "unlock":
            self._autolock.touched()  # the minutes begin when the phone is opened
        elif self.phone.wipe_due() or self._autolock.due():
            self.lock()

    def lock(self, then: Callable[[], Any] | None = None) -> None:
        """Cover what is seen at once, keep what is typed, and close the vault after what was begun."""
        was_open = self.phone.state() == "terbuka"
        if was_open and self.root:
            self.root.hush_all()
            self.root.only("unlock")  # leaving a screen hands over what is typed on it

        def locked(refused: Refused | None) -> None:
            if was_open and self.phone.state() == "baru":
                self._wiped(whole=refused is None)
            if refused is not None and self.root:
                self.root.screen.refusal(refused)
            if then:
                then()

        self.background.run(self.phone.lock, locked)

    def _wiped(self, *, whole: bool) -> None:
        """The office had this vault wiped: say so if all is gone, and begin as a new one. Other workers' are
        behind it.
        """
        others = [("who", {})] if self.phone.users() else []
        self.root.stand(*others, ("enrol", {"wiped": whole}))

    def quick_exit(self) -> None:
        """Lock and be gone: nothing of it stays on the screen."""
        self.lock(self.stop)

    def on_pause(self) -> bool:
        """Android puts the app away: lock, or at least keep what is typed. Out for a photo is not away."""
        before = self.root.screen if self.root else None
        if self.phone.settings.lock_when_left and not self._system.is_out():
            self.lock()
        if before and self.root.screen is before:  # what was locked before is left too: it may look or ask
            before.paused()
        return True

    def on_resume(self) -> None:
        """The app is in front again: what came meanwhile is fetched, unless it was away for too long."""
        before = self.root.screen if self.root else None
        self._look_at_clock()
        if before and self.root.screen is before:
            before.returned()
        if self.phone.state() == "terbuka":
            self.phone.worker.sync_soon()

    def on_stop(self) -> None:
        """The window closes: keep what is typed, finish what was begun."""
        Window.unbind(on_keyboard=self._key)
        self._watch_over(False)
        ExceptionManager.remove_handler(self._unread)
        if self.root:
            self.root.guard.rest()
            if self.root.screen:
                self.root.screen.leave()
        self.background.close()

    def open_embedded(self) -> None:
        """Build everything without running the loop: whoever drives it calls EventLoop.idle()."""
        self._run_prepare()
