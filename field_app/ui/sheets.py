"""Sheets that screens open: why something is skipped, a place typed by hand, the pages of a draft."""

from pathlib import Path

from kivy.metrics import dp

from field_app.ui.typed import digits_of
from field_app.ui.widgets.buttons import Choice, Link, Pill
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.rows import RowList
from field_app.ui.widgets.words import Notice, Words
from sync.change import Place


class SkipSheet(Sheet):
    """Asks a reason: one of three, or one's own words."""

    def __init__(self, question, skipped, **kwargs):
        super().__init__(question, **kwargs)
        self.say = self.ids.title.say
        self._skipped = skipped
        self.title = self.say("aplikasi.formulir.alasan_lewati")
        self.add(Words(text=question, style="strong"))
        self.add(Words(text=self.say("aplikasi.formulir.lewati_isi"), style="small", ink="ink_soft"))
        self.choices = []
        for number in (1, 2, 3):
            choice = Choice(text=self.say(f"aplikasi.formulir.alasan_{number}"))
            choice.bind(on_release=self._taken)
            self.choices.append(choice)
            self.add(choice)
        self.line = Entry(hint_text=self.say("aplikasi.formulir.lewati_alasan"), max_length=200)
        self.add(self.line)
        self.said = Notice(icon="info", tone="notice", text=self.say("aplikasi.formulir.lewati_kosong"))
        keep = Pill(text=self.say("aplikasi.formulir.lewati_simpan"))
        keep.bind(on_release=lambda *_: self._keep())
        self.add_foot(keep)

    def _taken(self, choice):
        for other in self.choices:
            other.chosen = other is choice
        self.line.show(choice.text)

    def _keep(self):
        reason = self.line.text.strip()
        if reason:
            self.close()
            self._skipped(reason)
        elif not self.said.parent:
            self.add(self.said)


class LocationSheet(Sheet):
    """Latitude, longitude and accuracy by hand: for a desktop, and where there is no fix."""

    def __init__(self, now_ms, used, reason="", **kwargs):
        super().__init__("", **kwargs)
        self.say = self.ids.title.say
        self._used, self._now_ms = used, now_ms
        self.title = self.say("aplikasi.lokasi.judul")
        if reason:
            self.add(Notice(icon="location_off", tone="notice", text=reason))
        self.lines = {}
        for name, hint in (
            ("lintang", "aplikasi.lokasi.contoh_lintang"),
            ("bujur", "aplikasi.lokasi.contoh_bujur"),
            ("akurasi_meter", ""),
        ):
            self.add(Words(text=self.say(f"aplikasi.lokasi.{name}"), style="strong"))
            self.lines[name] = Entry(hint_text=self.say(hint) if hint else "10", input_type="number")
            self.add(self.lines[name])
        self.said = Notice(icon="error", tone="bad", text=self.say("aplikasi.lokasi.salah"))
        use = Pill(text=self.say("aplikasi.lokasi.pakai"), icon="location")
        use.bind(on_release=lambda *_: self._use())
        self.add_foot(use)

    def _number(self, name):
        text = self.lines[name].text.strip().replace(",", ".").replace("−", "-")
        try:
            return float(text)
        except ValueError:
            return None

    def _use(self):
        lat, lng = self._number("lintang"), self._number("bujur")
        accuracy = self._number("akurasi_meter") if digits_of(self.lines["akurasi_meter"].text) else 10.0
        right = lat is not None and lng is not None and accuracy is not None
        if right and -90 <= lat <= 90 and -180 <= lng <= 180 and accuracy >= 0:
            self.close()
            self._used(Place(lat=lat, lng=lng, accuracy_m=accuracy, at_ms=self._now_ms(), source="ketik"))
        elif not self.said.parent:
            self.add(self.said)


