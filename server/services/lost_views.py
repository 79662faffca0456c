"""Lost phones and orders to wipe, in words. Rule: nothing here names a person of the data, and what is
overdue is told by colour, icon and word.
"""

from collections.abc import Mapping

from schemas import format as written
from schemas.base import Data
from schemas.ids import DeviceId, PersonId
from schemas.text import Text
from server.access import Person, may
from server.lost_store import Wipe
from server.services.alarms import Alarm
from server.services.incident_clock import Deadline, Urgency
from server.services.lost_facts import WITH_NIK, Facts
from server.services.lost_phones import LostPhone, LostPhones

LOOK: dict[Urgency, tuple[str, str]] = {
    "berjalan": ("info", "clock"),
    "segera": ("notice", "hourglass"),
    "lewat": ("bad", "error"),
    "selesai": ("good", "done"),
}
PAGE = "/perangkat/hp/"


class Line(Data, frozen=True, kw_only=True):
    """One fact or step: what it is, and how it stands."""

    label: str
    value: str
    icon: str = ""


class LostView(Data, frozen=True, kw_only=True):
    """A report as a page shows it. `told`: when those concerned (`warga`) and the authority (`lembaga`) were
    told, empty before.
    """

    id: str
    title: str
    said: str
    story: str
    is_open: bool
    tone: str
    icon: str
    clock: str
    facts: tuple[Line, ...]
    sealed: int
    told: dict[str, str]
    ended: str


class WipeView(Data, frozen=True, kw_only=True):
    """An order as a page shows it."""

    id: str
    reason: str
    said: str
    tone: str
    state: str
    steps: tuple[Line, ...]
    may_approve: bool
    may_withdraw: bool


def attention(lost: LostPhones, text: Text, person: Person, owners: Mapping[DeviceId, str]) -> list[Alarm]:
    """Say on the first page what must be done, the most urgent first: clocks, and orders to be approved."""
    found: list[Alarm] = []
    if may(person, "report_lost"):
        for each in lost.all():
            if each.lost.closed_ms is None:
                found.append(_clock_alarm(each, text, owners.get(each.lost.device, "–")))
    if may(person, "approve_wipes"):
        for wipe in lost.waiting_wipes():
            if wipe.ordered_by != person.id:
                name = owners.get(wipe.device, "–")
                found.append(_alarm(text, "notice", "delete", "hapus_menunggu", wipe.device, nama=name))
    return found


def clock_words(clock: Deadline, text: Text) -> str:
    """Say how much of the 3 × 24 hours is left, or how far they are over."""
    return text(f"hilang.jam.{clock.urgency}", jam=clock.hours, waktu=written.date_and_clock(clock.until_ms))


def lost_view(each: LostPhone, text: Text, names: Mapping[PersonId, str]) -> LostView:
    """Put a report into words."""
    lost, facts = each.lost, each.facts
    tone, icon = LOOK[each.clock.urgency]
    known = written.date_and_clock(lost.known_ms)
    told = {"warga": lost.subjects_told_ms, "lembaga": lost.authority_told_ms}
    ended = ""
    if lost.closed_ms is not None:
        tone, icon = "quiet", "done"
        ended = text(
            "hilang.ditutup",
            hasil=text(f"hilang.hasil.{lost.outcome}"),
            nama=names.get(lost.closed_by or PersonId(""), "–"),
            waktu=written.date_and_clock(lost.closed_ms),
            catatan=lost.note,
        ).strip()
    return LostView(
        id=lost.id,
        title=text("hilang.ditutup_judul" if ended else "hilang.laporan"),
        said=text("hilang.dilaporkan", nama=names.get(lost.reported_by, "–"), waktu=known),
        story=lost.story,
        is_open=lost.closed_ms is None,
        tone=tone,
        icon=icon,
        clock="" if ended else clock_words(each.clock, text),
        facts=facts_lines(facts, text),
        sealed=facts.sealed,
        told={whom: written.date_and_clock(at) if at else "" for whom, at in told.items()},
        ended=ended,
    )


def facts_lines(facts: Facts, text: Text) -> tuple[Line, ...]:
    """Say what was on a phone, as counts."""
    unknown = text("hilang.fakta.tidak_diketahui")

    def count(value: int) -> str:
        return unknown if value < 0 else written.number(value)

    def moment(at_ms: int | None) -> str:
        return unknown if at_ms is None else written.date_and_clock(at_ms)

    whole = sum(each.count for each in facts.held if each.part == WITH_NIK and each.kind == "warga")
    lines = {
        "orang": written.number(len(facts.who) or facts.people),
        "lengkap": written.number(whole),
        "tersegel": written.number(facts.sealed),
        "terakhir": moment(facts.heard_ms),
        "catatan": count(facts.changes),
        "foto": count(facts.photos),
        "draf": count(facts.drafts),
        "sejak": moment(facts.said_ms),
        "kunci": text(f"hilang.kunci.{facts.locked}") if facts.locked else unknown,
    }
    return tuple(Line(label=text(f"hilang.fakta.{key}"), value=value) for key, value in lines.items())


def wipe_view(wipe: Wipe, text: Text, names: Mapping[PersonId, str], person: Person) -> WipeView:
    """Put an order into words, with what this person may do about it."""
    approved = names.get(wipe.approved_by or PersonId(""), "–")
    steps = (
        ("disetujui" if wipe.approved_ms else "menunggu", wipe.approved_ms, approved),
        ("disampaikan", wipe.told_ms, ""),
        (f"diserahkan_{wipe.handed_by or 'sinkron'}", wipe.handed_ms, ""),
        ("dihapus", wipe.wiped_ms, ""),
    )
    state = next((name for name, at, _ in reversed(steps) if at), "diminta")
    state = "ditarik" if wipe.withdrawn_ms else state
    open_tone = "notice" if wipe.approved_ms else "info"
    return WipeView(
        id=wipe.id,
        reason=wipe.reason,
        said=text(
            "hilang.hapus.diminta_oleh",
            nama=names.get(wipe.ordered_by, "–"),
            waktu=written.date_and_clock(wipe.ordered_ms),
        ),
        tone="quiet" if wipe.withdrawn_ms else "good" if wipe.wiped_ms else open_tone,
        state=text(f"hilang.hapus.keadaan.{state}"),
        steps=tuple(
            Line(
                label=text(f"hilang.hapus.langkah.{name}", nama=who),
                value=written.date_and_clock(at) if at else text("hilang.hapus.belum"),
                icon="done" if at else "hourglass",
            )
            for name, at, who in steps
            if at or not wipe.withdrawn_ms
        ),
        may_approve=wipe.is_open
        and wipe.approved_ms is None
        and wipe.ordered_by != person.id
        and may(person, "approve_wipes"),
        may_withdraw=wipe.is_open and wipe.told_ms is None and wipe.handed_ms is None,
    )


def _clock_alarm(each: LostPhone, text: Text, owner: str) -> Alarm:
    tone, icon = LOOK[each.clock.urgency]
    title = text("hilang.alarm.lewat" if tone == "bad" else "hilang.alarm.hilang", nama=owner)
    href = f"{PAGE}{each.lost.device}"
    return Alarm(tone=tone, icon=icon, title=title, text=clock_words(each.clock, text), href=href)


def _alarm(text: Text, tone: str, icon: str, key: str, device: DeviceId, **values: object) -> Alarm:
    title, todo = text(f"hilang.alarm.{key}", **values), text(f"hilang.alarm.{key}_arti")
    return Alarm(tone=tone, icon=icon, title=title, text=todo, href=f"{PAGE}{device}")
