"""A region or another thing, picked from a searched list in a sheet."""

from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout

from field_app.ui.fields.base import Editor
from field_app.ui.widgets.buttons import Tappable
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.rows import RowList
from field_app.ui.widgets.words import Words

MOST = 50
"""References that are listed."""


class PickBox(Tappable):
    """Looks like a field; a tap opens the list."""

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        self.text, self.under, self.asked = "", "", ""
        super().__init__(**kwargs)

    def set(self, text: str, under: str, asked: str) -> None:
        """Show what is picked, or what is asked."""
        self.text, self.under, self.asked = text, under, asked
        self.refresh()

    def _room(self):
        return max(1, self.width - dp(62))

    def needed_height(self):
        if not self.look:
            return None
        words = self.measure(self.text or self.asked, "label", self._room())[1]
        return max(dp(54), words + self.measure(self.under, "small", self._room())[1] + dp(22))

    def paint(self):
        look, radius = self.look, self.look.radius("medium")
        self.fill(look.pressed if self.held else look.sunken, radius=radius)
        self.outline(look.outline, radius=radius, line=dp(1))
        words, room = self.text or self.asked, self._room()
        high = self.measure(words, "label", room)[1]
        under = self.measure(self.under, "small", room)[1]
        y = (self.height + high + under) / 2 - high
        self.write(words, "label", look.ink if self.text else look.ink_faint, dp(16), y, room)
        self.write(self.under, "small", look.ink_soft, dp(16), y - under, room)
        if not self.disabled:
            self.draw_icon("expand", look.primary, self.width - dp(26), self.height / 2, 24)


class PickSheet(Sheet):
    """A search line and a recycled list; `find(text)` gives [(key, name, under)], `picked(key)` takes one.

    Of those that are found `most` are listed; that there are more is said below them.
    """

    def __init__(self, title, find, picked, most=None, **kwargs):
        super().__init__(title, **kwargs)
        self._find, self._picked, self._most = find, picked, most
        self.line = Entry(hint_text=self.ids.title.say("tombol.cari"), settled=lambda _text: self.fill())
        self.line.bind(text=lambda *_: self.fill())
        self.rows = RowList(size_hint_y=None, height=dp(360))
        self.none = Words(text=self.ids.title.say("umum.tidak_ditemukan"), style="small", ink="ink_soft")
        self.add(self.line)
        self.add(self.rows)
        self.rows.column.padding = 0
        self.fill_with(self.rows)
        self.fill()

    def fill(self):
        """Search again."""
        found = self._find(self.line.text)
        items = [
            ("PickRow", {"name": name, "under": under, "open": lambda k=key: self.take(k)})
            for key, name, under in found[: self._most]
        ]
        if len(items) < len(found):
            items.append(("PickRow", self._more(len(items))))
        self.rows.show(items)
        if not found and not self.none.parent:
            self.add(self.none)
        elif found and self.none.parent:
            self.none.parent.remove_widget(self.none)

    def _more(self, shown):
        say = self.ids.title.say
        name, under = say("aplikasi.cari.lagi"), say("aplikasi.cari.lagi_huruf", jumlah=shown)
        return {"name": name, "under": under, "icon": "search", "open": self._go_to_line}

    def _go_to_line(self):
        self.line.focus = True

    def take(self, key):
        """One was tapped."""
        self.close()
        self._picked(key)


class RujukanEditor(Editor):
    """Another thing by its id, shown by its name."""

    def build(self):
        self.box = PickBox(disabled=self.field.read_only)
        self.box.bind(on_release=lambda *_: self.open())
        self.add_widget(self.box)
        self.show(self.value)

    def show(self, value):
        self.value = value
        name = self.host.reference_name(self.field.to, value) if value else ""
        self.box.set(name, "", self.say("aplikasi.formulir.pilih_daftar"))

    def open(self):
        """Open the list."""
        to = self.field.to
        self.host.present(
            PickSheet(self.field.label, lambda text: self.host.references(to, text), self.taken, MOST)
        )

    def taken(self, key):
        """One was picked."""
        self.show(key)
        self.offer(key)


class WilayahEditor(Editor):
    """Kecamatan first, then desa: names of desa are not unique."""

    def build(self):
        self.kecamatan = None
        self.upper, self.lower = (
            PickBox(disabled=self.field.read_only),
            PickBox(disabled=self.field.read_only),
        )
        self.upper.bind(on_release=lambda *_: self.open(self.upper))
        self.lower.bind(on_release=lambda *_: self.open(self.lower))
        column = BoxLayout(orientation="vertical", spacing=dp(8), size_hint_y=None)
        column.bind(minimum_height=column.setter("height"))
        column.add_widget(self.upper)
        if self.field.level == "desa":
            column.add_widget(self.lower)
        self.add_widget(column)
        self.show(self.value)

    def show(self, value):
        self.value = value
        regions = self.host.regions()
        place = regions.get(value) if value else None
        if place:
            self.kecamatan = place.parent if place.is_desa else place.kode
        upper = regions.get(self.kecamatan) if self.kecamatan else None
        self.upper.set(
            self.say("aplikasi.formulir.kecamatan", nama=upper.nama) if upper else "",
            "",
            self.say("aplikasi.formulir.pilih_kecamatan"),
        )
        lower = place if place and place.is_desa else None
        self.lower.disabled = self.field.read_only or upper is None
        name = f"{self.say(f'tingkat_wilayah.{lower.level}')} {lower.nama}" if lower else ""
        self.lower.set(name, "", self.say("aplikasi.formulir.pilih_desa"))

    def open(self, box):
        """Open the list of kecamatan, or of the desa of the chosen one."""
        regions = self.host.regions()
        places = regions.kecamatan() if box is self.upper else regions.desa(self.kecamatan)

        def find(text):
            wanted = text.strip().lower()
            return [
                (place.kode, place.nama, self.say(f"tingkat_wilayah.{place.level}"))
                for place in places
                if wanted in place.nama.lower()
            ]

        self.host.present(PickSheet(box.asked, find, self.upper_taken if box is self.upper else self.taken))

    def upper_taken(self, kode):
        """A kecamatan was picked: the whole answer on that level, else the desa is asked next."""
        self.kecamatan = kode
        if self.field.level == "kecamatan":
            self.taken(kode)
            return
        keep = self.value if self.value and str(self.value).startswith(kode) else None
        if keep != self.value:
            self.offer(None)
        self.show(keep)
        self.open(self.lower)

    def taken(self, kode):
        """One was picked."""
        self.show(kode)
        self.offer(kode)
