"""A glance at a store for the answers to several phones. Rule: each is told what it would be told alone.

What the answers will ask is read beforehand, in a handful of questions for all of them; whatever is not at
hand is put to the store. Nothing may be written while a glance is used.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from schemas.ids import BlobId, ChangeId, DeviceId, LinkHash, Part, RecordId
from schemas.wire import Cursor, Removed, Row
from sync.chain import Tip
from sync.paging import cut
from sync.scope import Caller
from sync.store import Change, Entry, OfficeStore, Page, Record

FAR_BEHIND = 50_000
"""Who is so many seqs behind is asked for alone: their rows would fill what is read for all."""
ROWS_EACH = 40
"""So many rows are read for each phone, all together; if there are more, each is asked for alone."""


class Glance:
    """`sync.store.Telling` over another store."""

    def __init__(self, store: OfficeStore, asked: Sequence[tuple[Caller, Cursor]], most_wanted: int) -> None:
        self._store, self._most_wanted = store, most_wanted
        self._last = last = store.last_seq()
        callers = [caller for caller, _ in asked]
        self._standings = store.standings({caller.device for caller in callers}, most_wanted)
        self._tag = store.tag_at(last)
        self._asked_tags = {cursor.tag for _, cursor in asked}
        self._ends = store.commit_ends(self._asked_tags)
        parts = {part for caller in callers for part in caller.parts}
        self._digests = store.digests(parts)
        near = [cursor.seq for _, cursor in asked if cursor.seq >= last - FAR_BEHIND]
        self._near = min(near, default=last)
        self._news = store.news_of({caller.device for caller in callers}, self._near, last)
        self._rows = self._beyond(parts, ROWS_EACH * len(asked))

    def _beyond(self, parts: Iterable[Part], most: int) -> dict[Part, list[Row | Removed]] | None:
        found = self._store.beyond(parts, self._near, most)
        if len(found) == most:
            return None
        rows: dict[Part, list[Row | Removed]] = defaultdict(list)
        for item in found:
            rows[item.part].append(item)
        return rows

    def last_seq(self) -> int:
        """See sync.store.Telling."""
        return self._last

    def tag_at(self, seq: int) -> bytes | None:
        """See sync.store.Telling."""
        return self._tag if seq == self._last else self._store.tag_at(seq)

    def commit_end(self, tag: bytes) -> int | None:
        """See sync.store.Telling."""
        return self._ends.get(tag) if tag in self._asked_tags else self._store.commit_end(tag)

    def digests(self, parts: Iterable[Part]) -> dict[Part, bytes]:
        """See sync.store.Telling."""
        asked = list(parts)
        if not self._digests.keys() >= set(asked):
            return self._store.digests(asked)
        return {part: self._digests[part] for part in asked}

    def page(self, parts: Mapping[Part, int], limit: int, max_bytes: int) -> Page:
        """See sync.store.Telling."""
        if self._rows is None or any(after < self._near for after in parts.values()):
            return self._store.page(parts, limit, max_bytes)
        there = self._rows
        found = [item for part, after in parts.items() for item in there.get(part, ()) if item.seq > after]
        found.sort(key=_seq)
        return cut(found, limit, max_bytes, self._last)

    def tips(self, device: DeviceId) -> list[Tip]:
        """See sync.store.Telling."""
        there = self._standings.get(device)
        return there.tips if there else self._store.tips(device)

    def wanted(self, device: DeviceId, limit: int) -> list[BlobId]:
        """See sync.store.Telling."""
        there = self._standings.get(device)
        return there.wanted if there and limit == self._most_wanted else self._store.wanted(device, limit)

    def backed_up(self, device: DeviceId) -> Tip | None:
        """See sync.store.Telling."""
        there = self._standings.get(device)
        return there.backed_up if there else self._store.backed_up(device)

    def news(self, device: DeviceId, after: int, upto: int) -> list[ChangeId]:
        """See sync.store.Telling."""
        if after >= self._near and device in self._standings and not self._news.get(device):
            return []
        return self._store.news(device, after, upto)

    def newest_changes(self, device: DeviceId, limit: int) -> list[ChangeId]:
        """See sync.store.Telling."""
        return self._store.newest_changes(device, limit)

    def records(self, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        """See sync.store.Telling."""
        return self._store.records(ids)

    def entries(self, device: DeviceId, after: int, limit: int) -> list[Entry]:
        """See sync.store.Telling."""
        return self._store.entries(device, after, limit)

    def entries_at(self, device: DeviceId, tips: Iterable[Tip]) -> dict[LinkHash, Entry]:
        """See sync.store.Telling."""
        return self._store.entries_at(device, tips)

    def changes(self, ids: Iterable[ChangeId]) -> dict[ChangeId, Change]:
        """See sync.store.Telling."""
        return self._store.changes(ids)


def _seq(item: Row | Removed) -> int:
    return item.seq
