"""Cari warga: by name or the last digits of a NIK, without a network; also the way to choose whom a visit
is about.
"""

from kivy.clock import Clock

from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head, rows  # noqa: F401 - named in the .kv
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.words import Empty
from field_app.views import Refused

load_kv(__file__)

PAUSE_S = 0.15


class SearchScreen(BaseScreen):
    """With `form` the one found becomes the subject of a new visit, else the forms for them are shown."""

    def build(self, form: str = "", title: str = ""):
        self._form = form
        self._empty = None
        self._asked = 0
        if form:
            self.ids.header.under = self.say("aplikasi.cari.untuk", formulir=title)
        self.line = Entry(hint_text=self.say("aplikasi.cari.petunjuk"))
        self.ids.line.add_widget(self.line)
        self._pause = Clock.create_trigger(lambda _dt: self.find(), PAUSE_S)
        self.line.bind(
            text=lambda *_: self._pause(), height=lambda _l, h: setattr(self.ids.line, "height", h + 12)
        )
        self.ids.line.height = self.line.height + 12

    def enter(self):
        self.find()

    def leave(self):
        self._pause.cancel()

    def find(self):
        """Search for what is typed; only the newest answer is shown."""
        self._asked += 1
        asked, text = self._asked, self.line.text
        search = self.context.phone.visits.search
        self.context.background.run(lambda: search(text), lambda hits: self._show(hits, text, asked))

    def _show(self, hits, text, asked):
        if asked != self._asked:
            return
        self.ids.list.show([("TaskRow", self._item(hit)) for hit in hits])
        if self._empty:
            self.ids.place.remove_widget(self._empty)
            self._empty = None
        if not hits:
            key = "nihil" if text.strip() else "kosong"
            self._empty = Empty(
                icon="search",
                text=self.say(f"aplikasi.cari.{key}"),
                hint=self.say(f"aplikasi.cari.{key}_isi"),
            )
            self._empty.pos_hint = {"x": 0, "top": 0.96}
            self.ids.place.add_widget(self._empty)

    def _item(self, hit):
        nik = self.say("aplikasi.cari.nik", akhir=hit.nik_akhir) if hit.nik_akhir else ""
        return {
            "name": hit.nama,
            "lines": (" · ".join(part for part in (nik, hit.desa) if part), hit.alamat),
            "chip": (self.say("aplikasi.cari.ada_tugas"), "task", "info") if hit.has_task else None,
            "icon": "store" if hit.kind == "ewarong" else "person",
            "tone": "primary",
            "open": lambda: self.open(hit),
        }

    def open(self, hit):
        """One was tapped."""
        if self._form:
            visits = self.context.phone.visits
            self.context.background.run(lambda: visits.start(self._form, hit.id, None), self._started)
        else:
            self.context.shell.go("start", subject=hit.id, kind=hit.kind, name=hit.nama)

    def _started(self, outcome):
        if isinstance(outcome, Refused):
            self.refusal(outcome)
        else:
            self.context.shell.replace("form", draft=outcome.id)
