"""Somebody who is not in the list: a name and a desa are enough to begin.

Rule: it asks and hands over; whether the office knows them already, the office finds out.
"""

from collections.abc import Callable
from typing import Any

from field_app.ui.fields.pick import PickBox, PickSheet
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.words import Notice, Words


class NewPersonSheet(Sheet):
    """`begin(nama, kode_desa)` is called with what was written, both never empty; `word` names the texts."""

    def __init__(
        self,
        say: Any,
        wilayah: Any,
        nama: str,
        kode_desa: str,
        begin: Callable[[str, str], Any],
        word: Callable[[str], str],
        **kwargs: Any,
    ) -> None:
        super().__init__(say(word("baru_judul")), **kwargs)
        self._say, self._wilayah, self._begin = say, wilayah, begin
        self.kode = kode_desa
        self.add(Words(text=say(word("baru_isi")), style="small", ink="ink_soft"))
        self.add(Words(text=say(word("baru_nama")), style="strong"))
        self.line = Entry(text=nama, grows=True, max_length=120)
        self.add(self.line)
        self.add(Words(text=say("aplikasi.tugas.desa"), style="strong"))
        self.box = PickBox()
        self.box.bind(on_release=lambda *_: self._choose())
        self.add(self.box)
        self.wrong = Notice(icon="error", tone="bad", text=say("aplikasi.cari.baru_kurang"))
        go = Pill(text=say("aplikasi.tugas.mulai"), icon_after="forward")
        go.bind(on_release=lambda *_: self._go())
        self.add_foot(go)
        self._show()

    def _show(self) -> None:
        region = self._wilayah.get(self.kode) if self.kode else None
        upper = self._wilayah.get(region.parent) if region else None
        under = self._say("aplikasi.formulir.kecamatan", nama=upper.nama) if upper else ""
        self.box.set(region.nama if region else "", under, self._say("aplikasi.formulir.pilih_desa"))

    def _choose(self) -> None:
        def find(text: str) -> list[tuple[str, str, str]]:
            wanted = text.strip().lower()
            return [
                (region.kode, region.nama, self._wilayah.get(region.parent).nama)
                for region in self._wilayah
                if region.is_desa and wanted in region.nama.lower()
            ]

        self.parent.present(PickSheet(self._say("aplikasi.formulir.pilih_desa"), find, self._taken))

    def _taken(self, kode: str) -> None:
        self.kode = kode
        self._show()

    def _go(self) -> None:
        if self.line.text.strip() and self.kode:
            self.close()
            self._begin(self.line.text.strip(), self.kode)
        elif not self.wrong.parent:
            self.add(self.wrong)
