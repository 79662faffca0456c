"""Peta tugas: where the work is, without a network; the nearest first in the list below it.

Rule: a place that is only the middle of a desa is said to be so, and what is sealed never stands on it.
"""

from typing import Any

from kivy.core.clipboard import Clipboard
from kivy.metrics import dp
from kivy.properties import BooleanProperty

from field_app.atlas import Ground, Point, apart_m
from field_app.task_map import Pin, TaskMap
from field_app.ui.cards import FORM_ICONS, due_day, status_chip, still_due
from field_app.ui.kv import load_kv
from field_app.ui.leading import lead
from field_app.ui.permissions import PermissionSheet, closed_for_good
from field_app.ui.sheets import LocationSheet
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head, rows  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.facts import Fact, FindingRow
from field_app.ui.widgets.map import Area, MapView, Mark
from field_app.ui.widgets.words import Empty, Notice
from field_app.views import Card
from schemas.format import distance

load_kv(__file__)

EDGE_DP = 56
"""Between the outermost pin and the rim, when all are shown."""


class MapScreen(BaseScreen):
    """All pins; with `tugas` the map opens at the one of that task."""

    wide = BooleanProperty(True)

    def build(self, tugas: str | None = None):
        self._tugas = tugas
        self._view: TaskMap | None = None
        self._here: Point | None = None
        self._empty = None
        regions = self.context.phone.wilayah
        middle = next(region for region in regions if region.level == "kabupaten")
        self._ground = Ground(middle.lat, middle.lng)
        self.map = MapView(self._tapped, pos_hint={"x": 0, "y": 0})
        areas = [self._area(region) for region in regions if region.level != "kabupaten"]
        self._whole = [point for area in areas if area.large for point in area.outline]
        self.map.furnish(areas)
        self.ids.box.add_widget(self.map, index=len(self.ids.box.children))

    def _area(self, region: Any) -> Area:
        outline = [self._ground.metres(*point) for point in self.context.phone.wilayah.outline(region.kode)]
        middle = self._ground.metres(region.lat, region.lng)
        return Area(region.nama, middle, outline, region.level == "kecamatan")

    def enter(self):
        self.ask(self.context.phone.visits.on_map, self._loaded)

    def _loaded(self, view: TaskMap):
        first = self._view is None
        self._view = view
        self._show(fit=first)
        if first and self.context.location is not None:
            self.context.background.ask(self.context.location.fix, self._located)

    # -- showing --------------------------------------------------------------------------------------------

    def _at(self, pin: Pin) -> Point:
        return self._ground.metres(pin.lat, pin.lng)

    def _show(self, fit: bool = False):
        view = self._view
        marks = []
        for pin in view.pins:
            word, icon, tone = status_chip(pin.status, self.look, self.say)
            marks.append(Mark(self._at(pin), word, icon, tone))
        self.map.show(marks, self._here)
        if fit:
            wanted = [mark.at for mark, pin in zip(marks, view.pins, strict=True) if self._meant(pin)]
            points = (wanted or [mark.at for mark in marks]) + ([self._here] if self._here else [])
            self.map.hold(points or self._whole, dp(EDGE_DP) if points else dp(8))
        self._list()

    def _meant(self, pin: Pin) -> bool:
        return self._tugas is not None and pin.card.tugas == self._tugas

    def _list(self):
        """The nearest first; without a place of her own as pressing as on the first screen."""
        view = self._view
        pins = list(view.pins)
        if self._here:
            pins.sort(key=lambda pin: apart_m(self._at(pin), self._here))
        under = "urut_dekat" if self._here else "urut_tempo"
        self.ids.header.under = self.say(f"aplikasi.peta.{under}") if pins else ""
        items = [("TaskRow", self._item(pin)) for pin in pins]
        if view.nowhere:
            title = self.say("aplikasi.peta.tanpa_tempat")
            count = len(view.nowhere)
            items.append(
                ("Heading", {"title": title, "icon": "location_off", "tone": "quiet", "count": count})
            )
            items += [("TaskRow", self._row(card, card.status, (self._due(card),))) for card in view.nowhere]
        self.ids.list.show(items)
        if self._empty:
            self.ids.place.remove_widget(self._empty)
            self._empty = None
        if not items:
            self._empty = Empty(
                icon="map", text=self.say("aplikasi.peta.kosong"), hint=self.say("aplikasi.peta.kosong_isi")
            )
            self._empty.pos_hint = {"x": 0, "top": 1}
            self.ids.place.add_widget(self._empty)

    def _item(self, pin: Pin) -> dict[str, Any]:
        near = "" if pin.exact else self.say("aplikasi.peta.perkiraan")
        words = (pin.card.desa, self._due(pin.card), self._away(pin), near)
        return self._row(pin.card, pin.status, words, pin)

    def _due(self, card: Card) -> str:
        return still_due(card, self.context.today(), self.say)

    def _away(self, pin: Pin) -> str:
        return distance(apart_m(self._at(pin), self._here)) if self._here else ""

    def _row(self, card: Card, status: str, words: tuple[str, ...], pin: Pin | None = None) -> dict[str, Any]:
        return {
            "name": card.nama or self.say("aplikasi.beranda.tanpa_nama"),
            "lines": (card.title, " · ".join(word for word in words if word)),
            "chip": status_chip(status, self.look, self.say),
            "icon": FORM_ICONS.get(card.form, "form"),
            "tone": "bad" if status in ("dikembalikan", "terlambat", "hilang") else "primary",
            "open": (lambda: self._choose(pin)) if pin else (lambda: self._open(card)),
        }

    # -- tapping --------------------------------------------------------------------------------------------

    def _tapped(self, indices: tuple[int, ...]):
        """One pin shows itself; of several in one place one is chosen first."""
        pins = [self._view.pins[index] for index in indices]
        if len(pins) == 1:
            self._choose(pins[0])
            return
        sheet = Sheet(self.say("aplikasi.peta.di_sini", jumlah=len(pins)))
        for pin in pins:
            word, icon, tone = status_chip(pin.status, self.look, self.say)
            row = FindingRow(text=pin.card.nama, under=f"{word} · {pin.card.title}", icon=icon, tone=tone)
            row.bind(on_release=lambda _row, pin=pin: (sheet.close(), self._choose(pin)))
            sheet.add(row)
        self.context.shell.present(sheet)

    def _choose(self, pin: Pin):
        """Bring a pin into the middle, and offer the way there."""
        self.map.chosen = (self._view.pins.index(pin),)
        self.map.centre(self._at(pin))
        card, say = pin.card, self.say
        sheet = Sheet(card.nama or say("aplikasi.beranda.tanpa_nama"))
        due = due_day(card.due, self.context.today(), say)
        for label, value, icon in (
            ("formulir", card.title, FORM_ICONS.get(card.form, "form")),
            ("desa", " · ".join(word for word in (card.desa, self._away(pin)) if word), "village"),
            ("tempo", due, "calendar"),
        ):
            if value:
                sheet.add(Fact(label=say(f"aplikasi.tugas.{label}"), text=value, icon=icon))
        if not pin.exact:
            sheet.add(Notice(icon="info", tone="info", text=say("aplikasi.peta.perkiraan_isi")))
        way = Pill(icon="directions", text=say("aplikasi.peta.arah"))
        way.bind(on_release=lambda *_: self._lead(pin))
        sheet.add_foot(way)
        whole = Pill(kind="plain", text=say("aplikasi.peta.buka"), icon_after="forward")
        whole.bind(on_release=lambda *_: lead(self.context.shell, card))
        sheet.add_foot(whole)
        self.context.shell.present(sheet)

    def _lead(self, pin: Pin):
        """Hand the point over to the device's map app; without one, the point itself can be taken along."""
        system = self.context.system
        if system is None or not system.show_on_map(pin.lat, pin.lng):
            Clipboard.copy(f"{pin.lat:.6f}, {pin.lng:.6f}")
            self.context.shell.toast(self.say("aplikasi.peta.tanpa_aplikasi"), "directions", 6)

    # -- where she is ---------------------------------------------------------------------------------------

    def find_me(self):
        """Take a fix where the device can, else have it typed."""
        location, shell = self.context.location, self.context.shell
        if location is None:
            shell.present(LocationSheet(self.context.now_ms, self._located))
            return
        shell.toast(self.say("aplikasi.lokasi.mencari"), "my_location", 1.5)

        def found(place: Any):
            trouble = location.trouble()
            if closed_for_good(trouble):
                shell.present(PermissionSheet(self.context, trouble))
            elif place is None:
                shell.toast(self.say(trouble or "aplikasi.lokasi.tidak_ada"), "location_off", 5)
            self._located(place)

        self.context.background.ask(location.fix, found)

    def _located(self, place: Any):
        if place is not None:
            self._here = self._ground.metres(place.lat, place.lng)
            self._show(fit=True)
