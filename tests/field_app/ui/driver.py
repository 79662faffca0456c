"""Drives the app as a finger does: finds what is seen, taps it, types, and waits until all is quiet."""

import gc
import time
from collections.abc import Callable, Iterator
from typing import Any

from kivy.animation import Animation
from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.input.motionevent import MotionEvent
from kivy.metrics import dp
from kivy.uix.recycleview import RecycleView, views
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from field_app.ui.fields.card import FieldCard
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_data import NOW_MS
from field_app.ui.widgets.buttons import Choice, IconButton, Link, Pill
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.painted import Painted
from field_app.ui.window import SambangApp
from tests.field_app.ui.hurry import HURRY


class Finger(MotionEvent):
    """One touch."""

    def __init__(self, x: float, y: float) -> None:
        sx, sy = x / Window.width, y / Window.height
        super().__init__("finger", 1, {"x": sx, "y": sy}, is_touch=True, type_id="touch")
        self.scale_for_screen(Window.width, Window.height)

    def depack(self, args: Any) -> None:
        self.sx, self.sy = args["x"], args["y"]
        self.profile = ["pos"]
        super().depack(args)

    def move(self, x: float, y: float) -> None:
        super().move({"x": x / Window.width, "y": y / Window.height})


def _let_go(before: list[Any]) -> None:
    """Let Kivy forget what holds on to an app that ended: what was to come later, as a word that would go by
    itself, and rows kept for the next list. Each search for garbage goes through all of that.
    """
    Animation.cancel_all(None)
    for event in Clock.get_events():
        if event not in before:
            event.cancel()
    views._cached_views.clear()
    views._cache_count = 0


