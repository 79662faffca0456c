"""The ports that each end implements. Rule: every call is set-wise, and runs inside its caller's transaction.

`Log` and `Rows` are common to both ends, and one contract suite proves them on every store. `OfficeStore`
adds what receiving needs, `DeviceStore` what sending needs. The reference for all of it is sync/memory.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from schemas.base import Data, Message
from schemas.ids import BlobId, ChangeId, DeviceId, LinkHash, Part, PersonId, RecordId
from schemas.wire import Cursor, Outcome, Rejected, Removed, Row
from sync.chain import Link, Tip

Fields = dict[str, Any]


class Entry(Data, frozen=True, kw_only=True):
    """One link of a chain with the content it names, both as the bytes that were hashed.

    `content` is None where it was destroyed or has not arrived. `known`: unbroken from the first link.
    """

    link: Link
    hash: LinkHash
    raw_link: bytes
    content: bytes | None
    known: bool = True


class Signed(Data, frozen=True, kw_only=True):
    """A device's signature over one of its links; `counter` is that link's place."""

    device: DeviceId
    counter: int
    head: LinkHash
    signature: bytes


class Record(Message, frozen=True, kw_only=True):
    """A mutable thing as the office holds it now.

    `head` is the newest change that state-like changes (Advance, Decide, Resolve) must follow. `readers` maps
    a tugas to the person who needs this record for it. `parked` maps a branch's field to its open conflict.
    """

    id: RecordId
    kind: str
    fields: Fields
    head: ChangeId | None = None
    readers: dict[RecordId, PersonId] = {}
    parked: dict[str, RecordId] = {}
    seq: int = 0


class Change(Data, frozen=True, kw_only=True):
    """A content that arrived, with who sent it, and its outcome as it stands now.

    `counter` is the place in the sender's chain that named it first. `seq` is where the outcome stands in the
    office's history: changes replayed by seq give the same state.
    `waiting` names what a held change waits for: a record id or a change id as hex; else it is empty.
    """

    id: ChangeId
    device: DeviceId
    counter: int
    outcome: Outcome
    received_ms: int
    seq: int
    waiting: str = ""


DESTROYED = Rejected(problem="dimusnahkan")
"""How a change stands whose content was destroyed."""


def nobodys(change: ChangeId) -> Change:
    """Return how a change stands that was destroyed before it ever came here."""
    return Change(id=change, device=DeviceId(""), counter=0, outcome=DESTROYED, received_ms=0, seq=0)


class BlobRef(Data, frozen=True, kw_only=True):
    """That a change of a device names a blob."""

    blob: BlobId
    change: ChangeId
    device: DeviceId
    visit: RecordId
    form: str
    field: str


class Answered(Data, frozen=True, kw_only=True):
    """One answer of the office, as a device stores it.

    Rows of `cleared` parts, and of parts that are not in `parts` any more, go before the rows come; None as
    `parts`: they are what they were. `acknowledged` and `backed_up` are tips of the device's own chain.
    """

    rows: Sequence[Row] = ()
    removed: Sequence[Removed] = ()
    cursor: Cursor
    parts: Sequence[Part] | None = None
    acknowledged: Tip
    outcomes: Mapping[ChangeId, Outcome] = {}
    cleared: Sequence[Part] = ()
    wanted: Sequence[BlobId] = ()
    backed_up: Tip | None = None
    office_head: LinkHash
    server_ms: int


class Page(Data, frozen=True, kw_only=True):
    """Rows and removals in seq order; `last` is the seq they end at, `more` whether others follow."""

    rows: list[Row]
    removed: list[Removed]
    last: int
    more: bool


class Log(Protocol):
    """Chains of devices: links, contents, signed heads."""

    def add_signature(self, signed: Signed) -> None:
        """Keep a device's signature over its head."""
        ...

    def entries(self, device: DeviceId, after: int, limit: int) -> list[Entry]:
        """Return up to `limit` entries of a device with a counter above `after`, by counter."""
        ...

    def entries_at(self, device: DeviceId, tips: Iterable[Tip]) -> dict[LinkHash, Entry]:
        """Return those entries of a device that are there, by link hash: each at its own counter only."""
        ...

    def tips(self, device: DeviceId) -> list[Tip]:
        """Return the newest known link of each branch, highest counter first; empty for a new chain."""
        ...


