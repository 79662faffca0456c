"""Handing over without a network: the card on the sync screen, and its sheets.

Rule: it says where the file is and what to do with it, and never that something was sent.
"""

from pathlib import Path

from kivy.clock import Clock
from kivy.metrics import dp
from msgspec.structs import replace

from field_app.handover import OUTGOING
from field_app.ui.sheets import FileSheet
from field_app.ui.widgets.buttons import Bar, Pill
from field_app.ui.widgets.containers import Card, Sheet
from field_app.ui.widgets.facts import Fact
from field_app.ui.widgets.head import counted
from field_app.ui.widgets.sign import DoneSign
from field_app.ui.widgets.words import Notice, Words
from field_app.unstored import unread, unwritten
from field_app.views import Refused
from schemas.format import local_date, number, short_date
from schemas.handover import ENDING

STEPS = 20
CHOICES = (
    "lapangan.jawaban.", "lapangan.serah.folder_", "lapangan.serah.penuh", "lapangan.serah.tidak_dapat",
    "aplikasi.kamera.tidak_terbaca",
)  # fmt: skip
"""Refusals, by how their texts begin, that another file or another place may end."""
MEDIA_TYPE = "application/octet-stream"
BROUGHT = "dibawa"
"""What a file from elsewhere is called while it is read."""


class HandoverCard(Card):
    """Two buttons and the newest file. `changed()` is called when something was written or read."""

    def __init__(self, context, changed, **kwargs):
        super().__init__(spacing=dp(10), **kwargs)
        self._context, self._say, self._changed = context, context.text, changed
        say = self._say
        self.add_widget(Words(text=say("aplikasi.serah.judul"), style="question"))
        self.add_widget(Words(text=say("aplikasi.serah.isi"), style="small", ink="ink_soft"))
        last = context.phone.handover.last()
        if last is not None:
            day = short_date(local_date(last.written_ms))
            written = say("aplikasi.serah.terakhir_isi", berkas=last.path.name, tanggal=day)
            self.add_widget(Fact(icon="file", label=say("aplikasi.serah.terakhir"), text=written))
        for text, icon, kind, action in (
            ("serahkan", "upload_file", "soft", self.hand_over),
            ("baca", "download", "plain", self.read),
        ):
            pill = Pill(text=say(f"aplikasi.serah.{text}"), icon=icon, kind=kind)
            pill.bind(on_release=lambda *_, act=action: act())
            self.add_widget(pill)

    def hand_over(self):
        """Ask where to, then write; where the system asks, write first."""
        if self._context.documents is None:
            self._context.shell.present(FolderSheet(self._say, self._write, folder=self._folder()))
        else:
            self._run("menulis", self._save, WrittenSheet, self.hand_over)

    def read(self):
        """Ask which file, then take it in."""
        if self._context.documents is not None:
            self._run("membaca", self._bring, ReadSheet, self.read)
            return
        self._context.shell.present(AnswerSheet(self._say, self._read, folder=self._folder()))

    def _folder(self) -> Path:
        """Where the last file went if that is there, else a stick, else home."""
        last = self._context.phone.handover.last()
        if last is not None and last.path.parent.is_dir():
            return last.path.parent
        places = self._context.media.places() if self._context.media else []
        return next(iter(places), Path.home())

    def _write(self, folder):
        handover = self._context.phone.handover
        self._run("menulis", lambda tell: handover.write(folder, tell), WrittenSheet, self.hand_over)

    def _read(self, path):
        handover = self._context.phone.handover
        self._run("membaca", lambda tell: handover.read(path, tell), ReadSheet, self.read)

    def _save(self, tell):
        """Write the file, and let the system put it where she says; nothing of it stays here."""
        documents = self._context.documents
        written = self._context.phone.handover.write(documents.folder, tell)
        if isinstance(written, Refused):
            return written
        try:
            if not documents.save(written.path, MEDIA_TYPE):
                return Refused(say="aplikasi.serah.tidak_jadi")
        except OSError as error:
            return unwritten(error)
        finally:
            written.path.unlink(missing_ok=True)
        return replace(written, path=Path(written.path.name))

    def _bring(self, tell):
        """Let the system bring the answer, and take it in."""
        documents = self._context.documents
        path = documents.folder / f"{BROUGHT}{ENDING}"
        try:
            if not documents.bring(path):
                return Refused(say="aplikasi.serah.tidak_jadi")
            return self._context.phone.handover.read(path, tell)
        except OSError as error:
            return unread(error)
        finally:
            path.unlink(missing_ok=True)

    def _run(self, what, work, result, again):
        """Work aside, with a bar; then show the result, or why there is none and the way to choose anew."""
        shell = self._context.shell
        under_way = ProgressSheet(self._say(f"aplikasi.serah.{what}"))
        shell.present(under_way)

        def done(outcome):
            under_way.close()
            if isinstance(outcome, Refused):
                shell.present(RefusedSheet(self._say, outcome, what, again))
            else:
                shell.present(result(self._say, outcome))
                self._changed()

        self._context.background.run(lambda: work(under_way.tell), done)


