"""A finished visit and its conflicts as cards: where it stands, what is kept where, both values side by side.

Rule: what is open says so in words; of the office's values only those that came are shown.
"""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout

from field_app.ui.cards import HINT_ICON, status_chip
from field_app.ui.context import Context
from field_app.ui.fields.evidence import PhotoTile
from field_app.ui.labels import where
from field_app.ui.theme import Look
from field_app.ui.values import shown
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.facts import Fact
from field_app.ui.widgets.words import Chip, Column, Notice, Words
from field_app.views import ConflictView, FieldConflict, VisitPhoto, VisitView
from schemas.form import Field
from schemas.format import date_and_clock, local_date, long_date
from schemas.sealed import SEALED_FORM

COVERED = "…"


def visit_cards(context: Context, look: Look, view: VisitView, act: Callable[[str], Any]) -> list[Any]:
    """Return the cards of a finished visit; `act` is told coba_lagi, catat_ulang, perbaiki or
    baca_catatan.
    """
    say = context.text
    cards = _state(context, look, view, act)
    cards += [conflict_card(context, look, conflict) for conflict in view.conflicts]
    if view.photos:
        cards.append(_photos(context, view))
    facts = Card(spacing=dp(6))
    day = long_date(local_date(view.finalised_ms))
    facts.add_widget(Fact(icon="number", label=say("aplikasi.kunjungan.nomor"), text=view.number))
    facts.add_widget(Fact(icon="calendar", label=say("aplikasi.kunjungan.tanggal"), text=day))
    cards.append(facts)
    return cards


def conflict_card(context: Context, look: Look, conflict: ConflictView, title: str = "") -> Card:
    """Return what waits for the office's choice with both values, or what was chosen."""
    say = context.text
    card = Card(spacing=dp(8))
    if title:
        card.add_widget(Words(text=title, style="heading"))
    word, icon, tone = _state_of(conflict, look, say)
    card.add_widget(fitting_chip(word, icon, tone))
    key = f"aplikasi.konflik.alasan_{conflict.reason}"
    if conflict.open and key in say:
        card.add_widget(Words(text=say(key), style="small", ink="ink_soft"))
    for field in conflict.fields:
        for widget in _field(context, conflict, field):
            card.add_widget(widget)
    card.add_widget(Words(text=_when(conflict, say), style="small", ink="ink_soft"))
    return card


def hint_notice(hint: str, say: Callable[..., str]) -> Notice:
    """Return what is to be known of a card before going on, and what to do."""
    return Notice(icon=HINT_ICON, tone="notice", text=say(f"aplikasi.hal.{hint}_arti"))


def fitting_chip(word: str, icon: str, tone: str) -> Chip:
    """Return a status chip as wide as its words, and no wider than what it stands in."""
    chip = Chip(text=word, icon=icon, tone=tone)

    def fit(inside: Column | None, *_: Any) -> None:
        if inside is not None:
            room = inside.width - inside.padding[0] - inside.padding[2]
            chip.width = min(chip.natural_width(), max(1, room))

    def stand(_chip: Chip, inside: Column | None) -> None:
        if inside is not None:
            inside.bind(width=fit)
        fit(inside)

    chip.bind(parent=stand)
    return chip


def field_label(context: Context, name: str) -> str:
    """Return a field of a record in words: as the forms call it."""
    key = f"aplikasi.konflik.isian_{name}"
    if key in context.text:
        return context.text(key)
    found = _definition(context, name)
    return found.short if found else name


def _state(context: Context, look: Look, view: VisitView, act: Callable[[str], Any]) -> list[Any]:
    """Return where it stands, why, what waits for what, and what she can do about it."""
    say = context.text
    _, icon, tone = status_chip(view.status, look, say)
    found: list[Any] = [Notice(icon=icon, tone=tone, text=say(view.problem or f"status_arti.{view.status}"))]
    if view.waits_for:
        found.append(Words(text=say("aplikasi.kunjungan.menunggu", nama=view.waits_for), style="small"))
    if view.held_up:
        names = ", ".join(view.held_up)
        found.append(Words(text=say("aplikasi.kunjungan.ditunggu", nama=names), style="small"))
    if view.note:
        found.append(Notice(icon="office", tone="info", text=view.note))
    found += [Notice(icon="returned", tone="bad", text=reason) for reason in view.reasons.values()]
    for wanted, name, symbol in (
        (view.again, "coba_lagi", "refresh"),
        (view.record_again, "catat_ulang", "task_add"),
        (view.status == "dikembalikan", "perbaiki", "edit"),
        (view.told and view.status != "dikembalikan", "baca_catatan", "lock"),
    ):
        if wanted:
            pill = Pill(kind="soft", icon=symbol, text=say(f"aplikasi.kunjungan.{name}"))
            pill.bind(on_release=lambda *_, name=name: act(name))
            found.append(pill)
    return found


