"""What the office sealed to this phone: why a visit came back or was decided so, or what a task is about;
then on to the form.
"""

from typing import Any

from kivy.metrics import dp

from field_app.standing import DECIDED
from field_app.ui.cards import status_chip
from field_app.ui.finished_cards import hint_notice
from field_app.ui.kv import load_kv
from field_app.ui.labels import where
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Link, Pill
from field_app.ui.widgets.containers import BottomBar, Card
from field_app.ui.widgets.facts import Fact
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused
from schemas.form_cells import field_at

load_kv(__file__)


class ClosedScreen(BaseScreen):
    """Of one card of the home list."""

    def build(self, card: Any):
        self._card = card
        self.ids.header.title = card.nama

    def enter(self):
        sealed, card = self.context.phone.sealed, self._card
        if card.visit and card.status in DECIDED:
            show = self._returned if card.status == "dikembalikan" else self._decided
            self.context.background.run(lambda: sealed.reasons(card.visit), show)
        else:
            self.context.background.run(lambda: sealed.assignment(card.tugas), self._assigned)

    def _returned(self, told):
        body = self._clear()
        if self._card.draft or not isinstance(told, Refused):  # what was begun goes on, whatever is said here
            key = "aplikasi.tugas.lanjutkan" if self._card.draft else "aplikasi.perbaikan.mulai"
            self._next(key, self._mend)
        if self._says_why(told):
            return
        if self._card.hint:
            body.add_widget(hint_notice(self._card.hint, self.say))
        body.add_widget(Words(text=self.say("aplikasi.tersegel.tanpa_isi_lama"), ink="ink_soft"))
        self._add_told(body, told, self._add_link)

    def _decided(self, told):
        """Why it was refused, held or approved: there is nothing to mend."""
        body = self._clear()
        if self._says_why(told):
            return
        word, icon, tone = status_chip(self._card.status, self.look, self.say)
        body.add_widget(Notice(icon=icon, tone=tone, text=word))
        self._add_told(body, told)
        if not told.note and not told.reasons:
            body.add_widget(Words(text=self.say("aplikasi.tersegel.tanpa_catatan"), ink="ink_soft"))

    def _add_told(self, body, told, add_way=None):
        """The office's words on the whole, then on each thing, with the way that leads there."""
        if told.note:
            body.add_widget(Notice(icon="office", tone="info", text=told.note))
        for key, reason in told.reasons.items():
            card = Card(spacing=dp(8))
            card.add_widget(Words(text=self._place(told.form, key), style="question"))
            card.add_widget(Notice(icon="returned", tone="bad", text=reason))
            if add_way is not None:
                add_way(card, told.form, key)
            body.add_widget(card)

    def _assigned(self, told):
        body = self._clear()
        if self._says_why(told):
            return
        card = Card(spacing=dp(8))
        card.add_widget(Words(text=self.say("aplikasi.tersegel.tugas"), style="question"))
        card.add_widget(Words(text=told.text))
        body.add_widget(card)
        forms = self.context.phone.forms
        known = [form for form in told.forms if form in forms.ids()]
        if len(known) < len(told.forms):
            body.add_widget(
                Notice(icon="warning", tone="notice", text=self.say("lapangan.formulir_tidak_dikenal"))
            )
        if len(known) == 1:
            form = forms.get(known[0])
            named = self.say("aplikasi.tersegel.formulir")
            card.add_widget(Fact(icon="form", label=named, text=form.title))
            self._next("aplikasi.tugas.mulai", lambda: self._begin(form.id))
            return
        for name in known:
            choice = Pill(icon_after="forward", text=forms.get(name).title)
            choice.bind(on_release=lambda *_, name=name: self._begin(name))
            body.add_widget(choice)

    def _clear(self):
        for bar in [child for child in self.children if isinstance(child, BottomBar)]:
            self.remove_widget(bar)
        self.ids.page.body.clear_widgets()
        return self.ids.page.body

    def _says_why(self, told):
        if isinstance(told, Refused):
            notice = Notice(icon="error", tone="bad", text=self.say(told.say, **told.values))
            self.ids.page.body.add_widget(notice)
            return True
        return False

    def _next(self, text, work):
        """The one next step, where it is seen without scrolling."""
        bar = BottomBar()
        pill = Pill(icon_after="forward", text=self.say(text), compact=True, size_hint_y=None, tall=52)
        pill.bind(on_release=lambda *_: work())
        bar.add_widget(pill)
        self.add_widget(bar)

    def _add_link(self, card, form, key):
        """From a reason to the field that it is about."""
        name = key.removeprefix(f"{form}.")
        if self._field(form, name) is not None:
            link = Link(icon="edit", text=self.say("aplikasi.perbaikan.buka"))
            link.bind(on_release=lambda *_: self._mend((form, name)))
            card.add_widget(link)

    def _mend(self, jump=None):
        """Begin the next version, or go on with it; back leads to the reasons again."""
        shell, visits = self.context.shell, self.context.phone.visits
        more = {} if jump is None else {"jump": jump}
        self.ask(
            lambda: visits.start_correction(self._card.visit),
            lambda view: shell.go("form", draft=view.id, **more),
        )

    def _begin(self, form):
        """Begin the visit of the task, which is then no task any more."""
        visits = self.context.phone.visits
        self.ask(
            lambda: visits.start(form, None, self._card.tugas),
            lambda view: self.context.shell.replace("form", draft=view.id),
        )

    def _place(self, form, key):
        """What a reason is about: a field by its question, else a photo or the whole visit."""
        name = key.removeprefix(f"{form}.")
        if self._field(form, name) is not None:
            return where(self.context.phone.forms.get(form), name, self.say)
        return self.say("aplikasi.tersegel.foto" if len(key) == 64 else "aplikasi.perbaikan.umum")

    def _field(self, form, name):
        forms = self.context.phone.forms
        return field_at(forms.get(form).fields, name) if form in forms.ids() else None
