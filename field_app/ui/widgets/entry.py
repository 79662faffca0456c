"""Where text is typed: one line with a mask, or several lines that grow.

Rule: what was typed stays seen whole: a long number shrinks to fit instead of scrolling its head away, and
one line of words that is too long for its box `grows`, at the reader's own size.
"""

from collections.abc import Callable

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.textinput import TextInput

from field_app.ui.kv import load_kv
from field_app.ui.letters import Letters, steady
from field_app.ui.typed import digits_of, keeps
from field_app.ui.widgets.keyboard import give_back, keep_seen

load_kv(__file__)

PAUSE_S = 0.6
"""A pause in typing after which the answer is saved."""


class Entry(TextInput):
    """A text field. `settled(text)` is called after a short pause, when focus leaves, and by flush();
    `reads(text)` is what is taken of something pasted.
    """

    look = ObjectProperty(None)
    wrong = BooleanProperty(False)
    prefix = StringProperty("")
    suffix = StringProperty("")
    fit = BooleanProperty(True)
    grows = BooleanProperty(False)
    private = BooleanProperty(False)
    """What is typed is of a sealed case: no keyboard learns its words, and nothing of it is copied out."""
    __events__ = ("on_overflow",)

    def __init__(
        self,
        mask: Callable[[str], str] | None = None,
        settled=None,
        max_length: int = 0,
        reads: Callable[[str], str] = str,
        **kwargs,
    ):
        self._mask, self._reads = mask, reads
        self._max = max_length
        self._settled = settled or (lambda _text: None)
        self._last = kwargs.get("text", "")
        self._whole = False
        self._pause = Clock.create_trigger(self.flush, PAUSE_S)
        self._keep_seen = Clock.create_trigger(self._stay_seen)
        kwargs.setdefault("size_hint_y", None)
        kwargs.setdefault("write_tab", False)
        if kwargs.get("multiline") is None:
            kwargs["multiline"] = kwargs.get("grows", False)
        # Android's own correction garbles what is typed in Kivy, so only long texts have it
        kwargs.setdefault("input_type", "text" if kwargs["multiline"] and not kwargs.get("grows") else "null")
        super().__init__(**kwargs)
        for name in ("width", "minimum_height", "prefix", "suffix", "look", "hint_text"):
            self.fbind(name, self._fit)
        for name in ("cursor", "height", "pos"):
            self.fbind(name, self._moved)
        self._fit()

    def on_private(self, _instance, private):
        """Close the ways out to other apps."""
        self.allow_copy = self.keyboard_suggestions = not private
        if private and self.input_type == "text":
            self.input_type = "null"

    def cut(self):
        """What cannot be copied out is not lost by trying."""
        if not self.private:
            super().cut()

    def on_overflow(self, most):
        """Some of what was typed or pasted found no room: so many letters may stand here. With 0 none of it
        was taken: a number that is cut is another number.
        """

    def on_text(self, _instance, text):
        """Shrink, and wait for the pause."""
        self._fit()
        if text != self._last:
            self._pause()

    def insert_text(self, substring, from_undo=False):
        """Typed or pasted: shaped afterwards, when the cursor stands behind it. One that grows is still one
        line: Enter leaves it, and what is pasted loses its line ends.
        """
        if self.grows:
            if substring == "\n":
                self.focus = False
                return
            substring = " ".join(substring.splitlines())
        if self._max:
            room = max(0, self._max - len(self.text))
            if len(substring) > room:
                self.dispatch("on_overflow", self._max)
            substring = substring[:room]
        if self._mask and not self._has_room(substring := self._reads(substring)):
            self.dispatch("on_overflow", 0)
            return
        super().insert_text(substring, from_undo)
        self._shape()

    def _has_room(self, substring):
        """Whether the mask would keep all digits, with these put in."""
        at = self.cursor_index()
        whole = self.text[:at] + substring + self.text[at:]
        return keeps(self._mask(whole), whole)

    def do_backspace(self, from_undo=False, mode="bkspc"):
        """Deleted: shaped afterwards."""
        super().do_backspace(from_undo, mode)
        self._shape()

    def _shape(self):
        """Bring the text into its mask; the cursor stays behind the same digit."""
        if not self._mask:
            return
        cursor, text = self.cursor_index(), self.text
        wanted = self._mask(text)
        if wanted != text:
            place = len(wanted) if cursor == len(text) else _behind(wanted, len(digits_of(text[:cursor])))
            self.text = wanted
            self.cursor = self.get_cursor_from_index(place)

    def on_focus(self, _instance, focused):
        """Save when leaving; until then, stay seen also in what a keyboard leaves of the window."""
        if focused:
            Window.bind(size=self._keep_seen)
        else:
            Window.unbind(size=self._keep_seen)
            self.flush()
            give_back(self)

    def _ensure_keyboard(self):
        """Before a keyboard is asked for: Android moves the window by where the field stands then."""
        keep_seen(self)
        super()._ensure_keyboard()

    def _moved(self, *_):
        """What is typed grew, or the cursor stands in another line."""
        if self.focus:
            self._keep_seen()

    def _stay_seen(self, *_):
        # a frame later, when all around it stands where it will
        Clock.schedule_once(lambda _dt: keep_seen(self) if self.focus else None)

    def on_touch_down(self, touch):
        """The page may move under the finger: the rest of this touch then marks no words."""
        before = self.to_window(*self.pos)
        taken = super().on_touch_down(touch)
        touch.ud[self] = self.to_window(*self.pos) != before
        return taken

    def on_touch_move(self, touch):
        return True if touch.ud.get(self) else super().on_touch_move(touch)

    def flush(self, *_):
        """Hand over what was typed, if it is new."""
        self._pause.cancel()
        if self.text != self._last:
            self._last = self.text
            self._settled(self.text)

    def show(self, text: str) -> None:
        """Show a value that is stored already: nothing is saved."""
        self._last = text
        self.text = text
        self._pause.cancel()

    def _adjust_viewport(self, *place):
        """As Kivy's, which may have measured the letters before they shrank."""
        super()._adjust_viewport(*place)
        self._show_head()

    def _show_head(self):
        """What fits as a whole is not scrolled."""
        if self._whole:
            self.scroll_x = 0

    def _get_line_options(self):
        """As Kivy's, with letters drawn as all others are: Kivy keeps one font of each size for everybody,
        shaped as whoever came first asked (letters.py).
        """
        if self._line_options is None:
            super()._get_line_options()["font_hinting"] = None
            self._label_cached = Letters(**self._line_options)
        steady(self._label_cached)  # Kivy measures each line that it draws by this font
        return self._line_options

    def _extent(self, text: str, size: float) -> float:
        if not text:
            return 0
        return Letters(font_name=self.font_name, font_size=size).extent(text)

    def _fit(self, *_):
        if not self.look:
            return
        full = self.look.font_px("figure" if self._mask else "body")
        side = dp(16)
        left = side + (self._extent(self.prefix, full) + dp(6) if self.prefix else 0)
        right = side + (self._extent(self.suffix, full) + dp(6) if self.suffix else 0)
        size = full
        self._whole = False
        if self.fit and not self.multiline and self.parent:  # before, it is as wide as Kivy makes anything
            room = self.width - left - right - dp(4)
            wide = self._extent(self.text or self.hint_text, full)
            if room > 0 and wide > room:
                size = max(dp(9), full * room / wide * 0.98)
            self._whole = wide * size <= room * full
        self.font_size = size
        self._show_head()
        self.font_name = self.look.font_of(self.text, "label")
        if self.grows:
            above = max(dp(8), (dp(54) - self.line_height) / 2)
            self.padding = (side, above, side, above)
            self.height = max(dp(54), full * 1.3 + dp(20), self.minimum_height)
        elif self.multiline:
            self.padding = (side, dp(14), side, dp(14))
            self.height = max(dp(120), self.minimum_height)
        else:
            self.height = max(dp(54), full * 1.3 + dp(20))
            above = max(0, (self.height - self.line_height) / 2)
            self.padding = (left, above, right, 0)


def _behind(text: str, digits: int) -> int:
    """The index behind so many digits."""
    seen = 0
    for index, character in enumerate(text):
        if seen == digits:
            return index
        seen += character.isdigit()
    return len(text)
