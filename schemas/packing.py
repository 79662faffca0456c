"""Messages as they travel: deflated with words that both ends know. Rule: unpacked, each is the same again.

A packed message, its ids folded if it is short, is a zlib stream (RFC 1950) with a preset dictionary, which
the stream itself names by the Adler-32 of its bytes. The dictionaries are data/dictionary.N.bin; each stays
for ever, and dictionary.py tells how the newest was made. See docs/protocol.md, "Packed messages".
"""

import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol

from schemas.base import Data
from schemas.folders import listed
from schemas.folding import fold, unfold

FOLDER = Path(__file__).parent / "data"
PACKED_TYPE = "application/vnd.sambang"
"""The media type of a packed message, where the plain ones have schemas.wire.MEDIA_TYPE."""
SHORT_BYTES = 16 * 1024
"""Longest message whose ids are folded: in longer ones deflate does as well by itself."""
FOLDED = b"\xc1"
"""What a folded message begins with, and no other."""
LEVEL = 6
HEADER_BYTES = 6
DEFLATED, HAS_DICTIONARY = 8, 0x20


class Deflating(Protocol):
    """A stream that is being deflated."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self, mode: int = zlib.Z_FINISH, /) -> bytes: ...
    def copy(self) -> "Deflating": ...


class Inflating(Protocol):
    """A stream that is being inflated."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, most_bytes: int, /) -> bytes: ...


class Codec(Protocol):
    """What makes and reads zlib streams: Python's own zlib, or a quicker module with the same functions."""

    @property
    def error(self) -> type[Exception]: ...
    def compressobj(
        self, level: int, method: int, wbits: int, mem_level: int, /, *, zdict: bytes = b""
    ) -> Deflating: ...
    def decompressobj(self, *, zdict: bytes) -> Inflating: ...


class Ending(Data, frozen=True, kw_only=True):
    """The end of a long message, deflated while its beginning was not known yet."""

    plain: bytes
    deflated: bytes


class Unpacked(Data, frozen=True, kw_only=True):
    """A message, and the dictionary that its sender knows."""

    data: bytes
    dictionary: int


class Refused(Data, frozen=True, kw_only=True):
    """What could not be unpacked; `problem` is a code of schemas/problem.py."""

    problem: Literal["pesan_tidak_terbaca", "pesan_terlalu_besar", "kamus_tidak_dikenal"]


class Packing:
    """Packs and unpacks with the given dictionaries, the newest last. May be used by several threads."""

    def __init__(self, dictionaries: Sequence[bytes], codec: Codec = zlib) -> None:
        self._codec = codec
        self._known = {zlib.adler32(words): words for words in dictionaries}
        # Copying one that has read its dictionary takes half as long as letting a new one read it.
        self._ready = {
            name: codec.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zdict=words)
            for name, words in self._known.items()
        }
        self.newest = zlib.adler32(dictionaries[-1])

    def pack(self, data: bytes, dictionary: int) -> bytes:
        """Return a message packed with one of the known dictionaries. Raises KeyError for another."""
        compressor = self._ready[dictionary].copy()
        if len(data) <= SHORT_BYTES:
            data = FOLDED + fold(data)
        return compressor.compress(data) + compressor.flush()

    def ending(self, data: bytes) -> Ending:
        """Deflate the end of a long message by itself, for `join`."""
        compressor = self._codec.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL)
        return Ending(plain=data, deflated=compressor.compress(data) + compressor.flush())

    def join(self, beginning: bytes, ending: Ending, dictionary: int) -> bytes:
        """Return the message of both, packed: one zlib stream, as `pack` gives for it but for a few bytes."""
        compressor = self._ready[dictionary].copy()
        begun = compressor.compress(beginning) + compressor.flush(zlib.Z_SYNC_FLUSH)
        checksum = zlib.adler32(ending.plain, zlib.adler32(beginning))
        return begun + ending.deflated + checksum.to_bytes(4, "big")

    def unpack(self, data: bytes, most_bytes: int) -> Unpacked | Refused:
        """Return the message in a packed one; what would be longer than `most_bytes` is not unpacked."""
        name = _dictionary_of(data)
        if name is None:
            return Refused(problem="pesan_tidak_terbaca")
        if name not in self._known:
            return Refused(problem="kamus_tidak_dikenal")
        inflater = self._codec.decompressobj(zdict=self._known[name])
        try:
            found = inflater.decompress(data, most_bytes + 1)
        except self._codec.error:
            return Refused(problem="pesan_tidak_terbaca")
        if len(found) > most_bytes:
            return Refused(problem="pesan_terlalu_besar")
        if not inflater.eof or inflater.unused_data:
            return Refused(problem="pesan_tidak_terbaca")
        if found.startswith(FOLDED):
            try:
                found = unfold(found[len(FOLDED) :])
            except ValueError:
                return Refused(problem="pesan_tidak_terbaca")
            if len(found) > SHORT_BYTES:
                return Refused(problem="pesan_tidak_terbaca")
        return Unpacked(data=found, dictionary=name)


def read_dictionaries(folder: Path = FOLDER) -> list[bytes]:
    """Return all published dictionaries, oldest first."""
    numbered = {int(path.suffixes[0][1:]): path for path in listed(folder, "dictionary.*.bin")}
    return [numbered[number].read_bytes() for number in sorted(numbered)]


@lru_cache(maxsize=1)
def load_packing() -> Packing:
    """Return the packing that ships with the program; read once."""
    return Packing(read_dictionaries())


def _dictionary_of(data: bytes) -> int | None:
    """Return which dictionary a zlib stream names; None if it is none, or names none."""
    if len(data) < HEADER_BYTES or data[0] & 0x0F != DEFLATED or not data[1] & HAS_DICTIONARY:
        return None
    return int.from_bytes(data[2:HEADER_BYTES], "big")
