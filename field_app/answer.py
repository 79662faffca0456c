"""Sync without a network: the office's answer. Rule: it is checked whole before anything of it is stored.

An answer for another phone, of another office, changed or cut is refused; one that is older than what the
phone has by now brings nothing and does no harm (sync/handover.py, `fits`). A message of it is stored as one
of a sync is, by sync.client; receipts of photos come last.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from field_app.blobs import mark_received
from field_app.items import pending_data
from field_app.office_word import OfficeWord
from field_app.owner import Owner
from field_app.sealing import Gcm, exchange_bytes, exchange_key, open_key
from field_app.store import Store
from field_app.unstored import unread, unstored
from field_app.vault import StorageFailedError, StorageFullError
from field_app.views import AnswerRead, Refused
from schemas.handover import Answered, Answering, Header, Received, Record, Turned
from schemas.ids import BlobId
from schemas.office_keys import KeyTurn
from sync import handover
from sync.client import Broken, Session
from sync.sealed_file import UnfitFileError, key_name, read_header, read_records, seal_info

OUT_OF_STEP = "serah_terima/tidak_cocok"
Alone = Callable[[], AbstractContextManager[bool]]
"""Holds the worker back; False inside when a sync is under way."""


class Answers:
    """Reads answers for one phone."""

    def __init__(self, store: Store, owner: Owner, word: OfficeWord, alone: Alone) -> None:
        self._store, self._owner, self._word, self._alone = store, owner, word, alone
        self._private = exchange_key(owner.private_key)
        self._key_name = key_name(exchange_bytes(owner.private_key))

    def read(self, path: Path, progress: Callable[[float], None]) -> AnswerRead | Refused:
        """Take an answer in. `progress` is told how much is done, 0 to 1."""
        try:
            with path.open("rb") as file:
                return self._read(file, progress)
        except UnfitFileError as error:
            return Refused(say=f"lapangan.jawaban.{error.problem}")
        except (StorageFullError, StorageFailedError) as error:
            return unstored(error)
        except OSError as error:
            return unread(error)

    def _read(self, file: BinaryIO, progress: Callable[[float], None]) -> AnswerRead | Refused:
        size = os.fstat(file.fileno()).st_size
        header = read_header(file.read)
        key = self._open(header)
        if isinstance(key, Refused):
            return key
        for _ in self._records(file, header, key):
            progress(file.tell() / size / 2)
        file.seek(0)
        if read_header(file.read) != header:
            raise UnfitFileError("serah_berubah")
        with self._alone() as nobody_else:
            if not nobody_else:
                return Refused(say="lapangan.serah.sedang_kirim")
            try:
                return self._take(self._records(file, header, key))
            except UnfitFileError:  # it was whole: the stick went, and some of it may be taken in already
                return Refused(say="lapangan.jawaban.tidak_terbaca")

    def _open(self, header: Header) -> bytes | Refused:
        if header.direction != "to_device":
            return Refused(say="lapangan.jawaban.bukan_jawaban")
        if header.office != self._owner.office_device:
            return Refused(say="lapangan.jawaban.kantor_lain")
        if header.device != self._owner.device or header.key != self._key_name:
            return Refused(say="lapangan.jawaban.hp_lain")
        key = open_key(header.sealed, self._private, seal_info(header))
        return key or Refused(say="lapangan.jawaban.serah_berubah")

    def _records(self, file: BinaryIO, header: Header, key: bytes) -> Iterator[Record]:
        """Give the records of an answer in their order. Raises UnfitFileError for any other."""
        allowed: tuple[type, ...] = (Turned, Answering)
        turns: list[KeyTurn] = []

        def verify(signature: bytes, message: bytes) -> bool:
            return self._word.believes(turns, signature, message)

        for record in read_records(file.read, header, Gcm(key), verify):
            if not isinstance(record, allowed):
                raise UnfitFileError("serah_berubah")
            yield record
            if isinstance(record, Turned):
                turns += record.turns
                allowed = (Answering,)
            else:
                allowed = (Received,) if isinstance(record, Received) else (Answered, Received)
        if Answering in allowed:
            raise UnfitFileError("serah_berubah")

    def _take(self, records: Iterator[Record]) -> AnswerRead | Refused:
        store = self._store
        before, session, rows, receipts = None, Session(), 0, 0
        cursor, heard_ms = store.cursor(), store.server_ms()
        waiting, diverged = pending_data(store), False
        answering = next(records)
        if isinstance(answering, Turned):
            self._word.take(answering)
            answering = next(records)
        for record in records:
            match record:
                case Answered(response=response):
                    if before is None and not (
                        isinstance(answering, Answering)
                        and handover.fits(store, answering, response, heard_ms)
                    ):
                        return Refused(say="lapangan.jawaban.sudah_lama")
                    effects = handover.take(store, session, before, response)
                    if isinstance(effects, Broken):
                        return Refused(say="lapangan.jawaban.serah_versi")
                    before, session, diverged = response, effects.session, effects.diverged
                    rows += effects.rows
                case Received(blobs=blobs) if before is not None:
                    with store.vault.write() as connection:
                        receipts += mark_received(connection, (BlobId(blob.hex()) for blob in blobs))
                case _:
                    raise UnfitFileError("serah_berubah")
        store.put(OUT_OF_STEP, diverged)
        return AnswerRead(
            data=max(0, waiting - pending_data(store)),
            photos=receipts,
            rows=rows if store.cursor() != cursor else 0,  # an answer read before brings what is here already
            out_of_step=diverged,
        )
