"""Buka kunci: the PIN, the tries that are left, the time to wait, and what to do when it is forgotten."""

from field_app.ui.countdown import Countdown
from field_app.ui.kv import load_kv
from field_app.ui.labels import user_name
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import pin as pad  # noqa: F401 - its classes are named in the .kv
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused
from schemas.format import span

load_kv(__file__)


class UnlockScreen(BaseScreen):
    """Asks for the PIN; each refused try is said in a sentence."""

    def build(self):
        self.notice, self._tries = None, 0
        self.waiting = Countdown(self._wait, self._may_try)
        self._pad = self.ids.pad.__self__
        self.ids.pad.bind(pin=self._shown)

    def enter(self):
        self.say_whose()
        self.ids.pad.shuffled = self.context.phone.shuffled_pin
        if self.ids.pad.shuffled:
            self.ids.pad.lay()
        self._show(self.context.phone.tries(), fresh=True)

    def say_whose(self):
        """Where several have a vault here: whose PIN is asked. Another's would cost the owner a try."""
        phone = self.context.phone
        users = phone.users()
        mine = [user_name(one, self.say) for one in users if one.id == phone.chosen]
        if len(users) > 1 and mine:
            self.ids.asks.text = self.say("aplikasi.kunci.masukkan_siapa", nama=mine[0])

    def _shown(self, _pad, pin):
        self.ids.dots.count = len(pin)
        self.ids.dots.tone = "primary"

    def typed(self, pin):
        """All digits are there: derive the key away from the UI thread."""
        self.ids.pad.disabled = True
        self._say(self.say("aplikasi.kunci.membuka"), "key", "info")
        self.context.background.run(lambda: self.context.phone.unlock(pin), self._answered)

    def _answered(self, outcome):
        self.ids.pad.disabled = False
        self.ids.pad.clear()
        if self.context.phone.state() == "terbuka":
            self.context.shell.restyle(rebuild=False)  # the settings lie in the vault
            self.context.shell.come_back()
            return
        self.ids.dots.tone = "bad"
        self._show(outcome)

    def _show(self, outcome, fresh=False):
        """Say how things stand: `fresh` when nothing was tried yet."""
        if isinstance(outcome, Refused):
            self._say(self.say(outcome.say, **outcome.values), "error", "bad")
            return
        self._tries, wait_s = getattr(outcome, "tries_left", 0), getattr(outcome, "wait_s", 0)
        if not self._tries:
            gone = "perangkat_lain" if getattr(outcome, "other_device", False) else "pin_dihapus"
            self._say(self.say(f"aplikasi.kunci.{gone}"), "error", "bad")
            self._only_by_code()
        elif wait_s:
            self.waiting.begin(wait_s)
        elif not fresh:
            self._say(self.say("aplikasi.kunci.pin_salah", sisa=self._tries), "error", "bad")

    def _only_by_code(self):
        """No PIN helps any more: in the place of its keys stands the way that is left."""
        if self._pad.parent:
            for asking in (self.ids.asks.__self__, self.ids.dots.__self__, self._pad):
                asking.parent.remove_widget(asking)
            self.ids.said.add_widget(self._code_pill("primary"))

    def _code_pill(self, kind):
        code = Pill(text=self.say("aplikasi.kunci.punya_kode"), kind=kind, icon="key")
        code.bind(on_release=lambda *_: self.context.shell.go("rescue"))
        return code

    def _wait(self, left_s):
        self.ids.pad.disabled = True
        said = self.say("aplikasi.kunci.tunggu", sisa=self._tries, lama=span(left_s))
        self._say(said, "hourglass", "notice")

    def _may_try(self):
        self.ids.pad.disabled = False
        self._say(self.say("aplikasi.kunci.coba_lagi", sisa=self._tries), "info", "info")

    def _say(self, text, icon, tone):
        if not self.notice:
            self.notice = Notice()
            self.ids.said.add_widget(self.notice)
        self.notice.text, self.notice.icon, self.notice.tone = text, icon, tone

    def forgotten(self):
        """What to do without the PIN."""
        sheet = Sheet(self.say("aplikasi.kunci.lupa"))
        sheet.add(Words(text=self.say("aplikasi.kunci.lupa_isi")))
        sheet.add(self._code_pill("soft"))
        self.context.shell.present(sheet)

    def paused(self):
        """A wait is counted on."""

    def leave(self):
        self.waiting.stop()
