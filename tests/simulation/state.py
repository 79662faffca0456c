"""What a world holds at one moment, as data: for the checks and for a run's fingerprint.

Rule: read from the stores through what they say of themselves, so that every kind of store can be looked at.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.base import encode
from schemas.ids import BlobId, ChangeId, DeviceId, LinkHash, Part, RecordId
from schemas.wire import Removed, Row
from sync.store import BlobRef, Change, Entry, Record

if TYPE_CHECKING:
    from tests.simulation.world import World


@dataclass(frozen=True, kw_only=True)
class OfficeState:
    """All that an office holds."""

    links: dict[LinkHash, Entry]
    signatures: dict[tuple[DeviceId, LinkHash], bytes]
    contents: dict[ChangeId, bytes]
    changes: dict[ChangeId, Change]
    records: dict[RecordId, Record]
    rows: dict[tuple[Part, RecordId], Row]
    removed: dict[tuple[Part, RecordId], Removed]
    refs: list[BlobRef]
    received: set[tuple[BlobId, DeviceId]]
    destroyed: set[BlobId]
    last_seq: int


def office_state(store: Any) -> OfficeState:
    """Return what an office's store in memory holds."""
    changes = {entry.link.change for entry in store.links.values()}
    return OfficeState(
        links=dict(store.links),
        signatures={name: signed.signature for name, signed in store.signatures.items()},
        contents=store.contents(changes),
        changes=dict(store.change_table),
        records=dict(store.record_table),
        rows=store.table,
        removed=dict(store.tombstones),
        refs=store.refs,
        received=set(store.received),
        destroyed=set(store.destroyed_blobs),
        last_seq=store.last_seq(),
    )


def everything(world: "World") -> bytes:
    """Return all that the offices and phones of a world hold, in one order."""
    told: list[object] = []
    for office in world.offices:
        state = office.state()
        told += [
            sorted(state.links),
            sorted((name, encode(change)) for name, change in state.changes.items()),
            sorted((name, encode(record)) for name, record in state.records.items()),
            sorted((*name, encode(row)) for name, row in state.rows.items()),
            sorted(state.received),
            state.last_seq,
        ]
    for number, phone in sorted(world.phones.items()):
        rows = phone.rows()
        links = [entry.hash for entry in phone.entries()]
        told += [number, sorted((*name, encode(row)) for name, row in rows.items()), links]
        told.append(sorted((blob, photo.received) for blob, photo in phone.photos.items()))
    return encode(told)
