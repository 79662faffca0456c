"""What needs attention: phones that lost something, split or fell silent, an office that lacks what it had.

Rule: an alarm says what happened in one sentence and what to do in the next, and nothing of any visit.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from schemas.ids import DeviceId, LinkHash
from schemas.text import Text
from schemas.wire import PROTOCOL
from server import alarm_store, device_store, quarantine_store, task_store
from server.alarm_store import Heard, UnknownHead
from server.device_store import Device
from server.engine import Engine, Reader
from server.queries import records_of_kind
from server.services.closed_drafts import closed_drafts
from server.services.rescuing import USE
from server.services.visits import names
from server.settings import SILENT, settings
from server.store import SqlOfficeStore
from sync.store import Record

DAY_MS = 86_400_000
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
LOST_TOUCH_DAYS = 60
"""From here on a phone without tasks is missed too: it holds people's data, maybe work nobody saw."""


class Alarm(Data, frozen=True, kw_only=True):
    """One thing to notice: what happened, and what to do.

    `key` tells this very alarm from any that comes later; one that passes by itself has none.
    """

    tone: str
    icon: str
    title: str
    text: str
    href: str = ""
    key: str = ""


class PhoneState(Data, frozen=True, kw_only=True):
    """One phone in words, with what is to be noticed. `waits`: what has not come yet, as far as known."""

    id: DeviceId
    owner: str
    model: str
    enrolled: str
    last: str
    protocol: str
    waits: tuple[str, ...]
    revoked: bool
    alarms: tuple[Alarm, ...]


class _Known(Data, frozen=True, kw_only=True):
    phones: list[Device]
    owners: dict[str, str]
    heard: dict[DeviceId, Heard]
    tips: dict[DeviceId, list[int]]
    forks: dict[DeviceId, list[LinkHash]]
    gaps: dict[DeviceId, list[Record]]
    rescues: dict[DeviceId, list[Record]]
    closed: Mapping[DeviceId, Record]
    unknown: dict[DeviceId, list[UnknownHead]]
    held: dict[DeviceId, int]
    blobs: dict[DeviceId, int]
    tasks: dict[DeviceId, int]
    clock_off_ms: int
    newest_ms: int


