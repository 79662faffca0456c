"""Sync without a network: the file for the office. Rule: what is in a file counts as nothing until an answer.

It holds what a sync would send, photos included, and is written under a temporary name, made durable and
renamed: a full stick leaves nothing half-written. The way back is in field_app/answer.py.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from field_app.answer import OUT_OF_STEP, Alone, Answers
from field_app.blobs import Blobs, Stored
from field_app.devices import Timepiece
from field_app.history import History
from field_app.losses import declare, mend
from field_app.office_word import OFFICE_KEY, OfficeWord
from field_app.owner import Owner
from field_app.pen import Pen
from field_app.sealing import Gcm, exchange_bytes, seal_key
from field_app.store import Store
from field_app.unstored import unstored, unwritten
from field_app.vault import StorageFailedError, StorageFullError, Vault
from field_app.views import AnswerRead, HandedOver, Refused
from schemas.handover import (
    ENDING,
    FILE_ID_BYTES,
    KEY_BYTES,
    PIECE_BYTES,
    BlobHead,
    BlobPiece,
    Header,
    Record,
    Sent,
)
from schemas.ids import BlobId
from sync import handover
from sync.client import Missing, Outgoing
from sync.sealed_file import key_name, seal_info, write_file

OUTGOING = re.compile(rf"sambang-[0-9a-f]{{8}}-[0-9]{{4,}}{re.escape(ENDING)}", re.IGNORECASE)
"""What a file for the office is called, from whichever phone: no answer is."""
Progress = Callable[[float], None]
"""Told how much is done, 0 to 1, from the thread that works."""


class Handover:
    """The files of one vault. `alone()` keeps syncs away while an answer is taken in."""

    def __init__(
        self,
        *,
        vault: Vault,
        store: Store,
        owner: Owner,
        pen: Pen,
        time: Timepiece,
        randomness: Callable[[int], bytes],
        alone: Alone,
    ) -> None:
        self._vault, self._store, self._owner, self._time = vault, store, owner, time
        self._pen, self._randomness = pen, randomness
        self._blobs, self._history = Blobs(vault), History(store)
        self._answers = Answers(store, owner, OfficeWord(store, owner), alone)

    def last(self) -> HandedOver | None:
        """Return the file that was written last, None if there is none."""
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT name, written_ms, changes, photos FROM handovers ORDER BY number DESC LIMIT 1"
            ).fetchone()
        if found is None:
            return None
        path, written_ms, data, photos = found
        return HandedOver(path=Path(path), written_ms=written_ms, data=data, photos=photos)

    def write(self, folder: Path, progress: Progress = lambda _done: None) -> HandedOver | Refused:
        """Write all that the office is not known to have into a new file in this folder."""
        office_key = self._store.get(OFFICE_KEY, bytes, b"")
        if not office_key:
            return Refused(say="lapangan.serah.belum_ada_kunci")
        if not folder.is_dir():
            return Refused(say="lapangan.serah.folder_tidak_ada")
        try:
            self._declare_gaps()
        except (StorageFullError, StorageFailedError) as error:
            return unstored(error)
        return self._write(office_key, folder, progress)

    def _write(self, office_key: bytes, folder: Path, progress: Progress) -> HandedOver | Refused:
        number, name = self._free_name(folder)
        unfinished = folder / f".{name}.tmp"
        file = _File(self._store, self._blobs, self._blobs.unsent())
        header, key = self._header(office_key, number)
        try:
            with unfinished.open("wb") as out:
                records = file.records(exchange_bytes(self._owner.private_key))
                for piece in write_file(header, Gcm(key), records, self._store.sign):
                    out.write(piece)
                    progress(file.done)
                out.flush()
                os.fsync(out.fileno())
            unfinished.replace(folder / name)
        except OSError as error:
            return unwritten(error)
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
        _sync_folder(folder)
        done = HandedOver(
            path=folder / name,
            written_ms=header.made_ms,
            data=self._history.count_beyond(file.begins) - self._history.count_beyond(file.counter),
            photos=len(file.written),
        )
        with suppress(StorageFullError, StorageFailedError):  # a note for showing: the file itself is written
            self._note(number, header.file, file, done)
        return done

    def read(self, path: Path, progress: Progress = lambda _done: None) -> AnswerRead | Refused:
        """Take the office's answer in, if it is for this phone, whole, and not older than what is here."""
        return self._answers.read(path, progress)

    def _declare_gaps(self) -> None:
        """Say in the chain itself what this phone can no longer send, as the worker does before a sync."""
        mend(self._store)
        while True:
            found = handover.messages(self._store, check=False)
            gap = next((each for each in found if isinstance(each, Missing)), None)
            if gap is None:
                return
            declare(self._store, self._pen, gap, self._time.now_ms())

    def _free_name(self, folder: Path) -> tuple[int, str]:
        with self._vault.read() as connection:
            (number,) = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM handovers").fetchone()
        while (folder / (name := f"sambang-{self._owner.device[:8]}-{number:04d}{ENDING}")).exists():
            number += 1  # an earlier file is never replaced: nobody here knows whether it was taken in
        return number, name

    def _header(self, office_key: bytes, number: int) -> tuple[Header, bytes]:
        header = Header(
            direction="to_office",
            office=self._owner.office_device,
            key=key_name(office_key),
            device=self._owner.device,
            file=self._randomness(FILE_ID_BYTES),
            number=number,
            made_ms=self._time.now_ms(),
        )
        key = self._randomness(KEY_BYTES)
        return replace(header, sealed=seal_key(key, office_key, seal_info(header))), key

    def _note(self, number: int, file: bytes, written: "_File", done: HandedOver) -> None:
        """Remember what is in which file."""
        with self._vault.write() as connection:
            connection.execute(
                "INSERT INTO handovers (number, file, name, written_ms, counter, changes, photos)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    file,
                    str(done.path),
                    done.written_ms,
                    written.counter,
                    done.data,
                    done.photos,
                ),
            )
            connection.executemany(
                "UPDATE blobs SET handed_ms = ? WHERE id = ?",
                [(done.written_ms, blob) for blob in written.written],
            )


