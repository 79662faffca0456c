"""Replay: all changes once more, in order, in memory. Rule: what the office holds follows from its log.

Changes that were refused or still wait have no effect, and are not judged again: forms and workflows may have
grown since. All others must come to the very outcome that was answered.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from schemas.base import Data
from schemas.ids import ChangeId, DeviceId, Part, PersonId, RecordId
from schemas.wire import Held, Outcome, Rejected
from server import device_store
from server.access import is_active
from server.device_store import Device
from server.engine import Reader, SqlRow, batches
from server.queries import record
from server.verifying.findings import Notes, Progress
from sync.apply import apply
from sync.applying import readable
from sync.arrival import arrived
from sync.change import Destroyed
from sync.desk import Desk
from sync.rules import Rules
from sync.scope import Caller, parts_of_person
from sync.store import DESTROYED, BlobRef, Record
from sync.visits import evidence_of

BATCH = 500
_outcome = msgspec.msgpack.Decoder(Outcome)


class Replayed(Data, frozen=True, kw_only=True):
    """What the log comes to: every record, and which change names which blob. All else follows from these."""

    records: Mapping[RecordId, Record]
    refs: frozenset[BlobRef]


class _Nothing:
    """Where a replay begins."""

    def records(self, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        return {}


def replay(
    reader: Reader,
    office: DeviceId,
    rules: Rules,
    destroyed: Mapping[ChangeId, bytes],
    findings: Notes,
    progress: Progress,
) -> Replayed:
    """Apply every change again on one desk, and compare each outcome; return what comes of them.

    Of what was `destroyed` the order of things is kept: its stub is applied in its place.
    """
    [(total,)] = reader.query("SELECT count(*) FROM changes WHERE kabupaten = :kabupaten")
    progress.step("putar_ulang", total)
    desk = Desk(_Nothing())
    callers = _Callers(desk, office, {device.id: device for device in device_store.devices(reader)})
    for batch in _changes(reader):
        for name, device, stored, received_ms, seq, raw in batch:
            outcome: Outcome = _outcome.decode(stored)
            is_destroyed = name in destroyed
            if is_destroyed:
                if raw is not None or outcome != DESTROYED:
                    findings.fault("belum_musnah", catatan=name.hex())
                raw = destroyed[name]
            content = readable(raw) if raw else None
            if content is not None and not is_destroyed:
                desk.refs += evidence_of(content, name, device)
            if not raw or (isinstance(outcome, Held | Rejected) and not is_destroyed):
                continue
            if content is None:
                findings.fault("hasil_berbeda", catatan=name.hex())
                continue
            change = arrived(content, name, device, received_ms, seq)
            caller = callers.of(device, received_ms)
            if isinstance(content.body, Destroyed) and device == office:
                _plant(reader, desk, content.body)
            if apply(desk, change, caller, rules) != outcome and not is_destroyed:
                findings.fault("hasil_berbeda", catatan=name.hex())
        findings.counts["catatan"] += len(batch)
        progress.advance(len(batch))
    return Replayed(records=desk.records, refs=_refs_left(desk))


def _plant(reader: Reader, desk: Desk, body: Destroyed) -> None:
    """Put in place, to be emptied, what stands emptied here and no stub can make again."""
    for name in body.records:
        if desk.get(name) is None and (stands := record(reader, name)) is not None:
            desk.put(Record(id=name, kind=stands.kind, fields={}))


def _refs_left(desk: Desk) -> frozenset[BlobRef]:
    """Return what still names a blob that was not destroyed."""
    blobs = {blob for body in desk.destroyed for blob in body.blobs}
    return frozenset(ref for ref in desk.refs if ref.blob not in blobs)


class _Callers:
    """Who stood behind a device when a change came; worked out anew only when their record is another."""

    def __init__(self, desk: Desk, office: DeviceId, devices: Mapping[DeviceId, Device]) -> None:
        self._desk, self._office, self._devices = desk, office, devices
        self._known: dict[DeviceId, tuple[Record | None, Caller]] = {}

    def of(self, name: DeviceId, received_ms: int) -> Caller:
        """Return who sent what was received then (UTC ms)."""
        device = self._devices.get(name)
        person = self._person(device, received_ms) if device else None
        known = self._known.get(name)
        if known is not None and known[0] is person:
            return known[1]
        who = device.person if device else PersonId(str(name))
        parts = parts_of_person(who, person.fields) if person else frozenset[Part]()
        is_office = name == self._office
        caller = Caller(device=name, person=who, parts=parts, verify=_signs_nothing, office=is_office)
        self._known[name] = (person, caller)
        return caller

    def _person(self, device: Device, received_ms: int) -> Record | None:
        """Return the record of a device's person, if it could still see anything."""
        if device.revoked_ms is not None and received_ms >= device.revoked_ms:
            return None
        person = self._desk.get(RecordId(device.person))
        return person if person is not None and is_active(person) else None


def _signs_nothing(signature: bytes, message: bytes) -> bool:
    raise NotImplementedError(f"a replay checks no signature ({len(signature)}, {len(message)} bytes)")


def _changes(reader: Reader) -> Iterator[list[SqlRow]]:
    return batches(
        reader,
        "SELECT id, device, outcome, received_ms, seq, raw FROM changes WHERE kabupaten = :kabupaten"
        " AND seq >= :seq AND (seq > :seq OR id > :name) ORDER BY seq, id LIMIT :limit",
        BATCH,
        {"seq": (4, 0), "name": (0, b"")},
    )
