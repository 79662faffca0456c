"""Cari warga: by name, number, desa, a QR code or its pasted text, without a network; also the way to choose
whom a visit is about, and to begin with somebody who is in no list.
"""

from kivy.clock import Clock
from kivy.core.clipboard import Clipboard

from field_app.ui.fields.pick import PickSheet
from field_app.ui.kv import load_kv
from field_app.ui.new_person import NewPersonSheet
from field_app.ui.screens.scan import scan
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head, rows  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import IconButton
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.words import Empty
from field_app.views import Refused
from schemas.printed import read_printed

load_kv(__file__)

PAUSE_S = 0.15
MOST_PASTED = 400
MOST, MOST_OF_A_DESA = 50, 500


class SearchScreen(BaseScreen):
    """With `form` the one found, of its `kind`, becomes the subject of a new visit, else the forms for them
    are shown.
    """

    def build(self, form: str = "", title: str = "", kind: str = ""):
        self._form, self._kind = form, kind
        self._empty = None
        self._asked = 0
        if form:
            self.ids.header.under = self.say(self._word("untuk"), formulir=title)
        self.ids.header.title = self.say(self._word("judul"))
        self.ids.new.icon = _icon(kind)
        self._desa: tuple[str, str] = ("", "")
        self.line = Entry(hint_text=self.say(self._word("petunjuk")))
        self.ids.line.add_widget(self.line)
        for icon, key, does in (("copy", "cari.tempel", self.paste), ("qr", "pindai.tombol", self.scan)):
            button = IconButton(icon=icon, ink="primary", pos_hint={"center_y": 0.5})
            button.label = self.say(f"aplikasi.{key}")
            button.bind(on_release=lambda *_, does=does: does())
            self.ids.line.add_widget(button)
        self._show_desa()
        self._pause = Clock.create_trigger(lambda _dt: self.find(), PAUSE_S)
        self.line.bind(
            text=lambda *_: self._pause(), height=lambda _l, h: setattr(self.ids.line, "height", h + 12)
        )
        self.ids.line.height = self.line.height + 12

    def enter(self):
        self.find()

    def _word(self, name):
        """The text of this name, as it is said of whom is looked for."""
        return f"aplikasi.cari.{self._kind}.{name}" if self._kind == "ewarong" else f"aplikasi.cari.{name}"

    def leave(self):
        self._pause.cancel()

    def find(self):
        """Search for what is typed; only the newest answer is shown."""
        self._asked += 1
        asked, text, desa = self._asked, self.line.text, self._desa[0] or None
        phone, most = self.context.phone, MOST_OF_A_DESA if desa else MOST

        def look():
            hits = phone.visits.search(text, most + 1, desa, self._kind or None)
            return hits, bool(hits) or phone.worker.status().last_ms is not None

        self.ask(look, lambda found: self._show(*found, text, asked, most))

    def paste(self):
        """Look for what another app read from a QR code, or what was copied anywhere."""
        text = " ".join((Clipboard.paste() or "").split())[:MOST_PASTED]
        if text:
            self.line.text = text
        else:
            self.context.shell.toast(self.say("aplikasi.cari.tempel_kosong"), "qr", 5)

    def scan(self):
        """Find whom a card, a letter or a list of tasks is about."""
        scan(self.context, "cari", self._scanned)

    def _scanned(self, text):
        if read_printed(text) is None:
            self.line.text = text
        else:
            search = self.context.phone.visits.search
            self.ask(lambda: search(text, 1), self._named)

    def _named(self, hits):
        """The office's own code names one: open it as if it were tapped."""
        if hits:
            self.open(hits[0])
        else:
            self.refusal(Refused(say="aplikasi.pindai.tidak_di_hp"))

    # -- desa -----------------------------------------------------------------------------------------------

    def choose_desa(self):
        """Only those of one desa; the desa offered are those of whom is on this phone."""
        self.ask(self.context.phone.visits.desa, self._offer_desa)

    def _offer_desa(self, desa):
        def find(text):
            wanted = text.strip().lower()
            return [(one.id, one.nama, one.under) for one in desa if wanted in one.nama.lower()]

        self.context.shell.present(PickSheet(self.say("aplikasi.cari.pilih_desa"), find, self.keep_desa))

    def keep_desa(self, kode):
        """Look in this desa, in all with an empty code."""
        region = self.context.phone.wilayah.get(kode) if kode else None
        level = self.say(f"tingkat_wilayah.{region.level}") if region else ""
        self._desa = (region.kode, f"{level} {region.nama}") if region else ("", "")
        self._show_desa()
        self.find()

    def _show_desa(self):
        kode, words = self._desa
        link, clear = self.ids.desa, self.ids.all
        link.text = words or self.say("aplikasi.cari.semua_desa")
        clear.disabled, clear.opacity = not kode, 1 if kode else 0

    # -- somebody new ---------------------------------------------------------------------------------------

    def new(self):
        """Somebody who is not in the list: a name and a desa are enough to begin."""
        text = "" if any(letter.isdigit() for letter in self.line.text) else self.line.text.strip()
        sheet = NewPersonSheet(
            self.say, self.context.phone.wilayah, text, self._desa[0], self._begin_new, self._word
        )
        sheet.line.bind(on_overflow=lambda _line, most: self.overflowed(most))
        self.context.shell.present(sheet)

    def _begin_new(self, nama, kode_desa):
        visits = self.context.phone.visits
        if self._form:
            self.context.background.run(lambda: visits.start_new(self._form, nama, kode_desa), self._started)
        else:
            self.context.shell.go("start", kind="warga", name=nama, desa=kode_desa)

    def _show(self, hits, whole, text, asked, most):
        """What was found; before the first sync has ended (`whole`), nobody is said not to be there."""
        if asked != self._asked:
            return
        shown = [("TaskRow", self._item(hit)) for hit in hits[:most]]
        self.ids.list.show([*shown, ("TaskRow", self._more(most))] if len(hits) > most else shown)
        if self._empty:
            self.ids.place.remove_widget(self._empty)
            self._empty = None
        if not hits:
            is_asked = bool(text.strip() or self._desa[0])
            words, hint = ("nihil", "nihil_isi") if is_asked else ("kosong", "kosong_isi")
            words, hint = self._word(words), self._word(hint)
            if is_asked and not whole:
                words, hint = "aplikasi.cari.belum", "aplikasi.cari.belum_isi"
            self._empty = Empty(icon="search", text=self.say(words), hint=self.say(hint))
            self._empty.pos_hint = {"x": 0, "top": 0.96}
            self.ids.place.add_widget(self._empty)

    def _more(self, most):
        """The row below the first of many: whoever is not among them is found by asking more closely."""
        closer = "lagi_huruf" if self._desa[0] else "lagi_desa"
        return {
            "name": self.say("aplikasi.cari.lagi"),
            "lines": (self.say(f"aplikasi.cari.{closer}", jumlah=most),),
            "icon": "search",
            "tone": "quiet",
            "open": (lambda: setattr(self.line, "focus", True)) if self._desa[0] else self.choose_desa,
        }

    def _item(self, hit):
        nik = self.say("aplikasi.cari.nik", akhir=hit.nik_akhir) if hit.nik_akhir else ""
        return {
            "name": hit.nama,
            "lines": (" · ".join(part for part in (nik, hit.desa) if part), hit.alamat),
            "chip": (self.say("aplikasi.cari.ada_tugas"), "task", "info") if hit.has_task else None,
            "icon": _icon(hit.kind),
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


def _icon(kind):
    return "store" if kind == "ewarong" else "person"
