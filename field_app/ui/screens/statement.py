"""Surat pernyataan: read out whole, to its end; only then can it be signed, by hand or thumb."""

from kivy.metrics import dp

from field_app.ui.fields.evidence import Pad, pad_row
from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Choice, Pill
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.words import Notice, Words

load_kv(__file__)


class StatementScreen(BaseScreen):
    """The pad lies under the last sentence, and takes nothing before it was said that all was read."""

    def build(self, draft: str):
        self._draft = draft
        self.pad = self.read = self.again = self.keep = None

    def enter(self):
        self.ask(lambda: self.context.phone.sealed.statement(self._draft), self._show)

    def _show(self, made):
        body, say = self.ids.page.body, self.say
        body.clear_widgets()
        body.add_widget(Words(text=made.title, style="title"))
        if made.missing:
            words = say("aplikasi.tersegel.pernyataan_kurang", isian=", ".join(made.missing))
            body.add_widget(Notice(icon="edit", tone="notice", text=words))
            fill = Pill(icon="edit", text=say("aplikasi.tersegel.lihat_kurang"))
            fill.bind(on_release=lambda *_: self.context.shell.replace("review", draft=self._draft))
            body.add_widget(fill)
            return
        body.add_widget(Notice(icon="campaign", tone="info", text=say("aplikasi.tersegel.bacakan_isi")))
        for paragraph in made.paragraphs:
            body.add_widget(Words(text=paragraph, style="body"))
        card = Card(spacing=dp(10))
        self.read = Choice(text=say("aplikasi.tersegel.sudah_dibacakan"))
        self.read.bind(on_release=lambda *_: self._was_read())
        self.pad = Pad(disabled=True)
        self.pad.bind(strokes=lambda *_: self._marks())
        row, self.again, self.keep = pad_row(self.pad, say, self.sign)
        self._marks()
        for widget in (self.read, self.pad, row):
            card.add_widget(widget)
        body.add_widget(card)

    def _was_read(self):
        self.read.chosen = not self.read.chosen
        self.pad.disabled = not self.read.chosen
        self._marks()

    def _marks(self):
        self.again.disabled = not self.pad.strokes
        self.keep.disabled = not (self.read.chosen and self.pad.strokes)

    def sign(self):
        """Keep the signature with the text that was read."""
        png = self.pad.png()
        self.ask(
            lambda: self.context.phone.sealed.sign_statement(self._draft, png),
            lambda _blob: self.context.shell.back(),
        )