class Alarms:
    """The use cases of alarms. Blocks its thread."""

    def __init__(self, engine: Engine, text: Text, now_ms: Callable[[], int]) -> None:
        self._engine, self._text, self._now_ms = engine, text, now_ms

    def phones(self) -> list[PhoneState]:
        """Say of every phone how it stands, newest first."""
        now = self._now_ms()
        known = self._engine.read(lambda tx: _load(tx, now))
        return [self._state(phone, known, now) for phone in known.phones]

    def attention(self) -> list[Alarm]:
        """List what needs attention at this office, the gravest first."""
        now = self._now_ms()
        known = self._engine.read(lambda tx: _load(tx, now))
        found = [
            alarm for phone in known.phones for alarm in self._of(phone, known, now) if alarm.tone != "quiet"
        ]
        return [*self._own_clock(known, now), *sorted(found, key=lambda alarm: alarm.tone != "bad")]

    def _own_clock(self, known: _Known, now_ms: int) -> list[Alarm]:
        """Say that the office's own clock stands before what was stored already."""
        if known.newest_ms - now_ms <= HOUR_MS:
            return []
        values = {"kini": written.date_and_clock(now_ms), "nanti": written.date_and_clock(known.newest_ms)}
        return [replace(self._alarm("bad", "late", "jam_kantor", **values), href="")]

    def _state(self, phone: Device, known: _Known, now_ms: int) -> PhoneState:
        text, heard = self._text, known.heard.get(phone.id)
        waits = (
            ("kantor.perangkat.foto_belum", known.blobs.get(phone.id, 0)),
            ("kantor.perangkat.catatan_menunggu", known.held.get(phone.id, 0)),
        )
        last = written.date_and_clock(heard.at_ms) if heard else text("kantor.perangkat.belum_pernah")
        return PhoneState(
            id=phone.id,
            owner=known.owners.get(phone.person, "–"),
            model=phone.model or "–",
            enrolled=written.short_date(written.local_date(phone.enrolled_ms)),
            last=last,
            protocol=text("kantor.perangkat.protokol", nomor=heard.protocol) if heard else "–",
            waits=tuple(text(key, jumlah=count) for key, count in waits if count),
            revoked=phone.revoked_ms is not None,
            alarms=tuple(self._of(phone, known, now_ms)),
        )

    def _of(self, phone: Device, known: _Known, now_ms: int) -> list[Alarm]:
        """Return the alarms of one phone, the gravest first."""
        name = known.owners.get(phone.person, phone.model or "–")
        return [
            *self._of_its_chain(phone, known, name),
            *self._of_its_secrets(phone, known, name),
            *self._of_its_line(phone, known, name, now_ms),
        ]

    def _of_its_chain(self, phone: Device, known: _Known, name: str) -> list[Alarm]:
        """Return what a chain tells: heads that are none of ours, branches, gaps."""
        gaps, found = known.gaps.get(phone.id, []), list[Alarm]()
        if unknown := known.unknown.get(phone.id):
            values = {"nama": name, "jumlah": len(unknown)}
            alarm = self._alarm("bad", "link_off", "kepala_asing", **values)
            heads = _digest(sorted(one.head for one in unknown))
            found.append(replace(alarm, key=f"kepala_asing/{phone.id}/{heads}"))
        branches = branch_count(known.tips.get(phone.id, []), [gap.fields for gap in gaps])
        if branches > 1:
            alarm = self._alarm("bad", "conflict", "cabang", nama=name, jumlah=branches)
            begun = _digest(known.forks.get(phone.id, []))
            found.append(replace(alarm, key=f"cabang/{phone.id}/{branches}/{begun}"))
        for gap in gaps:
            at = written.date_and_clock(int(gap.fields["at_ms"]))
            values = {"nama": name, "awal": gap.fields["awal"], "akhir": gap.fields["akhir"], "waktu": at}
            alarm = self._alarm("bad", "broken_image", "celah", **values)
            found.append(replace(alarm, key=f"celah/{gap.id}"))
        return found

    def _of_its_secrets(self, phone: Device, known: _Known, name: str) -> list[Alarm]:
        """Return where the rescue key was used, and drafts that nothing opens any more."""
        found: list[Alarm] = []
        for use in known.rescues.get(phone.id, []):
            at = written.date_and_clock(int(use.fields["at_ms"]))
            values = {"nama": name, "waktu": at, "keperluan": use.fields["keperluan"]}
            title, todo = (self._text(f"hilang.alarm.penyelamat{end}", **values) for end in ("", "_arti"))
            key = f"penyelamat/{use.id}"
            found.append(Alarm(tone="bad", icon="key", title=title, text=todo, href="/perangkat", key=key))
        if closed := known.closed.get(phone.id):
            codes = [str(code) for code in closed.fields["kode"]]
            values = {"nama": name, "jumlah": len(codes), "kode": ", ".join(codes)}
            alarm = self._alarm("bad", "lock", "draf_tertutup", **values)
            found.append(replace(alarm, key=f"draf_tertutup/{closed.id}/{len(codes)}"))
        return found

    def _of_its_line(self, phone: Device, known: _Known, name: str, now_ms: int) -> list[Alarm]:
        """Return what is noticed when a phone is heard, or is not: its clock, its silence, its age."""
        found: list[Alarm] = []
        heard = known.heard.get(phone.id)
        if heard and abs(heard.clock_ms) > known.clock_off_ms:
            off = self._span(abs(heard.clock_ms))
            late = "jam_lambat" if heard.clock_ms < 0 else "jam_cepat"
            found.append(self._alarm("notice", "late", late, nama=name, selisih=off))
        days = (now_ms - (heard.at_ms if heard else phone.enrolled_ms)) // DAY_MS
        if known.tasks.get(phone.id):
            values = {"nama": name, "hari": days, "jumlah": known.tasks[phone.id]}
            found.append(self._alarm("notice", "cloud_off", "diam", **values))
        elif days >= LOST_TOUCH_DAYS and phone.revoked_ms is None:
            found.append(self._alarm("notice", "cloud_off", "lama_diam", nama=name, hari=days))
        if heard and heard.protocol < PROTOCOL and phone.revoked_ms is None:
            found.append(self._alarm("quiet", "download", "protokol_lama", nama=name))
        return found

    def _alarm(self, tone: str, icon: str, key: str, **values: object) -> Alarm:
        said, todo = f"kantor.alarm.{key}", f"kantor.alarm.{key}_arti"
        return Alarm(
            tone=tone,
            icon=icon,
            title=self._text(said, **values),
            text=self._text(todo, **values),
            href="/perangkat",
        )

    def _span(self, span_ms: int) -> str:
        """Write a span of time in the largest unit that fits."""
        for key, unit_ms in (("kantor.alarm.hari", DAY_MS), ("kantor.alarm.jam", HOUR_MS)):
            if span_ms >= 2 * unit_ms:
                return self._text(key, jumlah=written.number(round(span_ms / unit_ms)))
        return self._text("kantor.alarm.menit", jumlah=round(span_ms / MINUTE_MS))


