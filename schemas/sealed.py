"""What a sealed case looks like from outside, and what lies inside. Rule: outside, nothing says where or who.

A case is *rahasia* by its service, and sealing belongs to the case: all that is written about it is sealed to
the unit that may read it, or from the office to one person's device. Outside stand a neutral code, the
service, the state, the officer and days. How it is sealed is in sync/sealed_case.py; docs/protocol.md,
"Sealed cases".

Format 1 (2026-11-25): the first.
"""

from typing import Annotated, Any, Literal, get_args

import msgspec

from schemas.base import Message
from schemas.handover import KEY_BYTES, KEY_NAME_BYTES, SIGNATURE_BYTES
from schemas.ids import BlobId, ChangeId, DeviceId, PersonId, RecordId, Regency

FORMAT = 1
MEDIA_TYPE = "application/vnd.sambang.sealed"
SEALED_SERVICES = frozenset({"ktkpm"})
"""Every case of these services is *rahasia*, and never less: the floor is here, at both ends."""
SEALED_FORM = "tersegel"
"""What stands for the form of a sealed visit: which one it is would tell what happened to somebody."""
SEALED_FIELD = "berkas"
"""What stands for the field of its container."""
STEP_BYTES = 1024 * 1024
"""A container is padded to a multiple of this."""
SEALED_KEY_BYTES = 80
"""A content key (32 bytes) by HPKE: the encapsulated key, the ciphertext, its tag."""
NOTE_STEP_BYTES = 256
"""A note is padded to a multiple of this before it is sealed."""
MAX_CONTAINER_BYTES = 24 * STEP_BYTES
MAX_NOTE_BYTES = 64 * 1024
MAX_NOTES = 64
"""One for each reader: the unit, and the devices of the person whom it concerns."""
KODE_SIGNS = "BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels, so that a code never spells a name."""
KODE_LENGTH = 6
KODE_PATTERN = rf"^KS-[0-9]{{4}}-[{KODE_SIGNS}]{{{KODE_LENGTH}}}\Z"

Role = Literal["isi", "langkah", "alasan", "tujuan", "tugas", "catatan", "surat"]
"""What is sealed: a visit, the answers of a step, reasons, the purpose of a look, an assignment, what is
known of a case besides, a letter. A seal made for one role opens for no other."""

KeyName = Annotated[bytes, msgspec.Meta(min_length=KEY_NAME_BYTES, max_length=KEY_NAME_BYTES)]
SealedKey = Annotated[bytes, msgspec.Meta(min_length=SEALED_KEY_BYTES, max_length=SEALED_KEY_BYTES)]
NoteName = Annotated[str, msgspec.Meta(pattern=rf"^({'|'.join(get_args(Role))})(\.[0-9a-f]{{1,32}})?\Z")]
"""What tells the notes of a case or task apart: the role they are sealed under, and a number where one role
has several, such as letters. Nothing else, for it stands outside.
"""
ThingId = Annotated[RecordId, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
ContainerId = Annotated[BlobId, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
"""A name out of a workflow, and no sentence."""
ContainerBytes = Annotated[int, msgspec.Meta(ge=STEP_BYTES, le=MAX_CONTAINER_BYTES, multiple_of=STEP_BYTES)]
PublicKey = Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
Signature = Annotated[bytes, msgspec.Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]


class About(Message, frozen=True, kw_only=True):
    """What a seal is bound to. `number` is the version of a visit, from 1, in "isi" and "alasan"; else 0."""

    regency: Regency
    role: Role
    subject: RecordId
    number: Annotated[int, msgspec.Meta(ge=0)]
    key: KeyName


class Note(Message, frozen=True, kw_only=True):
    """Something small, sealed whole: `key` names the reader's public key, `data` is HPKE of a padded text."""

    key: KeyName
    data: Annotated[bytes, msgspec.Meta(max_length=MAX_NOTE_BYTES + 1024)]


class UnitKey(Message, frozen=True, kw_only=True):
    """A key of the unit that may read, signed by the unit's identity; phones take no other.

    `number` counts the unit's keys from 1, and the highest is the one to seal to.
    """

    regency: Regency
    service: str
    number: Annotated[int, msgspec.Meta(ge=1)]
    public_key: PublicKey
    made_ms: int
    signature: Annotated[bytes, msgspec.Meta(max_length=SIGNATURE_BYTES)] = b""
    """Empty only where it is made; one that is no signature verifies as none."""


class Opening(Message, frozen=True, kw_only=True, tag="opening"):
    """The first record of a container: what stands outside, once more, and which forms lie inside.

    A reader refuses a container whose opening does not agree with the change that named it.
    """

    regency: Regency
    visit: RecordId
    number: int
    follows: ChangeId | None
    kasus: RecordId
    author: PersonId
    device: DeviceId
    form: str
    forms: dict[str, int]
    made_ms: int


class Shot(Message, frozen=True, kw_only=True):
    """One photo, scan or signature inside: its place in the forms, and the SHA-256 of its bytes as hex."""

    blob: BlobId
    form: str
    field: str
    size_bytes: int
    media_type: str
    camera_sha256: str
    taken_ms: int
    thumbnail: bytes = b""


class Answers(Message, frozen=True, kw_only=True, tag="answers"):
    """All answers by form, and what is photographed."""

    answers: dict[str, dict[str, Any]]
    shots: list[Shot]


class Piece(Message, frozen=True, kw_only=True, tag="piece"):
    """The next bytes of the shots, in their order, one after another."""

    data: bytes


SealedRecord = Opening | Answers | Piece


def kode_of(year: int, randomness: bytes) -> str:
    """Return the neutral code of a case, such as KS-2026-KTRMBW, from a year and 8 random bytes."""
    number, signs = int.from_bytes(randomness, "big"), ""
    for _ in range(KODE_LENGTH):
        number, place = divmod(number, len(KODE_SIGNS))
        signs += KODE_SIGNS[place]
    return f"KS-{year:04d}-{signs}"
