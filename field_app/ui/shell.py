"""The frame that holds the screens: one stack, sheets above it, a short word at the bottom, and the back key.

Rule: a screen is built when it is first shown, from its own module, so that the lock screen starts fast.
Back never
leads nowhere: sheet, then screen, then home, then out.
"""

import gc
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from field_app.bench import guarded
from field_app.ui.context import Context
from field_app.ui.guard import ASKING, Guard
from field_app.ui.kv import load_kv
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.painted import Painted
from field_app.ui.widgets.switch import Toggle
from field_app.views import Refused
from schemas.format import number

load_kv(__file__)

T = TypeVar("T")
MOST_WORK_S = 20.0
"""How long it may be said that something is being done, whatever becomes of it."""
TIDY_S = 0.4
"""After a screen was left; by then the next one stands, and the finger is still."""
TIDY_LATE_S = 2.0
"""Once more after the last screen that was left: on a slow phone its bars may still have been fading."""
SCREENS = {
    "who": "Who", "unlock": "Unlock", "rescue": "Rescue", "enrol": "Enrol", "home": "Home",
    "search": "Search", "map": "Map", "start": "Start", "task": "Task",
    "form": "Form", "camera": "Camera", "photo": "Photo", "review": "Review", "done": "Done", "sync": "Sync",
    "repair": "Repair", "settings": "Settings", "conflicts": "Conflicts", "change_pin": "ChangePin",
    "second": "Second", "cases": "Cases", "closed": "Closed", "statement": "Statement", "unit_key": "UnitKey",
    "put_away": "PutAway", "scan": "Scan", "new_address": "NewAddress",
}  # fmt: skip
"""Name -> class; the module is field_app.ui.screens.<name>, the class <Class>Screen."""

IN_DRAFT = {"form": "form", "camera": "form", "photo": "form", "statement": "form", "review": "review"}
"""Screens in which a draft is in hand, and where it is taken up again."""
ASIDE = frozenset({"unlock", "rescue", "who", "enrol", "scan", ASKING})
"""Screens before the vault or a sealed part of it, or for a moment: where she was is as it was."""


class BaseScreen(BoxLayout):
    """One screen: built once, entered each time it comes to the front. On a tablet it is a column in the
    middle, as wide as lines are easily read, or two for cards side by side, unless it is `wide`.
    """

    wide = BooleanProperty(False)
    columns = NumericProperty(1)

    look = ObjectProperty(None)
    say = ObjectProperty(None)

    def __init__(self, context: Context, **arguments: Any):
        self.context = context
        super().__init__(orientation="vertical")
        self.build(**arguments)

    def build(self, **arguments: Any) -> None:
        """Fill the ids of the .kv, once."""

    def enter(self) -> None:
        """Came to the front: ask the phone again."""

    def leave(self) -> None:
        """Something else comes to the front: hand over what is typed."""

    def paused(self) -> None:
        """The app goes away with this screen in front, or a window of the system lies over it."""
        self.leave()

    def returned(self) -> None:
        """The app is in front again, still with this screen."""

    def heard(self) -> None:
        """The worker has news."""
        if "sync" in self.ids:
            self.ids.sync.show(self.context.phone.worker.status(), self.context.now_ms())

    def back(self) -> bool:
        """The back key; True when the screen dealt with it."""
        return False

    def ask(self, work: Callable[[], T], then: Callable[[T], Any]) -> None:
        """Do `work` in the background; what is refused, or closed meanwhile, is said, and the rest goes
        on.
        """

        def answered(outcome: T | Refused) -> None:
            if isinstance(outcome, Refused):
                self.refusal(outcome)
            else:
                then(outcome)

        self.context.background.run(lambda: guarded(work), answered)

    def working(self, work: Callable[[], T], said: str, then: Callable[[T], Any]) -> None:
        """Do what takes a while in the background, and say what it is until it is done."""
        shell = self.context.shell
        toast = shell.toast(self.say(said), "key", MOST_WORK_S)

        def answered(outcome: T) -> None:
            shell.hush(toast)  # what comes next is not to lie under it
            then(outcome)

        self.context.background.run(work, answered)

    def kept(self, step: Callable[[], Any]) -> bool:
        """Keep a setting at once; what the storage refuses is said, and False returned."""
        outcome = guarded(step)
        if isinstance(outcome, Refused):
            self.refusal(outcome)
        return not isinstance(outcome, Refused)

    def keeps(self, switch: Toggle, keep: Callable[[bool], Any]) -> None:
        """Keep each turn of a switch; where that is refused it turns back."""

        def turned(_switch: Toggle, on: bool) -> None:
            if not self.kept(lambda: keep(on)):
                switch.unbind(on=turned)
                switch.on = not on
                switch.bind(on=turned)

        switch.bind(on=turned)

    def refusal(self, refused: Refused) -> None:
        """Say why something was not done."""
        self.context.shell.toast(self.say(refused.say, **refused.values), "warning", 5)

    def overflowed(self, most: int) -> None:
        """Say that not all of what was typed or pasted was taken; of a number, with 0, nothing was."""
        key = "penuh" if most else "penuh_angka"
        words = self.say(f"aplikasi.formulir.{key}", **({"jumlah": number(most)} if most else {}))
        self.context.shell.toast(words, "warning", 5)


