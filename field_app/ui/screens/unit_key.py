"""Kunci unit: eight words beside the paper in the office; what is not the same is not believed."""

from kivy.metrics import dp

from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Card, Sheet
from field_app.ui.widgets.pairs import Pairs
from field_app.ui.widgets.words import Notice, Words

load_kv(__file__)


class UnitKeyScreen(BaseScreen):
    """Shows where it stands, the words that the office names, and asks to compare them."""

    def enter(self):
        self.ask(self.context.phone.sealed.unit, self._show)

    def _show(self, view):
        body, say = self.ids.page.body, self.say
        body.clear_widgets()
        if view.problem and (view.pinned or not view.offered):
            body.add_widget(Notice(icon="key", tone="notice", text=say(view.problem)))
        elif not view.problem:
            body.add_widget(Notice(icon="check", tone="good", text=say("aplikasi.kunci_unit.sudah")))
        is_new = bool(view.offered) and view.offered != view.pinned
        if view.pinned and is_new:
            body.add_widget(self._words(view.pinned, say("aplikasi.kunci_unit.berubah")))
        shown = view.offered or view.pinned
        if shown:
            title = "yang_baru" if view.pinned and is_new else "isi"
            body.add_widget(self._words(shown, say(f"aplikasi.kunci_unit.{title}")))
        if is_new:
            same = Pill(icon="check", text=say("aplikasi.kunci_unit.cocok"))
            same.bind(on_release=lambda *_: self.pin(view.offered))
            other = Pill(kind="soft", icon="close", text=say("aplikasi.kunci_unit.beda"))
            other.bind(on_release=lambda *_: self.differs())
            body.add_widget(same)
            body.add_widget(other)

    def _words(self, words, title):
        card = Card(spacing=dp(6))
        card.add_widget(Words(text=title, style="small", ink="ink_soft"))
        card.add_widget(lines := Pairs(spacing=dp(6)))
        for number, word in enumerate(words, 1):
            line = self.say("aplikasi.kunci_unit.kata", nomor=number, kata=word)
            lines.add_widget(Words(text=line, style="heading"))
        return card

    def pin(self, words):
        """They are the same: believe them from now on."""
        self.context.background.run(lambda: self.context.phone.sealed.pin_unit(words), self._show)

    def differs(self):
        """They are not: say what to do, and believe nothing."""
        sheet = Sheet(self.say("aplikasi.kunci_unit.beda"))
        sheet.add(Notice(icon="error", tone="bad", text=self.say("aplikasi.kunci_unit.beda_isi")))
        self.context.shell.present(sheet)
