"""How a hand-over file is sealed: opening, encrypted chunks, one signature. Rule: nobody holds it whole.

    "SAMBANG\\0", format (2 bytes), length (2 bytes), Header      in the clear
    length (4 bytes; its highest bit marks the last), chunk      AES-256-GCM, as often as needed
    signature (64 bytes)                                         Ed25519 over all before it

A chunk holds 64 KiB of records, each with its length before it. Its nonce is its number, and it is bound to
being the last or not: chunks can neither be swapped, left out nor cut off. The header is bound by the key,
which opens only with the very header it was sealed under. Reading goes forward only, one chunk at a time;
whether a file is whole is known at its end, so it is read once to check and once more to take it in.

    UnfitFileError    the file is not what it should be; `problem` is a code of schemas/problem.py
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

import msgspec

from schemas.base import UNREADABLE, encode
from schemas.handover import (
    FORMAT,
    KEY_NAME_BYTES,
    MAGIC,
    MAX_HEADER_BYTES,
    MAX_RECORD_BYTES,
    SIGNATURE_BYTES,
    Header,
    Record,
)
from sync.chain import Verifier
from sync.chunks import (
    LENGTH_BYTES,
    AlteredError,
    Cipher,
    Read,
    TornError,
    exactly,
    read_chunks,
    some,
    write_chunks,
)

SIGN_DOMAIN = b"sambang handover v1\0"
SEAL_DOMAIN = b"sambang handover seal v1\0"
NUMBER_BYTES = 2

_header = msgspec.msgpack.Decoder(Header)
_record: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)


class UnfitFileError(Exception):
    """The file cannot be used; `problem` is a code, without anything of its contents."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def key_name(public_key: bytes) -> bytes:
    """Return what a header calls a public key."""
    return sha256(public_key).digest()[:KEY_NAME_BYTES]


def seal_info(header: Header) -> bytes:
    """Return what the sealed key is bound to: the format and all of the header but the key itself."""
    unsealed = msgspec.structs.replace(header, sealed=b"")
    return SEAL_DOMAIN + FORMAT.to_bytes(NUMBER_BYTES, "big") + encode(unsealed)


def write_file(
    header: Header, cipher: Cipher, records: Iterable[Record], sign: Callable[[bytes], bytes]
) -> Iterator[bytes]:
    """Give the bytes of a file in order, about a chunk at a time."""
    digest = sha256()
    for piece in _body(header, cipher, records):
        digest.update(piece)
        yield piece
    yield sign(SIGN_DOMAIN + digest.digest())


def read_header(read: Read) -> Header:
    """Read the opening of a file. Raises UnfitFileError."""
    if some(read, len(MAGIC)) != MAGIC:
        raise UnfitFileError("serah_bukan_berkas")
    if int.from_bytes(_exactly(read, NUMBER_BYTES), "big") != FORMAT:
        raise UnfitFileError("serah_versi")
    length = int.from_bytes(_exactly(read, NUMBER_BYTES), "big")
    if length > MAX_HEADER_BYTES:
        raise UnfitFileError("serah_berubah")
    raw = _exactly(read, length)
    try:
        header = _header.decode(raw)
    except UNREADABLE as error:
        raise UnfitFileError("serah_berubah") from error
    if encode(header) != raw:  # so that what is hashed below is what stood there
        raise UnfitFileError("serah_berubah")
    return header


def read_records(read: Read, header: Header, cipher: Cipher, verify: Verifier) -> Iterator[Record]:
    """Give the records that follow a header that was just read.

    Raises UnfitFileError where a chunk is not what it was, or at the end if the signature is not.
    """
    digest = sha256(_opening(header))
    buffer = bytearray()
    try:
        for plain in read_chunks(read, cipher, digest.update):
            buffer += plain
            yield from _whole_records(buffer)
    except TornError as error:
        raise UnfitFileError("serah_terpotong") from error
    except AlteredError as error:
        raise UnfitFileError("serah_berubah") from error
    signature = _exactly(read, SIGNATURE_BYTES)
    if buffer or read(1) or not verify(signature, SIGN_DOMAIN + digest.digest()):
        raise UnfitFileError("serah_berubah")


def _body(header: Header, cipher: Cipher, records: Iterable[Record]) -> Iterator[bytes]:
    yield _opening(header)
    yield from write_chunks(cipher, (_framed(record) for record in records))


def _framed(record: Record) -> bytes:
    raw = encode(record)
    return len(raw).to_bytes(LENGTH_BYTES, "big") + raw


def _opening(header: Header) -> bytes:
    raw = encode(header)
    return MAGIC + FORMAT.to_bytes(NUMBER_BYTES, "big") + len(raw).to_bytes(NUMBER_BYTES, "big") + raw


def _whole_records(buffer: bytearray) -> Iterator[Record]:
    """Take the records that are whole out of the buffer."""
    place = 0
    while len(buffer) - place >= LENGTH_BYTES:
        length = int.from_bytes(buffer[place : place + LENGTH_BYTES], "big")
        if length > MAX_RECORD_BYTES:
            raise UnfitFileError("serah_versi")
        if len(buffer) - place - LENGTH_BYTES < length:
            break
        raw = bytes(buffer[place + LENGTH_BYTES : place + LENGTH_BYTES + length])
        place += LENGTH_BYTES + length
        try:
            record = _record.decode(raw)
        except UNREADABLE as error:
            # The chunk is as it was written: then whoever wrote it speaks a newer language.
            raise UnfitFileError("serah_versi") from error
        yield record
    del buffer[:place]


def _exactly(read: Read, size: int) -> bytes:
    try:
        return exactly(read, size)
    except TornError as error:
        raise UnfitFileError("serah_terpotong") from error
