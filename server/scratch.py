"""A file that is needed for a while, on the office's disk. Rule: nobody reads there what was in it.

It has no name, so that a crash leaves none; its blocks stay on the disk all the same until they are written
over. So they are sealed (AES-256-GCM) under a key that only this object has. It is written from first to last
and read likewise: nothing that was written is written over, so no nonce comes twice under the key.
"""

import io
from typing import TYPE_CHECKING, BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer  # stands in the checker's stubs only

PIECE_BYTES = 256 * 1024
TAG_BYTES = 16


class SealedScratch(io.BufferedIOBase):
    """Bytes that are written, then read from the beginning. `file` is closed with it, `key` has 32 bytes."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file, self._cipher = file, AESGCM(key)
        self._first = self._pieces = 0
        self._buffer = bytearray()
        self._at: int | None = None
        """The piece that is read next; None while it is written."""

    def writable(self) -> bool:
        """Whether it can still be written."""
        return self._at is None

    def readable(self) -> bool:
        """Whether it was rewound, and is read."""
        return self._at is not None

    def write(self, data: "ReadableBuffer", /) -> int:
        """Add to the end. Raises UnsupportedOperation once it is read, OSError."""
        if self._at is not None:
            raise io.UnsupportedOperation("it is read already")
        size = len(memoryview(data).cast("B"))
        self._buffer += data
        while len(self._buffer) >= PIECE_BYTES:
            self._seal(PIECE_BYTES)
        return size

    def truncate(self, size: int | None = None, /) -> int:
        """Forget all that was written: 0 is the only size that it can be cut to."""
        if size != 0 or self._at is not None:
            raise io.UnsupportedOperation("only to nothing, and before it is read")
        self._buffer.clear()
        self._first = self._pieces
        self._file.seek(0)
        return self._file.truncate()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to the beginning, and read from now on: it is the only place to go to."""
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only to the beginning")
        if self._at is None and self._buffer:
            self._seal(len(self._buffer))
        self._buffer.clear()
        self._at = self._first
        self._file.seek(0)
        return 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Give the next bytes, fewer only at the end. Raises InvalidTag for a disk that changed them."""
        if self._at is None:
            raise io.UnsupportedOperation("it is not written to the end")
        wanted = -1 if size is None else size
        while (wanted < 0 or len(self._buffer) < wanted) and self._at < self._pieces:
            sealed = self._file.read(PIECE_BYTES + TAG_BYTES)
            self._buffer += self._cipher.decrypt(_nonce(self._at), sealed, None)
            self._at += 1
        taken = bytes(self._buffer if wanted < 0 else self._buffer[:wanted])
        del self._buffer[: len(taken)]
        return taken

    def close(self) -> None:
        """Give the disk's room back."""
        self._file.close()
        super().close()

    def _seal(self, size: int) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._pieces), bytes(self._buffer[:size]), None))
        del self._buffer[:size]
        self._pieces += 1


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
