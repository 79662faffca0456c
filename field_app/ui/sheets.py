"""Sheets that screens open: why something is skipped, a place typed by hand, the pages of a draft."""

from pathlib import Path

from kivy.metrics import dp

from field_app.devices.places import MOST_BYTES, read_place
from field_app.ui.widgets.buttons import Choice, Link, Pill
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.pairs import Pairs
from field_app.ui.widgets.rows import RowList
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused
from sync.change import Place

PHOTO_FILES = (".jpg", ".jpeg", ".png", ".webp")
PLACE_FILES = (".gpx", ".geojson", ".json", ".txt", ".csv")
MOST_READ = 64 * 1024 * 1024
"""More than any photo may have: what is longer is refused for its length, and not read whole."""
MOST_ACCURACY_M = 100_000
UNREADABLE = Refused(say="aplikasi.kamera.tidak_terbaca")


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
        self.add(pairs := Pairs(spacing=dp(10)))
        for number in (1, 2, 3):
            choice = Choice(text=self.say(f"aplikasi.formulir.alasan_{number}"))
            choice.bind(on_release=self._taken)
            self.choices.append(choice)
            pairs.add_widget(choice)
        self.line = Entry(hint_text=self.say("aplikasi.formulir.lewati_alasan"), grows=True, max_length=200)
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
    """Latitude, longitude and accuracy by hand or out of a file: for a desktop, and where there is no fix.

    `found` is offered filled in, still to be confirmed; an accuracy that nobody said is asked, never made up.
    """

    def __init__(self, now_ms, used, reason="", found=None, without=None, **kwargs):
        super().__init__("", **kwargs)
        self.say = self.ids.title.say
        self._used, self._now_ms, self._found = used, now_ms, None
        self.title = self.say("aplikasi.lokasi.judul")
        icon, tone = ("location", "info") if found else ("location_off", "notice")
        self.reason = Notice(icon=icon, tone=tone, text=reason)
        if reason:
            self.add(self.reason)
        self.lines = {}
        for name, hint in (
            ("lintang", "aplikasi.lokasi.contoh_lintang"),
            ("bujur", "aplikasi.lokasi.contoh_bujur"),
            ("akurasi_meter", "aplikasi.lokasi.contoh_akurasi"),
        ):
            self.add(Words(text=self.say(f"aplikasi.lokasi.{name}"), style="strong"))
            # some number pads of Android have neither comma nor minus, which degrees need
            kind = "number" if name == "akurasi_meter" else "null"
            self.lines[name] = Entry(hint_text=self.say(hint), input_type=kind)
            self.add(self.lines[name])
        self.add(Words(text=self.say("aplikasi.lokasi.akurasi_isi"), style="small", ink="ink_soft"))
        self.said = Notice(icon="error", tone="bad", text=self.say("aplikasi.lokasi.salah"))
        if without is None:
            link = Link(icon="file", text=self.say("aplikasi.lokasi.dari_berkas"))
            link.bind(on_release=lambda *_: self.choose())
        else:
            link = Link(icon="location_off", text=self.say("aplikasi.lokasi.tanpa_lokasi_foto"))
            link.bind(on_release=lambda *_: (self.close(), without()))
        self.add(link)
        use = Pill(text=self.say("aplikasi.lokasi.pakai"), icon="location")
        use.bind(on_release=lambda *_: self._use())
        self.add_foot(use)
        if found:
            self.fill(found)

    def choose(self):
        """Take the place out of a file of this computer, or one that the phone's own chooser brings."""
        context = self.parent.context
        if context.documents is not None:
            context.background.run(lambda: _brought(context.documents), self._found_in)
            return
        self.parent.present(
            FileSheet(
                self.say,
                self.read,
                suffixes=PLACE_FILES,
                title="aplikasi.lokasi.dari_berkas",
                icon="location",
                empty="aplikasi.kamera.folder_tanpa_lokasi",
            )
        )

    def read(self, path):
        """Read a file and fill its point in, or say why it has none."""
        try:
            found = read_place(read_bytes(path))
        except OSError:
            found = UNREADABLE
        self._found_in(found)

    def _found_in(self, found):
        if found is None:  # she went back
            return
        if isinstance(found, Refused):
            self._say("error", "bad", self.say(found.say, **found.values))
            return
        self.fill(found)
        words = self.say("aplikasi.lokasi.terbaca", jumlah=found.count)
        self._say("file", "info", words)

    def fill(self, found):
        """Fill in a point that came from a file."""
        self._found = found
        self.lines["lintang"].text = _written(found.lat)
        self.lines["bujur"].text = _written(found.lng)
        self.lines["akurasi_meter"].text = "" if found.accuracy_m is None else f"{found.accuracy_m:g}"

    def _say(self, icon, tone, text):
        self.reason.icon, self.reason.tone, self.reason.text = icon, tone, text
        if not self.reason.parent:
            self.ids.body.add_widget(self.reason, index=len(self.ids.body.children))

    def _number(self, name):
        text = self.lines[name].text.strip().replace(",", ".").replace("−", "-")
        try:
            return float(text)
        except ValueError:
            return None

    def _use(self):
        lat, lng, accuracy = (self._number(name) for name in ("lintang", "bujur", "akurasi_meter"))
        said = lat is not None and lng is not None and -90 <= lat <= 90 and -180 <= lng <= 180
        if not said or accuracy is None or not 0 < accuracy < MOST_ACCURACY_M:
            self.said.text = self.say(f"aplikasi.lokasi.{'akurasi_kosong' if said else 'salah'}")
            if not self.said.parent:
                self.add(self.said)
            return
        at_ms, source = self._now_ms(), "ketik"
        found = self._found
        if found and (self.lines["lintang"].text, self.lines["bujur"].text) == (
            _written(found.lat), _written(found.lng)
        ):  # fmt: skip
            # what she changed by hand is hers; what she left is the file's, with all its digits
            at_ms, source, lat, lng = found.at_ms or at_ms, "berkas", found.lat, found.lng
        self.close()
        self._used(Place(lat=lat, lng=lng, accuracy_m=accuracy, at_ms=at_ms, source=source))


