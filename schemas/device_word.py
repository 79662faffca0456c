"""What a phone and the office say of the phone itself: what waits on it, the key that rescues it, its wiping.

Rule: an order is carried out only under the signature of the office's chain, and what a phone says of being
wiped counts only under its own. Spoken at `/api/device` after a sync; docs/protocol.md, "The phone itself".
"""

from typing import Annotated, Literal

import msgspec

from schemas.base import Message, encode
from schemas.ids import DeviceId
from schemas.sealed import KODE_PATTERN
from schemas.wire import Position

ORDER_BYTES = 16
ORDER_DOMAIN = b"sambang wipe order v1\0"
WORD_DOMAIN = b"sambang wipe word v1\0"
RESCUE_DOMAIN = b"sambang rescue key v1\0"
LETTER_DOMAIN = b"sambang rescue letter v1\0"
KEPT_DOMAIN = b"sambang kept vault v1\0"
MAX_LETTER_BYTES = 256
MAX_RESCUE_KEY_BYTES = 32
MAX_CLOSED = 100
"""Sealed drafts that a phone tells of as closed for good; there are rarely more than two."""

Lock = Literal["perangkat_keras", "berkas"]
"""Where the device's secret lies: in hardware that gives it to nobody, or in a file beside the vault."""
HandedBy = Literal["sinkron", "berkas"]
"""How what was not received was handed over: by sync, or in sealed files that stay on the phone."""
Step = Literal["diserahkan", "dihapus"]


class WipeOrder(Message, frozen=True, kw_only=True):
    """The office orders one device to hand over and wipe. `order` has 16 random bytes."""

    order: Annotated[bytes, msgspec.Meta(min_length=ORDER_BYTES, max_length=ORDER_BYTES)]
    office: DeviceId
    device: DeviceId
    ordered_ms: Position


class WipeWord(Message, frozen=True, kw_only=True):
    """How far a phone is with an order. The last one is signed before the key that signs it is gone."""

    order: Annotated[bytes, msgspec.Meta(min_length=ORDER_BYTES, max_length=ORDER_BYTES)]
    device: DeviceId
    step: Step
    handed_by: HandedBy
    at_ms: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    signature: bytes = b""


class WipeHeard(Message, frozen=True, kw_only=True):
    """The office has the word on this order."""

    order: bytes


class DeviceReport(Message, frozen=True, kw_only=True):
    """What a phone says of itself: what the office has not received, visits under work, and how it is locked.

    `letter` is its rescue code sealed to `rescue_key`, both empty before it has one. `closed` has the neutral
    codes of sealed cases whose drafts nothing opens any more.
    """

    changes: Position
    photos: Position
    drafts: Position
    lock: Lock
    rescue_key: Annotated[bytes, msgspec.Meta(max_length=MAX_RESCUE_KEY_BYTES)] = b""
    letter: Annotated[bytes, msgspec.Meta(max_length=MAX_LETTER_BYTES)] = b""
    closed: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=KODE_PATTERN)], ...], msgspec.Meta(max_length=MAX_CLOSED)
    ] = ()


class DeviceOrders(Message, frozen=True, kw_only=True):
    """What the office has for a phone: its rescue key (X25519, 32 bytes) and an order to wipe, both signed by
    its chain's key; empty where there is none.
    """

    rescue_key: bytes = b""
    rescue_signature: bytes = b""
    wipe: bytes = b""
    wipe_signature: bytes = b""


def order_message(order: bytes) -> bytes:
    """Return the bytes that the office signs for an encoded WipeOrder."""
    return ORDER_DOMAIN + order


def word_message(word: WipeWord) -> bytes:
    """Return the bytes that a phone signs for its word."""
    return WORD_DOMAIN + encode(msgspec.structs.replace(word, signature=b""))


def rescue_message(public_key: bytes) -> bytes:
    """Return the bytes that the office signs for its rescue key."""
    return RESCUE_DOMAIN + public_key


def letter_info(office: DeviceId, device: DeviceId) -> bytes:
    """Return the HPKE info of a device's rescue letter."""
    return LETTER_DOMAIN + office.encode() + device.encode()


def kept_info(device: DeviceId) -> bytes:
    """Return the HPKE info of the key of a vault that a wiped phone keeps for its office."""
    return KEPT_DOMAIN + device.encode()
