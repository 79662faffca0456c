"""What the Sinkronisasi screen says besides its list: losses, what waits for the office, how far it is.

Rule: one calm sentence, and the next step beside it.
"""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp

from field_app.ui.context import Context
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.facts import FindingRow
from field_app.ui.widgets.words import Column, Notice
from field_app.views import Lost, SyncItem, SyncStatus
from schemas.format import local_date, short_date, span

MEGABYTE = 1024 * 1024


def losses_card(context: Context, losses: tuple[Lost, ...], again: Callable[[Lost], Any]) -> Column | None:
    """Return which visits never arrived, each with a way to record it again; None when all did."""
    say, open_still = context.text, [lost for lost in losses if lost.again]
    if not open_still:
        return None
    names = [
        say("aplikasi.sinkron.hilang_satu", nomor=lost.number, tanggal=_day(lost), nama=_name(lost, say))
        for lost in open_still
    ]
    card = Column(spacing=dp(8))
    card.add_widget(
        Notice(icon="error", tone="bad", text=say("aplikasi.sinkron.hilang", daftar="; ".join(names)))
    )
    for lost in open_still:
        text = say("aplikasi.sinkron.catat_ulang", nama=_name(lost, say))
        pill = Pill(kind="soft", icon="task_add", text=text)
        pill.bind(on_release=lambda *_, lost=lost: again(lost))
        card.add_widget(pill)
    return card


def conflicts_card(context: Context, status: SyncStatus) -> Card | None:
    """Return the way to what waits for the office's choice; None when nothing does."""
    if not status.conflicts:
        return None
    say = context.text
    card = Card(spacing=0)
    row = FindingRow(
        text=say("aplikasi.sinkron.konflik", jumlah=status.conflicts),
        under=say("aplikasi.sinkron.konflik_lihat"),
        icon="office",
        tone="info",
    )
    row.bind(on_release=lambda *_: context.shell.go("conflicts"))
    card.add_widget(row)
    return card


def clock_notice(status: SyncStatus, say: Any) -> Notice | None:
    """Return how wrong this phone's clock is and how to mend it; None when it is right."""
    off_s = status.clock_off_ms / 1000
    if not off_s:
        return None
    key = "aplikasi.sinkron.jam_cepat" if off_s > 0 else "aplikasi.sinkron.jam_lambat"
    return Notice(icon="clock", tone="notice", text=say(key, selisih=span(abs(off_s))))


def ended_notice(status: SyncStatus, say: Any) -> Notice | None:
    """Return that the office shows this phone nothing more, and what to do with what is still here."""
    if not status.ended:
        return None
    if status.data_pending or status.photos_pending:
        key = "berakhir_kirim"
    else:
        key = "berakhir_hilang" if status.lost or status.photos_lost else "berakhir"
    return Notice(icon="office", tone="notice", text=say(f"aplikasi.sinkron.{key}"))


def progress_words(status: SyncStatus, say: Any) -> str:
    """Return how many of the bytes of the photos went, in megabytes; empty when none are on their way."""
    if not status.total:
        return ""
    sent, total = (f"{size / MEGABYTE:.1f}".replace(".", ",") for size in (status.done, status.total))
    return say("aplikasi.sinkron.persen_dari", terkirim=sent, semua=total)


def notes_of(item: SyncItem, say: Any) -> str:
    """Return what else is to be known of an item: what waits for what, and where its bytes are."""
    notes = [
        say("lapangan.foto_di_kantor") if item.kept else "",
        say("aplikasi.sinkron.menunggu", nama=item.waits_for) if item.waits_for else "",
        say("aplikasi.sinkron.ditunggu", nama=", ".join(item.held_up)) if item.held_up else "",
    ]
    return " · ".join(note for note in notes if note)


def _day(lost: Lost) -> str:
    return short_date(local_date(lost.finalised_ms))


def _name(lost: Lost, say: Any) -> str:
    return lost.nama or say("aplikasi.beranda.tanpa_nama")
