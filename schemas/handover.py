"""The hand-over file: a sync without any network. Rule: what a record means is what it means on the wire.

A phone writes what it has to say, photos included; the office writes its answer. Both are this file: an
opening in the clear (see `Header`), then encrypted records in order, then one signature. How it is sealed is
in sync/sealed_file.py, what both ends do with it in sync/handover.py; docs/protocol.md, "Without a network".

Format 1 (2026-11-25): the first.
"""

from typing import Annotated, Literal

import msgspec

from schemas.base import Message
from schemas.ids import BlobId, DeviceId, Part
from schemas.office_keys import KeyTurn
from schemas.wire import MAX_BODY_BYTES, Cursor, Position, SyncRequest, SyncResponse, WireTip

FORMAT = 1
MAGIC = b"SAMBANG\0"
ENDING = ".smb"
MEDIA_TYPE = "application/vnd.sambang.handover"
CHUNK_BYTES = 64 * 1024
"""Plaintext in one encrypted chunk; only the last may hold less."""
TAG_BYTES = 16
KEY_BYTES = 32
KEY_NAME_BYTES = 16
FILE_ID_BYTES = 16
SIGNATURE_BYTES = 64
MAX_HEADER_BYTES = 1024
MAX_RECORD_BYTES = MAX_BODY_BYTES + CHUNK_BYTES
"""Largest record: a whole message, and what stands around it."""
PIECE_BYTES = 60 * 1024
"""Bytes of a photo in one record."""
MAX_BLOB_BYTES = 25 * 1024 * 1024
MOST_MARKS = 4096
"""Commits of the office that an answer names: where a phone finds itself, also when it has moved on since."""
MOST_RECEIPTS = 4096
"""Receipts in one record."""

Direction = Literal["to_office", "to_device"]


class Header(Message, frozen=True, kw_only=True):
    """What stands in the clear: which way, between whom, and the content key, sealed to the reader.

    `office` is the office's device id, `key` the first 16 bytes of the SHA-256 of the reader's public key,
    `file` 16 random bytes, `number` counts the files of this writer, `made_ms` is the writer's clock and only
    shown. `sealed` is the 32-byte content key by HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM).
    """

    direction: Direction
    office: DeviceId
    key: Annotated[bytes, msgspec.Meta(min_length=KEY_NAME_BYTES, max_length=KEY_NAME_BYTES)]
    device: DeviceId
    file: Annotated[bytes, msgspec.Meta(min_length=FILE_ID_BYTES, max_length=FILE_ID_BYTES)]
    number: Position
    made_ms: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    sealed: bytes = b""


class Asked(Message, frozen=True, kw_only=True, tag="asked"):
    """Where the phone stands, so that an answer can be made without it: the first record to the office.

    `parts` are those it holds, `acknowledged` and `head` what the office had confirmed of its chain and what
    there is of it, `answer_key` its X25519 public key (32 bytes), to which the answer is sealed.
    """

    acknowledged: WireTip
    head: WireTip
    parts: list[Part]
    answer_key: Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]


class Sent(Message, frozen=True, kw_only=True, tag="sent"):
    """One message as it would have gone to `/api/sync`. The first carries the cursor to answer from."""

    request: SyncRequest


class BlobHead(Message, frozen=True, kw_only=True, tag="blob"):
    """A photo, scan or signature begins; its bytes follow in pieces."""

    blob: BlobId
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=MAX_BLOB_BYTES)]


class BlobPiece(Message, frozen=True, kw_only=True, tag="piece"):
    """The next bytes of the blob that began last."""

    data: bytes


class Mark(Message, frozen=True, kw_only=True):
    """The end of one commit of the office, and the commit's tag."""

    seq: int
    tag: bytes


class Answering(Message, frozen=True, kw_only=True, tag="answering"):
    """What an answer answers: the first record to a device.

    `file` names the hand-over file (empty: none, from zero), `asked` and `held` are the cursor and the parts
    that stood in it. `marks` are the newest commits of the office, oldest first.
    """

    file: bytes
    asked: Cursor
    held: list[Part]
    marks: list[Mark]


class Turned(Message, frozen=True, kw_only=True, tag="turned"):
    """How the key that signs this file followed those before it: the first record, where there were any.

    `public_key` is the office's present X25519 key, `signature` its word for it (see `OfficeKey`).
    """

    turns: list[KeyTurn]
    public_key: Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
    signature: bytes


class Answered(Message, frozen=True, kw_only=True, tag="answer"):
    """One message as `/api/sync` would have answered; its cursor says already what is caught up next."""

    response: SyncResponse


class Received(Message, frozen=True, kw_only=True, tag="received"):
    """Receipts: SHA-256 (32 bytes each) of blobs of this device that the office holds, verified."""

    blobs: list[bytes]


Record = Asked | Sent | BlobHead | BlobPiece | Turned | Answering | Answered | Received


class Question(Message, frozen=True, kw_only=True):
    """What the office keeps of a hand-over file, to answer it at any time: `request` without its changes."""

    request: SyncRequest
    asked: Asked


class OfficeKeyRequest(Message, frozen=True, kw_only=True):
    """A phone that joined before there were hand-over files asks for the office's key."""

    device: DeviceId


class OfficeKey(Message, frozen=True, kw_only=True):
    """The office's X25519 key for hand-over files (32 bytes), signed with the key of its chain."""

    public_key: bytes
    signature: bytes


KEY_DOMAIN = b"sambang handover key v1\0"


def key_message(public_key: bytes) -> bytes:
    """Return the bytes that the office signs for its hand-over key."""
    return KEY_DOMAIN + public_key
