"""How all of a sealed case is sealed: notes, and one padded container for a visit. Rule: a reader names what
it expects to read, and gets that or nothing.

A note is HPKE (RFC 9180, base mode: X25519, HKDF-SHA256, AES-256-GCM) of a padded text to one reader, bound
to what it is about. A container is encrypted chunks (sync/chunks.py) under a content key of its own, which is
sealed like a note; inside lie records, each with its length before it: the opening, the answers, the bytes of
the shots in order. A length of zero ends them, and zeros fill up to a multiple of 1 MiB. A container is a
blob like others, named by its SHA-256; nobody reads it before its whole was checked.

    NotReadableError    altered, cut off, of a newer format, or about something else
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple, Protocol

import msgspec

from schemas.base import UNREADABLE, encode
from schemas.handover import KEY_NAME_BYTES
from schemas.ids import DeviceId, PersonId, RecordId, Regency
from schemas.sealed import (
    FORMAT,
    MAX_CONTAINER_BYTES,
    MAX_NOTE_BYTES,
    NOTE_STEP_BYTES,
    STEP_BYTES,
    About,
    Answers,
    KeyName,
    Note,
    Opening,
    Piece,
    Role,
    SealedRecord,
    UnitKey,
)
from sync.chain import Verifier
from sync.change import SealedSubmit
from sync.chunks import (
    LENGTH_BYTES,
    AlteredError,
    Cipher,
    TornError,
    from_bytes,
    read_chunks,
    sealed_size,
    write_chunks,
)

INFO_DOMAIN = b"sambang sealed v1\0"
UNIT_DOMAIN = b"sambang unit key v1\0"
PIECE_BYTES = 60 * 1024
_record: msgspec.msgpack.Decoder[SealedRecord] = msgspec.msgpack.Decoder(SealedRecord)


class NotReadableError(Exception):
    """What was sealed cannot be read, or is not about what it should be. Says nothing of its contents."""


class Seal(Protocol):
    """Seals to a public key under an info: HPKE of one end or the other."""

    def __call__(self, plain: bytes, public_key: bytes, info: bytes, /) -> bytes: ...


class Unseal(Protocol):
    """Opens with the reader's own key; None if it was not sealed to it under this info."""

    def __call__(self, sealed: bytes, info: bytes, /) -> bytes | None: ...


class Expected(NamedTuple):
    """What a reader knows of a visit from outside: whose word it is, and the change naming the container."""

    regency: Regency
    author: PersonId
    device: DeviceId
    submit: SealedSubmit


class Container(NamedTuple):
    """What lay in a container that was read whole; `shots` are the bytes of `answers.shots`, in order."""

    opening: Opening
    answers: Answers
    shots: list[bytes]


def name_of(public_key: bytes) -> KeyName:
    """Return what a seal calls its reader's public key."""
    return sha256(public_key).digest()[:KEY_NAME_BYTES]


def info_of(regency: Regency, role: Role, subject: RecordId, number: int, public_key: bytes) -> bytes:
    """Return what a seal is bound to."""
    about = About(regency=regency, role=role, subject=subject, number=number, key=name_of(public_key))
    return INFO_DOMAIN + FORMAT.to_bytes(2, "big") + encode(about)


def seal_note(plain: bytes, seal: Seal, public_key: bytes, info: bytes) -> Note:
    """Seal something small to one reader. Raises ValueError when it is too large."""
    padded = pad(plain, NOTE_STEP_BYTES)
    if len(padded) > MAX_NOTE_BYTES:
        raise ValueError("a note holds at most 64 KiB")
    return Note(key=name_of(public_key), data=seal(padded, public_key, info))


def open_note(note: Note, unseal: Unseal, info: bytes) -> bytes:
    """Open what was sealed to this reader. Raises NotReadableError."""
    padded = unseal(note.data, info)
    if padded is None:
        raise NotReadableError
    return unpad(padded)


def pad(plain: bytes, step: int) -> bytes:
    """Fill up to a multiple of `step` bytes: one 0x80, then zeros (ISO/IEC 7816-4)."""
    return plain + b"\x80" + bytes(-(len(plain) + 1) % step)


