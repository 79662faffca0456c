"""What can happen: a change's content. Rule: the id of a change is the SHA-256 of its content bytes.

A content is encoded once, by its author, and kept as those bytes for ever. The salt makes the id say nothing
about a small answer. The author is fixed when the change is made; the clock is for showing and flagging,
never for ordering. See docs/protocol.md, "Changes".
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec

from schemas.base import Message, encode
from schemas.ids import BlobId, ChangeId, DeviceId, PersonId, RecordId
from schemas.sealed import (
    MAX_NOTES,
    Code,
    ContainerBytes,
    ContainerId,
    KeyName,
    Note,
    NoteName,
    SealedKey,
    ThingId,
)

SALT_BYTES = 16
Notes = Annotated[list[Note], msgspec.Meta(max_length=MAX_NOTES)]
MOST_NESTED = 16
"""How many lists and maps may stand in one another in an answer; a table of answers needs three."""


class Clock(Message, frozen=True, kw_only=True):
    """Times at the moment of the change, all in milliseconds; `boot` tells two runs of `elapsed_ms` apart."""

    wall_ms: int
    elapsed_ms: int
    boot: str
    server_ms: int


class Place(Message, frozen=True, kw_only=True):
    """Where a device says it was: degrees (WGS 84), accuracy in metres, time of the fix in UTC ms."""

    lat: float
    lng: float
    accuracy_m: float
    at_ms: int
    mock: bool = False
    source: str = "gps"


class Evidence(Message, frozen=True, kw_only=True):
    """One blob that a visit names: where it belongs and what it was made from."""

    blob: BlobId
    form: str
    field: str
    size_bytes: int
    media_type: str
    camera_sha256: str
    taken_ms: int
    place: Place | None = None


class FormAnswers(Message, frozen=True, kw_only=True):
    """Answers to one version of a form. A skipped answer is `{"skipped": reason}`."""

    version: int
    answers: dict[str, Any]


class Patch(Message, frozen=True, kw_only=True, tag="patch"):
    """Set fields of a record. `base` holds what the author saw in each of them (absent: nothing)."""

    record: RecordId
    kind: str
    base: dict[str, Any]
    new: dict[str, Any]


class Advance(Message, frozen=True, kw_only=True, tag="advance"):
    """Move a kasus along its workflow. `follows` is the newest Advance (or creation) that the author saw."""

    kasus: RecordId
    follows: ChangeId | None
    event: str
    answers: dict[str, Any]


class Submit(Message, frozen=True, kw_only=True, tag="submit"):
    """A finalised visit, or a further version of one: then `follows` names the version it corrects."""

    visit: RecordId
    follows: ChangeId | None
    subject: RecordId | None
    form: str
    forms: dict[str, FormAnswers]
    evidence: list[Evidence]
    place: Place | None
    tugas: RecordId | None


class Decide(Message, frozen=True, kw_only=True, tag="decide"):
    """The office's word on a visit. `follows` is the newest change of that visit that the officer saw."""

    visit: RecordId
    follows: ChangeId
    decision: Literal["setujui", "kembalikan", "tolak", "tahan", "biarkan"]
    reasons: dict[str, str]
    note: str


class Resolve(Message, frozen=True, kw_only=True, tag="resolve"):
    """The office's choice for a parked conflict. `follows` is the conflict's newest state that was seen."""

    conflict: RecordId
    follows: ChangeId
    values: dict[str, Any]


class Enrolled(Message, frozen=True, kw_only=True, tag="enrolled"):
    """A device joined: its Ed25519 public key (32 bytes) and whose it is. Only in the office's chain."""

    device: DeviceId
    person: PersonId
    public_key: bytes


class Accessed(Message, frozen=True, kw_only=True, tag="accessed"):
    """Someone looked at a closed file, or exported it: what, and why. Only in the office's chain."""

    subject: RecordId
    purpose: str


class Gap(Message, frozen=True, kw_only=True, tag="gap"):
    """The places `first` to `last` of this device's chain can never be filled again: the phone lost them."""

    first: Annotated[int, msgspec.Meta(ge=1)]
    last: Annotated[int, msgspec.Meta(ge=1)]


class Destroyed(Message, frozen=True, kw_only=True, tag="destroyed"):
    """These contents and blobs were destroyed, and these records emptied. Only in the office's chain.

    `changes` keeps of each what the order of things still needs: its content without answers, reasons, place
    and evidence; empty where it never took effect. `basis` names the berita acara.
    """

    changes: dict[ChangeId, bytes]
    blobs: list[BlobId]
    records: list[RecordId]
    basis: str


