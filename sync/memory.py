"""The reference stores, in memory: the tests' oracle. Rule: obviously right before fast.

Every other store must behave like these; tests/contract/ holds them all to it, and tests/simulation/ runs a
regency on them: what is asked for by something is kept by it as well, so that no question costs more as the
years pass.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from schemas.ids import NO_LINK, BlobId, ChangeId, DeviceId, LinkHash, Part, RecordId
from schemas.wire import Cursor, Outcome, Removed, Row
from sync.chain import START, Tip, next_link, seal_link
from sync.memory_store import MemoryStore
from sync.paging import cut
from sync.store import DESTROYED, Answered, BlobRef, Change, Entry, Page, Record, Signed, Standing, nobodys

NO_LIMIT = 2**63


class MemoryOffice(MemoryStore):
    """The office's side. `commit` ends a transaction; `make_tag` gives 8 random bytes."""

    def __init__(self, make_tag: Callable[[], bytes]) -> None:
        super().__init__()
        self._make_tag = make_tag
        self._seq = 0
        self._tags: list[tuple[int, bytes]] = [(0, b"")]
        self._ends = {b"": 0}
        """The last seq of each commit, by its tag."""
        self.record_table: dict[RecordId, Record] = {}
        self.change_table: dict[ChangeId, Change] = {}
        self._waiting: dict[str, dict[ChangeId, Change]] = {}
        self._refs: dict[BlobRef, bool] = {}
        self.received: dict[tuple[BlobId, DeviceId], int] = {}
        """Which device sent which blob, with its size in bytes."""
        self._missing: dict[DeviceId, dict[BlobId, bool]] = {}
        """What each device named and did not send yet."""
        self._told: dict[DeviceId, list[tuple[int, ChangeId]]] = {}
        self.backups: dict[DeviceId, Tip] = {}
        self.destroyed_blobs: dict[BlobId, bool] = {}
        self.tombstones: dict[tuple[Part, RecordId], Removed] = {}
        self._order: dict[Part, list[tuple[int, RecordId]]] = {}
        """Rows and tombstones of each part in seq order."""

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Keep all that is done inside, as one commit, or none of it. Inside another one: a savepoint."""
        seq, tags = self._seq, len(self._tags)
        try:
            with self._journal.transaction():
                yield
        except BaseException:
            self._seq = seq
            for _, tag in self._tags[tags:]:
                del self._ends[tag]
            del self._tags[tags:]
            raise
        if not self._journal.is_open:
            self.commit()

    def commit(self) -> None:
        """End the transaction: what is taken from now on lies in another commit."""
        if self._tags[-1][0] < self._seq:
            self._tags.append((self._seq, self._make_tag()))
            self._ends[self._tags[-1][1]] = self._seq

    def take_seq(self) -> int:
        """See sync.store.OfficeStore."""
        self._seq += 1
        return self._seq

    def tag_at(self, seq: int) -> bytes | None:
        """See sync.store.OfficeStore."""
        if self._tags[-1][0] < seq <= self._seq:
            self.commit()
        found = bisect_left(self._tags, seq, key=_last_seq)
        return self._tags[found][1] if found < len(self._tags) else None

    def commit_end(self, tag: bytes) -> int | None:
        """See sync.store.OfficeStore."""
        return self._ends.get(tag)

    def last_seq(self) -> int:
        """See sync.store.OfficeStore."""
        return self._seq

    @property
    def refs(self) -> list[BlobRef]:
        """Which change names which blob, in the order of arrival."""
        return list(self._refs)

    def commits(self, limit: int) -> list[tuple[int, bytes]]:
        """See sync.store.OfficeStore."""
        return self._tags[1:][-limit:]

    def put_rows(self, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
        """See sync.store.Rows; the office remembers what went, for those who still have it."""
        for item in (*rows, *removed):
            order = self._order.setdefault(item.part, [])
            old = self._standing(item.part, item.id)
            if old is not None:
                self._journal.remove(order, (old.seq, item.id))
            self._journal.insert(order, (item.seq, item.id))
            if isinstance(item, Row):
                super().put_rows([item], [])
                self._journal.drop(self.tombstones, (item.part, item.id))
            else:
                super().put_rows([], [item])
                self._journal.put(self.tombstones, (item.part, item.id), item)

    def _standing(self, part: Part, record: RecordId) -> Row | Removed | None:
        return self._rows.get(part, {}).get(record) or self.tombstones.get((part, record))

    def page(self, parts: Mapping[Part, int], limit: int, max_bytes: int) -> Page:
        """See sync.store.OfficeStore."""
        beyond = [
            self._standing(part, name)
            for part, after in parts.items()
            for _, name in self._beyond(part, after)
        ]
        found = sorted((item for item in beyond if item is not None), key=lambda item: item.seq)
        return cut(found, limit, max_bytes, self._seq)

    def beyond(self, parts: Iterable[Part], after: int, limit: int) -> list[Row | Removed]:
        """See sync.store.OfficeStore."""
        page = self.page(dict.fromkeys(parts, after), limit, NO_LIMIT)
        return sorted((*page.rows, *page.removed), key=lambda item: item.seq)

    def _beyond(self, part: Part, after: int) -> list[tuple[int, RecordId]]:
        order = self._order.get(part, [])
        return order[bisect_right(order, after, key=_first) :]

    def records(self, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        """See sync.store.OfficeStore."""
        return {name: self.record_table[name] for name in ids if name in self.record_table}

    def put_records(self, records: Sequence[Record]) -> None:
        """See sync.store.OfficeStore."""
        for record in records:
            self._journal.put(self.record_table, record.id, record)

    def changes(self, ids: Iterable[ChangeId]) -> dict[ChangeId, Change]:
        """See sync.store.OfficeStore."""
        return {name: self.change_table[name] for name in ids if name in self.change_table}

    def counter_of(self, device: DeviceId, link: LinkHash) -> int | None:
        """See sync.store.OfficeStore."""
        there = self.links.get(link)
        return there.link.counter if there and there.link.device == device else None

    def put_changes(self, changes: Sequence[Change], contents: Mapping[ChangeId, bytes]) -> None:
        """See sync.store.OfficeStore."""
        self.add_contents(contents)
        for change in changes:
            old = self.change_table.get(change.id)
            if old is not None and old.waiting:
                self._journal.drop(self._waiting[old.waiting], change.id)
            if change.waiting:
                self._journal.put(self._waiting.setdefault(change.waiting, {}), change.id, change)
            self._journal.put(self.change_table, change.id, change)

    def waiting_on(self, names: Iterable[str]) -> list[Change]:
        """See sync.store.OfficeStore."""
        waiting = [change for name in set(names) for change in self._waiting.get(name, {}).values()]
        return sorted(waiting, key=lambda change: change.seq)

    def waiting_of(self, device: DeviceId) -> list[Change]:
        """See sync.store.OfficeStore."""
        waiting = [change for changes in self._waiting.values() for change in changes.values()]
        return sorted((one for one in waiting if one.device == device), key=lambda change: change.seq)

    def held_after(self, device: DeviceId, hashes: Iterable[LinkHash]) -> list[Entry]:
        """See sync.store.OfficeStore."""
        held = [entry for name in set(hashes) for entry in self._held.get(name, {}).values()]
        found = [self._filled(entry) for entry in held if entry.link.device == device]
        return sorted(found, key=lambda entry: (entry.link.counter, entry.hash))

    def followed_by_held(self, hashes: Iterable[LinkHash]) -> set[LinkHash]:
        """See sync.store.OfficeStore."""
        return {name for name in hashes if self._held.get(name)}

    def add_signatures(self, signed: Sequence[Signed]) -> None:
        """See sync.store.OfficeStore."""
        for one in signed:
            self.add_signature(one)

    def standings(self, devices: Iterable[DeviceId], most_wanted: int) -> dict[DeviceId, Standing]:
        """See sync.store.OfficeStore."""
        return {
            device: Standing(
                tips=self.tips(device),
                wanted=self.wanted(device, most_wanted),
                backed_up=self.backed_up(device),
            )
            for device in devices
        }

    def commit_ends(self, tags: Iterable[bytes]) -> dict[bytes, int]:
        """See sync.store.OfficeStore."""
        ends = {tag: self.commit_end(tag) for tag in tags}
        return {b"": 0, **{tag: end for tag, end in ends.items() if end is not None}}

    def news_of(self, devices: Iterable[DeviceId], after: int, upto: int) -> dict[DeviceId, list[ChangeId]]:
        """See sync.store.OfficeStore."""
        return {device: self.news(device, after, upto) for device in devices}

    def tell(self, device: DeviceId, changes: Sequence[ChangeId]) -> None:
        """See sync.store.OfficeStore."""
        for change in changes:
            self._journal.insert(self._told.setdefault(device, []), (self.take_seq(), change))

    def news(self, device: DeviceId, after: int, upto: int) -> list[ChangeId]:
        """See sync.store.OfficeStore."""
        told = self._told.get(device, [])
        start, end = (bisect_right(told, seq, key=_seq) for seq in (after, upto))
        return [change for _, change in told[start:end]]

    def newest_changes(self, device: DeviceId, limit: int) -> list[ChangeId]:
        """See sync.store.OfficeStore."""
        chain = self._chains.get(device, [])[-limit:]
        return list(dict.fromkeys(self.links[name].link.change for _, name in reversed(chain)))

    def backed_up(self, device: DeviceId) -> Tip | None:
        """See sync.store.OfficeStore."""
        return self.backups.get(device)

    def destroy(self, changes: Sequence[ChangeId], blobs: Sequence[BlobId]) -> None:
        """See sync.store.OfficeStore."""
        there = self.changes(changes)
        for name in changes:
            before = there.get(name, nobodys(name))
            self.put_changes([replace(before, outcome=DESTROYED, waiting="")], {})
            self._journal.drop(self.content_table, name)
            if before.device:
                self.tell(before.device, [name])
        for blob in blobs:
            self._journal.put(self.destroyed_blobs, blob, True)
        gone = [ref for ref in self._refs if ref.change in changes or ref.blob in blobs]
        for ref in gone:
            self._journal.drop(self._refs, ref)
        named = {(ref.device, ref.blob) for ref in self._refs}
        for ref in gone:
            if (ref.device, ref.blob) not in named:
                self._journal.drop(self._missing.get(ref.device, {}), ref.blob)

    def add_blob_refs(self, refs: Sequence[BlobRef]) -> None:
        """See sync.store.OfficeStore."""
        for ref in refs:
            if ref.blob in self.destroyed_blobs:
                continue
            if ref not in self._refs:
                self._journal.put(self._refs, ref, True)
            if (ref.blob, ref.device) not in self.received:
                self._journal.put(self._missing.setdefault(ref.device, {}), ref.blob, True)

    def wanted(self, device: DeviceId, limit: int) -> list[BlobId]:
        """See sync.store.OfficeStore. What another device sent is wanted from this one all the same."""
        start, names = self._tags[-1][1].hex(), self._missing.get(device, {})
        return sorted(sorted(names, key=lambda name: (name < start, name))[:limit])

    def blob_received(self, blob: BlobId, size_bytes: int, device: DeviceId, now_ms: int) -> None:
        """Note that a device sent these bytes, and that they rest, verified, in the blob store."""
        self._journal.put(self.received, (blob, device), size_bytes)
        self._journal.drop(self._missing.get(device, {}), blob)


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

    def lose(self, links: Iterable[LinkHash]) -> None:
        """Lose links, as a damaged file does. Their contents stay."""
        gone = set(links)
        left = [entry for name, entry in self.links.items() if name not in gone]
        for table in (self.links, self._chains, self._tips, self._followed, self._held):
            table.clear()
        self.add_links(left)

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

    def store_page(self, page: Answered) -> None:
        """See sync.store.DeviceStore."""
        if page.parts is not None:
            self._parts = list(page.parts)
        kept = set(self._parts) - set(page.cleared)
        for part in self._rows.keys() - kept:
            del self._rows[part]
            self._digests.pop(part, None)
        self.put_rows(page.rows, page.removed)
        self._cursor = page.cursor
        self._acknowledged = page.acknowledged
        self.outcomes.update(page.outcomes)
        self.wanted_blobs = list(page.wanted)
        self.backed_up = page.backed_up
        self.office_head = page.office_head
        self.server_ms = page.server_ms

    def sign(self, message: bytes) -> bytes:
        """See sync.store.DeviceStore."""
        return self._sign(message)


def _seq(item: tuple[int, ChangeId]) -> int:
    return item[0]


def _first(item: tuple[int, RecordId]) -> int:
    return item[0]


def _last_seq(item: tuple[int, bytes]) -> int:
    return item[0]