class _File:
    """What goes into one file, and how far it is. The photos are listed before the changes are read: a visit
    that is finalised meanwhile is then in it without its photos, and never photos without their visit.
    """

    def __init__(self, store: Store, blobs: Blobs, waiting: list[Stored]) -> None:
        self._store, self._bytes = store, blobs
        self._total = sum(blob.size_bytes for blob in waiting)
        self._bytes_written = 0
        self._waiting = waiting
        self.written: list[BlobId] = []
        self.begins, self.counter = 0, 0

    @property
    def done(self) -> float:
        """How much of the photos is written, 0 to 1."""
        return self._bytes_written / self._total if self._total else 0.0

    def records(self, answer_key: bytes) -> Iterator[Record]:
        """Give the records in order; one photo is in memory at a time."""
        standing = handover.asked(self._store, answer_key)
        self.begins = self.counter = standing.acknowledged.counter
        yield standing
        for message in handover.messages(self._store, check=self._store.get(OUT_OF_STEP, bool, False)):
            if isinstance(message, Outgoing):
                self.counter = message.ends.counter
                yield Sent(request=message.request)
        for blob in self._waiting:
            try:
                data = self._bytes.read(blob.id)
            except LookupError:
                continue  # what is not here cannot be handed over; the office goes on asking for it
            yield BlobHead(blob=blob.id, size_bytes=len(data))
            for start in range(0, len(data), PIECE_BYTES):
                piece = data[start : start + PIECE_BYTES]
                yield BlobPiece(data=piece)
                self._bytes_written += len(piece)
            self.written.append(blob.id)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable; some file systems of sticks cannot say so, and need not."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
