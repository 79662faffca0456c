"""The home list as rows: groups with their counts, cards with icon, name, task, due date and status.

Rule: words and token names only; drawing is in widgets/rows.py.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from field_app.wanted import OVER
from schemas.format import MONTHS, number
from schemas.sealed import SEALED_FORM
from schemas.text import Text

FORM_ICONS = {
    "bpnt_kpm": "house", "sosek": "house", "kks_masalah": "card_off", "ewarong": "store",
    "pendamping": "people", SEALED_FORM: "lock", "ktk": "lock", "pm": "lock", "cabut_setuju": "lock",
    "uep": "lock", "kis": "health", "usul_dtsen": "family", "pengaduan": "campaign", "skm": "sort",
}  # fmt: skip
GROUPS = (
    ("returned", "aplikasi.beranda.dikembalikan", "returned", "bad"),
    ("overdue", "aplikasi.beranda.terlambat", "late", "bad"),
    ("today", "aplikasi.beranda.hari_ini", "today", "primary"),
    ("upcoming", "aplikasi.beranda.berikutnya", "upcoming", "primary"),
    ("drafts", "aplikasi.beranda.draf", "draft", "quiet"),
    ("sent", "aplikasi.beranda.terkirim", "sent", "quiet"),
)


HINT_ICON = "office"
SAYS_STATUS = ("returned", "today", "upcoming", "drafts")
"""Groups whose heading is the status already."""


def month_words(month: Any, say: Text) -> str:
    """How much of this month's tasks is done: "Bulan ini 12 tugas selesai, 8 lagi"."""
    key = "bulan_ini" if month.left else "bulan_selesai"
    return say(f"aplikasi.beranda.{key}", selesai=number(month.done), sisa=number(month.left))


def due_words(due: str | None, today: date, say: Text) -> str:
    """A due date as one reads it today: "Batas besok", "Lewat 3 hari"."""
    day = _day(due, today, say)
    late = due is not None and date.fromisoformat(due) < today
    return day if late or not day else say("aplikasi.beranda.tempo", tanggal=day)


def is_due(card: Any) -> bool:
    """Whether it is still hers to do."""
    return card.status in ("tugas", "draf", "dikembalikan") and card.hint not in OVER


def still_due(card: Any, today: date, say: Text) -> str:
    """When it is due, of what is still hers to do."""
    return due_words(card.due, today, say) if is_due(card) else ""


def due_day(due: str | None, today: date, say: Text) -> str:
    """The day alone, for where its name stands beside it: "Besok", "24 November", "Lewat 3 hari"."""
    day = _day(due, today, say)
    return day[:1].upper() + day[1:]


def _day(due: str | None, today: date, say: Text) -> str:
    if not due:
        return ""
    day = date.fromisoformat(due)
    days = (day - today).days
    if days < 0:
        return say("aplikasi.beranda.tempo_lewat", hari=-days)
    if days == 0:
        return say("aplikasi.beranda.tempo_hari_ini")
    if days == 1:
        return say("aplikasi.beranda.tempo_besok")
    year = f" {day.year}" if day.year != today.year else ""
    return f"{day.day} {MONTHS[day.month - 1]}{year}"


def status_chip(status: str, look: Any, say: Text) -> tuple[str, str, str]:
    """(word, icon, tone) of a status."""
    shown = look.theme.status[status]
    return say(f"status.{status}"), shown.icon, shown.tone


def hint_words(card: Any, say: Text) -> str:
    """What is to be known of a card before going on, in a few words; nothing where nothing is."""
    return say(f"aplikasi.hal.{card.hint}") if card.hint else ""


def card_item(
    card: Any, group: str, look: Any, say: Text, today: date, open_card: Callable[[Any], None]
) -> dict:
    """One card as a row."""
    tone = {"returned": "bad", "overdue": "bad"}.get(group, "primary")
    due = still_due(card, today, say)
    chip = None
    if group == "overdue":
        chip, due = (due, "late", "bad"), ""
    elif group not in SAYS_STATUS:
        chip = status_chip(card.status, look, say)
    open_still = say("aplikasi.konflik.jumlah", jumlah=card.conflicts) if card.conflicts else ""
    if card.chosen and not card.conflicts:
        open_still = say("aplikasi.konflik.jumlah_selesai", jumlah=card.chosen)
    if card.status == "hilang":
        due = say("status.hilang")
    hint = hint_words(card, say)
    if hint and (chip is None or group == "sent"):
        chip, hint = (hint, HINT_ICON, "notice"), ""
    where = " · ".join(part for part in (card.desa, due, open_still, hint) if part)
    return {
        "name": card.nama or say("aplikasi.beranda.tanpa_nama"),
        "lines": (card.title, where),
        "chip": chip,
        "icon": FORM_ICONS.get(card.form, "form"),
        "tone": tone if group != "sent" else "quiet",
        "open": lambda: open_card(card),
    }


def home_items(
    view: Any,
    say: Text,
    today: date,
    look: Any,
    open_card: Callable[[Any], None],
    show_more: Callable[[], None],
) -> list:
    """The whole home list: groups that hold nothing are left out, and below the newest of what was finished
    stands how many are older.
    """
    items: list = []
    for name, title, icon, tone in GROUPS:
        cards = getattr(view, name)
        if not cards:
            continue
        count = len(cards) + (view.rest if name == "sent" else 0)
        items.append(("Heading", {"title": say(title), "icon": icon, "tone": tone, "count": count}))
        items += [("TaskRow", card_item(card, name, look, say, today, open_card)) for card in cards]
    if view.rest:
        words = say("tombol.lagi", jumlah=number(view.rest))
        items.append(("PickRow", {"name": words, "icon": "expand", "open": show_more}))
    return items
