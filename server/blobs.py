"""Photos, scans and signatures at rest. Rule: what is acknowledged is on the disk, whole, and encrypted.

A blob is named by the SHA-256 of its bytes; its file by an HMAC of that, so that a stolen disk does not tell
whether a known photo is on it. Each blob has its own key (HKDF of the master key and its name) and is cut
into pieces of 64 KiB, each AES-256-GCM with its number and whether it is the last one: pieces can neither be
swapped nor cut off. What lies under an older master key is read as well, until it is renewed. Written tmp,
fsync, rename, fsync of the folder. Memory holds one piece at a time.
"""

import hmac
import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.folders import below, listed
from schemas.ids import BlobId
from server.disk import ensure_folder, sync_folder
from server.keys import derive

PIECE_BYTES = 64 * 1024
TAG_BYTES = 16
UNFINISHED = ".tmp"


class DamagedBlobError(Exception):
    """A blob is missing, or its bytes are not what they were."""


class BlobStore:
    """Blobs in one folder, under one master key (32 bytes) or, until it is renewed, an older one."""

    def __init__(self, folder: Path, master: bytes, *older: bytes) -> None:
        self._folder, self._master, self._older = folder, master, older

    def path(self, blob: BlobId) -> Path:
        """Return where a blob rests; where it would, if it is not there."""
        return self._place(blob)[0]

    def paths(self, blob: BlobId) -> list[Path]:
        """Return every file of a blob: two only where it was renewed and the older one is still there."""
        places = (self._under(master, blob) for master in (self._master, *self._older))
        return [path for path in places if path.is_file()]

    def beside(self, origin: Path) -> Path:
        """Return where a blob rests here that rests at `origin` in a store of the same keys."""
        return self._folder / origin.parent.name / origin.name

    def has(self, blob: BlobId) -> bool:
        """Say whether a file of that name is there."""
        return self.path(blob).is_file()

    def put(self, blob: BlobId, chunks: Iterable[bytes], unfinished: str) -> bool:
        """Store a blob durably. Returns False, and keeps nothing, if the bytes are not those of its name.

        `unfinished` names the temporary file; two writers at once must not share one.
        """
        target = self._under(self._master, blob)
        ensure_folder(self._folder)
        ensure_folder(target.parent)
        temporary = self._folder / f"{unfinished}{UNFINISHED}"
        digest = sha256()
        try:
            with temporary.open("wb") as file:
                for piece in self._sealed(blob, _pieces(chunks, digest.update)):
                    file.write(piece)
                if digest.hexdigest() != blob:
                    return False
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(target)
            sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def read(self, blob: BlobId) -> Iterator[bytes]:
        """Give a blob's bytes piece by piece, each checked. Raises DamagedBlobError."""
        path, master = self._place(blob)
        cipher = AESGCM(derive(master, "blob", blob))
        try:
            with path.open("rb") as file:
                piece, number = file.read(PIECE_BYTES + TAG_BYTES), 0
                while True:
                    following = file.read(PIECE_BYTES + TAG_BYTES)
                    yield cipher.decrypt(_nonce(number), piece, _about(not following))
                    if not following:
                        return
                    piece, number = following, number + 1
        except FileNotFoundError as error:
            raise DamagedBlobError("missing") from error
        except InvalidTag as error:
            raise DamagedBlobError("changed") from error

    def check(self, blob: BlobId) -> int:
        """Read a blob whole and compare it with its name; return its size. Raises DamagedBlobError."""
        digest, size = sha256(), 0
        for piece in self.read(blob):
            digest.update(piece)
            size += len(piece)
        if digest.hexdigest() != blob:
            raise DamagedBlobError("changed")
        return size

    def renew(self, blob: BlobId, unfinished: str) -> None:
        """Bring a blob under the present master key, durably, and take older files of it away.

        Raises DamagedBlobError, and changes nothing then.
        """
        present = self._under(self._master, blob)
        if not present.is_file() and not self.put(blob, self.read(blob), unfinished):
            raise DamagedBlobError("changed")
        for path in self.paths(blob):
            if path != present:
                path.unlink()

    def remove(self, blob: BlobId) -> None:
        """Take a blob away, under whichever key it lies; nothing is said of one that is not there."""
        for path in self.paths(blob):
            path.unlink(missing_ok=True)

    def files(self) -> Iterator[Path]:
        """Give every file in the folder, whoever put it there."""
        return (path for path in below(self._folder) if not path.is_dir())

    def sweep(self) -> None:
        """Remove what a crash left unfinished; nothing else may be writing."""
        for path in listed(self._folder, f"*{UNFINISHED}"):
            path.unlink()

    def _place(self, blob: BlobId) -> tuple[Path, bytes]:
        """Return where a blob rests and the master key that it is under; the present one if it is nowhere."""
        present = self._under(self._master, blob)
        if self._older and not present.is_file():
            for master in self._older:
                path = self._under(master, blob)
                if path.is_file():
                    return path, master
        return present, self._master

    def _under(self, master: bytes, blob: BlobId) -> Path:
        name = hmac.new(master, b"name\0" + blob.encode(), "sha256").hexdigest()
        return self._folder / name[:2] / name

    def _sealed(self, blob: BlobId, pieces: Iterator[bytes]) -> Iterator[bytes]:
        cipher = AESGCM(derive(self._master, "blob", blob))
        piece, number = next(pieces, b""), 0
        for following in pieces:
            yield cipher.encrypt(_nonce(number), piece, _about(False))
            piece, number = following, number + 1
        yield cipher.encrypt(_nonce(number), piece, _about(True))


def _nonce(number: int) -> bytes:
    # A key belongs to one content, so a counter never meets the same key with other bytes.
    return number.to_bytes(12, "big")


def _about(last: bool) -> bytes:
    return b"last" if last else b"more"


def _pieces(chunks: Iterable[bytes], see: Callable[[bytes], None]) -> Iterator[bytes]:
    """Cut chunks of any size into pieces of one size, showing each chunk to `see`."""
    buffer = bytearray()
    for chunk in chunks:
        see(chunk)
        buffer += chunk
        while len(buffer) >= PIECE_BYTES:
            yield bytes(buffer[:PIECE_BYTES])
            del buffer[:PIECE_BYTES]
    if buffer:
        yield bytes(buffer)
