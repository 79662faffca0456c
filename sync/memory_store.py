"""What both reference stores have, in memory: chains, and rows by part. Rule: obviously right before fast."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from schemas.ids import ChangeId, DeviceId, LinkHash, Part, RecordId
from schemas.wire import Removed, Row
from sync.chain import Tip
from sync.digest import EMPTY, fold, row_hash
from sync.store import Entry, Signed
from sync.undo import Journal


class MemoryStore:
    """What both ends have: chains, and rows by part."""

    def __init__(self) -> None:
        self._journal = Journal()
        self.links: dict[LinkHash, Entry] = {}
        self.signatures: dict[tuple[DeviceId, LinkHash], Signed] = {}
        self.content_table: dict[ChangeId, bytes] = {}
        self._chains: dict[DeviceId, list[tuple[int, LinkHash]]] = {}
        self._tips: dict[DeviceId, dict[LinkHash, Tip]] = {}
        self._followed: dict[LinkHash, bool] = {}
        """Links that a known link names as its previous one."""
        self._held: dict[LinkHash, dict[LinkHash, Entry]] = {}
        """Links that are not known yet, by the one they follow."""
        self._rows: dict[Part, dict[RecordId, Row]] = {}
        self._digests: dict[Part, bytes] = {}

    @property
    def table(self) -> dict[tuple[Part, RecordId], Row]:
        """All rows, by part and id."""
        return {(part, name): row for part, rows in self._rows.items() for name, row in rows.items()}

    def add_links(self, entries: Sequence[Entry]) -> None:
        """See sync.store.OfficeStore."""
        for entry in entries:
            there = self.links.get(entry.hash)
            if there is None:
                self._add_link(replace(entry, content=None))
            elif entry.known and not there.known:
                self._become_known(replace(there, known=True))

    def add_contents(self, contents: Mapping[ChangeId, bytes]) -> None:
        """Keep contents; one that is already there stays as it is."""
        for change, content in contents.items():
            if change not in self.content_table:
                self._journal.put(self.content_table, change, content)

    def _add_link(self, entry: Entry) -> None:
        link = entry.link
        self._journal.insert(self._chains.setdefault(link.device, []), (link.counter, entry.hash))
        if entry.known:
            self._become_known(entry)
        else:
            self._journal.put(self.links, entry.hash, entry)
            self._journal.put(self._held.setdefault(link.prev, {}), entry.hash, entry)

    def _become_known(self, entry: Entry) -> None:
        link = entry.link
        self._journal.put(self.links, entry.hash, entry)
        self._journal.drop(self._held.get(link.prev, {}), entry.hash)
        self._journal.put(self._followed, link.prev, True)
        tips = self._tips.setdefault(link.device, {})
        self._journal.drop(tips, link.prev)
        if entry.hash not in self._followed:
            self._journal.put(tips, entry.hash, Tip(counter=link.counter, hash=entry.hash))

    def contents(self, changes: Iterable[ChangeId]) -> dict[ChangeId, bytes]:
        """See sync.store.OfficeStore."""
        return {name: self.content_table[name] for name in changes if name in self.content_table}

    def add_signature(self, signed: Signed) -> None:
        """See sync.store.Log."""
        if (signed.device, signed.head) not in self.signatures:
            self._journal.put(self.signatures, (signed.device, signed.head), signed)

    def entries(self, device: DeviceId, after: int, limit: int) -> list[Entry]:
        """See sync.store.Log."""
        chain = self._chains.get(device, [])
        start = bisect_right(chain, after, key=_counter)
        return [self._filled(self.links[name]) for _, name in chain[start : start + limit]]

    def entries_at(self, device: DeviceId, tips: Iterable[Tip]) -> dict[LinkHash, Entry]:
        """See sync.store.Log."""
        there = ((self.links.get(tip.hash), tip.counter) for tip in tips)
        return {
            entry.hash: self._filled(entry)
            for entry, counter in there
            if entry and (entry.link.device, entry.link.counter) == (device, counter)
        }

    def _filled(self, entry: Entry) -> Entry:
        return replace(entry, content=self.content_table.get(entry.link.change))

    def tips(self, device: DeviceId) -> list[Tip]:
        """See sync.store.Log."""
        return sorted(self._tips.get(device, {}).values(), key=lambda tip: (-tip.counter, tip.hash))

    def put_rows(self, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
        """See sync.store.Rows."""
        for row in rows:
            self._take_row(row.part, row.id)
            self._journal.put(self._rows.setdefault(row.part, {}), row.id, row)
            self._fold(row)
        for gone in removed:
            self._take_row(gone.part, gone.id)

    def _take_row(self, part: Part, record: RecordId) -> None:
        row = self._journal.drop(self._rows.get(part, {}), record)
        if row is not None:
            self._fold(row)

    def _fold(self, row: Row) -> None:
        digest = fold(self._digests.get(row.part, EMPTY), row_hash(row.part, row.id, row.seq, row.body))
        self._journal.put(self._digests, row.part, digest)

    def rows(self, ids: Iterable[RecordId]) -> list[Row]:
        """See sync.store.Rows."""
        wanted = set(ids)
        return [rows[name] for rows in self._rows.values() for name in wanted if name in rows]

    def digests(self, parts: Iterable[Part]) -> dict[Part, bytes]:
        """See sync.store.Rows."""
        return {part: self._digests.get(part, EMPTY) for part in parts}


def _counter(item: tuple[int, LinkHash]) -> int:
    return item[0]
