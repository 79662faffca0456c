"""One photo, large: what is to be looked at, and taking it again (the old one is kept as a version)."""

from kivy.metrics import dp

from field_app.ui.fields.evidence import paint_cover, picture_texture
from field_app.ui.kv import load_kv
from field_app.ui.labels import question
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Link
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.facts import Fact
from field_app.ui.widgets.painted import Painted
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused
from schemas.format import date_and_clock

load_kv(__file__)


class Large(Painted):
    """The picture, whole, as wide as the screen."""

    def __init__(self, data: bytes, **kwargs):
        self.texture = picture_texture(data) if data else None
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)

    def needed_height(self):
        if not self.texture:
            return dp(160)
        return min(self.width * self.texture.height / self.texture.width, self.width * 1.3)

    def paint(self):
        if self.texture:
            scale = min(self.width / self.texture.width, self.height / self.texture.height)
            size = self.texture.width * scale, self.texture.height * scale
            pos = (self.width - size[0]) / 2, (self.height - size[1]) / 2
            paint_cover(self, self.texture, *pos, *size, self.look.radius("large"))
        else:
            self.fill(self.look.sunken, radius=self.look.radius("large"))
            self.draw_icon("broken_image", self.look.ink_faint, self.width / 2, self.height / 2, 40)


class PhotoScreen(BaseScreen):
    """Shows one photo of a draft."""

    def build(self, draft: str, form: str, field: str, blob: str):
        self._draft, self._form, self._field, self._blob = draft, form, field, blob
        self._number: int | None = None

    def enter(self):
        visits = self.context.phone.visits
        self.ask(lambda: (visits.draft(self._draft), visits.photo_bytes(self._blob)), self._show)

    def _show(self, both):
        view, data = both
        definition = self.context.phone.forms.get(self._form, view.forms[self._form].version)
        self.ids.header.title, self.ids.header.under = question(definition, self._field, self.say)
        body = self.ids.page.body
        body.clear_widgets()
        body.add_widget(Large(data))
        if not data:
            body.add_widget(Notice(icon="office", tone="info", text=self.say("lapangan.foto_di_kantor")))
        photo = next((photo for photo in view.photos if photo.blob == self._blob), None)
        if photo:
            card = Card(spacing=dp(6))
            when = date_and_clock(photo.taken_ms)
            card.add_widget(Fact(icon="clock", label=self.say("aplikasi.kamera.diambil"), text=when))
            where = self.say("aplikasi.kamera.tanpa_lokasi")
            if photo.place:
                where = self.say("aplikasi.lokasi.akurasi", meter=round(photo.place.accuracy_m))
            if not view.sealed:
                card.add_widget(Fact(icon="location", label=self.say("aplikasi.kamera.lokasi"), text=where))
            for key in photo.warnings:
                card.add_widget(Notice(icon="warning", tone="notice", style="question", text=self.say(key)))
            body.add_widget(card)
            drop = Link(icon="delete", ink="bad", text=self.say("aplikasi.kamera.hapus"))
            drop.bind(on_release=lambda *_: self.drop(photo.number))
            body.add_widget(drop)
            body.add_widget(Words(text=self.say("aplikasi.kamera.ulangi_isi"), style="small", ink="ink_soft"))
            self._number = photo.number

    def again(self):
        """Take it again: this one becomes an earlier version."""
        self.context.shell.replace(
            "camera", draft=self._draft, form=self._form, field=self._field, replaces=self._number
        )

    def drop(self, number):
        """Take it out of the answer."""
        visits, draft, form, field = self.context.phone.visits, self._draft, self._form, self._field

        def dropped(outcome):
            if isinstance(outcome, Refused):
                self.refusal(outcome)
            else:
                self.context.shell.back()
                self.context.shell.offer_undo(self.say("aplikasi.kamera.dikeluarkan"), put_back)

        def put_back():
            front = self.context.shell.screen
            front.ask(lambda: visits.restore_photo(draft, form, field, number), lambda _saved: front.enter())

        self.context.background.run(lambda: visits.drop_photo(draft, form, field, number), dropped)
