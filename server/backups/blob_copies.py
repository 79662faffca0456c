"""Blobs on a medium. Rule: copied once, as the ciphertext they are; never read again but to be checked.

A blob's ciphertext is the same wherever it lies, so a copy is good when its own seals open and its bytes have
the hash of its name: that needs neither the original nor a second list.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from schemas.folders import listed
from schemas.ids import BlobId
from server.backups.medium import UNFINISHED, forget_cached
from server.blobs import PIECE_BYTES, TAG_BYTES, BlobStore, DamagedBlobError
from server.disk import ensure_folder, sync_folder

ROTATION = 16
"""Every copy checks this part of the blobs that it did not write: all of them in so many copies."""
CHUNK_BYTES = 1024 * 1024


class BlobCopies:
    """The blobs of one medium, and the office's from which they come."""

    def __init__(
        self, source: BlobStore, folder: Path, masters: Sequence[bytes], *, ending: str = UNFINISHED
    ) -> None:
        self._source, self._folder, self._ending = source, folder, ending
        self.store = BlobStore(folder, *masters)
        self._touched: set[Path] = set()
        self.mended = 0

    def has(self, blob: BlobId, size_bytes: int) -> bool:
        """Say whether a file of the right length is there, under the key that the office has it under.

        Its content is not looked at.
        """
        origin = self._source.path(blob)
        return is_as_long(self.store.beside(origin) if origin.exists() else self.store.path(blob), size_bytes)

    def copy(self, blob: BlobId, size_bytes: int) -> bool:
        """Copy one blob; durable after `settle`. False where the office has it not, or not whole.

        Raises OSError when the medium fails.
        """
        origin = self._source.path(blob)
        target = self.store.beside(origin)
        try:
            reading = origin.open("rb")
        except FileNotFoundError:
            return False
        temporary = self._folder / f"{target.name}{self._ending}"
        with reading:
            if os.fstat(reading.fileno()).st_size != sealed_bytes(size_bytes):
                return False
            ensure_folder(self._folder)
            ensure_folder(target.parent)
            try:
                with temporary.open("wb") as writing:
                    while chunk := reading.read(CHUNK_BYTES):
                        writing.write(chunk)
                    writing.flush()
                    os.fsync(writing.fileno())
                    forget_cached(writing.fileno())
                temporary.rename(target)
            finally:
                temporary.unlink(missing_ok=True)
        self._touched.add(target.parent)
        return True

    def settle(self) -> None:
        """Make the names of what was copied durable."""
        for folder in self._touched:
            sync_folder(folder)
        self._touched.clear()

    def is_twice(self, blob: BlobId) -> bool:
        """Say whether a blob lies here under two keys, since the office changed them."""
        return len(self.store.paths(blob)) > 1

    def keep_newest(self, blob: BlobId) -> None:
        """Take away what lies here under older keys, once the file under the newer one was found whole."""
        for path in self.store.paths(blob)[1:]:
            path.unlink()

    def is_whole(self, blob: BlobId, size_bytes: int) -> bool:
        """Read a blob back from the medium and compare it with its name. Raises OSError."""
        return is_whole(self.store, blob, size_bytes)

    def mend(self, blob: BlobId, size_bytes: int) -> bool:
        """Replace a damaged copy by the office's own, if that is whole; otherwise take the copy away."""
        if is_whole(self._source, blob, size_bytes) and self.copy(blob, size_bytes):
            self.settle()
            if self.is_whole(blob, size_bytes):
                self.mended += 1
                return True
        self.store.path(blob).unlink(missing_ok=True)
        return bool(self.store.paths(blob)) and self.is_whole(blob, size_bytes)

    def destroy(self, blobs: Iterable[BlobId]) -> None:
        """Take away what the office destroyed."""
        for blob in blobs:
            self.store.remove(blob)

    def sweep(self) -> None:
        """Remove what was left unfinished under this ending; each that writes to a medium has its own."""
        for path in listed(self._folder, f"*{self._ending}"):
            path.unlink()


def is_whole(store: BlobStore, blob: BlobId, size_bytes: int) -> bool:
    """Read a blob and compare it with its name and size. Raises OSError for a disk that fails."""
    try:
        return store.check(blob) == size_bytes
    except DamagedBlobError:
        return False


def is_as_long(path: Path, size_bytes: int) -> bool:
    """Say whether a blob's file is there in its full length; its content is not looked at."""
    try:
        return path.stat().st_size == sealed_bytes(size_bytes)
    except FileNotFoundError:
        return False


def sealed_bytes(size_bytes: int) -> int:
    """Return how long the encrypted file of a blob of this size is."""
    pieces = max(1, -(-size_bytes // PIECE_BYTES))
    return size_bytes + pieces * TAG_BYTES


def in_turn(store: BlobStore, blob: BlobId, number: int) -> bool:
    """Say whether the copy of this number checks a blob that it did not write itself."""
    return int(store.path(blob).name[:2], 16) % ROTATION == number % ROTATION


def copy_all(
    copies: BlobCopies, missing: Sequence[tuple[BlobId, int]], advance: Callable[[], None]
) -> tuple[list[tuple[BlobId, int]], list[BlobId]]:
    """Copy what the medium lacks. Return what was copied, and what the office itself does not have whole."""
    fresh: list[tuple[BlobId, int]] = []
    absent: list[BlobId] = []
    for blob, size_bytes in missing:
        if copies.copy(blob, size_bytes):
            fresh.append((blob, size_bytes))
        else:
            absent.append(blob)
        advance()
    copies.settle()
    return fresh, absent


def check_back(
    copies: BlobCopies, blobs: Iterable[tuple[BlobId, int]], advance: Callable[[], None]
) -> list[BlobId]:
    """Read blobs back from the medium and mend what is damaged; return what cannot be mended."""
    lost: list[BlobId] = []
    for blob, size_bytes in blobs:
        if not copies.is_whole(blob, size_bytes) and not copies.mend(blob, size_bytes):
            lost.append(blob)
        else:
            copies.keep_newest(blob)
        advance()
    return lost