def branch_count(tips: Sequence[int], gaps: Sequence[Mapping[str, object]]) -> int:
    """Return on how many branches a chain goes on. What ends where a declared gap begins is no branch."""
    ends = [
        tip for tip in tips if any(int(str(gap["awal"])) - 1 <= tip <= int(str(gap["akhir"])) for gap in gaps)
    ]
    return len(tips) - len(ends) if len(ends) < len(tips) else 1


def _digest(names: Sequence[LinkHash]) -> str:
    return sha256(b"".join(names)).hexdigest()[:32]


def _load(tx: Reader, now_ms: int) -> _Known:
    phones, heard, tips = device_store.devices(tx), alarm_store.heard(tx), alarm_store.tips(tx)
    gaps: dict[DeviceId, list[Record]] = {}
    for record in records_of_kind(tx, "celah"):
        gaps.setdefault(DeviceId(str(record.fields["perangkat"])), []).append(record)
    rescues: dict[DeviceId, list[Record]] = {}
    for record in records_of_kind(tx, USE):
        rescues.setdefault(DeviceId(str(record.fields["perangkat"])), []).append(record)
    unknown: dict[DeviceId, list[UnknownHead]] = {}
    for head in alarm_store.unknown_heads(tx):
        unknown.setdefault(head.device, []).append(head)
    told = settings(tx)
    since_ms = now_ms - told.value(SILENT) * DAY_MS
    silent = [phone for phone in phones if phone.revoked_ms is None and _is_silent(phone, heard, since_ms)]
    # whoever sees phones need not serve sealed cases: not even a number tells of these
    tasks = task_store.open_of(tx, {phone.person for phone in silent}, sealed=False)
    return _Known(
        phones=phones,
        owners=names(SqlOfficeStore.reading(tx), {phone.person for phone in phones}),
        heard=heard,
        tips=tips,
        forks=alarm_store.forks(tx, [device for device, ends in tips.items() if len(ends) > 1]),
        gaps=gaps,
        rescues=rescues,
        closed=closed_drafts(tx),
        unknown=unknown,
        held=quarantine_store.waits_by_device(tx),
        blobs=alarm_store.blobs_to_come(tx, [phone.id for phone in phones]),
        tasks={phone.id: len(tasks[phone.person]) for phone in silent},
        clock_off_ms=told.limits(now_ms).clock_off_ms,
        newest_ms=alarm_store.newest_commit_ms(tx),
    )


def _is_silent(phone: Device, heard: Mapping[DeviceId, Heard], since_ms: int) -> bool:
    last = heard[phone.id].at_ms if phone.id in heard else phone.enrolled_ms
    return last <= since_ms
