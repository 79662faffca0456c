"""The phone's side of sync.store, in the vault. Rule: one answer of the office is stored whole or not at
all.

SQL of chains and cursor lives here; of rows in pulled.py, of searching in search.py, of drafts in drafts.py,
of photo bytes in blobs.py. Each method joins the transaction of its caller, or makes its own.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec
import sqlcipher3.dbapi2 as sqlcipher

from field_app import pulled
from field_app.asked import told
from field_app.blobs import doubt_receipts, mark_wanted
from field_app.erasing import erase_destroyed
from field_app.vault import Vault
from schemas.base import decode, encode
from schemas.ids import NO_LINK, ChangeId, DeviceId, LinkHash, Part, RecordId
from schemas.wire import MAX_LINKS, Cursor, Outcome, Removed, Row
from sync.chain import START, Link, Tip, link_hash, next_link, read_link, seal_link
from sync.change import Content, change_id, read
from sync.digest import EMPTY
from sync.store import Answered, Entry, Signed

T = TypeVar("T")
Sign = Callable[[bytes], bytes]

_outcomes: msgspec.msgpack.Decoder[Outcome] = msgspec.msgpack.Decoder(Outcome)
BRANCHED = "bercabang"
"""Whether a link was ever added elsewhere than at the head."""
ENTRY = (
    "SELECT links.hash, links.raw, contents.raw, known, counter FROM links LEFT JOIN contents USING (change)"
)


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
        with self.vault.write() as connection:
            pulled.put_rows(connection, rows, removed)

    def rows(self, ids: Iterable[RecordId]) -> list[Row]:
        """See sync.store.Rows."""
        with self.vault.read() as connection:
            return pulled.rows_of(connection, ids)

    def rows_of_kind(self, kind: str) -> list[Row]:
        """Return all rows of one kind of record, in any part."""
        with self.vault.read() as connection:
            return pulled.rows_of_kind(connection, kind)

    def rows_in_state(self, kind: str, states: Collection[str]) -> list[Row]:
        """Return the rows of one kind that stand so: tugas, kunjungan or konflik."""
        with self.vault.read() as connection:
            return pulled.rows_in_state(connection, kind, states)

    def rows_about(self, names: Collection[str]) -> list[Row]:
        """Return the rows that are about any of these (asked.py)."""
        with self.vault.read() as connection:
            return pulled.rows_about(connection, names)

    def tugas_due(self, month: str) -> list[Row]:
        """Return the tugas that are due in a month, YYYY-MM."""
        with self.vault.read() as connection:
            return pulled.tugas_due(connection, month)

    def was_made_after(self, about: str, visit: RecordId, after_ms: int) -> bool:
        """Say whether a visit of this name (asked.py) but another was made after a time, UTC milliseconds."""
        with self.vault.read() as connection:
            return pulled.was_made_after(connection, about, visit, after_ms)

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

    def store_page(self, page: Answered) -> None:
        """See sync.store.DeviceStore."""
        with self.vault.write() as connection:
            if page.parts is not None:
                connection.execute("UPDATE parts SET held = 0")
                connection.executemany(
                    "INSERT INTO parts (part, held, digest) VALUES (?, 1, ?)"
                    " ON CONFLICT (part) DO UPDATE SET held = 1",
                    [(part, EMPTY) for part in page.parts],
                )
            pulled.clear_parts(connection, page.cleared)
            self.put_rows(page.rows, page.removed)
            connection.executemany(
                "INSERT OR REPLACE INTO outcomes (change, packed, waits, refused) VALUES (?, ?, ?, ?)",
                sorted((change, encode(each), *told(each)) for change, each in page.outcomes.items()),
            )
            if page.acknowledged.counter < self.acknowledged().counter:
                doubt_receipts(connection, page.acknowledged.counter)
            mark_wanted(connection, page.wanted)
            erase_destroyed(connection, page.outcomes)
            self.put("cursor", page.cursor)
            self.put("acknowledged", page.acknowledged)
            self.put("backed_up", page.backed_up or START)
            self.put("office_head", page.office_head)
            self.put("server_ms", page.server_ms)

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
