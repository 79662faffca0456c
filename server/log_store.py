"""Chains of devices in SQL. Rule: a link or a content that was stored is never changed or replaced."""

from collections.abc import Iterable, Sequence

from schemas.ids import ChangeId, DeviceId, LinkHash
from server.engine import NOTHING, Params, Reader, SqlRow, Writer
from sync.chain import Tip, read_link
from sync.store import Entry, Signed

_ENTRY = """
SELECT l.hash, l.raw, l.known, c.raw FROM links l
LEFT JOIN changes c ON c.kabupaten = l.kabupaten AND c.id = l.change WHERE l.kabupaten = :kabupaten"""


class ReadOnly:
    """Stands for the writer where there is none; all that would write raises PermissionError."""

    def __init__(self, reader: Reader) -> None:
        self.regency = reader.regency
        self.query = reader.query

    def execute(self, sql: str, params: Params = NOTHING) -> int:
        """Refuse."""
        raise PermissionError("this transaction only reads")

    def many(self, sql: str, rows: Sequence[SqlRow]) -> int:
        """Refuse, unless there is nothing to write."""
        if rows:
            raise PermissionError("this transaction only reads")
        return 0

    def take_seq(self) -> int:
        """Refuse."""
        raise PermissionError("this transaction only reads")

    def last_seq(self) -> int:
        """Refuse; a reading store asks the table."""
        raise PermissionError("this transaction only reads")

    def commit_tag(self) -> bytes:
        """Refuse."""
        raise PermissionError("this transaction only reads")


class SqlLog:
    """`sync.store.Log` over one transaction; a reading one has no `writer`."""

    def __init__(self, reader: Reader, writer: Writer | None) -> None:
        self._reader = reader
        self._writer = writer
        # Asked for several times for each change, so it is no property.
        self._write: Writer = writer if writer is not None else ReadOnly(reader)

    def add_links(self, entries: Sequence[Entry]) -> None:
        """See sync.store.OfficeStore."""
        if not entries:
            return
        regency = self._reader.regency
        self._write.many(
            "INSERT INTO links (kabupaten, hash, device, counter, prev, change, known, raw)"
            " VALUES (:kabupaten, :hash, :device, :counter, :prev, :change, :known, :raw)"
            " ON CONFLICT (kabupaten, device, counter, hash) DO UPDATE SET known = 1"
            " WHERE links.known = 0 AND excluded.known = 1",
            [_link_row(regency, entry) for entry in entries],
        )
        self._move_tips([entry for entry in entries if entry.known])

    def _move_tips(self, known: Sequence[Entry]) -> None:
        """Let the last of known links take the place of a tip that any of them follows.

        They may have come before, in part or whole: then others may follow the last of them already.
        """
        if not known:
            return
        regency, followed = self._reader.regency, {entry.link.prev for entry in known}
        there = self._reader.query(
            "SELECT device, hash FROM tips WHERE kabupaten = :kabupaten AND device IN :devices",
            {"devices": list({entry.link.device for entry in known})},
        )
        self._write.many(
            "DELETE FROM tips WHERE kabupaten = :kabupaten AND device = :device AND hash = :hash",
            [(regency, device, name) for device, name in there if name in followed],
        )
        self._write.many(
            "INSERT INTO tips (kabupaten, device, hash, counter)"
            " SELECT :kabupaten, :device, :hash, :counter WHERE NOT EXISTS (SELECT 1 FROM links"
            " WHERE kabupaten = :kabupaten AND device = :device AND counter = :counter + 1"
            " AND prev = :hash AND known = 1)"
            " ON CONFLICT (kabupaten, device, hash) DO NOTHING",
            [
                (regency, entry.link.device, entry.hash, entry.link.counter)
                for entry in known
                if entry.hash not in followed
            ],
        )

    def contents(self, changes: Iterable[ChangeId]) -> dict[ChangeId, bytes]:
        """See sync.store.OfficeStore."""
        return dict(
            self._reader.query(
                "SELECT id, raw FROM changes WHERE kabupaten = :kabupaten AND raw IS NOT NULL AND id IN :ids",
                {"ids": list(changes)},
            )
        )

    def add_signature(self, signed: Signed) -> None:
        """See sync.store.Log."""
        self.add_signatures([signed])

    def add_signatures(self, signed: Sequence[Signed]) -> None:
        """See sync.store.OfficeStore."""
        regency = self._reader.regency
        self._write.many(
            "INSERT INTO signatures (kabupaten, device, counter, head, signature)"
            " VALUES (:kabupaten, :device, :counter, :head, :signature)"
            " ON CONFLICT (kabupaten, device, counter, head) DO NOTHING",
            [(regency, one.device, one.counter, one.head, one.signature) for one in signed],
        )

    def entries(self, device: DeviceId, after: int, limit: int) -> list[Entry]:
        """See sync.store.Log."""
        found = self._reader.query(
            _ENTRY + " AND l.device = :device AND l.counter > :after ORDER BY l.counter, l.hash LIMIT :limit",
            {"device": device, "after": after, "limit": limit},
        )
        return [_entry(row) for row in found]

    def entries_at(self, device: DeviceId, tips: Iterable[Tip]) -> dict[LinkHash, Entry]:
        """See sync.store.Log."""
        places = list(tips)
        found = self._reader.query(
            _ENTRY + " AND l.device = :device AND l.counter IN :counters AND l.hash IN :hashes",
            {
                "device": device,
                "counters": [place.counter for place in places],
                "hashes": [place.hash for place in places],
            },
        )
        entries = [_entry(row) for row in found]
        asked = {(place.counter, place.hash) for place in places}
        return {entry.hash: entry for entry in entries if (entry.link.counter, entry.hash) in asked}

    def counter_of(self, device: DeviceId, link: LinkHash) -> int | None:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT counter FROM links WHERE kabupaten = :kabupaten AND device = :device AND hash = :link",
            {"device": device, "link": link},
        )
        return int(found[0][0]) if found else None

    def tips(self, device: DeviceId) -> list[Tip]:
        """See sync.store.Log."""
        found = self._reader.query(
            "SELECT counter, hash FROM tips WHERE kabupaten = :kabupaten AND device = :device"
            " ORDER BY counter DESC, hash",
            {"device": device},
        )
        return [Tip(counter=counter, hash=name) for counter, name in found]

    def followed_by_held(self, hashes: Iterable[LinkHash]) -> set[LinkHash]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT DISTINCT prev FROM links WHERE kabupaten = :kabupaten AND known = 0 AND prev IN :hashes",
            {"hashes": list(hashes)},
        )
        return {row[0] for row in found}

    def held_after(self, device: DeviceId, hashes: Iterable[LinkHash]) -> list[Entry]:
        """See sync.store.OfficeStore."""
        if not self._reader.query("SELECT 1 FROM links WHERE kabupaten = :kabupaten AND known = 0 LIMIT 1"):
            return []
        found = self._reader.query(
            _ENTRY + " AND l.known = 0 AND l.prev IN :hashes AND l.device = :device"
            " ORDER BY l.counter, l.hash",
            {"device": device, "hashes": list(hashes)},
        )
        return [_entry(row) for row in found]


def _link_row(regency: str, entry: Entry) -> SqlRow:
    link = entry.link
    known = 1 if entry.known else 0
    return (regency, entry.hash, link.device, link.counter, link.prev, link.change, known, entry.raw_link)


def _entry(row: SqlRow) -> Entry:
    name, raw, known, content = row
    return Entry(link=read_link(raw), hash=name, raw_link=raw, content=content, known=bool(known))
