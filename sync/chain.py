"""A device's chain of links, and the signature over its head. Rule: a signed head covers all before it.

Each link names the one before it by hash, so a chain can grow and branch but never be rewritten. A restored
or cloned phone goes on as a branch: two links then name one `prev`. See docs/protocol.md, "Chains".
"""

from hashlib import sha256
from typing import Annotated, Protocol

import msgspec

from schemas.base import Message, encode
from schemas.ids import NO_LINK, ChangeId, DeviceId, LinkHash

HEAD_DOMAIN = b"sambang head v1\0"
LOGIN_DOMAIN = b"sambang login v1\0"


class Link(Message, frozen=True, kw_only=True):
    """A change's place in its device's chain. `seen` is the last office head that the device was shown."""

    device: DeviceId
    counter: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    prev: LinkHash
    change: ChangeId
    seen: LinkHash


class Tip(Message, frozen=True, kw_only=True):
    """The newest link of a branch that is held without a gap from the first link."""

    counter: int
    hash: LinkHash


class Verifier(Protocol):
    """Checks an Ed25519 signature by one public key."""

    def __call__(self, signature: bytes, message: bytes) -> bool: ...


START = Tip(counter=0, hash=NO_LINK)
"""The tip of an empty chain."""

_decoder = msgspec.msgpack.Decoder(Link)


def seal_link(link: Link) -> tuple[LinkHash, bytes]:
    """Encode a link. Returns its hash and its bytes."""
    data = encode(link)
    return link_hash(data), data


def link_hash(data: bytes) -> LinkHash:
    """Return the hash that the next link names as `prev`."""
    return LinkHash(sha256(data).digest())


def read_link(data: bytes) -> Link:
    """Decode link bytes strictly. Raises msgspec.ValidationError or msgspec.DecodeError."""
    try:
        return _decoder.decode(data)
    except UnicodeDecodeError as error:  # msgspec lets it through
        raise msgspec.ValidationError("no UTF-8") from error


def next_link(tip: Tip, device: DeviceId, change: ChangeId, seen: LinkHash) -> Link:
    """Return the link that follows `tip`."""
    return Link(device=device, counter=tip.counter + 1, prev=tip.hash, change=change, seen=seen)


def head_message(head: LinkHash) -> bytes:
    """Return the bytes that a device signs for its newest link."""
    return HEAD_DOMAIN + head


def login_message(nonce: bytes, device: DeviceId, server: str) -> bytes:
    """Return the bytes that a device signs to log in to one server."""
    return LOGIN_DOMAIN + nonce + device.encode() + b"\0" + server.encode()