class Rows(Protocol):
    """The present state by parts, each part with its digest."""

    def put_rows(self, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
        """Store rows by (part, id), each over what was there; a removal takes its row away. Keeps digests."""
        ...

    def rows(self, ids: Iterable[RecordId]) -> list[Row]:
        """Return all rows of these ids, in any part."""
        ...

    def digests(self, parts: Iterable[Part]) -> dict[Part, bytes]:
        """Return each part's digest (16 bytes; zeros for an empty part)."""
        ...


class Standing(Data, frozen=True, kw_only=True):
    """What an answer says of one device: its tips, highest counter first; the blobs that the office lacks;
    the newest link that is safe in backups.
    """

    tips: list[Tip]
    wanted: list[BlobId]
    backed_up: Tip | None


class Records(Protocol):
    """Where records are read from."""

    def records(self, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        """Return the records that exist."""
        ...


class Taking(Records, Protocol):
    """What the office needs of a store to take in runs; sync/tray.py stands for one while there are many."""

    def take_seq(self) -> int:
        """Return the next seq of this transaction's block; rises by one each call, never reused."""
        ...

    def changes(self, ids: Iterable[ChangeId]) -> dict[ChangeId, Change]:
        """Return the changes that have arrived."""
        ...

    def put_changes(self, changes: Sequence[Change], contents: Mapping[ChangeId, bytes]) -> None:
        """Store changes with their outcomes, and their contents.

        A change that is already there gets the new outcome; its content stays as it is, or is filled in.
        """
        ...

    def contents(self, changes: Iterable[ChangeId]) -> dict[ChangeId, bytes]:
        """Return the content bytes that are there, by change."""
        ...

    def waiting_on(self, names: Iterable[str]) -> list[Change]:
        """Return the held changes that wait for any of these."""
        ...

    def waiting_of(self, device: DeviceId) -> list[Change]:
        """Return the held changes of a device, by seq; few wait at a time."""
        ...

    def tips(self, device: DeviceId) -> list[Tip]:
        """See Log."""
        ...

    def entries_at(self, device: DeviceId, tips: Iterable[Tip]) -> dict[LinkHash, Entry]:
        """See Log."""
        ...

    def counter_of(self, device: DeviceId, link: LinkHash) -> int | None:
        """Return the counter of a device's link wherever it stands; slow, for links that look misplaced."""
        ...

    def add_links(self, entries: Sequence[Entry]) -> None:
        """Store links. One that is already there stays as it is, but may become known."""
        ...

    def held_after(self, device: DeviceId, hashes: Iterable[LinkHash]) -> list[Entry]:
        """Return stored links above a gap whose `prev` is one of these, in counter order."""
        ...

    def add_signature(self, signed: Signed) -> None:
        """See Log."""
        ...

    def put_records(self, records: Sequence[Record]) -> None:
        """Store records as they now are."""
        ...

    def put_rows(self, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
        """See Rows."""
        ...

    def add_blob_refs(self, refs: Sequence[BlobRef]) -> None:
        """Remember which change names which blob."""
        ...

    def tell(self, device: DeviceId, changes: Sequence[ChangeId]) -> None:
        """Remember, each with a seq, that a device was answered something else about these changes."""
        ...

    def destroy(self, changes: Sequence[ChangeId], blobs: Sequence[BlobId]) -> None:
        """Remove contents and references, refuse them and the blobs for ever, and tell their devices.

        A destroyed change keeps its place; its outcome becomes `Rejected("dimusnahkan")`.
        """
        ...


class Telling(Protocol):
    """What the office needs of a store to answer; sync/glance.py stands for one while it answers many."""

    def tips(self, device: DeviceId) -> list[Tip]:
        """See Log."""
        ...

    def entries_at(self, device: DeviceId, tips: Iterable[Tip]) -> dict[LinkHash, Entry]:
        """See Log."""
        ...

    def digests(self, parts: Iterable[Part]) -> dict[Part, bytes]:
        """See Rows."""
        ...

    def tag_at(self, seq: int) -> bytes | None:
        """Return the tag of the commit that `seq` lies in, None if there is none (seq 0: b"")."""
        ...

    def commit_end(self, tag: bytes) -> int | None:
        """Return the last seq of the commit with this tag, None if this history has none (b"": 0)."""
        ...

    def last_seq(self) -> int:
        """Return the newest committed seq, or the newest taken in this transaction."""
        ...

    def page(self, parts: Mapping[Part, int], limit: int, max_bytes: int) -> Page:
        """Return the next rows of these parts, each beyond its own seq, in seq order."""
        ...

    def changes(self, ids: Iterable[ChangeId]) -> dict[ChangeId, Change]:
        """Return the changes that have arrived."""
        ...

    def news(self, device: DeviceId, after: int, upto: int) -> list[ChangeId]:
        """Return what a device is to be told anew, of seqs beyond `after` and not beyond `upto`."""
        ...

    def newest_changes(self, device: DeviceId, limit: int) -> list[ChangeId]:
        """Return up to `limit` changes that links of this device name, the newest places first."""
        ...

    def backed_up(self, device: DeviceId) -> Tip | None:
        """Return the newest link that is safe in backups, with all before it and their blobs."""
        ...

    def wanted(self, device: DeviceId, limit: int) -> list[BlobId]:
        """Return blobs named by this device's changes that the office does not hold, up to `limit`.

        Of more than these others are named after each commit, from a place on that its tag says: those that a
        phone has lost must not stand before the others for ever.
        """
        ...

    def records(self, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        """See Taking."""
        ...

    def entries(self, device: DeviceId, after: int, limit: int) -> list[Entry]:
        """See Log."""
        ...


class OfficeStore(Taking, Telling, Log, Rows, Protocol):
    """What the office needs to receive changes and answer pulls, also of many devices at once."""

    def commits(self, limit: int) -> list[tuple[int, bytes]]:
        """Return the last seq and the tag of the newest commits, up to `limit`, oldest first."""
        ...

    def add_signatures(self, signed: Sequence[Signed]) -> None:
        """Keep signatures of several devices over their heads."""
        ...

    def followed_by_held(self, hashes: Iterable[LinkHash]) -> set[LinkHash]:
        """Return those of these links that some link above a gap names as its `prev`."""
        ...

    def standings(self, devices: Iterable[DeviceId], most_wanted: int) -> dict[DeviceId, Standing]:
        """Return how each of these devices stands, with up to so many wanted blobs."""
        ...

    def news_of(self, devices: Iterable[DeviceId], after: int, upto: int) -> dict[DeviceId, list[ChangeId]]:
        """Return what each of these devices is to be told anew, as `news` does for one."""
        ...

    def commit_ends(self, tags: Iterable[bytes]) -> dict[bytes, int]:
        """Return the last seqs of those commits with these tags that this history has, and 0 for b""."""
        ...

    def beyond(self, parts: Iterable[Part], after: int, limit: int) -> list[Row | Removed]:
        """Return up to `limit` rows and removals of these parts beyond one seq, in seq order."""
        ...


class DeviceStore(Log, Rows, Protocol):
    """What the phone needs to send its changes and keep what it pulled."""

    def add_entries(self, entries: Sequence[Entry]) -> None:
        """Store links with their contents. What is already there stays as it is."""
        ...

    def device(self) -> DeviceId:
        """Return this vault's device id."""
        ...

    def acknowledged(self) -> Tip:
        """Return the highest tip on this chain that the office is known to hold."""
        ...

    def cursor(self) -> Cursor:
        """Return how far this device has pulled."""
        ...

    def parts(self) -> list[Part]:
        """Return the parts this device holds."""
        ...

    def store_page(self, page: Answered) -> None:
        """Store one answer of the office, whole or not at all."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign with the device's key (Ed25519, 64 bytes)."""
        ...
