"""Applying a log after a restore. Rule: all goes through the intake that took it in the first time.

What a phone had pushed is pushed again in its place and with the time at which it came; what the office had
done stands in its chain as it was. So a log may overlap with the copy, or with another, and changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from schemas.base import Data
from schemas.ids import BlobId, ChangeId, DeviceId
from server import device_store, feed_store, handed_store, page_store
from server.backups.blob_copies import BlobCopies
from server.backups.stream import Committed
from server.device_store import Device
from server.engine import Engine, Reader, Writer
from server.feed_store import FedBlob, FedDevice, FedLink
from server.office import Office
from server.store import SqlOfficeStore
from sync.chain import Tip, head_message, link_hash, read_link
from sync.change import Body, Decide, Gap, SealedDecide, read
from sync.intake import Hole, Malformed, Run, take_in
from sync.rules import Rules
from sync.store import Entry
from sync.visits import said_ms


@dataclass
class Replayed:
    """What came of replaying: changes that were new, blobs that came back, runs that were not taken.

    `revoked` (when each device was, UTC ms) and `holes` are what later messages need of earlier ones.
    """

    changes: int = 0
    blobs: int = 0
    refused: int = 0
    revoked: dict[DeviceId, int] = field(default_factory=dict[DeviceId, int])
    holes: dict[DeviceId, list[Hole]] = field(default_factory=dict[DeviceId, list[Hole]])


class Gone(Data, frozen=True, kw_only=True):
    """What was destroyed for good: of each change the stub that stands for it, and the blobs."""

    changes: dict[ChangeId, bytes] = {}
    blobs: frozenset[BlobId] = frozenset()


def replay(
    engine: Engine,
    office: Office,
    rules: Rules,
    copies: BlobCopies,
    gone: Gone,
    committed: Committed,
    done: Replayed,
) -> None:
    """Apply one message of a log: devices and logins first, then runs in their order, then blobs."""
    kept = [blob for blob in committed.blobs if _bring_back(copies, blob, gone)]
    copies.settle()

    def work(writer: Writer) -> tuple[int, int]:
        _add_devices(writer, committed.devices, done)
        for account in committed.accounts:
            feed_store.put_account(writer, account)
        before = _count(writer)
        refused = 0
        for run in _runs(committed.links, gone):
            refused += not _take(writer, office, rules, run, done, gone)
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
class _Pushed:
    """Links that a device pushed together, with the signature over the last."""

    entries: list[Entry]
    signature: bytes
    received_ms: int


def _runs(links: Sequence[FedLink], gone: Gone) -> Iterator[_Pushed]:
    """Give the runs in the order in which they were stored; each ends where a signature stands.

    Of a content that was destroyed its stub is put in place: what it said does not come back for a moment.
    """
    entries: list[Entry] = []
    received_ms = 0
    for fed in links:
        link = read_link(fed.raw)
        if entries and link.prev != entries[-1].hash:
            yield _Pushed(entries=entries, signature=b"", received_ms=received_ms)
            entries, received_ms = [], 0
        content = gone.changes.get(link.change, fed.content) or None
        entries.append(Entry(link=link, hash=link_hash(fed.raw), raw_link=fed.raw, content=content))
        received_ms = max(received_ms, fed.received_ms)
        if fed.signature is not None:
            yield _Pushed(entries=entries, signature=fed.signature, received_ms=received_ms)
            entries, received_ms = [], 0
    if entries:
        yield _Pushed(entries=entries, signature=b"", received_ms=received_ms)


def _take(writer: Writer, office: Office, rules: Rules, pushed: _Pushed, done: Replayed, gone: Gone) -> bool:
    """Take one run in as when it came; False where it is not what its device signed."""
    device = pushed.entries[0].link.device
    revoked_ms = done.revoked.get(device)
    if revoked_ms is not None and pushed.received_ms >= revoked_ms:
        device_store.revoke(writer, device, revoked_ms)
    callers = office.callers(writer)
    try:
        caller = callers(device)
    except LookupError:
        return False
    first = pushed.entries[0].link
    before = Tip(counter=first.counter - 1, hash=first.prev)
    is_own = device == office.device
    # of the office's own chain, a key that had ended by then is not believed
    verify = office.verifier_at(writer, before) if is_own else caller.verify
    if not _is_one_run(pushed.entries) or not verify(pushed.signature, head_message(pushed.entries[-1].hash)):
        return False
    store = SqlOfficeStore.writing(writer)
    lost = [entry.link.change for entry in pushed.entries if entry.content is None]
    store.destroy([change for change in lost if change in gone.changes], [])
    _note_hole(pushed, done)
    run = Run(entries=pushed.entries, signature=pushed.signature, hole=_hole_of(pushed, done))
    outcomes = take_in(store, run, caller, callers, rules, pushed.received_ms)
    if isinstance(outcomes, Malformed):
        return False
    if is_own:
        office.note_run(writer, before, pushed.entries)
        _note_decisions(writer, pushed)
    return True


def _note_hole(pushed: _Pushed, done: Replayed) -> None:
    """Remember a declared gap: it was stored before the run that rests on it."""
    entry = pushed.entries[-1]
    body = _body(entry)
    if isinstance(body, Gap):
        hole = Hole(first=body.first, last=body.last, entry=entry, signature=pushed.signature)
        done.holes.setdefault(entry.link.device, []).append(hole)


def _hole_of(pushed: _Pushed, done: Replayed) -> Hole | None:
    first, last = pushed.entries[0].link.counter - 1, pushed.entries[-1].link.counter
    for hole in done.holes.get(pushed.entries[0].link.device, ()):
        if first <= hole.last and hole.first <= last:
            return hole
    return None


def _body(entry: Entry) -> Body | None:
    try:
        return read(entry.content).body if entry.content is not None else None
    except msgspec.DecodeError:
        return None


def _is_one_run(entries: Sequence[Entry]) -> bool:
    return all(
        later.link.prev == earlier.hash and later.link.device == earlier.link.device
        for earlier, later in pairwise(entries)
    )


def _note_decisions(writer: Writer, pushed: _Pushed) -> None:
    """Keep the index of decisions, and who is asked for one, in step, as server/services/review.py does."""
    for entry in pushed.entries:
        body = _body(entry)
        if isinstance(body, Decide | SealedDecide):
            record = SqlOfficeStore.reading(writer).records([body.visit]).get(body.visit)
            if record is not None and record.head == entry.link.change:
                at_ms = said_ms(record, body.decision)
                page_store.add_decision(writer, body.visit, at_ms, entry.link.change)
                handed_store.drop(writer, [body.visit])


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


def _bring_back(copies: BlobCopies, fed: FedBlob, gone: Gone) -> bool:
    """Fetch a blob's file from the medium, unless it is there; say whether it is whole."""
    if fed.blob in gone.blobs:
        return False
    if copies.has(fed.blob, fed.size_bytes) or copies.copy(fed.blob, fed.size_bytes):
        return copies.is_whole(fed.blob, fed.size_bytes)
    return False


def _count(reader: Reader) -> int:
    [(count,)] = reader.query("SELECT count(*) FROM changes WHERE kabupaten = :kabupaten")
    return int(count)
