"""Applying a log after a restore. Rule: all goes through the intake that took it in the first time.

What a phone had pushed is pushed again in its place and with the time at which it came; what the office had
done stands in its chain as it was. So a log may overlap with the copy, or with another, and changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from schemas.ids import DeviceId, LinkHash
from server import device_store, feed_store, page_store
from server.backups.blob_copies import BlobCopies
from server.backups.destroyed import Destruction
from server.backups.stream import Committed
from server.device_store import Device
from server.engine import Engine, Reader, Writer
from server.feed_store import FedBlob, FedDevice, FedLink
from server.office import Office
from server.store import SqlOfficeStore
from sync.chain import head_message, link_hash, read_link
from sync.change import Decide, change_id, read
from sync.intake import Malformed, take_in
from sync.rules import Rules
from sync.store import Entry


@dataclass
class Replayed:
    """What came of replaying: changes that were new, blobs that came back, runs that were not taken."""

    changes: int = 0
    blobs: int = 0
    refused: int = 0
    revoked: dict[DeviceId, int] = field(default_factory=dict[DeviceId, int])


def replay(
    engine: Engine,
    office: Office,
    rules: Rules,
    copies: BlobCopies,
    destruction: Destruction,
    committed: Committed,
    done: Replayed,
) -> None:
    """Apply one message of a log: devices and logins first, then runs in their order, then blobs."""
    kept = [blob for blob in committed.blobs if _bring_back(copies, blob, destruction)]
    copies.settle()

    def work(writer: Writer) -> tuple[int, int]:
        _add_devices(writer, committed.devices, done)
        for account in committed.accounts:
            feed_store.put_account(writer, account)
        before = _count(writer)
        refused = 0
        for run in _runs(committed.links, destruction):
            refused += not _take(writer, office, rules, run, done)
        for device, revoked_ms in done.revoked.items():
            device_store.revoke(writer, device, revoked_ms)
        store = SqlOfficeStore.writing(writer)
        for blob in kept:
            store.blob_received(blob.blob, blob.size_bytes, blob.device, blob.received_ms)
        return _count(writer) - before, refused

    changes, refused = engine.write(work).result()
    done.changes += changes
    done.refused += refused
    done.blobs += len(kept)


@dataclass
class _Run:
    """Links that a device pushed together, with the signature over the last."""

    entries: list[Entry]
    signature: bytes
    received_ms: int


def _runs(links: Sequence[FedLink], destruction: Destruction) -> Iterator[_Run]:
    """Give the runs in the order in which they were stored; each ends where a signature stands."""
    entries: list[Entry] = []
    received_ms = 0
    for fed in links:
        content = fed.content
        if content is not None and change_id(content) in destruction.changes:
            content = None
        link = read_link(fed.raw)
        name = LinkHash(link_hash(fed.raw))
        entries.append(Entry(link=link, hash=name, raw_link=fed.raw, content=content))
        received_ms = max(received_ms, fed.received_ms)
        if fed.signature is not None:
            yield _Run(entries=entries, signature=fed.signature, received_ms=received_ms)
            entries, received_ms = [], 0


def _take(writer: Writer, office: Office, rules: Rules, run: _Run, done: Replayed) -> bool:
    """Take one run in as when it came; False where it is not what its device signed."""
    device = run.entries[0].link.device
    revoked_ms = done.revoked.get(device)
    if revoked_ms is not None and run.received_ms >= revoked_ms:
        device_store.revoke(writer, device, revoked_ms)
    callers = office.callers(writer)
    try:
        caller = callers(device)
    except LookupError:
        return False
    last = run.entries[-1].hash
    if not _is_one_run(run.entries) or not caller.verify(run.signature, head_message(last)):
        return False
    store = SqlOfficeStore.writing(writer)
    outcomes = take_in(store, run.entries, run.signature, caller, callers, rules, run.received_ms)
    if isinstance(outcomes, Malformed):
        return False
    if device == office.device:
        _note_decisions(writer, run)
    return True


def _is_one_run(entries: Sequence[Entry]) -> bool:
    return all(
        later.link.prev == earlier.hash and later.link.device == earlier.link.device
        for earlier, later in pairwise(entries)
    )


def _note_decisions(writer: Writer, run: _Run) -> None:
    """Keep the index of decisions in step, as server/services/review.py does when it decides."""
    for entry in run.entries:
        try:
            body = read(entry.content).body if entry.content is not None else None
        except msgspec.DecodeError:
            continue
        if isinstance(body, Decide):
            record = SqlOfficeStore.reading(writer).records([body.visit]).get(body.visit)
            if record is not None and record.head == entry.link.change:
                at_ms = int(record.fields.get("decided_ms") or run.received_ms)
                page_store.add_decision(writer, body.visit, at_ms, entry.link.change)


def _add_devices(writer: Writer, devices: Sequence[FedDevice], done: Replayed) -> None:
    """Let devices in as they joined; when each was revoked is kept until the replay comes to that time."""
    for fed in devices:
        if device_store.device(writer, fed.device) is None:
            joined = Device(
                id=fed.device,
                person=fed.person,
                public_key=fed.public_key,
                model=fed.model,
                enrolled_ms=fed.enrolled_ms,
                revoked_ms=None,
            )
            device_store.add_device(writer, joined)
        if fed.revoked_ms is not None:
            done.revoked[fed.device] = fed.revoked_ms


def _bring_back(copies: BlobCopies, fed: FedBlob, destruction: Destruction) -> bool:
    """Fetch a blob's file from the medium, unless it is there; say whether it is whole."""
    if fed.blob in destruction.blobs:
        return False
    if copies.has(fed.blob, fed.size_bytes) or copies.copy(fed.blob, fed.size_bytes):
        return copies.is_whole(fed.blob, fed.size_bytes)
    return False


def _count(reader: Reader) -> int:
    [(count,)] = reader.query("SELECT count(*) FROM changes WHERE kabupaten = :kabupaten")
    return int(count)
