"""The watch over screens of sealed cases. Rule: they close by themselves, and leave nothing behind on the
screen.

A screen is sealed by its name, or because its draft is. Before one is shown the PIN is asked again; above it
stands *Keluar cepat*, which leads at once to a screen that says nothing. A minute without a touch closes all
of it: what was typed is kept first, then the key is forgotten, with every drawn word and picture.
"""

from typing import TYPE_CHECKING, Any

from kivy.cache import Cache
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.properties import NumericProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.textinput import TextInput

from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.head import LeaveButton
from field_app.ui.widgets.words import Words

if TYPE_CHECKING:
    from field_app.ui.shell import BaseScreen, Shell

SEALED = frozenset({"cases", "closed", "statement"})
"""Screens that are of sealed cases, whatever they show."""
ASKING = "second"
"""The screen that asks for the PIN; *Keluar cepat* stands above it too."""
NEUTRAL = ("home", "search")
"""Where *Keluar cepat* leads: to a search that shows nobody, and behind it the tasks."""
TEXT_CACHES = ("textinput.label", "textinput.width")
"""Kivy's own: a minute of all that was typed."""
MOMENT_S = 0.2
LAST_SECONDS = 15
"""From here on the seconds that are left are shown."""


class QuickExit(BoxLayout):
    """The strip above a sealed screen."""

    left_s = NumericProperty(0)

    def __init__(self, say: Any, leave: Any, **kwargs: Any):
        super().__init__(
            size_hint_y=None, height=dp(56), padding=(dp(16), dp(4), dp(12), dp(4)), spacing=dp(8), **kwargs
        )
        self._say = say
        self._words = Words(style="caption", ink="ink_soft", pos_hint={"center_y": 0.5})
        self.add_widget(self._words)
        pill = Pill(kind="danger", icon="exit", compact=True, text=say("aplikasi.tersegel.keluar_cepat"))
        pill.size_hint_x = None
        pill.bind(look=lambda one, _look: setattr(one, "width", one.natural_width()))
        pill.width = pill.natural_width() if pill.look else dp(170)
        pill.bind(on_release=lambda *_: leave())
        self.add_widget(pill)
        self.bind(left_s=lambda *_: self._show())
        self._show()

    def _show(self) -> None:
        soon = 0 < self.left_s <= LAST_SECONDS
        key = "sisa" if soon else "judul"
        self._words.text = self._say(f"aplikasi.tersegel.{key}", **({"detik": self.left_s} if soon else {}))


class Guard:
    """Of one shell."""

    def __init__(self, shell: "Shell") -> None:
        self._shell = shell
        self._strip: QuickExit | None = None
        self._tick: Any = None

    def is_sealed(self, name: str, arguments: dict[str, Any]) -> bool:
        """Say whether a screen shows something of a sealed case."""
        if name in SEALED:
            return True
        draft = arguments.get("draft")
        phone = self._shell.context.phone
        return draft is not None and phone.state() == "terbuka" and phone.sealed.is_sealed(draft)

    def asks_first(self, name: str, arguments: dict[str, Any]) -> bool:
        """Say whether the PIN has to be given before this screen is shown."""
        return self.is_sealed(name, arguments) and not self._shell.context.phone.sealed.left_s()

    def raised(self, screen: "BaseScreen", name: str, arguments: dict[str, Any]) -> None:
        """A screen came to the front: put the strip above a sealed one, and watch."""
        self._strip = None
        if name != ASKING and not self.is_sealed(name, arguments):
            return
        context = self._shell.context
        self._strip = QuickExit(context.text, self.leave)
        if "sync" in screen.ids:  # one strip at the top is enough on a small screen
            screen.remove_widget(screen.ids.pop("sync").__self__)
        for old in [child for child in screen.children if isinstance(child, QuickExit)]:
            screen.remove_widget(old)
        for other in [one for one in screen.walk(restrict=True) if isinstance(one, LeaveButton)]:
            other.parent.padding[2] = dp(16)
            other.parent.remove_widget(other)  # one way out is found faster than two
        screen.add_widget(self._strip, index=len(screen.children))
        self._strip.left_s = context.phone.sealed.left_s()
        if name == ASKING:
            # what was open is closed before a PIN can be given, and never after it
            self.rest()
            self.forget()
        else:
            self.watch()

    def watch(self) -> None:
        """Look each second how much of the minute is left."""
        if self._tick is None:
            self._tick = Clock.schedule_interval(lambda _dt: self.look(), 1)
            Window.bind(on_textinput=self.touched, on_key_down=self.touched)

    def touched(self, *_: Any) -> None:
        """Somebody touches or types: the minute begins anew."""
        if self._tick is not None and self._shell.context.phone.state() == "terbuka":
            self._shell.context.phone.sealed.touch()

    def look(self) -> None:
        """Close what was not touched for a minute."""
        phone = self._shell.context.phone
        if phone.state() != "terbuka":
            self.rest()
            self._wipe()
            return
        left_s = phone.sealed.left_s()
        if self._strip is not None:
            self._strip.left_s = left_s
        if left_s:
            return
        name, arguments = self._shell.front
        self.rest()
        if self.is_sealed(name, arguments):
            self._let_go()
            self._shell.stand(("home", {}), (ASKING, {"then": (name, arguments), "closed": True}))
        elif name != ASKING:
            self.forget()

    def leave(self) -> None:
        """*Keluar cepat*: away at once; the draft is kept."""
        self.rest()
        self._let_go()
        self._shell.stand(*((name, {}) for name in NEUTRAL))
        self.forget()

    def forget(self) -> None:
        """Forget the key, once what was typed is kept, and all that was drawn of what it opened."""
        context = self._shell.context
        context.background.run(lambda: _lock(context.phone), lambda _none: self._wipe())

    def _let_go(self) -> None:
        """Take the keyboard from what is typed in: it would hold on to it, and so to the whole screen. What
        was just said goes too.
        """
        self._shell.hush_all()
        for widget in self._shell.walk(restrict=True):
            if getattr(widget, "focus", False):
                widget.focus = False

    def _wipe(self) -> None:
        """Let go of all that was drawn; and once more in a moment, for what was still about to be drawn."""
        # Kivy holds on to the text field that was made last, and so to its screen: let it be an empty one
        TextInput()
        self._clear()
        Clock.schedule_once(lambda _dt: self._clear(), MOMENT_S)

    def _clear(self) -> None:
        if self._shell.screen is not None:
            self._shell.screen.look.words.cache_clear()
        for name in TEXT_CACHES:
            Cache.remove(name)

    def rest(self) -> None:
        """Watch no longer: nothing sealed is open, or the window closes."""
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
            Window.unbind(on_textinput=self.touched, on_key_down=self.touched)


def _lock(phone: Any) -> None:
    if phone.state() == "terbuka":
        phone.sealed.lock()
