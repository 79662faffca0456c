"""Resumable uploads, without HTTP. Rule: nothing counts until the whole file has the hash that was announced.

What arrived is kept, encrypted, in one part file for each upload; its durable length is the offset. A file
that came whole in one go needs neither part file nor a row before: it becomes a blob, an upload that is done
and a receipt in one commit. Whose hash it is makes no difference: a device must send the bytes unless that
very device sent them before. The HTTP side (tus 1.0, tus.io) is server/api/tus.py. All methods block.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from msgspec.structs import replace

from schemas.ids import BlobId, DeviceId
from schemas.problem import Problem
from server import upload_store
from server.blobs import BlobStore
from server.disk import ensure_folder
from server.engine import Engine, Reader, Writer
from server.keys import KEY_BYTES, derive
from server.part_file import DamagedPartError, PartFile, fitting
from server.scratch import SealedScratch
from server.store import SqlOfficeStore
from server.upload_store import Upload
from sync.visits import is_blob_id

MAX_UPLOAD_BYTES = 25 * 1024 * 1024
EXPIRY_MS = 7 * 24 * 3_600_000
SWEEP_MS = 60_000
"""How long to wait between two looks through all uploads, of which a busy week leaves many."""
MOST_UNFINISHED = 500
MOST_UNFINISHED_BYTES = 256 * 1024 * 1024
"""What one device may have announced and not finished: ten of the largest files, or a field week's photos."""
MOST_UNNAMED_BYTES = 256 * 1024 * 1024
"""What one device may send that none of its changes names. Records go first, so phones seldom send any."""


