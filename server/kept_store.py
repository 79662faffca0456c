"""What a phone's vault holds that was kept or copied. Rule: it is only read, in a copy of its own, and one
function a query.

Its tables are those of field_app/migrations; what is asked for here has stood there since the first of them.
"""

import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from schemas.base import UNREADABLE, Data
from schemas.ids import BlobId, ChangeId, DeviceId, LinkHash
from server.engine import WrongKeyError
from server.engines.sqlite import connect
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


class KeptVault:
    """One open copy."""

    def __init__(self, connection: Any, owner: Owner) -> None:
        self._connection, self.owner = connection, owner

    def entries(self) -> Iterator[KeptEntry]:
        """Give the phone's own chain, as it grew; a link that is not what its name says is none."""
        found = self._connection.execute(
            "SELECT links.counter, links.hash, links.raw, contents.raw FROM links"
            " LEFT JOIN contents ON contents.change = links.change"
            " WHERE links.device = ? ORDER BY links.counter, links.hash",
            (self.owner.device,),
        )
        for counter, name, raw, content in found:
            if link_hash(raw) == name:
                yield KeptEntry(counter=counter, hash=LinkHash(name), raw_link=raw, content=content)

    def photos(self) -> list[tuple[BlobId, int]]:
        """Return (name, size) of what the office is not known to have, first what was taken first."""
        return self._connection.execute(
            "SELECT id, size_bytes FROM blobs WHERE state <> 'diterima' AND gone = '' ORDER BY number"
        ).fetchall()

    def photo(self, blob: BlobId) -> bytes:
        """Return the bytes of one, empty where they are gone."""
        found = self._connection.execute("SELECT bytes FROM blob_bytes WHERE id = ?", (blob,)).fetchone()
        return found[0] if found else b""

    def drafts(self) -> list[KeptDraft]:
        """Return the visits under work, but for sealed ones."""
        found = self._connection.execute(
            "SELECT form, started_ms FROM drafts WHERE change IS NULL AND discarded_ms IS NULL"
            " ORDER BY started_ms"
        )
        return [KeptDraft(form=form, started_ms=started_ms) for form, started_ms in found]

    def sealed_drafts(self) -> int:
        """Count the sealed visits under work."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM sealed_drafts WHERE discarded_ms IS NULL"
        ).fetchone()
        return count


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
        try:
            connection = connect(copy, key).conn
        except WrongKeyError:
            yield None
            return
        assert connection is not None
        try:
            owner = _owner(connection)
            yield KeptVault(connection, owner) if owner else None
        finally:
            connection.close()


def _owner(connection: Any) -> Owner | None:
    try:
        found = connection.execute("SELECT packed FROM meta WHERE name = ?", (OWNER,)).fetchone()
        return msgspec.msgpack.decode(found[0], type=Owner) if found else None
    except UNREADABLE:
        return None
