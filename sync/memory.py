"""The reference stores, in memory: the tests' oracle. Rule: obviously right before fast.

Every other store must behave like these; tests/contract/ holds them all to it. `verify` replays an office's
changes into a `MemoryOffice` and compares.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from schemas.ids import NO_LINK, BlobId, ChangeId, DeviceId, LinkHash, Part, RecordId
from schemas.wire import Cursor, Outcome, Removed, Row
from sync.chain import START, Tip, next_link, seal_link
from sync.digest import EMPTY, fold, row_hash
from sync.store import BlobRef, Change, Entry, Page, Record, Signed


class MemoryStore:
    """What both ends have: chains, and rows by part."""

    def __init__(self) -> None:
        self.links: dict[LinkHash, Entry] = {}
        self.signatures: list[Signed] = []
        self.table: dict[tuple[Part, RecordId], Row] = {}

    def add_entries(self, entries: Sequence[Entry]) -> int:
        """See sync.store.Log."""
        contents = {entry.link.change for entry in entries if entry.content is not None}
        new = len(contents) - len(self.contents(contents))
        for entry in entries:
            there = self.links.get(entry.hash)
            if there is None:
                self.links[entry.hash] = entry
            elif entry.known:
                self.links[entry.hash] = replace(there, known=True)
        return new

    def contents(self, changes: Iterable[ChangeId]) -> dict[ChangeId, bytes]:
        """See sync.store.Log."""
        wanted = set(changes)
        return {
            entry.link.change: entry.content
            for entry in self.links.values()
            if entry.link.change in wanted and entry.content is not None
        }

    def add_signature(self, signed: Signed) -> None:
        """See sync.store.Log."""
        if signed not in self.signatures:
            self.signatures.append(signed)

    def entries(self, device: DeviceId, after: int, limit: int) -> list[Entry]:
        """See sync.store.Log."""
        found = [e for e in self.links.values() if e.link.device == device and e.link.counter > after]
        return sorted(found, key=lambda entry: (entry.link.counter, entry.hash))[:limit]

    def entries_by_hash(self, hashes: Iterable[LinkHash]) -> dict[LinkHash, Entry]:
        """See sync.store.Log."""
        return {name: self.links[name] for name in hashes if name in self.links}

    def tips(self, device: DeviceId) -> list[Tip]:
        """See sync.store.Log."""
        known = [entry for entry in self.links.values() if entry.link.device == device and entry.known]
        followed = {entry.link.prev for entry in known}
        tips = [Tip(counter=e.link.counter, hash=e.hash) for e in known if e.hash not in followed]
        return sorted(tips, key=lambda tip: (-tip.counter, tip.hash))

    def put_rows(self, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
        """See sync.store.Rows."""
        for row in rows:
            self.table[row.part, row.id] = row
        for gone in removed:
            self.table.pop((gone.part, gone.id), None)

    def rows(self, ids: Iterable[RecordId]) -> list[Row]:
        """See sync.store.Rows."""
        wanted = set(ids)
        return [row for row in self.table.values() if row.id in wanted]

    def digests(self, parts: Iterable[Part]) -> dict[Part, bytes]:
        """See sync.store.Rows."""
        digests = dict.fromkeys(parts, EMPTY)
        for row in self.table.values():
            if row.part in digests:
                digests[row.part] = fold(digests[row.part], row_hash(row.part, row.id, row.seq, row.body))
        return digests


class MemoryOffice(MemoryStore):
    """The office's side. `commit` ends a transaction; `make_tag` gives 8 random bytes."""

    def __init__(self, make_tag: Callable[[], bytes]) -> None:
        super().__init__()
        self._make_tag = make_tag
        self._seq = 0
        self._tags: list[tuple[int, bytes]] = [(0, b"")]
        self.record_table: dict[RecordId, Record] = {}
        self.change_table: dict[ChangeId, Change] = {}
        self.refs: list[BlobRef] = []
        self.blobs: set[BlobId] = set()
        self.tombstones: dict[tuple[Part, RecordId], Removed] = {}

    def commit(self) -> None:
        """End the transaction: what is taken from now on lies in another commit."""
        if self._tags[-1][0] < self._seq:
            self._tags.append((self._seq, self._make_tag()))

    def take_seq(self) -> int:
        """See sync.store.OfficeStore."""
        self._seq += 1
        return self._seq

    def tag_at(self, seq: int) -> bytes | None:
        """See sync.store.OfficeStore."""
        if self._tags[-1][0] < seq <= self._seq:
            self.commit()
        return next((tag for last, tag in self._tags if seq <= last), None)

    def last_seq(self) -> int:
        """See sync.store.OfficeStore."""
        return self._seq

    def put_rows(self, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
        """See sync.store.Rows; the office remembers what went, for those who still have it."""
        super().put_rows(rows, removed)
        for row in rows:
            self.tombstones.pop((row.part, row.id), None)
        for gone in removed:
            self.tombstones[gone.part, gone.id] = gone

    def page(self, parts: Mapping[Part, int], limit: int, max_bytes: int) -> Page:
        """See sync.store.OfficeStore."""
        found: list[Row | Removed] = [
            item
            for item in (*self.table.values(), *self.tombstones.values())
            if item.part in parts and item.seq > parts[item.part]
        ]
        found.sort(key=lambda item: item.seq)
        taken: list[Row | Removed] = []
        total = 0
        for item in found[:limit]:
            total += len(item.body) if isinstance(item, Row) else 0
            if taken and total > max_bytes:
                break
            taken.append(item)
        return Page(
            rows=[item for item in taken if isinstance(item, Row)],
            removed=[item for item in taken if isinstance(item, Removed)],
            last=taken[-1].seq if taken else self._seq,
            more=len(taken) < len(found),
        )

    def records(self, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        """See sync.store.OfficeStore."""
        return {name: self.record_table[name] for name in ids if name in self.record_table}

    def put_records(self, records: Sequence[Record]) -> None:
        """See sync.store.OfficeStore."""
        self.record_table.update({record.id: record for record in records})

    def changes(self, ids: Iterable[ChangeId]) -> dict[ChangeId, Change]:
        """See sync.store.OfficeStore."""
        return {name: self.change_table[name] for name in ids if name in self.change_table}

    def put_changes(self, changes: Sequence[Change]) -> None:
        """See sync.store.OfficeStore."""
        self.change_table.update({change.id: change for change in changes})

    def waiting_on(self, names: Iterable[str]) -> list[Change]:
        """See sync.store.OfficeStore."""
        wanted = set(names) - {""}
        waiting = [change for change in self.change_table.values() if change.waiting in wanted]
        return sorted(waiting, key=lambda change: change.seq)

    def held_after(self, device: DeviceId, hashes: Iterable[LinkHash]) -> list[Entry]:
        """See sync.store.OfficeStore."""
        before = set(hashes)
        found = [
            entry
            for entry in self.links.values()
            if entry.link.device == device and not entry.known and entry.link.prev in before
        ]
        return sorted(found, key=lambda entry: (entry.link.counter, entry.hash))

    def add_blob_refs(self, refs: Sequence[BlobRef]) -> None:
        """See sync.store.OfficeStore."""
        self.refs.extend(refs)

    def wanted(self, device: DeviceId, limit: int) -> list[BlobId]:
        """See sync.store.OfficeStore."""
        named = (ref.blob for ref in self.refs if ref.device == device and ref.blob not in self.blobs)
        return list(dict.fromkeys(named))[:limit]


class MemoryDevice(MemoryStore):
    """The phone's side: one device, its own chain, and what it pulled."""

    def __init__(self, device: DeviceId, sign: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._device = device
        self._sign = sign
        self._acknowledged = START
        self._cursor = Cursor()
        self._parts: list[Part] = []
        self.outcomes: dict[ChangeId, Outcome] = {}
        self.wanted_blobs: list[BlobId] = []
        self.office_head = NO_LINK
        self.server_ms = 0

    def append(self, change: ChangeId, content: bytes) -> Entry:
        """Add one own change to the chain and return its entry."""
        tip = self.tips(self._device)[0] if self.links else START
        link = next_link(tip, self._device, change, self.office_head)
        name, raw = seal_link(link)
        entry = Entry(link=link, hash=name, raw_link=raw, content=content)
        self.add_entries([entry])
        return entry

    def device(self) -> DeviceId:
        """See sync.store.DeviceStore."""
        return self._device

    def acknowledged(self) -> Tip:
        """See sync.store.DeviceStore."""
        return self._acknowledged

    def cursor(self) -> Cursor:
        """See sync.store.DeviceStore."""
        return self._cursor

    def parts(self) -> list[Part]:
        """See sync.store.DeviceStore."""
        return list(self._parts)

    def store_page(
        self,
        *,
        rows: Sequence[Row],
        removed: Sequence[Removed],
        cursor: Cursor,
        parts: Sequence[Part] | None,
        acknowledged: Tip,
        outcomes: Mapping[ChangeId, Outcome],
        cleared: Sequence[Part],
        wanted: Sequence[BlobId],
        office_head: LinkHash,
        server_ms: int,
    ) -> None:
        """See sync.store.DeviceStore."""
        if parts is not None:
            self._parts = list(parts)
        kept = set(self._parts) - set(cleared)
        self.table = {key: row for key, row in self.table.items() if row.part in kept}
        self.put_rows(rows, removed)
        self._cursor = cursor
        self._acknowledged = acknowledged
        self.outcomes.update(outcomes)
        self.wanted_blobs = list(wanted)
        self.office_head = office_head
        self.server_ms = server_ms

    def sign(self, message: bytes) -> bytes:
        """See sync.store.DeviceStore."""
        return self._sign(message)
