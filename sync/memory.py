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
from sync.store import DESTROYED, BlobRef, Change, Entry, Page, Record, Signed, nobodys


class MemoryStore:
    """What both ends have: chains, and rows by part."""

    def __init__(self) -> None:
        self.links: dict[LinkHash, Entry] = {}
        self.content_table: dict[ChangeId, bytes] = {}
        self.signatures: list[Signed] = []
        self.table: dict[tuple[Part, RecordId], Row] = {}

    def add_links(self, entries: Sequence[Entry]) -> None:
        """See sync.store.OfficeStore."""
        for entry in entries:
            there = self.links.get(entry.hash)
            if there is None:
                self.links[entry.hash] = replace(entry, content=None)
            elif entry.known:
                self.links[entry.hash] = replace(there, known=True)

    def add_contents(self, contents: Mapping[ChangeId, bytes]) -> None:
        """Keep contents; one that is already there stays as it is."""
        self.content_table = {**contents, **self.content_table}

    def contents(self, changes: Iterable[ChangeId]) -> dict[ChangeId, bytes]:
        """See sync.store.OfficeStore."""
        return {name: self.content_table[name] for name in changes if name in self.content_table}

    def add_signature(self, signed: Signed) -> None:
        """See sync.store.Log."""
        if signed not in self.signatures:
            self.signatures.append(signed)

    def entries(self, device: DeviceId, after: int, limit: int) -> list[Entry]:
        """See sync.store.Log."""
        found = [e for e in self.links.values() if e.link.device == device and e.link.counter > after]
        found.sort(key=lambda entry: (entry.link.counter, entry.hash))
        return [self._filled(entry) for entry in found[:limit]]

    def entries_at(self, device: DeviceId, tips: Iterable[Tip]) -> dict[LinkHash, Entry]:
        """See sync.store.Log."""
        there = (self.links.get(tip.hash) for tip in tips)
        return {entry.hash: self._filled(entry) for entry in there if entry and entry.link.device == device}

    def _filled(self, entry: Entry) -> Entry:
        return replace(entry, content=self.content_table.get(entry.link.change))

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
        self.told: list[tuple[int, DeviceId, ChangeId]] = []
        self.backups: dict[DeviceId, Tip] = {}
        self.destroyed_blobs: set[BlobId] = set()

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

    def place_of(self, device: DeviceId, link: LinkHash) -> int | None:
        """See sync.store.OfficeStore."""
        there = self.links.get(link)
        return there.link.counter if there and there.link.device == device else None

    def put_changes(self, changes: Sequence[Change], contents: Mapping[ChangeId, bytes]) -> None:
        """See sync.store.OfficeStore."""
        self.add_contents(contents)
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
        found.sort(key=lambda entry: (entry.link.counter, entry.hash))
        return [self._filled(entry) for entry in found]

    def tell(self, device: DeviceId, changes: Sequence[ChangeId]) -> None:
        """See sync.store.OfficeStore."""
        self.told += [(self.take_seq(), device, change) for change in changes]

    def news(self, device: DeviceId, after: int, upto: int) -> list[ChangeId]:
        """See sync.store.OfficeStore."""
        return [change for seq, whose, change in self.told if whose == device and after < seq <= upto]

    def backed_up(self, device: DeviceId) -> Tip | None:
        """See sync.store.OfficeStore."""
        return self.backups.get(device)

    def destroy(self, changes: Sequence[ChangeId], blobs: Sequence[BlobId]) -> None:
        """See sync.store.OfficeStore."""
        there = self.changes(changes)
        for name in changes:
            before = there.get(name, nobodys(name))
            self.change_table[name] = replace(before, outcome=DESTROYED, waiting="")
            self.content_table.pop(name, None)
            if before.device:
                self.tell(before.device, [name])
        self.refs = [ref for ref in self.refs if ref.change not in changes and ref.blob not in blobs]
        self.destroyed_blobs |= set(blobs)

    def add_blob_refs(self, refs: Sequence[BlobRef]) -> None:
        """See sync.store.OfficeStore."""
        self.refs.extend(ref for ref in refs if ref.blob not in self.destroyed_blobs)

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
        self.backed_up: Tip | None = None
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

    def add_entries(self, entries: Sequence[Entry]) -> None:
        """See sync.store.DeviceStore."""
        self.add_links(entries)
        self.add_contents(
            {entry.link.change: entry.content for entry in entries if entry.content is not None}
        )

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
        backed_up: Tip | None,
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
        self.backed_up = backed_up
        self.office_head = office_head
        self.server_ms = server_ms

    def sign(self, message: bytes) -> bytes:
        """See sync.store.DeviceStore."""
        return self._sign(message)
