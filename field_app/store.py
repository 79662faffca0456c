"""The phone's side of sync.store, in the vault. Rule: one answer of the office is stored whole or not at
all.

SQL of chains, rows and cursor lives here; of searching in search.py, of drafts in drafts.py, of photo
bytes in blobs.py. Each method joins the transaction of its caller, or makes its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import sqlcipher3.dbapi2 as sqlcipher

from field_app.blobs import doubt_receipts, mark_wanted
from field_app.erasing import erase_destroyed
from field_app.search import SubjectRow, index_subjects
from field_app.vault import Vault
from schemas.base import decode, encode
from schemas.ids import NO_LINK, BlobId, ChangeId, DeviceId, LinkHash, Part, RecordId
from schemas.wire import MAX_LINKS, Cursor, Outcome, Removed, Row
from sync.chain import START, Link, Tip, link_hash, next_link, read_link, seal_link
from sync.change import Content, change_id, read
from sync.digest import EMPTY, fold, row_hash
from sync.store import Entry, Signed

T = TypeVar("T")
Sign = Callable[[bytes], bytes]

_outcomes: msgspec.msgpack.Decoder[Outcome] = msgspec.msgpack.Decoder(Outcome)
BRANCHED = "bercabang"
"""Whether a link was ever added elsewhere than at the head."""
ENTRY = (
    "SELECT links.hash, links.raw, contents.raw, known, counter FROM links LEFT JOIN contents USING (change)"
)

ROW = "SELECT part, id, seq, kind, body FROM rows JOIN parts ON number = part_number"
LISTED = "id IN (SELECT value FROM json_each(?))"
# In the words of the index `rows_by_kind`: SQLite takes it only for a query that says its condition again.
FEW = "kind NOT IN ('warga', 'ewarong')"


class Store:
    """See sync.store.DeviceStore. `sign` is the device's Ed25519 signature."""

    def __init__(self, vault: Vault, device: DeviceId, sign: Sign) -> None:
        self.vault = vault
        self._device = device
        self._sign = sign

    def append(self, change: ChangeId, content: bytes) -> Entry:
        """Add one own change at the head of the chain; call it inside the transaction that stores the
        rest.
        """
        with self.vault.write() as connection:
            link = next_link(self.head(), self._device, change, self.office_head())
            name, raw = seal_link(link)
            entry = Entry(link=link, hash=name, raw_link=raw, content=content)
            _add_entry(connection, entry)
            return entry

    def head(self) -> Tip:
        """Return the newest link of this device's own chain."""
        with self.vault.read() as connection:
            found = connection.execute(
                "SELECT counter, hash FROM links WHERE device = ? AND known"
                " ORDER BY counter DESC, hash LIMIT 1",
                (self._device,),
            ).fetchone()
        return Tip(counter=found[0], hash=LinkHash(found[1])) if found else START

    def add_entries(self, entries: Sequence[Entry]) -> None:
        """See sync.store.DeviceStore."""
        with self.vault.write() as connection:
            for entry in entries:
                if (
                    not entry.known
                    or entry.link.device != self._device
                    or entry.link.prev != self.head().hash
                ):
                    self.put(BRANCHED, True)
                _add_entry(connection, entry)

    def add_signature(self, signed: Signed) -> None:
        """See sync.store.Log."""
        with self.vault.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO signatures (device, head, signature) VALUES (?, ?, ?)",
                (signed.device, signed.head, signed.signature),
            )

    def entries(self, device: DeviceId, after: int, limit: int) -> list[Entry]:
        """See sync.store.Log. A link that is not what its name says is as good as not there."""
        while True:
            with self.vault.read() as connection:
                found = connection.execute(
                    f"{ENTRY} WHERE device = ? AND counter > ? ORDER BY counter, links.hash LIMIT ?",
                    (device, after, limit),
                ).fetchall()
            entries = [entry for row in found if (entry := _entry(row)) is not None]
            if entries or len(found) < limit:
                return entries
            after = found[-1][4]

    def entries_at(self, device: DeviceId, tips: Iterable[Tip]) -> dict[LinkHash, Entry]:
        """See sync.store.Log."""
        with self.vault.read() as connection:
            rows = (
                connection.execute(
                    f"{ENTRY} WHERE device = ? AND counter = ? AND links.hash = ?",
                    (device, tip.counter, tip.hash),
                ).fetchone()
                for tip in tips
            )
            found = [_entry(row) for row in rows if row]
        return {entry.hash: entry for entry in found if entry is not None}

    def tips(self, device: DeviceId) -> list[Tip]:
        """See sync.store.Log. A chain that only ever grew at its head has no other tip; it may be long."""
        if device == self._device and not self.get(BRANCHED, bool, False):
            head = self.head()
            return [head] if head.counter else []
        with self.vault.read() as connection:
            found = connection.execute(
                "SELECT counter, hash FROM links AS tip WHERE device = ? AND known AND NOT EXISTS ("
                "  SELECT 1 FROM links AS next WHERE next.device = tip.device"
                "  AND next.counter = tip.counter + 1 AND next.prev = tip.hash AND next.known"
                ") ORDER BY counter DESC, hash",
                (device,),
            ).fetchall()
        return [Tip(counter=counter, hash=LinkHash(name)) for counter, name in found]

    def put_rows(self, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
        """See sync.store.Rows; keeps the search index beside it."""
        items: dict[tuple[Part, RecordId], Row | Removed] = {
            (item.part, item.id): item for item in (*rows, *removed)
        }
        shown: dict[RecordId, list[SubjectRow]] = {name: [] for _, name in items}
        folds: dict[Part, int] = {}
        with self.vault.write() as connection:
            for old in _rows_of(connection, shown):
                if (old.part, old.id) in items:
                    folds[old.part] = folds.get(old.part, 0) ^ _hash(old)
                else:
                    shown[old.id].append((old.part, old.kind, old.body))
            put = sorted((item for item in items.values() if isinstance(item, Row)), key=_place)
            for row in put:
                folds[row.part] = folds.get(row.part, 0) ^ _hash(row)
                shown[row.id].append((row.part, row.kind, row.body))
            numbers = _fold_digests(connection, folds)
            connection.executemany(
                "INSERT INTO rows (part_number, id, seq, kind, body) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (id, part_number) DO UPDATE SET seq = excluded.seq, kind = excluded.kind,"
                " body = excluded.body",
                [(numbers[row.part], row.id, row.seq, row.kind, row.body) for row in put],
            )
            connection.executemany(
                "DELETE FROM rows WHERE id = ? AND part_number = ?",
                [
                    (item.id, numbers[item.part])
                    for item in items.values()
                    if isinstance(item, Removed) and item.part in numbers
                ],
            )
            index_subjects(connection, shown)

    def rows(self, ids: Iterable[RecordId]) -> list[Row]:
        """See sync.store.Rows."""
        with self.vault.read() as connection:
            return _rows_of(connection, ids)

    def rows_of_kind(self, kind: str) -> list[Row]:
        """Return all rows of one kind of record, in any part."""
        few = f" AND {FEW}" if kind not in ("warga", "ewarong") else ""
        with self.vault.read() as connection:
            found = connection.execute(f"{ROW} WHERE kind = ?{few}", (kind,)).fetchall()
        return [_row(row) for row in found]

    def digests(self, parts: Iterable[Part]) -> dict[Part, bytes]:
        """See sync.store.Rows."""
        with self.vault.read() as connection:
            known = dict(connection.execute("SELECT part, digest FROM parts").fetchall())
        return {part: known.get(part, EMPTY) for part in parts}

    def device(self) -> DeviceId:
        """See sync.store.DeviceStore."""
        return self._device

    def acknowledged(self) -> Tip:
        """See sync.store.DeviceStore."""
        return self.get("acknowledged", Tip, START)

    def cursor(self) -> Cursor:
        """See sync.store.DeviceStore."""
        return self.get("cursor", Cursor, Cursor())

    def backed_up(self) -> Tip | None:
        """Return up to where, blobs included, this chain is safe in the office's backups."""
        tip = self.get("backed_up", Tip, START)
        return None if tip == START else tip

    def office_head(self) -> LinkHash:
        """Return the last head of the office's chain that this device was shown."""
        return LinkHash(self.get("office_head", bytes, NO_LINK))

    def server_ms(self) -> int:
        """Return the office's time as last heard, UTC milliseconds; 0 before the first answer."""
        return self.get("server_ms", int, 0)

    def parts(self) -> list[Part]:
        """See sync.store.DeviceStore."""
        with self.vault.read() as connection:
            found = connection.execute("SELECT part FROM parts WHERE held ORDER BY part").fetchall()
        return [Part(part) for (part,) in found]

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
        with self.vault.write() as connection:
            if parts is not None:
                connection.execute("UPDATE parts SET held = 0")
                connection.executemany(
                    "INSERT INTO parts (part, held, digest) VALUES (?, 1, ?)"
                    " ON CONFLICT (part) DO UPDATE SET held = 1",
                    [(part, EMPTY) for part in parts],
                )
            _clear(connection, cleared)
            self.put_rows(rows, removed)
            connection.executemany(
                "INSERT OR REPLACE INTO outcomes (change, packed) VALUES (?, ?)",
                sorted((change, encode(outcome)) for change, outcome in outcomes.items()),
            )
            if acknowledged.counter < self.acknowledged().counter:
                doubt_receipts(connection, acknowledged.counter)
            mark_wanted(connection, wanted)
            erase_destroyed(connection, outcomes)
            self.put("cursor", cursor)
            self.put("acknowledged", acknowledged)
            self.put("backed_up", backed_up or START)
            self.put("office_head", office_head)
            self.put("server_ms", server_ms)

    def sign(self, message: bytes) -> bytes:
        """See sync.store.DeviceStore."""
        return self._sign(message)

    def outcomes(self, changes: Iterable[ChangeId]) -> dict[ChangeId, Outcome]:
        """Return what became of these changes at the office, as far as it is known."""
        with self.vault.read() as connection:
            found = (
                connection.execute("SELECT change, packed FROM outcomes WHERE change = ?", (name,)).fetchone()
                for name in set(changes)
            )
            return {ChangeId(row[0]): _outcomes.decode(row[1]) for row in found if row}

    def unanswered(self) -> Iterator[Content]:
        """Give the own changes that the office's last answer did not cover, in order."""
        after = self.acknowledged().counter
        while entries := self.entries(self._device, after, MAX_LINKS):
            yield from (read(entry.content) for entry in entries if entry.content is not None)
            after = entries[-1].link.counter

    def place_of(self, change: ChangeId) -> int | None:
        """Return the newest place of an own change in the chain, None for one that lost it."""
        with self.vault.read() as connection:
            (found,) = connection.execute(
                # the plus keeps SQLite from walking the chain backwards for the greatest counter
                "SELECT max(counter) FROM links WHERE change = ? AND +device = ?",
                (change, self._device),
            ).fetchone()
        return found

    def gone(self, changes: Iterable[ChangeId]) -> dict[ChangeId, str]:
        """Return why the contents of these are not here: dilupakan, hilang or tidak_kembali."""
        with self.vault.read() as connection:
            found = (
                connection.execute(
                    "SELECT change, why FROM gone_contents WHERE change = ?", (name,)
                ).fetchone()
                for name in set(changes)
            )
            return {ChangeId(row[0]): row[1] for row in found if row}

    def get(self, name: str, kind: type[T], default: T) -> T:
        """Return a small value by its name, decoded strictly."""
        found = get_value(self.vault, name, kind)
        return default if found is None else found

    def put(self, name: str, value: object) -> None:
        """Keep a small value under a name."""
        put_value(self.vault, name, value)


def get_value(vault: Vault, name: str, kind: type[T]) -> T | None:
    """Return a small value by its name, decoded strictly; None when there is none."""
    with vault.read() as connection:
        found = connection.execute("SELECT packed FROM meta WHERE name = ?", (name,)).fetchone()
    return decode(found[0], kind) if found else None


def put_value(vault: Vault, name: str, value: object) -> None:
    """Keep a small value under a name."""
    with vault.write() as connection:
        connection.execute("INSERT OR REPLACE INTO meta (name, packed) VALUES (?, ?)", (name, encode(value)))


def _add_entry(connection: sqlcipher.Connection, entry: Entry) -> None:
    """Store one link and its content, if it has one."""
    link = entry.link
    connection.execute(
        "INSERT INTO links (hash, device, counter, prev, change, raw, known) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (device, counter, hash) DO UPDATE SET known = max(known, excluded.known)",
        (entry.hash, link.device, link.counter, link.prev, link.change, entry.raw_link, entry.known),
    )
    if entry.content is not None:
        connection.execute(
            "INSERT OR IGNORE INTO contents (change, raw) VALUES (?, ?)", (link.change, entry.content)
        )


def _entry(row: tuple[bytes, bytes, bytes | None, int, int]) -> Entry | None:
    """Read a link with its content; None for a link that is not what its name says, and so for a content."""
    name, raw, content, known, _ = row
    if link_hash(raw) != name:
        return None
    link: Link = read_link(raw)
    whole = content if content is not None and change_id(content) == link.change else None
    return Entry(link=link, hash=LinkHash(name), raw_link=raw, content=whole, known=bool(known))


def _row(found: tuple[Any, ...]) -> Row:
    part, name, seq, kind, body = found
    return Row(part=part, id=name, seq=seq, kind=kind, body=body)


def _rows_of(connection: sqlcipher.Connection, ids: Iterable[RecordId]) -> list[Row]:
    """Return all rows of these ids, by id: one statement for a whole page."""
    listed = msgspec.json.encode(sorted(set(ids))).decode()
    found = connection.execute(f"{ROW} WHERE {LISTED} ORDER BY id, part", (listed,))
    return [_row(one) for one in found.fetchall()]


def _hash(row: Row) -> int:
    return row_hash(row.part, row.id, row.seq, row.body)


def _place(row: Row) -> tuple[RecordId, Part]:
    """Order rows as their index holds them, so that each of its pages is met once."""
    return row.id, row.part


def _fold_digests(connection: sqlcipher.Connection, folds: Mapping[Part, int]) -> dict[Part, int]:
    """Fold row hashes into the digests of their parts; return the number of each part."""
    now: dict[Part, bytes] = dict(connection.execute("SELECT part, digest FROM parts").fetchall())
    connection.executemany(
        "INSERT INTO parts (part, held, digest) VALUES (?, 0, ?)"
        " ON CONFLICT (part) DO UPDATE SET digest = excluded.digest",
        [(part, fold(now.get(part, EMPTY), change)) for part, change in folds.items()],
    )
    return dict(connection.execute("SELECT part, number FROM parts").fetchall())


def _clear(connection: sqlcipher.Connection, cleared: Sequence[Part]) -> None:
    """Take away the rows of these parts and of those not held any more."""
    listed = msgspec.json.encode(list(cleared)).decode()
    numbers = connection.execute(
        "SELECT number FROM parts WHERE NOT held OR part IN (SELECT value FROM json_each(?))", (listed,)
    ).fetchall()
    ids: set[RecordId] = set()
    for number in numbers:
        found = connection.execute("SELECT id FROM rows WHERE part_number = ?", number).fetchall()
        ids.update(RecordId(name) for (name,) in found)
        connection.execute("DELETE FROM rows WHERE part_number = ?", number)
        connection.execute("UPDATE parts SET digest = ? WHERE number = ?", (EMPTY, *number))
    connection.execute("DELETE FROM parts WHERE NOT held")
    shown: dict[RecordId, list[SubjectRow]] = {name: [] for name in ids}
    for row in _rows_of(connection, ids):
        shown[row.id].append((row.part, row.kind, row.body))
    index_subjects(connection, shown)
