"""The same world on the stores that people use: the office's SQLite, the phones' SQLCipher vaults, Ed25519.

Rule: only what is stored where differs; what happens, and what must hold, is that of world.py and checks.py.
A crash leaves the files as they were at that moment, with a last write that was torn off behind them.
"""

import itertools
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from field_app.store import Store
from field_app.vault import Vault, open_vault
from schemas.ids import BlobId, ChangeId, DeviceId, Part, PersonId, RecordId, Regency
from schemas.office_keys import KeyTurn
from schemas.wire import Outcome, Removed, Row
from server.engine import Reader, Writer
from server.engines.sqlite import SqliteEngine, create
from server.store import SqlOfficeStore
from server.turn_store import Turn, add_turn, last_turn, told
from sync.chain import Tip, read_link
from sync.store import BlobRef, Entry, OfficeStore, Record
from tests.simulation.faults import Crash, Full, Fuse, fused
from tests.simulation.office import WRITES, Fsync, Office
from tests.simulation.phone import Phone
from tests.simulation.state import OfficeState
from tests.simulation.story import Story
from tests.simulation.trust import real_key
from tests.simulation.world import World, domain_rules

T = TypeVar("T")
KEY = bytes(range(32))
REGENCY = Regency("33.14")
TORN = b"\x37\x7f\x06\x82 a frame that the power cut off"
"""What a crash leaves behind the last whole frame of a write-ahead log."""
_record = msgspec.msgpack.Decoder(Record)


class FusedSqlStore(fused(SqlOfficeStore, WRITES)):
    """The office's store in one transaction, with a fuse."""

    fuse: Fuse


class FusedVaultStore(fused(Store, ("append", "store_page", "put_rows"))):
    """A phone's store, with a fuse that also blows in the middle of a page."""

    fuse: Fuse


class Reading:
    """The office's store for whoever only asks: each question on a snapshot of its own."""

    def __init__(self, engine: SqliteEngine) -> None:
        self.engine = engine

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*args: Any) -> Any:
            return self.engine.read(lambda reader: getattr(SqlOfficeStore.reading(reader), name)(*args))

        return ask


class SqlOffice(Office):
    """An office on a database file of its own."""

    def __init__(self, world: "RealWorld") -> None:
        self._new_path = world.new_path
        super().__init__(world.story.seed, world.ring, world.people, domain_rules(), world.counts)

    def new_store(self) -> OfficeStore:
        path = self._new_path()
        create(path, KEY, REGENCY, "Dinas Sosial Uji", 0)
        return self._opened(path)

    def copy_store(self, other: Office) -> OfficeStore:
        return self._opened(self._copied(other, torn=False))

    def write(self, works: Sequence[Callable[[OfficeStore], T]], *, fails: bool = False) -> list[T | Full]:
        def all_of_them(writer: Writer) -> list[T | Full]:
            results: list[T | Full] = []
            store = FusedSqlStore(writer, writer)
            store.fuse = self.fuse
            for work in works:
                writer.execute("SAVEPOINT message")
                try:
                    results.append(work(store))  # type: ignore[arg-type]
                except Full as full:
                    writer.execute("ROLLBACK TO message")
                    results.append(full)
                writer.execute("RELEASE message")
            try:
                self.fuse.end()
            except Full:
                raise Crash from None
            if fails:
                self.counts["office_fsync"] += 1
                raise Fsync
            return results

        try:
            return self._engine.write(all_of_them).result()
        except Crash:
            self.store = self._opened(self._copied(self, torn=True))
            raise

    def state(self) -> OfficeState:
        return self._engine.read(lambda reader: sql_state(reader))

    def is_destroyed(self, blob: BlobId) -> bool:
        return self._engine.read(lambda reader: SqlOfficeStore.reading(reader).is_destroyed(blob))

    def note_turn(self, store: Any, turn: Turn) -> None:
        add_turn(store._writer, turn)

    def turn_at(self, store: Any, office: DeviceId, place: Tip) -> Turn | None:
        if isinstance(store, Reading):
            return store.engine.read(lambda reader: last_turn(reader, office, place))
        return last_turn(store._reader, office, place)

    def turns(self) -> list[KeyTurn]:
        return self._engine.read(lambda reader: told(reader, self.device))

    def _note_backup(self, device: DeviceId, safe: Tip | None) -> None:
        def work(writer: Writer) -> None:
            about = {"device": device}
            writer.execute("DELETE FROM backed_up WHERE kabupaten = :kabupaten AND device = :device", about)
            if safe is not None:
                writer.execute(
                    "INSERT INTO backed_up (kabupaten, device, counter, hash)"
                    " VALUES (:kabupaten, :device, :counter, :hash)",
                    {**about, "counter": safe.counter, "hash": safe.hash},
                )

        self._engine.write(work).result()

    @property
    def _engine(self) -> SqliteEngine:
        return self.store.engine  # type: ignore[attr-defined]

    def _copied(self, other: Office, *, torn: bool) -> Path:
        engine: SqliteEngine = other.store.engine  # type: ignore[attr-defined]
        path = self._new_path()
        copy_files(engine._path, path, torn=torn)
        return path

    def _opened(self, path: Path) -> OfficeStore:
        engine = SqliteEngine(path, KEY, REGENCY, now_ms=lambda: 0, randomness=self.random_bytes)
        return Reading(engine)  # type: ignore[return-value]