class ProgressSheet(Sheet):
    """How far it is. `tell` may be called from any thread."""

    def __init__(self, title, **kwargs):
        super().__init__(title, **kwargs)
        self._done = 0.0
        self.bar = Bar(count=STEPS, at=0)
        self.add(Words(text=self.ids.title.say("aplikasi.serah.tunggu"), style="small", ink="ink_soft"))
        self.add(self.bar)
        self._show = Clock.create_trigger(lambda _dt: setattr(self.bar, "at", int(self._done * STEPS)), 0)

    def tell(self, done: float):
        """Remember how much is done, 0 to 1, and show it soon."""
        self._done = done
        self._show()


class RefusedSheet(Sheet):
    """Why nothing came of it, and what to do next."""

    def __init__(self, say, refused, what, again, **kwargs):
        super().__init__(say("aplikasi.serah.belum_berhasil"), **kwargs)
        self.add(Notice(icon="error", tone="bad", text=say(refused.say, **refused.values)))
        if refused.say.startswith(CHOICES):
            other = Pill(text=say(f"aplikasi.serah.{what}_lain"), icon="file")
            other.bind(on_release=lambda *_: (self.close(), again()))
            self.add_foot(other)
        close = Pill(text=say("tombol.tutup"), kind="soft")
        close.bind(on_release=lambda *_: self.close())
        self.add_foot(close)


class WrittenSheet(Sheet):
    """Where the file is, what is in it, and what to do with it."""

    def __init__(self, say, written, **kwargs):
        super().__init__(say("aplikasi.serah.siap"), **kwargs)
        self.add(Fact(icon="file", label=say("aplikasi.serah.berkas"), text=written.path.name))
        if written.path.is_absolute():  # else it is where she said, which only the system knows
            self.add(Fact(icon="storage", label=say("aplikasi.serah.tempat"), text=str(written.path.parent)))
        holds = counted(written.data, written.photos, say)
        if holds:
            self.add(Fact(icon="task", label=say("aplikasi.serah.berisi"), text=holds))
        for step in (1, 2, 3):
            self.add(Words(text=f"{step}. {say(f'aplikasi.serah.langkah_{step}')}"))
        if holds:
            self.add(Notice(icon="waiting", tone="notice", text=say("aplikasi.serah.belum_diterima")))
        else:
            self.add(Notice(icon="info", tone="info", text=say("aplikasi.serah.tanpa_isi")))
        close = Pill(text=say("aplikasi.serah.mengerti"))
        close.bind(on_release=lambda *_: self.close())
        self.add_foot(close)


class ReadSheet(Sheet):
    """What the office's answer brought."""

    def __init__(self, say, read, **kwargs):
        super().__init__(say("aplikasi.serah.terbaca"), **kwargs)
        self.add(DoneSign(size_hint_y=None, height=dp(64)))
        confirmed = counted(read.data, read.photos, say)
        key = "diterima" if confirmed else "tanpa_kabar" if read.rows else "sudah_ada"
        told = say(f"aplikasi.serah.{key}", isi=confirmed)
        self.add(Words(text=told, style="strong", align="center"))
        if read.rows:
            rows = say("aplikasi.serah.pembaruan", jumlah=number(read.rows))
            self.add(Words(text=rows, style="small", ink="ink_soft", align="center"))
        if read.out_of_step:
            self.add(Notice(icon="sync_problem", tone="notice", text=say("aplikasi.serah.belum_cocok")))
        close = Pill(text=say("tombol.tutup"), kind="soft")
        close.bind(on_release=lambda *_: self.close())
        self.add_foot(close)


class AnswerSheet(FileSheet):
    """Files of this computer that may be an answer of the office: those that a phone wrote are left out."""

    def __init__(self, say, picked, folder, **kwargs):
        super().__init__(
            say,
            picked,
            folder=folder,
            suffixes=(ENDING,),
            title="aplikasi.serah.pilih_jawaban",
            icon="file",
            empty="aplikasi.serah.folder_tanpa_berkas",
            **kwargs,
        )

    def offers(self, path):
        return super().offers(path) and not OUTGOING.fullmatch(path.name)


class FolderSheet(FileSheet):
    """A folder of this computer: walked into, and taken with the button."""

    def __init__(self, say, picked, folder, **kwargs):
        here = Pill(text=say("aplikasi.serah.simpan_di_sini"), icon="check")
        super().__init__(
            say,
            picked,
            folder=folder,
            suffixes=(),
            title="aplikasi.serah.pilih_folder",
            empty="aplikasi.serah.folder_biasa",
            **kwargs,
        )
        here.bind(on_release=lambda *_: self._take(self.folder))
        self.add_foot(here)
