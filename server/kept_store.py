"""What a phone's vault holds that was kept or copied. Rule: it is only read, in a copy of its own, and one
function a query; where the phone's memory is damaged, what can be read is read.

Its tables are those of field_app/migrations; what is asked for here has stood there since the first of them.
"""

import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import msgspec
import sqlcipher3
from sqlcipher3 import Connection

from schemas.base import UNREADABLE, Data
from schemas.ids import BlobId, ChangeId, DeviceId, LinkHash
from server.engine import DamagedError, WrongKeyError
from server.engines.connecting import connect
from sync.chain import link_hash
from sync.change import change_id

KEY_BYTES = 32
OWNER = "pemilik"
ENDINGS = ("", "-wal")


class Owner(msgspec.Struct, frozen=True):
    """Whose vault it is, as far as it concerns the office; `private_key` signs for the device (Ed25519)."""

    office_device: DeviceId
    device: DeviceId
    private_key: bytes


class KeptEntry(Data, frozen=True, kw_only=True):
    """One link of the phone's own chain; `content` is None where the phone no longer had it."""

    counter: int
    hash: LinkHash
    raw_link: bytes
    content: bytes | None


class KeptDraft(Data, frozen=True, kw_only=True):
    """A visit that was still under work: which form, and when it began (the phone's clock, UTC ms)."""

    form: str
    started_ms: int


class KeptSealed(Data, frozen=True, kw_only=True):
    """A sealed visit that was still under work: the neutral code of its case, and when it began (UTC ms)."""

    kode: str
    started_ms: int


class KeptVault:
    """One open copy. `opened()` opens it again: after a page that is damaged, a connection reads no other.

    `is_damaged` says whether that was met so far.
    """

    def __init__(self, opened: Callable[[], Connection], owner: Owner) -> None:
        self._opened, self.owner = opened, owner
        self._connection = opened()
        self.is_damaged = False

    def entries(self) -> Iterator[KeptEntry]:
        """Give the phone's own chain, as it grew; a link that is not what its name says is none."""
        found = self._all(
            "SELECT counter, hash, raw, change FROM links WHERE device = ? ORDER BY counter, hash",
            self.owner.device,
        )
        for counter, name, raw, change in found:
            if link_hash(raw) == name:
                content = self._one("SELECT raw FROM contents WHERE change = ?", change)
                yield KeptEntry(counter=counter, hash=LinkHash(name), raw_link=raw, content=content)

    def photos(self) -> list[tuple[BlobId, int]]:
        """Return (name, size) of what the office is not known to have, first what was taken first."""
        return self._all(
            "SELECT id, size_bytes FROM blobs WHERE state <> 'diterima' AND gone = '' ORDER BY number"
        )

    def photo(self, blob: BlobId) -> bytes:
        """Return the bytes of one, empty where they are gone."""
        return self._one("SELECT bytes FROM blob_bytes WHERE id = ?", blob) or b""

    def drafts(self) -> list[KeptDraft]:
        """Return the visits under work, but for sealed ones."""
        found = self._all(
            "SELECT form, started_ms FROM drafts WHERE change IS NULL AND discarded_ms IS NULL"
            " ORDER BY started_ms"
        )
        return [KeptDraft(form=form, started_ms=started_ms) for form, started_ms in found]

    def sealed_drafts(self) -> list[KeptSealed]:
        """Return the sealed visits under work: what the vault's own key shows of them."""
        found = self._all(
            "SELECT kode, started_ms FROM sealed_drafts WHERE discarded_ms IS NULL ORDER BY started_ms"
        )
        return [KeptSealed(kode=kode, started_ms=started_ms) for kode, started_ms in found]

    def close(self) -> None:
        """Let go of the copy."""
        self._connection.close()

    def _all(self, sql: str, *values: object) -> list[Any]:
        """Return what there is, up to what cannot be read."""
        found: list[Any] = []
        try:
            for row in self._connection.execute(sql, values):
                found.append(row)
        except sqlcipher3.DatabaseError:
            self._go_on()
        return found

    def _one(self, sql: str, *values: object) -> Any:
        """Return the first value of the first row, None where there is none that can be read."""
        try:
            row = self._connection.execute(sql, values).fetchone()
        except sqlcipher3.DatabaseError:
            self._go_on()
            return None
        return row[0] if row else None

    def _go_on(self) -> None:
        self.is_damaged = True
        self._connection.close()
        self._connection = self._opened()


def is_content(entry: KeptEntry, change: ChangeId) -> bool:
    """Whether an entry's content is what its link names."""
    return entry.content is not None and change_id(entry.content) == change


@contextmanager
def kept_vault(path: Path, key: bytes, scratch: Path) -> Generator[KeptVault | None]:
    """Open a copy of a vault in a folder under `scratch`, gone afterwards; None if the key does not open it.

    Raises OSError.
    """
    with TemporaryDirectory(dir=scratch) as folder:
        copy = Path(folder) / "brankas.db"
        for ending in ENDINGS:
            part = path.with_name(path.name + ending)
            if part.exists():
                shutil.copyfile(part, copy.with_name(copy.name + ending))

        def opened() -> Connection:
            return cast(Connection, connect(copy, key).conn)

        try:
            owner = _owner(opened())
            vault = KeptVault(opened, owner) if owner else None
        except (WrongKeyError, DamagedError, sqlcipher3.DatabaseError):
            vault = None
        try:
            yield vault
        finally:
            if vault is not None:
                vault.close()


def _owner(connection: Connection) -> Owner | None:
    try:
        found = connection.execute("SELECT packed FROM meta WHERE name = ?", (OWNER,)).fetchone()
        return msgspec.msgpack.decode(found[0], type=Owner) if found else None
    except UNREADABLE:
        return None
    finally:
        connection.close()
