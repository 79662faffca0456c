"""Perbaikan: each returned field or photo beside its reason; the answer makes the next version."""

from typing import Any

from kivy.metrics import dp

from field_app.ui.fields.evidence import PhotoTile
from field_app.ui.finished_cards import hint_notice
from field_app.ui.kv import load_kv
from field_app.ui.labels import where
from field_app.ui.mending import next_step, ordered, place_of, stands_for, unmended
from field_app.ui.shell import BaseScreen
from field_app.ui.values import shown
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Link
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused
from schemas.form_cells import answer_at, field_at

load_kv(__file__)


class RepairScreen(BaseScreen):
    """Begins the next version (or goes on with it) and shows what is to be mended."""

    def build(self, card: Any):
        self._card = card
        self._draft = card.draft
        self._next = "mulai"
        self._first = None
        self.ids.header.under = " · ".join(part for part in (card.nama, card.desa) if part)

    def enter(self):
        visits = self.context.phone.visits
        if self._draft:
            self.ask(lambda: visits.draft(self._draft), self._show)
        else:
            self.context.background.run(lambda: visits.start_correction(self._card.visit), self._show)

    def _show(self, view):
        if isinstance(view, Refused):
            self.ids.page.body.clear_widgets()
            self.ids.page.body.add_widget(
                Notice(icon="error", tone="bad", text=self.say(view.say, **view.values))
            )
            self.ids.start.disabled = True
            return
        self._draft = view.id
        body, say = self.ids.page.body, self.say
        body.clear_widgets()
        if self._card.hint:
            body.add_widget(hint_notice(self._card.hint, say))
        body.add_widget(Words(text=say("aplikasi.perbaikan.pengantar"), ink="ink_soft"))
        if view.note:
            note = Card(spacing=dp(6))
            note.add_widget(Words(text=say("aplikasi.perbaikan.catatan"), style="question"))
            note.add_widget(Words(text=view.note))
            body.add_widget(note)
        forms = self.context.phone.forms
        for key in ordered(view, forms):
            body.add_widget(self._reason(view, key, view.returned[key]))
        self._next = next_step(view)
        self._first = next(unmended(view, forms), None)
        self.ids.start.text = say(f"aplikasi.perbaikan.{self._next}")

    def _reason(self, view, key, reason):
        card = Card(spacing=dp(8))
        form, name, photo = place_of(view, key)
        definition = (
            self.context.phone.forms.get(form, view.forms[form].version) if form in view.forms else None
        )
        field = field_at(definition.fields, name) if definition else None
        title = where(definition, name, self.say) if field else self.say("aplikasi.perbaikan.umum")
        card.add_widget(Words(text=title, style="question"))
        if photo:
            stands = stands_for(view, photo)
            card.add_widget(PhotoTile(stands.thumbnail, size=(dp(120), dp(120))))
        elif field:
            value = shown(field, answer_at(view.forms[form].answers, name), self.say)
            if value:
                card.add_widget(Words(text=value, ink="ink_soft"))
        if key in view.mended:
            done = self.say("aplikasi.perbaikan.sudah", alasan=reason)
            card.add_widget(Notice(icon="done", tone="good", text=done))
        else:
            card.add_widget(Notice(icon="returned", tone="bad", text=reason))
        if field:
            icon, word = ("image", "buka_foto") if photo else ("edit", "buka")
            link = Link(icon=icon, text=self.say(f"aplikasi.perbaikan.{word}"))
            link.bind(on_release=lambda *_: self._open(form, name))
            card.add_widget(link)
        return card

    def _open(self, form, name):
        self.context.shell.go("form", draft=self._draft, jump=(form, name))

    def start(self):
        """To the first that is not mended yet; once all are, to the end."""
        if not self._draft:
            return
        if self._next == "tinjau":
            self.context.shell.go("review", draft=self._draft)
        elif self._first is not None:
            self._open(*self._first[:2])
        else:
            self.context.shell.go("form", draft=self._draft)