class PagesSheet(Sheet):
    """All pages of a draft to jump to, and discarding it (which can be undone)."""

    def __init__(self, screen, **kwargs):
        super().__init__("", **kwargs)
        self.say = self.ids.title.say
        self.title = self.say("aplikasi.formulir.daftar_bagian")
        for index, step in enumerate(screen.steps):
            link = Choice(text=f"{index + 1}. {step.title}", chosen=index == screen.at)
            link.bind(on_release=lambda _l, n=index: self._jump(screen, n))
            self.add(link)
        discard = Link(text=self.say("aplikasi.formulir.hapus_draf"), icon="delete", ink="bad")
        discard.bind(on_release=lambda *_: self._discard(screen))
        self.add(discard)
        self.body.spacing = dp(8)

    def _jump(self, screen, index):
        self.close()
        screen.go_to(index)

    def _discard(self, screen):
        self.close()
        DiscardSheet.ask(screen)


class DiscardSheet(Sheet):
    """Says what discarding means before it is done."""

    @classmethod
    def ask(cls, screen):
        """Open it."""
        sheet = cls("")
        sheet.title = sheet.ids.title.say("aplikasi.formulir.hapus_draf")
        say = sheet.ids.title.say
        sheet.add(Words(text=say("aplikasi.formulir.hapus_draf_isi")))
        yes = Pill(text=say("tombol.hapus"), kind="danger", icon="delete")
        yes.bind(on_release=lambda *_: (sheet.close(), screen.discard()))
        no = Pill(text=say("tombol.batal"), kind="plain")
        no.bind(on_release=lambda *_: sheet.close())
        sheet.add(yes)
        sheet.add(no)
        screen.present(sheet)


class UndoSheet(Sheet):
    """A draft was put away: one tap brings it back."""

    @classmethod
    def of(cls, context, draft):
        """Make it for one draft."""
        sheet = cls(context.text("aplikasi.formulir.draf_dihapus"))
        sheet.add(Words(text=context.text("aplikasi.formulir.hapus_draf_isi")))
        undo = Pill(text=context.text("aplikasi.formulir.kembalikan_draf"), kind="soft", icon="undo")

        def back(_outcome):
            context.shell.go("form", draft=draft)

        def restore(*_):
            sheet.close()
            context.background.run(lambda: context.phone.visits.restore(draft), back)

        undo.bind(on_release=restore)
        sheet.add(undo)
        return sheet


class FileSheet(Sheet):
    """JPEG files and folders of this computer; hidden ones are left out."""

    def __init__(self, say, picked, folder: Path | None = None, **kwargs):
        super().__init__(say("aplikasi.kamera.pilih"), **kwargs)
        self.say, self._picked = say, picked
        self._name = Words(style="small", ink="ink_soft")
        self.rows = RowList(size_hint_y=None, height=dp(360))
        self.add(self._name)
        self.add(self.rows)
        self.bind(height=lambda _s, height: setattr(self.rows, "height", height * 0.6))
        self._enter(folder or Path.home())

    def _enter(self, folder: Path):
        self._name.text = folder.name or str(folder)
        try:
            inside = sorted(folder.iterdir(), key=lambda path: (path.is_file(), path.name.lower()))
        except OSError:
            inside = []
        items = []
        if folder.parent != folder:
            up = {
                "name": self.say("aplikasi.kamera.folder_atas"),
                "icon": "previous",
                "open": lambda: self._enter(folder.parent),
            }
            items.append(("PickRow", up))
        for path in inside:
            if path.name.startswith("."):
                continue
            if path.is_dir():
                items.append(
                    ("PickRow", {"name": path.name, "icon": "next", "open": lambda p=path: self._enter(p)})
                )
            elif path.suffix.lower() in (".jpg", ".jpeg"):
                items.append(
                    ("PickRow", {"name": path.name, "icon": "image", "open": lambda p=path: self._take(p)})
                )
        self._name.text = (
            self._name.text
            if any(i[1]["icon"] == "image" for i in items)
            else self.say("aplikasi.kamera.folder_kosong")
        )
        self.rows.show(items)

    def _take(self, path):
        self.close()
        self._picked(path)
