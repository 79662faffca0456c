"""Encrypted chunks, in hand-over files and sealed containers. Rule: none can be swapped, left out or cut off.

    length (4 bytes; its highest bit marks the last), chunk      AES-256-GCM, as often as needed

A chunk holds 64 KiB. Its nonce is its number, and it is bound to being the last or not; so a key serves one
stream only. Reading goes forward, one chunk at a time.

    TornError       a chunk ends before it should
    AlteredError    a chunk is not what was written
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from schemas.handover import CHUNK_BYTES, TAG_BYTES

LENGTH_BYTES = 4
LAST = 1 << 31

Read = Callable[[int], bytes]
"""Gives up to so many of the next bytes; none at the end."""


class TornError(Exception):
    """Fewer bytes came than a chunk needs."""


class AlteredError(Exception):
    """A chunk does not decrypt: it was changed, swapped, or sealed under another key."""


class Cipher(Protocol):
    """AES-256-GCM under one content key."""

    def encrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes:
        """Return the ciphertext with its tag."""
        ...

    def decrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes | None:
        """Return the plaintext, None if it is not what was encrypted."""
        ...


def write_chunks(cipher: Cipher, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Encrypt pieces of any size, one after another. Gives the bytes of about a chunk at a time."""
    buffer, number = bytearray(), 0
    for piece in pieces:
        buffer += piece
        while len(buffer) > CHUNK_BYTES:
            yield _chunk(cipher, number, bytes(buffer[:CHUNK_BYTES]), last=False)
            del buffer[:CHUNK_BYTES]
            number += 1
    yield _chunk(cipher, number, bytes(buffer), last=True)


def read_chunks(
    read: Read, cipher: Cipher, heard: Callable[[bytes], None] = lambda _: None
) -> Iterator[bytes]:
    """Give the plaintext of each chunk up to the last. `heard` is told all bytes that were read.

    Raises TornError and AlteredError.
    """
    number, last = 0, False
    while not last:
        head = exactly(read, LENGTH_BYTES)
        length, last = int.from_bytes(head, "big") & (LAST - 1), bool(head[0] & 0x80)
        if not TAG_BYTES <= length <= CHUNK_BYTES + TAG_BYTES:
            raise AlteredError
        sealed = exactly(read, length)
        heard(head + sealed)
        plain = cipher.decrypt(_nonce(number), sealed, _about(last))
        if plain is None:
            raise AlteredError
        number += 1
        yield plain


def from_bytes(data: bytes) -> Read:
    """Read from bytes that are at hand."""
    place = 0

    def read(size: int) -> bytes:
        nonlocal place
        found = data[place : place + size]
        place += len(found)
        return found

    return read


def sealed_size(plain_bytes: int) -> int:
    """Return how many bytes so many become."""
    chunks = max(1, -(-plain_bytes // CHUNK_BYTES))
    return plain_bytes + chunks * (LENGTH_BYTES + TAG_BYTES)


def some(read: Read, size: int) -> bytes:
    """Read so many bytes, or fewer where it ends."""
    found = b""
    while len(found) < size and (more := read(size - len(found))):
        found += more
    return found


def exactly(read: Read, size: int) -> bytes:
    """Read so many bytes. Raises TornError."""
    found = some(read, size)
    if len(found) < size:
        raise TornError
    return found


def _chunk(cipher: Cipher, number: int, plain: bytes, *, last: bool) -> bytes:
    sealed = cipher.encrypt(_nonce(number), plain, _about(last))
    return (len(sealed) | (LAST if last else 0)).to_bytes(LENGTH_BYTES, "big") + sealed


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")  # the key is of this stream only, so a counter never meets it twice


def _about(last: bool) -> bytes:
    return b"last" if last else b"more"
