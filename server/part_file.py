"""An upload that is under way, encrypted on disk. Rule: its offset is what is durable, never what was meant.

The file is a run of segments: length (4 bytes), nonce (12), then AES-256-GCM of up to 64 KiB with the upload
and the offset bound in. A segment that a crash left torn is cut off when the file is next opened; all before
it was fsynced.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.disk import sync_folder

SEGMENT_BYTES = 64 * 1024
NONCE_BYTES = 12
TAG_BYTES = 16
_HEAD_BYTES = 4 + NONCE_BYTES


class DamagedPartError(Exception):
    """A segment that was durable is not what it was."""


class PartFile:
    """One upload's bytes so far. `key` is 32 bytes for this upload only; `randomness(n)` gives n bytes."""

    def __init__(
        self,
        path: Path,
        key: bytes,
        name: str,
        randomness: Callable[[int], bytes],
        *,
        read_only: bool = False,
    ) -> None:
        self._path = path
        self._cipher = AESGCM(key)
        self._name = name.encode()
        self._randomness = randomness
        is_new = not path.exists()
        self._handle = os.open(path, os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT, 0o600)
        if is_new:
            sync_folder(path.parent)
        self.offset, self._end = self._scan()
        self.is_torn = os.fstat(self._handle).st_size != self._end
        if self.is_torn and not read_only:
            os.ftruncate(self._handle, self._end)

    def append(self, data: bytes) -> None:
        """Add bytes durably: they survive a power cut when this returns."""
        for start in range(0, len(data), SEGMENT_BYTES):
            segment = data[start : start + SEGMENT_BYTES]
            nonce = self._randomness(NONCE_BYTES)
            sealed = self._cipher.encrypt(nonce, segment, self._about(self.offset))
            _write_all(self._handle, len(segment).to_bytes(4, "big") + nonce + sealed, self._end)
            self._end += _HEAD_BYTES + len(sealed)
            self.offset += len(segment)
        if data:
            os.fsync(self._handle)

    def mark(self) -> tuple[int, int]:
        """Remember where the file ends now, for `back_to`."""
        return self.offset, self._end

    def back_to(self, mark: tuple[int, int]) -> None:
        """Forget durably what was added since `mark`."""
        self.offset, self._end = mark
        os.ftruncate(self._handle, self._end)
        os.fsync(self._handle)

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes so far. Raises DamagedPartError."""
        place = offset = 0
        while place < self._end:
            data = self._segment(place, offset)
            if data is None:
                raise DamagedPartError("changed")
            yield data
            place += _HEAD_BYTES + len(data) + TAG_BYTES
            offset += len(data)

    def is_in_place(self) -> bool:
        """Say whether its path still names this file: it may be gone, or another disk lie there."""
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._handle))
        except OSError:
            return False

    def close(self) -> None:
        """Let go of the file; it stays."""
        os.close(self._handle)

    def _scan(self) -> tuple[int, int]:
        """Return offset and place after the last whole segment; only the last one can be torn."""
        size = os.fstat(self._handle).st_size
        places: list[tuple[int, int]] = [(0, 0)]
        while (following := self._after(places[-1], size)) is not None:
            places.append(following)
        # The last segment may have its length on disk and its bytes not.
        while len(places) > 1 and self._segment(places[-2][1], places[-2][0]) is None:
            places.pop()
        return places[-1]

    def _after(self, place: tuple[int, int], size: int) -> tuple[int, int] | None:
        offset, start = place
        head = os.pread(self._handle, 4, start)
        length = int.from_bytes(head, "big")
        end = start + _HEAD_BYTES + length + TAG_BYTES
        if len(head) < 4 or not 0 < length <= SEGMENT_BYTES or end > size:
            return None
        return offset + length, end

    def _segment(self, place: int, offset: int) -> bytes | None:
        head = os.pread(self._handle, _HEAD_BYTES, place)
        length = int.from_bytes(head[:4], "big")
        sealed = os.pread(self._handle, length + TAG_BYTES, place + _HEAD_BYTES)
        try:
            return self._cipher.decrypt(head[4:], sealed, self._about(offset))
        except (InvalidTag, ValueError):
            return None

    def _about(self, offset: int) -> bytes:
        return self._name + offset.to_bytes(8, "big")


def fitting(path: Path, keys: Sequence[bytes], name: str) -> bytes:
    """Return the key that a part file was begun under; the first of them where none opens it."""
    if len(keys) > 1 and path.exists():
        for key in keys:
            part = PartFile(path, key, name, no_writing, read_only=True)
            part.close()
            if part.offset:
                return key
    return keys[0]


def no_writing(_: int) -> bytes:
    """Stand for the randomness of a file that is only read. Raises PermissionError."""
    raise PermissionError("nothing is written here")


def _write_all(handle: int, data: bytes, place: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(handle, view, place)
        view, place = view[written:], place + written