class Driver:
    """One app on one phone."""

    def __init__(self) -> None:
        self.phone: Any = None
        self.app: Any = None
        self._before: list[Any] = []

    def open(self, phone: Any = None, scale: float = 1.0, dark: bool = False, **more: Any) -> "Driver":
        """Build the app as __main__ does and draw its first screen."""
        self.close()
        self._before = Clock.get_events()
        self.phone = phone or SamplePhone()
        self.phone.settings.text_scale, self.phone.settings.dark = scale, dark
        self.app = SambangApp(
            self.phone, now_ms=more.pop("now_ms", lambda: NOW_MS), text=self.phone.text, **more
        )
        self.app.open_embedded()
        self.settle()
        return self

    def close(self) -> None:
        """End the app, keep the window."""
        if self.app:
            for tidying in (self.shell._tidy, self.shell._tidy_late):
                tidying.cancel()  # all of it is collected below
            self.app.dispatch("on_stop")  # as Kivy does: what the .kv files call `app` is then the next one
            Window.remove_widget(self.app.root)
            self.app = self.phone = None
            _let_go(self._before)
            # widgets point at each other, and what weighs is their textures, which Python does not count:
            # left to itself it collects them only after a gigabyte
            gc.collect()

    @property
    def shell(self) -> Any:
        return self.app.root

    @property
    def screen(self) -> Any:
        return self.app.root.screen

    def settle(self, frames: int = 2, patience_s: float = 30.0) -> None:
        """Run the loop until nothing is under way, and a little longer."""
        give_up = time.monotonic() + patience_s
        while frames > 0 or self.app.background.busy:
            assert time.monotonic() < give_up, "the app never came to rest"
            frames = 2 if self.app.background.busy else frames - 1
            EventLoop.idle()

    def wait_for(self, what: Callable[[], Any], patience_s: float = 30.0) -> Any:
        """Run the loop until `what` is true."""
        give_up = time.monotonic() + patience_s
        while not (found := what()):
            assert time.monotonic() < give_up, "it never happened"
            HURRY.frame(self.app)
        self.settle()
        return found

    # -- seeing ---------------------------------------------------------------------------------------------

    def walk(self, root: Widget | None = None) -> Iterator[Widget]:
        """All widgets of the topmost layer, as they are seen."""
        if root is None:
            sheets = self.shell.sheets()
            root = sheets[0] if sheets else self.shell
        yield from root.walk(restrict=True)

    def texts(self) -> list[str]:
        """All words that are drawn."""
        return [
            piece.text for widget in self.walk() if isinstance(widget, Painted) for piece in widget.pieces
        ]

    def sees(self, text: str) -> bool:
        """Whether these words are drawn somewhere."""
        return any(text in drawn for drawn in self.texts())

    def find(self, text: str) -> Any:
        """What is tapped by this label."""
        for widget in self.walk():
            label = getattr(widget, "text", "") or getattr(widget, "label", "")
            if isinstance(widget, (Pill, Link, Choice, IconButton)) and label == text and not widget.disabled:
                return widget
        raise AssertionError(f"nothing to tap says {text!r}; seen: {self.texts()}")

    def card(self, field: str) -> FieldCard:
        """The card of a field on the page of the form that is open."""
        return next(card for card in self.screen._shown_cards() if card.field.name == field)

    # -- doing ----------------------------------------------------------------------------------------------

    def tap(self, widget: Any) -> None:
        """Scroll it into sight as a finger would, and tap its middle."""
        self._bring(widget)
        self.touch(*widget.to_window(*widget.center))

    def touch(self, x: float, y: float, *path: tuple[float, float]) -> None:
        """Down, along the path, up."""
        finger = Finger(x, y)
        EventLoop.post_dispatch_input("begin", finger)
        EventLoop.idle()
        for point in path:
            finger.move(*point)
            EventLoop.post_dispatch_input("update", finger)
            EventLoop.idle()
        EventLoop.post_dispatch_input("end", finger)
        EventLoop.idle()
        # Inside a scrolled page Kivy hands the release on a little later.
        give_up = time.monotonic() + 20
        while finger.grab_list and time.monotonic() < give_up:
            HURRY.frame(self.app)
        self.settle()

    def turn_to(self, field: str, frames: int = 2) -> FieldCard:
        """Turn to the page of a field, as the list of pages does; its card."""
        screen = self.screen
        screen.go_to(next(n for n, step in enumerate(screen.steps) if field in step.fields))
        self.settle(frames)
        return self.card(field)

    def press(self, text: str) -> None:
        """Tap what says this."""
        self.tap(self.find(text))

    def type(self, entry: Entry, text: str) -> None:
        """Tap the field, clear it, type, and leave it."""
        for _ in range(3):  # on a busy machine a tap may pass for a scroll; a person taps again
            self.tap(entry)
            if entry.focus:
                break
        where = (
            entry.text,
            entry.hint_text,
            entry.to_window(*entry.center),
            entry.disabled,
            self.shell.sheets(),
        )
        assert entry.focus, f"a tap did not focus the field: {where}"
        entry.select_all()
        entry.delete_selection()
        for character in text:
            Window.dispatch("on_textinput", character)
        EventLoop.idle()
        entry.focus = False
        self.settle()

    def _bring(self, widget: Any) -> None:
        pages = [
            p for p in self._parents(widget) if isinstance(p, ScrollView) and not isinstance(p, RecycleView)
        ]
        before, rounds, give_up = None, 0, time.monotonic() + 3
        while rounds < 12 or time.monotonic() < give_up:  # a busy machine is given time, whatever it costs
            at = widget.to_window(*widget.center)
            if at == before and all(p.collide_point(*p.parent.to_widget(*at)) for p in pages):
                break
            before, rounds = at, rounds + 1
            for page in pages:
                if all(inner <= outer for inner, outer in zip(page.children[0].size, page.size, strict=True)):
                    continue  # all of it is seen: Kivy would push it off its place, and let it swing back
                page.scroll_to(widget, padding=dp(80), animate=False)
            self.settle()

    def _parents(self, widget: Any) -> Iterator[Any]:
        while widget.parent is not None and widget.parent is not widget:
            widget = widget.parent
            yield widget