class VaultPhone(Phone):
    """A phone on a vault of its own."""

    def __init__(self, world: "RealWorld", device: DeviceId, person: PersonId) -> None:
        self._new_path = world.new_path
        super().__init__(device, person, real_key(device.encode()), world.ring, world.counts)

    def new_store(self) -> Any:
        return self._opened(self._new_path())

    def copy_store(self) -> Any:
        return self._opened(self._copied(torn=False))

    def kept(self) -> Any:
        return self.store

    def crash(self) -> None:
        self.close()
        self.store = self._opened(self._copied(torn=True))

    def rows(self) -> dict[tuple[Part, RecordId], Row]:
        with self.store.vault.read() as connection:
            found = connection.execute(
                "SELECT part, id, seq, kind, body FROM rows JOIN parts ON parts.number = part_number"
            ).fetchall()
        return {
            (part, name): Row(part=part, id=name, seq=seq, kind=kind, body=body)
            for part, name, seq, kind, body in found
        }

    def outcome(self, change: ChangeId) -> Outcome | None:
        return self.store.outcomes([change]).get(change)

    def safe(self) -> Tip | None:
        return self.store.backed_up()

    def store_server_ms(self) -> int:
        return self.store.server_ms()

    def lose_entries(self, gone: list[Entry], *, links: bool) -> None:
        with self.store.vault.write() as connection:
            for entry in gone:
                connection.execute("DELETE FROM contents WHERE change = ?", (entry.link.change,))
                if links:
                    connection.execute("DELETE FROM links WHERE hash = ?", (entry.hash,))

    def _copied(self, *, torn: bool) -> Path:
        vault: Vault = self.store.vault
        path = self._new_path()
        copy_files(vault._path, path, torn=torn)
        return path

    def _opened(self, path: Path) -> FusedVaultStore:
        store = FusedVaultStore(open_vault(path, KEY), self.device, self.key.sign)
        store.fuse = self.fuse
        return store


class RealWorld(World):
    """A regency on real stores in one folder."""

    def __init__(self, told: Story, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        super().__init__(told, real_key)

    def new_path(self) -> Path:
        """Return where a database may lie that is not there yet."""
        return self._folder / f"{next(self._numbers)}.db"

    def new_office(self) -> Office:
        return SqlOffice(self)

    def new_phone(self, device: DeviceId, person: PersonId) -> Phone:
        return VaultPhone(self, device, person)

    def close(self) -> None:
        """Close every database that is still open."""
        for office in {*self.offices, *self.backups}:
            office.store.engine.close()  # type: ignore[attr-defined]
        for phone in {*self.phones.values(), *self.copies.values()}:
            phone.store.vault.close()


def copy_files(path: Path, target: Path, *, torn: bool) -> None:
    """Copy a database with its log, as someone would by hand; `torn`: as a power cut leaves it."""
    shutil.copy(path, target)
    log, log_target = path.with_name(path.name + "-wal"), target.with_name(target.name + "-wal")
    if log.exists():
        shutil.copy(log, log_target)
        if torn and log.stat().st_size:
            with log_target.open("ab") as file:
                file.write(TORN)


def sql_state(reader: Reader) -> OfficeState:
    """Return what an office's database holds."""
    store = SqlOfficeStore.reading(reader)
    links = {
        name: Entry(link=read_link(raw), hash=name, raw_link=raw, content=None, known=bool(known))
        for name, raw, known in reader.query(
            "SELECT hash, raw, known FROM links WHERE kabupaten = :kabupaten"
        )
    }
    changes = [name for (name,) in reader.query("SELECT id FROM changes WHERE kabupaten = :kabupaten")]
    rows = reader.query("SELECT part, id, seq, kind, body, removed FROM rows WHERE kabupaten = :kabupaten")
    return OfficeState(
        links=links,
        signatures={
            (device, links_hash): signature
            for device, links_hash, signature in reader.query(
                "SELECT s.device, l.hash, s.signature FROM signatures s JOIN links l ON"
                " l.kabupaten = s.kabupaten AND l.device = s.device AND l.hash = s.head"
                " WHERE s.kabupaten = :kabupaten"
            )
        },
        contents=store.contents(changes),
        changes=store.changes(changes),
        records={
            name: _record.decode(body)
            for name, body in reader.query("SELECT id, body FROM records WHERE kabupaten = :kabupaten")
        },
        rows={
            (part, name): Row(part=part, id=name, seq=seq, kind=kind, body=body)
            for part, name, seq, kind, body, removed in rows
            if not removed
        },
        removed={
            (part, name): Removed(part=part, id=name, seq=seq)
            for part, name, seq, _, _, removed in rows
            if removed
        },
        refs=[
            BlobRef(blob=blob, change=change, device=device, visit=visit, form=form, field=field)
            for blob, change, device, visit, form, field in reader.query(
                "SELECT blob, change, device, visit, form, field FROM blob_refs WHERE kabupaten = :kabupaten"
            )
        ],
        received=set(reader.query("SELECT blob, device FROM blob_senders WHERE kabupaten = :kabupaten")),
        destroyed={
            blob for (blob,) in reader.query("SELECT blob FROM destroyed_blobs WHERE kabupaten = :kabupaten")
        },
        last_seq=store.last_seq(),
    )