class Toast(Painted):
    """A short word at the bottom that goes by itself."""

    def __init__(self, text: str, icon: str, **kwargs):
        self.text, self.icon = text, icon
        super().__init__(size_hint=(None, None), **kwargs)
        self.refresh()

    def fit(self, width: float) -> None:
        """Be as large as the words need, at most `width`."""
        room = width - dp(72)
        wide, high = self.measure(self.text, "small", room)
        self.size = min(width, wide + dp(72)), max(dp(48), high + dp(24))

    def paint(self):
        look = self.look
        self.fill(look.ink, radius=dp(16))
        self.draw_icon(self.icon, look.background, dp(24), self.height / 2, 20)
        room = self.width - dp(60)
        high = self.measure(self.text, "small", room)[1]
        self.write(self.text, "small", look.background, dp(44), (self.height - high) / 2, room)


class UndoToast(ButtonBehavior, Toast):
    """A short word about what was just done; a tap takes it back."""


class Shell(FloatLayout):
    """Root of the window."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.context: Context | None = None
        self.guard = Guard(self)
        self._stack: list[tuple[str, dict[str, Any], BaseScreen | None]] = []
        self._place: tuple[str, str] | None = None
        # Widgets point at each other, and what weighs is their textures, which Python does not count: left to
        # itself it would collect the screens of a day of photos only after hundreds of megabytes.
        self._tidy = Clock.create_trigger(lambda _dt: gc.collect(), TIDY_S)
        self._tidy_late = Clock.create_trigger(lambda _dt: gc.collect(), TIDY_LATE_S)
        self._news = Clock.create_trigger(lambda _dt: self._heard(), 0.05)

    @property
    def screen(self) -> BaseScreen | None:
        """The screen in front."""
        return self._stack[-1][2] if self._stack else None

    @property
    def front(self) -> tuple[str, dict[str, Any]]:
        """The screen in front, by its name and what it was given."""
        return self._stack[-1][:2]

    @property
    def name(self) -> str:
        """The name of the screen in front."""
        return self._stack[-1][0] if self._stack else ""

    @property
    def leads_back(self) -> bool:
        """Whether something lies behind the screen in front."""
        return len(self._stack) > 1

    def go(self, name: str, /, **arguments: Any) -> None:
        """Put a screen in front."""
        self._drop()
        self._put(name, arguments)
        self._raise()

    def replace(self, name: str, /, **arguments: Any) -> None:
        """Put a screen in the place of the one in front."""
        self._drop()
        if self._stack:
            self._stack.pop()
        self._put(name, arguments)
        self._raise()

    def _put(self, name: str, arguments: dict[str, Any]) -> None:
        """Add to the way here; where it stood before, the way is cut there: back leads to no screen twice."""
        about = (name, arguments.get("draft"))
        way = [(one, given.get("draft")) for one, given, _screen in self._stack]
        if about in way:
            del self._stack[way.index(about) :]
        self._stack.append((name, arguments, None))

    def only(self, name: str, /, **arguments: Any) -> None:
        """Forget the way here: nothing lies behind this screen."""
        self._drop()
        self._stack.clear()
        self._stack.append((name, arguments, None))
        self._raise()

    def stay(self) -> None:
        """Forget the way here, and leave the screen in front as it is: what lay behind it is over."""
        del self._stack[:-1]

    def stand(self, *screens: tuple[str, dict[str, Any]]) -> None:
        """Forget the way here, and stand before the last of these, with the others behind it."""
        self._drop()
        self._stack = [(name, arguments, None) for name, arguments in screens]
        self._raise()

    def on_touch_down(self, touch):
        """Any touch keeps what is sealed open."""
        self.guard.touched()
        return super().on_touch_down(touch)

    def back(self, *_: Any) -> bool:
        """One step back; False when there is nowhere to go, and the system may close the window."""
        if self.sheets():
            self.sheets()[0].close()
            return True
        if self.screen and self.screen.back():
            return True
        if not self.leads_back:
            return False
        self._drop()
        self._stack.pop()
        self._raise()
        return True

    def come_back(self) -> None:
        """The phone was opened: stand where she was, in the draft that was in hand, or before the tasks."""
        self._place = None
        visits = self.context.phone.visits
        self.context.background.run(lambda: guarded(visits.stood), self._come_back)

    def _come_back(self, was: Any) -> None:
        if self.context.phone.state() != "terbuka":
            return
        way: list[tuple[str, dict[str, Any]]] = [("home", {})]
        if was is not None and not isinstance(was, Refused):
            way.append(("form", {"draft": was.draft}))
            if was.screen == "review":
                way.append(("review", {"draft": was.draft}))
        self.stand(*way)

    def _remember_place(self, name: str, arguments: dict[str, Any]) -> None:
        """Have the phone know at each step which draft is in hand."""
        if name in ASIDE or self.context.phone.state() != "terbuka":
            return
        screen = IN_DRAFT.get(name, "")
        place = (arguments["draft"] if screen else "", screen)
        if place == self._place:
            return
        self._place = place
        visits = self.context.phone.visits
        self.context.background.run(lambda: guarded(lambda: visits.stand_at(*place)), lambda _none: None)

    def back_to(self, name: str) -> None:
        """Back to the nearest screen of that name, or there anew."""
        self._drop()
        while len(self._stack) > 1 and self._stack[-1][0] != name:
            self._stack.pop()
        if self._stack[-1][0] != name:
            self._stack[-1] = (name, {}, None)
        self._raise()

    def rebuild(self) -> None:
        """Build the screens anew: the look changed."""
        self._drop()
        self._stack = [(name, arguments, None) for name, arguments, _ in self._stack]
        self._raise()

    def sheets(self) -> list[Sheet]:
        """Open sheets, the uppermost first."""
        return [child for child in self.children if isinstance(child, Sheet)]

    def present(self, sheet: Sheet) -> None:
        """Show a sheet above the screen."""
        self.add_widget(sheet)
        panel = sheet.ids.panel
        sheet.opacity = 0
        Animation(opacity=1, duration=0.14).start(sheet)
        panel.do_layout()

    def toast(self, text: str, icon: str = "info", seconds: float = 3.0) -> Toast:
        """Say a short word; what is returned can be hushed before it goes by itself."""
        toast = Toast(text, icon)
        self._show_toast(toast, seconds)
        return toast

    def hush_all(self) -> None:
        """Take every short word away: the screen it was said on is no one's to read any more."""
        for toast in [child for child in self.children if isinstance(child, Toast)]:
            self.remove_widget(toast)

    def hush_words(self) -> None:
        """Take short words away that only tell: what they were about is no longer in sight."""
        for toast in [child for child in self.children if isinstance(child, Toast)]:
            if not isinstance(toast, UndoToast):
                self.remove_widget(toast)

    def hush(self, toast: Toast) -> None:
        """Take a short word away: what it spoke of is done."""
        if toast.parent:
            self.remove_widget(toast)

    def offer_undo(self, text: str, undo: Callable[[], Any], seconds: float = 8.0) -> None:
        """Say what was just done, with a tap that takes it back."""
        toast = UndoToast(text=text, icon="undo")

        def taken_back(*_: Any) -> None:
            self.remove_widget(toast)
            undo()

        toast.bind(on_release=taken_back)
        self._show_toast(toast, seconds)

    def _show_toast(self, toast: Toast, seconds: float) -> None:
        self.hush_all()
        toast.fit(self.width - dp(32))
        toast.pos = (self.width - toast.width) / 2, dp(84)
        self.add_widget(toast)
        fade = Animation(opacity=0, duration=0.3)
        fade.bind(on_complete=lambda *_: toast.parent and self.remove_widget(toast))
        Clock.schedule_once(lambda _dt: fade.start(toast), seconds)

    def _heard(self) -> None:
        """Hand news on, unless the phone was locked since they came."""
        if self.screen and self.context.phone.state() == "terbuka":
            self.screen.heard()

    def _drop(self) -> None:
        # what can be taken back belongs to the screen it was done on
        for above in [child for child in self.children if isinstance(child, (Sheet, UndoToast))]:
            self.remove_widget(above)
        if self.screen:
            self.screen.leave()
            self.remove_widget(self.screen)
            self._tidy()
            self._tidy_late.cancel()  # it counts from the last screen that was left
            self._tidy_late()

    def _raise(self) -> None:
        name, arguments, screen = self._stack[-1]
        if self.guard.asks_first(name, arguments):
            self._stack[-1] = (ASKING, {"then": (name, arguments)}, None)
            name, arguments, screen = self._stack[-1]
        if screen is None:
            module = import_module(f"field_app.ui.screens.{name}")
            screen = getattr(module, f"{SCREENS[name]}Screen")(self.context, **arguments)
            self._stack[-1] = (name, arguments, screen)
        self.guard.raised(screen, name, arguments)
        self._remember_place(name, arguments)
        self.add_widget(screen, index=len(self.children))
        if self.context.phone.state() == "terbuka":
            # Called from the worker's thread: the trigger brings it to ours.
            self.context.phone.worker.listener = lambda _status: self._news()
        screen.heard()
        screen.enter()
