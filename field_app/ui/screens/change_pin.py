"""Ganti PIN: the present PIN, then the new one twice. Rule: the present one is tried first of all, and counts
as a try.
"""

from typing import ClassVar

from field_app.ui.countdown import Countdown
from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import containers, head  # noqa: F401 - named in the .kv
from field_app.ui.widgets import pin as pad  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.words import Notice
from field_app.views import Refused
from field_app.wraps import advise
from schemas.format import span

load_kv(__file__)


class ChangePinScreen(BaseScreen):
    """Three times six digits; what does not fit is asked again, and why is said."""

    asked: ClassVar = ("lama", "baru", "ulang")

    def build(self):
        self._typed: list[str] = []
        self._tried = ""
        self._tries = 0
        self._waiting = Countdown(self._wait, self._may_try)
        self.ids.pad.bind(pin=lambda _pad, typed: setattr(self.ids.dots, "count", len(typed)))
        self._ask()

    def enter(self):
        self.ids.pad.shuffled, self.ids.pad.disabled = self.context.phone.shuffled_pin, False
        standing = self.context.phone.tries()
        if not getattr(standing, "tries_left", 0) or standing.wait_s:
            self._answered(standing)

    def returned(self):
        self.enter()

    def leave(self):
        self._waiting.stop()
        self._typed, self._tried = [], ""
        self.ids.pad.clear()
        self._ask()

    def typed(self, pin):
        """Six digits are there."""
        self.ids.pad.clear()
        if not self._typed:
            self._try(pin)
        elif len(self._typed) == 1 and pin == self._typed[0]:
            self._ask("aplikasi.ganti_pin.sama")
        elif len(self._typed) == 1 and (advise(pin).block or advise(pin).warn):
            self._ask("aplikasi.daftar.pin_lemah")
        elif len(self._typed) == 2 and pin != self._typed[1]:
            self._typed = self._typed[:1]
            self._ask("aplikasi.daftar.pin_beda")
        elif len(self._typed) == 2:
            self._change(*self._typed)
        else:
            self._typed.append(pin)
            self._ask()

    def _try(self, pin):
        self.ids.pad.disabled, self._tried = True, pin
        self.context.background.run(lambda: self.context.phone.check_pin(pin), self._heard)

    def _heard(self, outcome):
        """Whether the present PIN was right; whoever left meanwhile is asked for it again."""
        pin, self._tried = self._tried, ""
        if outcome is not None:
            self._answered(outcome)
            return
        self.ids.pad.disabled = False
        if pin:
            self._typed = [pin]
            self._ask()

    def _change(self, old, new):
        self.ids.pad.disabled = True
        self.working(
            lambda: self.context.phone.change_pin(old, new), "aplikasi.daftar.simpan_pin", self._answered
        )

    def _answered(self, outcome):
        self.ids.pad.disabled = False
        self._typed = []
        if outcome is None:
            self.context.shell.toast(self.say("aplikasi.ganti_pin.selesai"), "approved")
            self.context.shell.back()
        elif isinstance(outcome, Refused):
            self._ask(outcome.say, **outcome.values)
        elif not getattr(outcome, "tries_left", 0):
            self.ids.pad.disabled = True
            self._ask("aplikasi.kunci.pin_dihapus")
            code = Pill(text=self.say("aplikasi.kunci.punya_kode"), icon="key")
            code.bind(on_release=lambda *_: self.context.shell.go("rescue"))
            self.ids.said.add_widget(code)
        elif outcome.wait_s:
            self._tries = outcome.tries_left
            self._waiting.begin(outcome.wait_s)
        else:
            self._ask("aplikasi.kunci.pin_salah", sisa=outcome.tries_left)

    def _wait(self, left_s):
        self.ids.pad.disabled = True
        self._ask("aplikasi.kunci.tunggu", sisa=self._tries, lama=span(left_s))

    def _may_try(self):
        self.ids.pad.disabled = False
        self._ask("aplikasi.kunci.coba_lagi", sisa=self._tries)

    def _ask(self, problem="", **values):
        """Ask for what comes next, and say what was wrong with what came last."""
        self.ids.asks.text = self.say(f"aplikasi.ganti_pin.{self.asked[len(self._typed)]}")
        self.ids.said.clear_widgets()
        if problem:
            self.ids.said.add_widget(Notice(icon="error", tone="bad", text=self.say(problem, **values)))
