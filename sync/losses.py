"""What is gone for good: destroyed by the office, or lost by a phone. Rule: the links stay, and say so."""

from collections.abc import Callable

from msgspec.structs import replace

from schemas.base import encode
from schemas.handover import KEY_NAME_BYTES
from schemas.ids import BlobId, DeviceId, RecordId
from schemas.sealed import SEALED_KEY_BYTES, Note
from schemas.wire import Applied, Outcome, Rejected
from sync.arrival import Arrived
from sync.change import (
    Advance,
    Content,
    Decide,
    Destroyed,
    Gap,
    Patch,
    Resolve,
    SealedAccess,
    SealedAdvance,
    SealedDecide,
    SealedNote,
    SealedSubmit,
    Submit,
)
from sync.desk import Desk
from sync.merge import conflict_seed
from sync.neutral import is_sealed
from sync.places import place_of
from sync.store import Record

SEALED_BY = {"kasus": ("service",), "tugas": ("service",), "kunjungan": ("form",)}
"""By which field a thing is a sealed one, by kind; see sync/neutral.py."""
KEPT = ("workflow", "service", "kasus")
"""Fields of a patch that say how a case or task begins, and nothing of anybody."""
NO_NOTE = Note(key=bytes(KEY_NAME_BYTES), data=b"")
NO_BLOB = BlobId("0" * 64)
EMPTIED = "musnah"
"""The kind of a record that was destroyed before this history had heard of it."""
DESTROYED = "dimusnahkan"
"""The field by which an emptied record says on what basis, and the problem that answers what comes later."""

HOLE, CHAIN = "celah", "rantai"
"""Kinds of the records of what was lost: one for each declaration, and one for the whole chain."""
LOST = Rejected(problem="isi_hilang")
"""How a change stands whose content its phone declared lost; a copy of that phone may bring it yet."""


def holes_of(device: DeviceId, get: Callable[[RecordId], Record | None]) -> tuple[RecordId, Record | None]:
    """Return the place of the record of a chain with holes, and the record, None for a chain without any.

    It is of kind `rantai`, and its `awal` is the lowest place lost.
    """
    return place_of(CHAIN.encode() + device.encode(), get, lambda record: record.kind == CHAIN)


def apply_destroyed(desk: Desk, change: Arrived, body: Destroyed) -> Outcome:
    """Empty the records, and have the store remove contents and blobs.

    What is not here, as in an office that came back from a copy of before it, is laid there empty: whoever
    still has something to say of it would else begin it anew.
    """
    for name in body.records:
        record = desk.get(name) or Record(id=name, kind=EMPTIED, head=None, fields={})
        # a sealed thing stays one: nothing may be said of it in plaintext afterwards either
        kept = {field: record.fields[field] for field in SEALED_BY.get(record.kind, ()) if is_sealed(record)}
        emptied = {**kept, "dihapus": True, DESTROYED: body.basis}
        desk.put(Record(id=name, kind=record.kind, head=change.id, fields=emptied))
    desk.destroyed.append(body)
    return Applied(seq=change.seq)


def is_destroyed(record: Record | None) -> bool:
    """Say whether a record was emptied; nothing may be added to it again."""
    return record is not None and DESTROYED in record.fields


def apply_gap(desk: Desk, change: Arrived, body: Gap) -> Outcome:
    """Lay what a phone lost before the office, as a record of kind `celah`."""
    fields = {
        "perangkat": change.device,
        "petugas": change.author,
        "awal": body.first,
        "akhir": body.last,
        "at_ms": change.received_ms,
    }
    hole, _ = place_of(conflict_seed(change.id, HOLE), desk.get, lambda record: record.kind == HOLE)
    desk.put(Record(id=hole, kind=HOLE, head=change.id, fields=fields))
    name, chain = holes_of(change.device, desk.get)
    first = min(body.first, chain.fields["awal"]) if chain else body.first
    about = {"perangkat": change.device, "awal": first}
    desk.put(Record(id=name, kind=CHAIN, head=change.id, fields=about))
    return Applied(seq=change.seq)


def may_be_lost(desk: Desk, device: DeviceId) -> bool:
    """Say whether what a device names and nobody has may be among what it declared lost."""
    return holes_of(device, desk.get)[1] is not None


def stub(content: Content) -> bytes:
    """Return what may be kept of a content that is destroyed: which thing it moved, and nothing it said."""
    body = content.body
    match body:
        case Submit():
            forms = {name: replace(filled, answers={}) for name, filled in body.forms.items()}
            body = replace(body, forms=forms, evidence=[], place=None)
        case Patch(new=new):
            body = replace(body, base={}, new={name: new[name] for name in KEPT if name in new})
        case Decide():
            body = replace(body, reasons={}, note="-")
        case Advance():
            body = replace(body, answers={})
        case Resolve():
            body = replace(body, values={})
        case SealedSubmit():
            body = replace(body, key=NO_NOTE.key, opened=bytes(SEALED_KEY_BYTES), blob=NO_BLOB)
        case SealedAdvance() | SealedAccess():
            body = replace(body, note=NO_NOTE)
        case SealedDecide() | SealedNote():
            body = replace(body, notes=[NO_NOTE] if body.notes else [])
        case _:
            pass
    return encode(replace(content, salt=b"", body=body))
