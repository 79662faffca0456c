"""Destroying for good, and keeping it so. Rule: the list stands outside the database, and is written first.

A database that comes back from a backup holds again what was destroyed since; the list, which lies beside the
key file, is applied before the office answers anybody. It is encrypted and only ever grows. What else is said
of a destroyed thing, in another history or later by whoever had not heard of it, goes too: nobody would see
it any more, and it would be kept for ever.
"""

import base64
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from schemas.base import decode, encode
from schemas.ids import BlobId, ChangeId, DeviceId, PersonId, RecordId
from schemas.wire import Applied, Conflict
from server import act_store, figure_store, handed_store, quarantine_store
from server.beside_key import Beside
from server.blobs import BlobStore
from server.disk import replace_durably, sync_folder
from server.engine import Engine, Reader, Writer
from server.key_file import KeyFile
from server.keys import Keys
from server.letter_store import letters_about
from server.office import Office
from server.services.belongings import named, said_of
from server.store import SqlOfficeStore
from sync.applying import readable
from sync.change import Destroyed, read
from sync.losses import is_destroyed, stub
from sync.store import DESTROYED

ENDING = ".musnah"
BATCH = 200
FOREVER_MS = 2**62
DESTROYED_MARK = b"destroyed"
"""The tag of such a body stands in its bytes as it is: a content without it need not be read for it."""


def destroyed_path(key_path: Path) -> Path:
    """Return where the list lies: beside the key file."""
    return key_path.with_name(key_path.name + ENDING)


class KeysAwayError(Exception):
    """The office's key file is not where it was: nothing is destroyed before the list beside it is there."""


class DestructionList:
    """Bodies of `Destroyed`, one a line, each sealed. Lines of before a rotation stay under older masters."""

    def __init__(self, key_file: KeyFile, keys: Keys, randomness: Callable[[int], bytes]) -> None:
        self.path, masters = destroyed_path(key_file.path), keys.blob_masters()
        self._file = Beside(self.path, key_file, masters, "destruction", "daftar_musnah_rusak", randomness)

    def is_here(self) -> bool:
        """Say whether this office's key file is there: only beside it lies a list of its own."""
        return self._file.is_here()

    def add(self, body: Destroyed) -> None:
        """Append a body, durably, in place of a last line that a crash cut off. Raises KeysAwayError."""
        if not self.is_here():
            raise KeysAwayError
        line = self._line(body)
        whole = (self._file.read() or b"").rpartition(b"\n")
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            place = len(whole[0] + whole[1])
            os.ftruncate(handle, place)
            view = memoryview(line)
            while view:
                written = os.pwrite(handle, view, place)
                view, place = view[written:], place + written
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(self.path.parent)

    def make(self, said: Iterable[Destroyed]) -> None:
        """Write a list that is not there, whole. Raises KeysAwayError, OSError."""
        if not self.is_here():
            raise KeysAwayError
        replace_durably(self.path, b"".join(self._line(body) for body in said))

    def complete(self, said: Iterable[Destroyed]) -> int:
        """Append what the office's chain says and the list does not; return how much that was.

        Raises KeysAwayError.
        """
        known = {encode(body) for body in self.bodies()}
        lacking = [body for body in said if encode(body) not in known]
        for body in lacking:
            self.add(body)
        return len(lacking)

    def bodies(self) -> Iterator[Destroyed]:
        """Give every body; a last line that a crash cut off is passed over.

        Raises DamagedListError, UnreadableListError.
        """
        for line in (self._file.read() or b"").splitlines(keepends=True):
            if not line.endswith(b"\n"):
                return
            try:
                plain, _ = self._file.open(base64.b64decode(line))
                body = decode(plain, Destroyed)
            except ValueError as error:
                raise self._file.damaged() from error
            yield body

    def _line(self, body: Destroyed) -> bytes:
        return base64.b64encode(self._file.seal(encode(body))) + b"\n"


def said_destroyed(reader: Reader, office: DeviceId) -> list[Destroyed]:
    """Return what the office's chain says was destroyed, oldest first."""
    found: list[Destroyed] = []
    for _, _, _, _, raw in act_store.acts(reader, office, 0, FOREVER_MS):
        content = readable(raw) if raw and DESTROYED_MARK in raw else None
        if content is not None and isinstance(content.body, Destroyed):
            found.append(content.body)
    return found


