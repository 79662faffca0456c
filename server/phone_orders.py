"""What the list of phones says of one beyond its rights: orders to wipe it, and reports that it is lost.

Rule: what was said once stays said. A database of before learns it and says it in its chain too; what the
database knows itself stands, and only what it lacks is taken from the list.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from schemas.ids import DeviceId, RecordId
from server import device_store, lost_store
from server.device_store import Device
from server.engine import Reader, SqlRow, Writer
from server.lost_store import LOST, ORDERED, Lost, Wipe
from server.store import SqlOfficeStore
from sync.change import Patch

T = TypeVar("T", Wipe, Lost)
Marks = tuple[list[Device], list[Wipe], list[SqlRow]]
"""What changes whenever the list has to."""


class Listed(Device, frozen=True, kw_only=True, omit_defaults=True):
    """A phone with what was ordered and reported of it. One without is written as it always was, so that a
    program of before still reads the list of an office that lost no phone.
    """

    wipes: tuple[Wipe, ...] = ()
    lost: tuple[Lost, ...] = ()


def marks(reader: Reader) -> Marks:
    """Return how all phones stand, without what reports tell."""
    return device_store.devices(reader), lost_store.all_wipes(reader), lost_store.lost_marks(reader)


def all_listed(reader: Reader) -> list[Listed]:
    """Return every phone as the database knows it, newest first."""
    wipes: dict[DeviceId, list[Wipe]] = defaultdict(list)
    lost: dict[DeviceId, list[Lost]] = defaultdict(list)
    for wipe in lost_store.all_wipes(reader):
        wipes[wipe.device].append(wipe)
    for report in lost_store.lost_phones(reader):
        lost[report.device].append(report)
    return [
        Listed(
            **{name: getattr(phone, name) for name in phone.__struct_fields__},
            wipes=tuple(wipes[phone.id]),
            lost=tuple(lost[phone.id]),
        )
        for phone in device_store.devices(reader)
    ]


def merged(listed: Listed, known: Listed) -> Listed:
    """Return a phone as the database knows it, with what only the list says."""
    return replace(
        known,
        revoked_ms=known.revoked_ms or listed.revoked_ms,
        handover_key=known.handover_key or listed.handover_key,
        wipes=_joined(listed.wipes, known.wipes, _filled),
        lost=_joined(listed.lost, known.lost, _reported),
    )


def lay_in(writer: Writer, before: Listed | None, after: Listed) -> list[Patch]:
    """Store what a database lacks of a phone's orders and reports; return what its chain is to say of it."""
    known_wipes = before.wipes if before else ()
    known_lost = before.lost if before else ()
    said: list[Patch] = []
    for wipe in after.wipes:
        if wipe not in known_wipes:
            lost_store.put_wipe(writer, wipe)
            said += _said(writer, ORDERED, wipe.id, _order(wipe))
    for lost in after.lost:
        if lost not in known_lost:
            lost_store.put_lost(writer, lost)
            said += _said(writer, LOST, lost.id, _report(lost))
    return said


def _joined(listed: Sequence[T], known: Sequence[T], fill: Callable[[T, T], T]) -> tuple[T, ...]:
    by_id = {one.id: one for one in listed}
    here = {one.id for one in known}
    return (
        *(fill(one, by_id.get(one.id, one)) for one in known),
        *(one for one in listed if one.id not in here),
    )


def _filled(known: T, listed: T) -> T:
    lacking = [name for name in known.__struct_fields__ if getattr(known, name) is None]
    return replace(known, **{name: getattr(listed, name) for name in lacking})


def _reported(known: Lost, listed: Lost) -> Lost:
    note = listed.note if known.closed_ms is None else known.note
    return replace(_filled(known, listed), note=note)


def _said(writer: Writer, kind: str, name: str, all_of_it: dict[str, object]) -> list[Patch]:
    """Return what brings the record in the chain to this, nothing where it says so already."""
    record = SqlOfficeStore.reading(writer).records([RecordId(name)]).get(RecordId(name))
    there = record.fields if record else {}
    new = {field: value for field, value in all_of_it.items() if value and there.get(field) != value}
    base = {field: there[field] for field in new if field in there}
    return [Patch(record=RecordId(name), kind=kind, base=base, new=new)] if new else []


def _order(wipe: Wipe) -> dict[str, object]:
    state = "disetujui" if wipe.approved_ms else "diminta"
    return {
        "perangkat": wipe.device,
        "alasan": wipe.reason,
        "state": "ditarik" if wipe.withdrawn_ms else state,
    }


def _report(lost: Lost) -> dict[str, object]:
    return {
        "perangkat": lost.device,
        "diketahui_ms": lost.known_ms,
        "state": "ditutup" if lost.closed_ms else "dilaporkan",
        "diberitahu_warga_ms": lost.subjects_told_ms,
        "diberitahu_lembaga_ms": lost.authority_told_ms,
        "hasil": lost.outcome,
        "catatan": lost.note,
    }