def unpad(padded: bytes) -> bytes:
    """Take the filling away. Raises NotReadableError when there is none."""
    plain, mark, rest = padded.rpartition(b"\x80")
    if not mark or rest.strip(b"\0"):
        raise NotReadableError
    return plain


def write_container(opening: Opening, answers: Answers, shots: Iterable[bytes], cipher: Cipher) -> bytes:
    """Return a container; `shots` are the bytes of `answers.shots`, in order.

    Raises ValueError when it would become larger than 24 MiB: then a visit has to be made of fewer photos.
    """
    frames = [_framed(opening), _framed(answers)]
    for shot in shots:
        frames += (
            _framed(Piece(data=shot[at : at + PIECE_BYTES])) for at in range(0, len(shot), PIECE_BYTES)
        )
    size = sum(map(len, frames)) + LENGTH_BYTES
    steps = -(-sealed_size(size) // STEP_BYTES)
    if steps * STEP_BYTES > MAX_CONTAINER_BYTES:
        raise ValueError("too large for one container")
    frames.append(bytes(_plain_size(steps) - size + LENGTH_BYTES))
    return b"".join(write_chunks(cipher, frames))


def read_container(data: bytes, cipher: Cipher, expected: Expected) -> Container:
    """Read a container whole. Raises NotReadableError when anything is not as it was written, or is about
    another visit, version, case, author or device than `expected`.
    """
    submit = expected.submit
    if len(data) != submit.size_bytes or sha256(data).hexdigest() != submit.blob:
        raise NotReadableError
    try:
        records = list(_records(b"".join(read_chunks(from_bytes(data), cipher))))
    except (TornError, AlteredError, *UNREADABLE) as error:
        raise NotReadableError from error
    match records:
        case [Opening() as opening, Answers() as answers, *pieces]:
            pass
        case _:
            raise NotReadableError
    if not _agrees(opening, expected) or not all(isinstance(piece, Piece) for piece in pieces):
        raise NotReadableError
    content = b"".join(piece.data for piece in pieces if isinstance(piece, Piece))
    shots, at = list[bytes](), 0
    for shot in answers.shots:
        shots.append(content[at : at + shot.size_bytes])
        at += shot.size_bytes
        if sha256(shots[-1]).hexdigest() != shot.blob:
            raise NotReadableError
    if at != len(content):
        raise NotReadableError
    return Container(opening, answers, shots)


def unit_message(key: UnitKey) -> bytes:
    """Return the bytes that the unit's identity signs for one of its keys."""
    return UNIT_DOMAIN + encode(msgspec.structs.replace(key, signature=b""))


def newest_key(keys: Iterable[UnitKey], regency: Regency, service: str, verify: Verifier) -> UnitKey | None:
    """Return the key to seal to: the one with the highest number that the pinned identity signed."""
    good = [
        key
        for key in keys
        if key.regency == regency and key.service == service and verify(key.signature, unit_message(key))
    ]
    return max(good, key=lambda key: key.number, default=None)


def _agrees(opening: Opening, expected: Expected) -> bool:
    submit = expected.submit
    inside = (
        opening.regency,
        opening.author,
        opening.device,
        opening.visit,
        opening.number,
        opening.follows,
        opening.kasus,
    )
    return inside == (
        expected.regency,
        expected.author,
        expected.device,
        submit.visit,
        submit.number,
        submit.follows,
        submit.kasus,
    )


def _plain_size(steps: int) -> int:
    """Return how many bytes become just so many MiB: each chunk adds its length and its tag."""
    return steps * STEP_BYTES - (sealed_size(steps * STEP_BYTES) - steps * STEP_BYTES)


def _framed(record: SealedRecord) -> bytes:
    raw = encode(record)
    return len(raw).to_bytes(LENGTH_BYTES, "big") + raw


def _records(plain: bytes) -> Iterator[SealedRecord]:
    """Give the records up to the end mark; what follows it must be zeros. Raises TornError and others."""
    at = 0
    while length := int.from_bytes(_cut(plain, at, LENGTH_BYTES), "big"):
        at += LENGTH_BYTES
        yield _record.decode(_cut(plain, at, length))
        at += length
    if plain[at:].strip(b"\0"):
        raise AlteredError


def _cut(plain: bytes, at: int, size: int) -> bytes:
    found = plain[at : at + size]
    if len(found) < size:
        raise TornError
    return found