def _brought(documents):
    """Read the place in a file that she chooses; None when she went back."""
    try:
        data = documents.read("*/*", MOST_BYTES)
    except OSError:
        return UNREADABLE
    return None if data is None else read_place(data)


def _written(degrees: float) -> str:
    return f"{degrees:.6f}".replace(".", ",")


class PagesSheet(Sheet):
    """All pages of a draft to jump to, and discarding it (which can be undone)."""

    def __init__(self, screen, **kwargs):
        super().__init__("", **kwargs)
        self.say = self.ids.title.say
        self.title = self.say("aplikasi.formulir.daftar_bagian")
        asked = screen.asked_pages()
        for index, step in enumerate(screen.steps):
            link = Choice(text=f"{index + 1}. {step.title}", chosen=index == screen.at)
            link.earlier = self.say("aplikasi.formulir.diminta") if index in asked else ""
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
        screen.discard()  # one tap brings it back: nothing needs to be asked first


class UndoSheet(Sheet):
    """A draft was put away: one tap brings it back."""

    @classmethod
    def of(cls, context, draft):
        """Make it for one draft."""
        sheet = cls(context.text("aplikasi.formulir.draf_dihapus"))
        sheet.add(Words(text=context.text("aplikasi.formulir.hapus_draf_isi")))
        undo = Pill(text=context.text("aplikasi.formulir.kembalikan_draf"), kind="soft", icon="undo")

        def restore(*_):
            sheet.close()
            screen = context.shell.screen
            screen.ask(
                lambda: context.phone.visits.restore(draft),
                lambda _none: context.shell.go("form", draft=draft),
            )

        undo.bind(on_release=restore)
        sheet.add(undo)
        return sheet


def read_bytes(path: Path) -> bytes:
    """Read a file that someone chose, but no more than can be wanted. Raises OSError."""
    with path.open("rb") as file:
        return file.read(MOST_READ)


class FileSheet(Sheet):
    """Files of some kinds, and folders, of this computer; hidden ones are left out."""

    def __init__(
        self, say, picked, folder: Path | None = None, suffixes=PHOTO_FILES, title="aplikasi.kamera.pilih",
        icon="image", empty="aplikasi.kamera.folder_kosong", **kwargs,
    ):  # fmt: skip
        super().__init__(say(title), **kwargs)
        self.say, self._picked, self._suffixes = say, picked, suffixes
        self._icon, self._empty = icon, empty
        self._name = Words(style="small", ink="ink_soft")
        self.rows = RowList(size_hint_y=None, height=dp(360))
        self.add(self._name)
        self.add(self.rows)
        self.rows.column.padding = 0
        self.fill_with(self.rows)
        self._enter(folder or Path.home())

    def _enter(self, folder: Path):
        self.folder = folder
        try:
            inside = sorted(folder.iterdir(), key=lambda path: (path.is_file(), path.name.lower()))
        except OSError:
            inside = []
        items = []
        if folder.parent != folder:
            up = self.say("aplikasi.kamera.folder_atas")
            items.append(self._row(up, "previous", lambda: self._enter(folder.parent)))
        files = 0
        for path in (path for path in inside if not path.name.startswith(".")):
            if path.is_dir():
                items.append(self._row(path.name, "next", lambda p=path: self._enter(p)))
            elif self.offers(path):
                items.append(self._row(path.name, self._icon, lambda p=path: self._take(p)))
                files += 1
        name = folder.name or str(folder)
        self._name.text = name if files else self.say(self._empty, folder=name)
        self.rows.show(items)

    def offers(self, path: Path) -> bool:
        """Whether a file is of the kinds that are asked for."""
        return path.suffix.lower() in self._suffixes

    def _row(self, name, icon, action):
        return ("PickRow", {"name": name, "icon": icon, "open": action})

    def _take(self, path):
        self.close()
        self._picked(path)