class Uploads:
    """Uploads in one folder; `masters` are keys, the present one first; `randomness(n)` gives n bytes."""

    def __init__(
        self,
        engine: Engine,
        blobs: BlobStore,
        folder: Path,
        masters: Sequence[bytes],
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._blobs, self._folder, self._masters = engine, blobs, folder, masters
        self._now_ms, self._randomness = now_ms, randomness
        self._swept_ms = 0
        ensure_folder(folder)

    def plan(
        self, device: DeviceId, size_bytes: int | None, sha256: str | None, metadata: str
    ) -> Upload | Problem:
        """Return a new upload, of which nothing is stored yet: its first bytes come with its creation.

        It is `done`, and stored, if this very device sent these bytes before.
        """
        new = self._new(device, size_bytes, sha256, metadata)
        if isinstance(new, Problem):
            return new

        def look(reader: Reader) -> Problem | bool:
            if SqlOfficeStore.reading(reader).is_destroyed(new.blob):
                return Problem(code="berkas_dimusnahkan")
            if upload_store.was_sent_by(reader, new.blob, device) == new.size_bytes:
                return True
            return _too_much(reader, new, upload_store.unfinished(reader, device)) or False

        found = self._engine.read(look)
        if isinstance(found, Problem):
            return found
        return self.keep(new) if found else new

    def begin(
        self, device: DeviceId, size_bytes: int | None, sha256: str | None, metadata: str
    ) -> Upload | Problem:
        """Begin an upload, or find the one that this device has begun or finished already."""
        new = self._new(device, size_bytes, sha256, metadata)
        return new if isinstance(new, Problem) else self.keep(new, or_older=True)

    def begin_anew(
        self, device: DeviceId, size_bytes: int | None, sha256: str | None, metadata: str
    ) -> Upload | Problem:
        """Begin an upload of no bytes, whatever came before: for clients that take every new one for that."""
        new = self._new(device, size_bytes, sha256, metadata)
        return new if isinstance(new, Problem) else self.keep(new, anew=True)

    def keep(self, new: Upload, *, or_older: bool = False, anew: bool = False) -> Upload | Problem:
        """Store a new upload, so that it can be gone on with; `or_older`: unless one like it is there;
        `anew`: also if its device sent all of it before.
        """
        now = self._now_ms()

        def work(writer: Writer) -> Upload | Problem:
            if SqlOfficeStore.writing(writer).is_destroyed(new.blob):
                return Problem(code="berkas_dimusnahkan")
            if not anew and upload_store.was_sent_by(writer, new.blob, new.device) == new.size_bytes:
                known = upload_store.finished(writer, new.device, new.blob)
                if known is not None and known.expires_ms > now:
                    return known
                done = replace(new, done=True)
                upload_store.put_upload(writer, done)
                return done
            others = upload_store.unfinished(writer, new.device)
            older = _begun_before(new, others, now) if or_older else None
            if older is not None:
                return older
            too_much = _too_much(writer, new, others)
            if too_much is not None:
                return too_much
            upload_store.put_upload(writer, new)
            return new

        return self._engine.write(work).result()

    def find(self, device: DeviceId, name: str) -> Upload | Problem:
        """Return this device's upload, if it is there and not too old."""
        found = self._engine.read(lambda reader: upload_store.upload(reader, name))
        if found is None or found.device != device:
            return Problem(code="unggah_tidak_ada")
        if found.expires_ms <= self._now_ms():
            self.remove(found)
            return Problem(code="unggah_kedaluwarsa")
        return found

    def offset(self, upload: Upload) -> int | Problem:
        """Return how much is durable; finish an upload that a crash kept from being finished."""
        # it may have been finished or ended since it was looked for
        now = self._engine.read(lambda reader: upload_store.upload(reader, upload.id))
        if now is None:
            return Problem(code="unggah_tidak_ada")
        if now.done:
            return now.size_bytes
        part = self.part(now)
        if part is None:
            return 0
        try:
            if part.offset < now.size_bytes:
                return part.offset
            return self.finish(now, part.chunks()) or now.size_bytes
        finally:
            part.close()

    def part(self, upload: Upload) -> PartFile | None:
        """Open an upload's part file if anything was kept in it; only one at a time may have it."""
        return self.open(upload) if self._path(upload).exists() else None

    def open(self, upload: Upload) -> PartFile:
        """Open an upload's part file, new or not; only one at a time may have it."""
        ensure_folder(self._folder)  # somebody may have cleared it away while we serve
        path, name = self._path(upload), upload.id
        key = fitting(path, [derive(master, "upload", name) for master in self._masters], name)
        return PartFile(path, key, name, self._randomness)

    def finish(self, upload: Upload, pieces: Iterable[bytes]) -> Problem | None:
        """Verify the whole file and make it a blob; one that is not what was announced is thrown away.

        The upload need not be stored before: then all of it is in the one commit that gives the receipt.
        """
        if self._engine.read(lambda reader: SqlOfficeStore.reading(reader).is_destroyed(upload.blob)):
            self.remove(upload)
            return Problem(code="berkas_dimusnahkan")
        try:
            is_right = self._blobs.put(upload.blob, pieces, upload.id)
        except DamagedPartError:
            is_right = False
        if not is_right:
            self.remove(upload)
            return Problem(code="unggah_isi_berbeda")
        self._received(upload.blob, upload.size_bytes, upload.device, by=upload)
        self._path(upload).unlink(missing_ok=True)
        return None

    def take(
        self, device: DeviceId, blob: BlobId, size_bytes: int, pieces: Iterable[bytes]
    ) -> bool | Problem:
        """Store a blob that came whole, in a hand-over file. Returns whether it is new from this device."""
        refused = _refused(size_bytes, blob)
        if refused is not None:
            return refused
        if self._engine.read(lambda reader: SqlOfficeStore.reading(reader).is_destroyed(blob)):
            return Problem(code="berkas_dimusnahkan")
        if self._engine.read(lambda reader: upload_store.was_sent_by(reader, blob, device)) == size_bytes:
            return False
        refused = self._engine.read(lambda reader: _unnamed(reader, device, blob, size_bytes))
        if refused is not None:
            return refused
        if not self._blobs.put(blob, pieces, self._randomness(16).hex()):
            return Problem(code="unggah_isi_berbeda")
        self._received(blob, size_bytes, device)
        return True

    @property
    def folder(self) -> Path:
        """Where uploads under way lie, and what else is needed for a while."""
        return self._folder

    def scratch(self) -> BinaryIO:
        """Return a file without a name on the office's disk, sealed; gone when it is closed, also by a crash.

        It is written to its end, then read from its beginning.
        """
        ensure_folder(self._folder)
        file = cast(BinaryIO, TemporaryFile(dir=self._folder))  # noqa: SIM115 - closed by who asked
        return cast(BinaryIO, SealedScratch(file, self._randomness(KEY_BYTES)))

    def remove(self, upload: Upload) -> None:
        """End an upload and forget what came of it; a blob that was finished stays."""
        self._engine.write(lambda writer: upload_store.remove_upload(writer, upload.id)).result()
        self._path(upload).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Forget uploads whose time is over."""
        now = self._swept_ms = self._now_ms()
        for upload in self._engine.read(lambda reader: upload_store.expired(reader, now)):
            self.remove(upload)

    def tidy(self) -> None:
        """Remove part files that no upload owns any more, and folders that a crash left; at start, when
        nothing is under way.
        """
        under_way = {upload.id for upload in self._engine.read(upload_store.uploads) if not upload.done}
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in under_way:
                path.unlink()

    def _received(self, blob: BlobId, size_bytes: int, device: DeviceId, *, by: Upload | None = None) -> None:
        """Note that a device sent a blob, `by` an upload or in a file; what else it had begun of the same is
        forgotten, for it comes back to none of it.
        """
        now = self._now_ms()

        def work(writer: Writer) -> list[Upload]:
            SqlOfficeStore.writing(writer).blob_received(blob, size_bytes, device, now)
            if by is not None:
                upload_store.put_upload(writer, replace(by, done=True))
            needless = [each for each in upload_store.unfinished(writer, device) if each.blob == blob]
            for each in needless:
                upload_store.remove_upload(writer, each.id)
            return needless

        for each in self._engine.write(work).result():
            self._path(each).unlink(missing_ok=True)

    def _new(
        self, device: DeviceId, size_bytes: int | None, sha256: str | None, metadata: str
    ) -> Upload | Problem:
        refused = _refused(size_bytes, sha256)
        if refused is not None or size_bytes is None or sha256 is None:
            return refused or Problem(code="unggah_sidik_tidak_disebut")
        now = self._now_ms()
        if not 0 <= now - self._swept_ms < SWEEP_MS:
            self.sweep()
        return Upload(
            id=self._randomness(16).hex(),
            device=device,
            blob=BlobId(sha256),
            size_bytes=size_bytes,
            metadata=metadata,
            expires_ms=now + EXPIRY_MS,
            done=False,
        )

    def _path(self, upload: Upload) -> Path:
        return self._folder / upload.id


def _begun_before(new: Upload, others: Sequence[Upload], now_ms: int) -> Upload | None:
    """Return one of a device's unfinished uploads that is of the same file and not too old."""
    for other in others:
        if other.blob == new.blob and other.size_bytes == new.size_bytes and other.expires_ms > now_ms:
            return other
    return None


def _too_much(reader: Reader, new: Upload, others: Sequence[Upload]) -> Problem | None:
    """Refuse what would let one device fill the disk."""
    unfinished = sum(other.size_bytes for other in others) + new.size_bytes
    if len(others) >= MOST_UNFINISHED or unfinished > MOST_UNFINISHED_BYTES:
        return Problem(code="unggah_terlalu_banyak")
    return _unnamed(reader, new.device, new.blob, unfinished)


def _unnamed(reader: Reader, device: DeviceId, blob: BlobId, more_bytes: int) -> Problem | None:
    """Refuse more bytes of what no change names than one device may leave here."""
    if upload_store.is_named(reader, device, blob):
        return None
    unnamed = upload_store.unnamed_bytes(reader, device) + more_bytes
    return Problem(code="unggah_tanpa_catatan") if unnamed > MOST_UNNAMED_BYTES else None


def _refused(size_bytes: int | None, sha256: str | None) -> Problem | None:
    if size_bytes is None or size_bytes < 0:
        return Problem(code="unggah_ukuran_tidak_disebut")
    if size_bytes == 0:
        return Problem(code="unggah_kosong")
    if size_bytes > MAX_UPLOAD_BYTES:
        return Problem(code="unggah_terlalu_besar", values={"batas_mb": str(MAX_UPLOAD_BYTES // 1024**2)})
    if sha256 is None or not is_blob_id(sha256):
        return Problem(code="unggah_sidik_tidak_disebut")
    return None