class Destruction:
    """Destroys at the office's word, and again after a restore."""

    def __init__(self, engine: Engine, office: Office, blobs: BlobStore, entries: DestructionList) -> None:
        self._engine, self._office, self._blobs = engine, office, blobs
        self.entries = entries
        self._looked = 0

    def destroy(
        self, author: PersonId, changes: Iterable[ChangeId], records: Iterable[RecordId], basis: str
    ) -> Destroyed:
        """Destroy the contents of changes with their blobs, and empty records. Blocks until it is durable."""
        names = list(changes)
        body = self._engine.read(lambda reader: _body(reader, names, list(records), basis))
        self.entries.add(body)
        self._carry_out(author, body)
        return body

    def complete_list(self) -> None:
        """Write the list anew where it does not lie beside the key file, as after that was moved alone.

        Raises KeysAwayError, OSError.
        """
        if not self.entries.path.exists():
            self.entries.make(self._engine.read(lambda tx: said_destroyed(tx, self._office.device)))

    def apply_list(self) -> int:
        """Destroy again what came back, and return how many entries of the list had to be applied."""
        again = [body for body in self.entries.bodies() if not self._engine.read(_is_done(body))]
        # before what is listed: that is found undone if the office stops in between
        self._destroy_more(self._engine.read(lambda reader: _besides(reader, again)))
        for body in again:
            here = self._engine.read(lambda reader, body=body: _as_here(reader, body))
            self._carry_out(self._office.person, here)
        return len(again)

    def destroy_late(self) -> None:
        """Destroy what came since it was last looked and was refused as what it speaks of is destroyed.

        The phone that sent it erases it too, when it hears why it was refused.
        """
        late, looked = self._engine.read(lambda reader: _late(reader, self._looked))
        if late and not self.entries.is_here():
            return  # they are found again
        self._destroy_more(late)
        self._looked = looked

    def _destroy_more(self, changes: dict[str, list[ChangeId]]) -> None:
        for basis, names in changes.items():
            self.destroy(self._office.person, names, [], basis)

    def _carry_out(self, author: PersonId, body: Destroyed) -> None:
        self._office.act(author, body)
        self._engine.write(lambda tx: _forget(tx, body.records)).result()
        for blob in body.blobs:
            self._blobs.remove(blob)


def _forget(tx: Writer, records: list[RecordId]) -> None:
    """Forget what was kept beside the records: who was to decide them, what they counted for."""
    handed_store.drop(tx, records)
    figure_store.forget(tx, records)


def _body(reader: Reader, changes: list[ChangeId], records: list[RecordId], basis: str) -> Destroyed:
    store = SqlOfficeStore.reading(reader)
    contents, there = store.contents(changes), store.changes(changes)
    stubs: dict[ChangeId, bytes] = {}
    for name in changes:
        took_effect = name in there and isinstance(there[name].outcome, Applied | Conflict)
        stubs[name] = stub(read(contents[name])) if took_effect and name in contents else b""
    return Destroyed(changes=stubs, blobs=_blobs(reader, changes, records), records=records, basis=basis)


def _blobs(reader: Reader, changes: list[ChangeId], records: list[RecordId]) -> list[BlobId]:
    """Return the blobs of these changes, and the papers of letters about these records.

    The record of a letter stays, with its number: nobody's name stands in it.
    """
    letters = SqlOfficeStore.reading(reader).records(letters_about(reader, records)).values()
    papers = {BlobId(str(each.fields["berkas"])) for each in letters if each.fields.get("disimpan")}
    return sorted(papers.union(_only_theirs(reader, changes)))


def _only_theirs(reader: Reader, changes: list[ChangeId]) -> list[BlobId]:
    """Return the blobs that these changes name and no other does."""
    named = reader.query(
        "SELECT blob FROM blob_refs WHERE kabupaten = :kabupaten AND change IN :changes", {"changes": changes}
    )
    blobs = {row[0] for row in named}
    found = reader.query(
        "SELECT blob, change FROM blob_refs WHERE kabupaten = :kabupaten AND blob IN :blobs", {"blobs": blobs}
    )
    return sorted(blobs - {blob for blob, change in found if change not in changes})


def _as_here(reader: Reader, body: Destroyed) -> Destroyed:
    """Keep the stubs of those changes that had taken effect in this history too, and of no others."""
    there = SqlOfficeStore.reading(reader).changes(body.changes)
    stubs = {
        name: kept if name in there and isinstance(there[name].outcome, Applied | Conflict) else b""
        for name, kept in body.changes.items()
    }
    return replace(body, changes=stubs)


def _besides(reader: Reader, bodies: Sequence[Destroyed]) -> dict[str, list[ChangeId]]:
    """Return what more this history says of what these bodies destroyed, by the basis."""
    bases = {record: body.basis for body in bodies for record in body.records}
    listed = {name for body in bodies for name in body.changes}
    found: dict[str, list[ChangeId]] = {}
    for name, about in said_of(reader, set(bases)).items() if bases else ():
        if name not in listed:
            found.setdefault(bases[min(about & bases.keys())], []).append(name)
    return found


def _late(reader: Reader, after: int) -> tuple[dict[str, list[ChangeId]], int]:
    """Return what was refused beyond a seq as destroyed and is kept, by the basis; and the last seq."""
    store, late = SqlOfficeStore.reading(reader), dict[str, list[ChangeId]]()
    while batch := quarantine_store.rejected(reader, after, BATCH):
        after = batch[-1][0]
        refused = store.changes([name for _, name in batch])
        contents = store.contents([name for name, one in refused.items() if one.outcome == DESTROYED])
        for name, raw in contents.items():
            content = readable(raw)
            of = store.records(named(content.body)) if content else {}
            bases = [str(each.fields[DESTROYED.problem]) for each in of.values() if is_destroyed(each)]
            late.setdefault(bases[0] if bases else "", []).append(name)
    return late, after


def _is_done(body: Destroyed) -> Callable[[Reader], bool]:
    def work(reader: Reader) -> bool:
        store = SqlOfficeStore.reading(reader)
        there = store.changes(body.changes)
        return all(name in there and there[name].outcome == DESTROYED for name in body.changes) and all(
            store.is_destroyed(blob) for blob in body.blobs
        )

    return work
