"""What the office sealed to this phone: why a visit came back, or what a task is about; then on to the
form.
"""

from typing import Any

from kivy.metrics import dp

from field_app.ui.kv import load_kv
from field_app.ui.labels import where
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Pill
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
        is_back = card.status == "dikembalikan" and card.visit
        work = (lambda: sealed.reasons(card.visit)) if is_back else (lambda: sealed.assignment(card.tugas))
        self.context.background.run(work, self._returned if is_back else self._assigned)

    def _returned(self, told):
        body = self._clear()
        if self._says_why(told):
            return
        body.add_widget(Words(text=self.say("aplikasi.tersegel.tanpa_isi_lama"), ink="ink_soft"))
        if told.note:
            body.add_widget(Notice(icon="office", tone="info", text=told.note))
        for key, reason in told.reasons.items():
            card = Card(spacing=dp(8))
            card.add_widget(Words(text=self._place(told.form, key), style="question"))
            card.add_widget(Notice(icon="returned", tone="bad", text=reason))
            body.add_widget(card)
        visits = self.context.phone.visits
        self._next("aplikasi.perbaikan.mulai", lambda: visits.start_correction(self._card.visit))

    def _assigned(self, told):
        body = self._clear()
        if self._says_why(told):
            return
        card = Card(spacing=dp(8))
        card.add_widget(Words(text=self.say("aplikasi.tersegel.tugas"), style="question"))
        card.add_widget(Words(text=told.text))
        body.add_widget(card)
        visits, forms = self.context.phone.visits, self.context.phone.forms
        known = [form for form in told.forms if form in forms.ids()]
        if len(known) < len(told.forms):
            body.add_widget(
                Notice(icon="warning", tone="notice", text=self.say("lapangan.formulir_tidak_dikenal"))
            )
        if len(known) == 1:
            form = forms.get(known[0])
            named = self.say("aplikasi.tersegel.formulir")
            card.add_widget(Fact(icon="form", label=named, text=form.title))
            self._next("aplikasi.tugas.mulai", lambda: visits.start(form.id, None, self._card.tugas))
            return
        for name in known:
            choice = Pill(icon_after="forward", text=forms.get(name).title)
            self._leads(choice, lambda name=name: visits.start(name, None, self._card.tugas))
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
        self._leads(pill, work)
        bar.add_widget(pill)
        self.add_widget(bar)

    def _leads(self, pill, work):
        pill.bind(on_release=lambda *_: self.ask(work, self._started))

    def _started(self, view):
        self.context.shell.replace("form", draft=view.id)

    def _place(self, form, key):
        """What a reason is about: a field by its question, else a photo or the whole visit."""
        forms = self.context.phone.forms
        name = key.removeprefix(f"{form}.")
        definition = forms.get(form) if form in forms.ids() else None
        if definition is not None and field_at(definition.fields, name):
            return where(definition, name, self.say)
        return self.say("aplikasi.tersegel.foto" if len(key) == 64 else "aplikasi.perbaikan.umum")
