"""The tray: what the runs of several phones work on together. Rule: as if each had been taken in alone.

It stands before a store, for the time of one group: what the runs will ask is read beforehand, in a handful
of questions for all of them, and what they write is laid on the tray and stored at the end. Whoever takes in
a run sees no difference. A question whose answer is not at hand is put to the store, once all that lies on
the tray is stored: so what is rare is only slower, never wrong.
"""

from collections.abc import Iterable, Mapping, Sequence

from schemas.ids import BlobId, ChangeId, DeviceId, LinkHash, Part, RecordId
from schemas.wire import Removed, Row
from sync.apply import needs
from sync.applying import frees
from sync.chain import START, Tip
from sync.intake import Run
from sync.store import BlobRef, Change, Entry, OfficeStore, Record, Signed, Standing


class Tray:
    """`sync.store.Taking` over another store; `settle` stores what was laid on it."""

    def __init__(self, store: OfficeStore) -> None:
        self._store = store
        self._changes: dict[ChangeId, Change | None] = {}
        self._records: dict[RecordId, Record | None] = {}
        self._tips: dict[DeviceId, list[Tip]] = {}
        self._links: set[LinkHash] = set()
        """Links of which we know whether one above a gap follows them."""
        self._followed: set[LinkHash] = set()
        self._names: set[str] = set()
        """Names of which we know whether a held change waits for them."""
        self._awaited: set[str] = set()
        self._lay()

    def _lay(self) -> None:
        self._new_links: list[Entry] = []
        self._signed: list[Signed] = []
        self._new_changes: dict[ChangeId, Change] = {}
        self._contents: dict[ChangeId, bytes] = {}
        self._new_records: dict[RecordId, Record] = {}
        self._rows: dict[tuple[Part, RecordId], Row | Removed] = {}
        self._refs: list[BlobRef] = []

    def fetch(self, runs: Sequence[Run], standings: Mapping[DeviceId, Standing]) -> None:
        """Read what these runs will ask; `standings` are those of their devices."""
        self._tips = {device: standing.tips for device, standing in standings.items()}
        entries = [entry for run in runs for entry in run.entries]
        changes = {entry.link.change for entry in entries}
        found = self._store.changes(changes)
        self._changes = {name: found.get(name) for name in changes}
        self._links = {entry.hash for entry in entries} | {run.entries[0].link.prev for run in runs}
        self._followed = self._store.followed_by_held(self._links)
        contents = [
            (name, content) for run in runs for name, content in run.read.items() if content is not None
        ]
        self._names = {name for change, content in contents for name in frees(change, content)}
        self._awaited = {change.waiting for change in self._store.waiting_on(self._names)}
        records = {name for _, content in contents for name in needs(content)}
        self._read(records)

    def settle(self) -> OfficeStore:
        """Store what was laid on the tray; return the store."""
        store, rows = self._store, self._rows.values()
        store.add_links(self._new_links)
        store.add_signatures(self._signed)
        store.put_records(list(self._new_records.values()))
        store.put_rows(
            [row for row in rows if isinstance(row, Row)], [row for row in rows if isinstance(row, Removed)]
        )
        store.add_blob_refs(self._refs)
        store.put_changes(list(self._new_changes.values()), self._contents)
        self._lay()
        return store

    def take_seq(self) -> int:
        """See sync.store.Taking."""
        return self._store.take_seq()

    def changes(self, ids: Iterable[ChangeId]) -> dict[ChangeId, Change]:
        """See sync.store.Taking."""
        asked = list(ids)
        if not self._changes.keys() >= set(asked):
            return self.settle().changes(asked)
        there = ((name, self._changes[name]) for name in asked)
        return {name: change for name, change in there if change is not None}

    def put_changes(self, changes: Sequence[Change], contents: Mapping[ChangeId, bytes]) -> None:
        """See sync.store.Taking. The content that came first stays."""
        for change in changes:
            self._changes[change.id] = self._new_changes[change.id] = change
            if change.id in contents:
                self._contents.setdefault(change.id, contents[change.id])
            if change.waiting:
                self._awaited.add(change.waiting)

    def contents(self, changes: Iterable[ChangeId]) -> dict[ChangeId, bytes]:
        """See sync.store.Taking."""
        return self.settle().contents(changes)

    def waiting_on(self, names: Iterable[str]) -> list[Change]:
        """See sync.store.Taking."""
        asked = set(names)
        if self._names >= asked and self._awaited.isdisjoint(asked):
            return []
        return self.settle().waiting_on(asked)

    def waiting_of(self, device: DeviceId) -> list[Change]:
        """See sync.store.Taking."""
        return self.settle().waiting_of(device)

    def tips(self, device: DeviceId) -> list[Tip]:
        """See sync.store.Taking."""
        there = self._tips.get(device)
        return there if there is not None else self.settle().tips(device)

    def entries_at(self, device: DeviceId, tips: Iterable[Tip]) -> dict[LinkHash, Entry]:
        """See sync.store.Taking."""
        return self.settle().entries_at(device, tips)

    def counter_of(self, device: DeviceId, link: LinkHash) -> int | None:
        """See sync.store.Taking."""
        return self.settle().counter_of(device, link)

    def add_links(self, entries: Sequence[Entry]) -> None:
        """See sync.store.Taking."""
        self._new_links += entries
        self._followed |= {entry.link.prev for entry in entries if not entry.known}
        if any(entry.known for entry in entries):
            self._move_tip(entries)

    def _move_tip(self, entries: Sequence[Entry]) -> None:
        """Let the last of a run take the place of the tip that it follows; of all else the store is asked.

        Nothing known follows a tip, so these links are not known yet, whether they were held or are new.
        """
        first, last = entries[0].link, entries[-1]
        tips = self._tips.pop(first.device, None)
        prevs = {entry.link.prev for entry in entries}
        is_run = len(prevs) == len(entries) and all(entry.known for entry in entries)
        if tips is not None and is_run and first.prev in {tip.hash for tip in tips or (START,)}:
            mine = Tip(counter=last.link.counter, hash=last.hash)
            left = [tip for tip in tips if tip.hash != first.prev]
            self._tips[first.device] = sorted([mine, *left], key=lambda tip: (-tip.counter, tip.hash))

    def held_after(self, device: DeviceId, hashes: Iterable[LinkHash]) -> list[Entry]:
        """See sync.store.Taking."""
        asked = set(hashes)
        if self._links >= asked and self._followed.isdisjoint(asked):
            return []
        return self.settle().held_after(device, asked)

    def add_signature(self, signed: Signed) -> None:
        """See sync.store.Taking."""
        self._signed.append(signed)

    def records(self, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        """See sync.store.Taking."""
        asked = list(ids)
        self._read({name for name in asked if name not in self._records})
        there = ((name, self._records[name]) for name in asked)
        return {name: record for name, record in there if record is not None}

    def _read(self, names: set[RecordId]) -> None:
        found = self._store.records(names) if names else {}
        self._records |= {name: found.get(name) for name in names}

    def put_records(self, records: Sequence[Record]) -> None:
        """See sync.store.Taking."""
        for record in records:
            self._records[record.id] = self._new_records[record.id] = record

    def put_rows(self, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
        """See sync.store.Taking."""
        for row in (*rows, *removed):
            self._rows[row.part, row.id] = row

    def add_blob_refs(self, refs: Sequence[BlobRef]) -> None:
        """See sync.store.Taking."""
        self._refs += refs

    def tell(self, device: DeviceId, changes: Sequence[ChangeId]) -> None:
        """See sync.store.Taking."""
        self._store.tell(device, changes)

    def destroy(self, changes: Sequence[ChangeId], blobs: Sequence[BlobId]) -> None:
        """See sync.store.Taking. What was read before the destruction is forgotten."""
        self.settle().destroy(changes, blobs)
        self._changes.clear()