def _photos(context: Context, view: VisitView) -> Card:
    say = context.text
    card = Card(spacing=dp(10))
    card.add_widget(Words(text=f"{say('aplikasi.sinkron.foto')} ({len(view.photos)})", style="question"))
    for photo in view.photos:
        state = "lapangan.foto_di_kantor" if photo.kept else f"status.{photo.status}"
        row = BoxLayout(size_hint_y=None, spacing=dp(12))
        words = Column(pos_hint={"center_y": 0.5}, spacing=dp(2))
        words.add_widget(Words(text=_photo_label(context, view, photo), style="label"))
        words.add_widget(Words(text=say(state), style="small", ink="ink_soft"))
        private = photo.form == SEALED_FORM
        row.add_widget(PhotoTile(photo.thumbnail, private, size=(dp(56), dp(56)), pos_hint={"center_y": 0.5}))
        row.add_widget(words)
        words.bind(height=lambda _w, high, row=row: setattr(row, "height", max(high, dp(56))))
        row.height = max(words.height, dp(56))
        card.add_widget(row)
    return card


def _photo_label(context: Context, view: VisitView, photo: VisitPhoto) -> str:
    if photo.form == SEALED_FORM:
        return context.text("lapangan.tersegel.berkas")
    return where(
        context.phone.forms.get(photo.form, view.versions.get(photo.form)), photo.field, context.text
    )


def _state_of(conflict: ConflictView, look: Look, say: Any) -> tuple[str, str, str]:
    if conflict.open:
        return status_chip("konflik", look, say)
    return say("aplikasi.konflik.diputuskan"), "done", "good"


def _field(context: Context, conflict: ConflictView, field: FieldConflict) -> list[Any]:
    say = context.text
    theirs = _value(context, field.name, field.theirs)
    if not conflict.shown:
        theirs = say("aplikasi.konflik.tidak_tampil")
    mine = _value(context, field.name, field.mine)
    widgets: list[Any] = [Words(text=field_label(context, field.name), style="question")]
    if field.chosen:
        now = _value(context, field.name, field.now)
        if field.chosen == "theirs" and not conflict.shown:
            now = say("aplikasi.konflik.tidak_tampil")
        said = say(f"aplikasi.konflik.pilihan_{field.chosen}")
        widgets.append(Fact(icon="done", label=said, text=now))
        if field.chosen != "mine":
            widgets.append(Fact(icon="person", label=say("aplikasi.konflik.milik_anda"), text=mine))
        return widgets
    widgets.append(Fact(icon="person", label=say("aplikasi.konflik.milik_anda"), text=mine))
    widgets.append(Fact(icon="office", label=say("aplikasi.konflik.di_kantor"), text=theirs))
    if field.base is not None and conflict.reason == "nilai":
        base = _value(context, field.name, field.base)
        widgets.append(Fact(icon="history", label=say("aplikasi.konflik.semula"), text=base))
    return widgets


def _value(context: Context, name: str, value: Any) -> str:
    say = context.text
    if value is None or value in ("", [], {}):
        return say("aplikasi.konflik.kosong")
    if isinstance(value, str) and (value.startswith(COVERED) or f"status.{value}" in say):
        return value if value.startswith(COVERED) else say(f"status.{value}")
    if isinstance(value, dict):
        return "; ".join(str(each) for each in value.values())
    field = _definition(context, name)
    try:
        words = shown(field, value, say, lambda _field, key: _name(context, key)) if field else ""
    except (ValueError, TypeError, AttributeError, KeyError):
        words = ""  # a value that this version of the form does not know: shown as it came
    if words:
        return words
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _name(context: Context, key: str) -> str:
    region = context.phone.wilayah.get(key)
    return region.nama if region else key


def _definition(context: Context, name: str) -> Field | None:
    forms = context.phone.forms.all()
    return next((form.fields[name] for form in forms if name in form.fields), None)


def _when(conflict: ConflictView, say: Any) -> str:
    lines = [say("aplikasi.konflik.ditulis", kapan=date_and_clock(conflict.written_ms))]
    if conflict.received_ms:
        lines.append(say("aplikasi.konflik.diterima", kapan=date_and_clock(conflict.received_ms)))
    if conflict.resolved_ms:
        key = (
            "aplikasi.konflik.diputuskan_oleh" if conflict.resolved_by else "aplikasi.konflik.diputuskan_pada"
        )
        lines.append(say(key, nama=conflict.resolved_by, kapan=date_and_clock(conflict.resolved_ms)))
    return " ".join(lines)