class SealedSubmit(Message, frozen=True, kw_only=True, tag="sealed_submit"):
    """A finalised visit to a sealed case: all of it lies in one container, a blob like others.

    `key` names the unit key that opens `opened`, the container's content key by HPKE.
    """

    visit: ThingId
    follows: ChangeId | None
    kasus: ThingId
    number: Annotated[int, msgspec.Meta(ge=1)]
    blob: ContainerId
    size_bytes: ContainerBytes
    key: KeyName
    opened: SealedKey
    tugas: ThingId | None


class SealedAdvance(Message, frozen=True, kw_only=True, tag="sealed_advance"):
    """Move a sealed kasus along its workflow; the step's answers are a note to the unit. Only the office."""

    kasus: ThingId
    follows: ChangeId | None
    event: Code
    note: Note


class SealedDecide(Message, frozen=True, kw_only=True, tag="sealed_decide"):
    """The office's word on a sealed visit; the reasons are notes, to the unit and to the author's devices."""

    visit: ThingId
    follows: ChangeId
    decision: Literal["setujui", "kembalikan", "tolak", "tahan", "biarkan"]
    notes: Notes


class SealedNote(Message, frozen=True, kw_only=True, tag="sealed_note"):
    """Something about a sealed case or task that only its readers may know, in place of what stood there.

    `record` is a kasus or tugas, `name` tells its notes apart, `follows` is the change that was seen there.
    Only the office; no notes take away what stood there.
    """

    record: ThingId
    name: NoteName
    follows: ChangeId | None
    notes: Notes


class SealedAccess(Message, frozen=True, kw_only=True, tag="sealed_access"):
    """Someone opened the room for a case, or broke its glass; the purpose is a note. Only the office's."""

    kasus: ThingId
    action: Literal["buka", "unduh", "cetak", "darurat"]
    note: Note


Body = (
    Patch
    | Advance
    | Submit
    | Decide
    | Resolve
    | Enrolled
    | Accessed
    | Gap
    | Destroyed
    | SealedSubmit
    | SealedAdvance
    | SealedDecide
    | SealedNote
    | SealedAccess
)


class Content(Message, frozen=True, kw_only=True):
    """One change, whole. `salt` is 16 random bytes."""

    salt: bytes
    author: PersonId
    clock: Clock
    body: Body


_decoder = msgspec.msgpack.Decoder(Content)
_NESTING = frozenset({list, dict})
"""What decoding makes of a value that holds others."""


def seal(content: Content) -> tuple[ChangeId, bytes]:
    """Encode a content for good. Returns its id and bytes. Raises ValueError for a salt of wrong length."""
    if len(content.salt) != SALT_BYTES:
        raise ValueError("the salt has 16 bytes")
    data = encode(content)
    return change_id(data), data


def change_id(data: bytes) -> ChangeId:
    """Return the id of a change from its content bytes."""
    return ChangeId(sha256(data).digest())


def read(data: bytes) -> Content:
    """Decode content bytes strictly. Raises msgspec.ValidationError or msgspec.DecodeError.

    How deep a value may be nested is said here, so that both ends and every Python agree on it.
    """
    try:
        content = _decoder.decode(data)
    except (RecursionError, UnicodeDecodeError) as error:  # msgspec lets both through
        raise msgspec.ValidationError("nested too deep, or no UTF-8") from error
    if any(_is_deep(value, MOST_NESTED) for value in _nesting(_free_values(content.body))):
        raise msgspec.ValidationError("nested too deep")
    return content


def _free_values(body: Body) -> Iterable[Any]:
    """Return the values of a body whose shape only the forms know."""
    match body:
        case Patch(base=base, new=new):
            return (*base.values(), *new.values())
        case Submit(forms=forms):
            return [filled.answers for filled in forms.values()]
        case Advance(answers=values) | Resolve(values=values):
            return values.values()
        case _:
            return ()


def _nesting(values: Iterable[Any]) -> list[Any]:
    """Return those of these values that hold others: few do, and every value of every change is asked."""
    return [value for value in values if type(value) in _NESTING]


def _is_deep(value: dict[str, Any] | list[Any], left: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return left == 0 or any(_is_deep(one, left - 1) for one in _nesting(inner))
