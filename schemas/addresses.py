"""Where phones find the office: each address under the signature of the key of the office's chain.

An office that is going to move tells its phones before, at `GET /api/addresses`. To a phone that missed it
the worker brings the new one: as a QR code of the page Perangkat, which holds the signature too, or typed.

These signatures have no end. So a phone that knows no authority to go by asks before it goes anywhere, with
a number that nobody has signed before: `POST /api/addresses`. The office answers for an address that is its
own by then, and for no other.
Source: docs/protocol.md, "An office that moves".
"""

import base64
import re
from collections.abc import Callable
from typing import Annotated

import msgspec

from schemas.base import Message
from schemas.joining import read_invitation

MOST_ADDRESSES = 8
MAX_SIGNS = 200
SIGNATURE_BYTES = 64
ADDRESS_DOMAIN = b"sambang address v1\0"
PROOF_DOMAIN = b"sambang address proof v1\0"
NONCE_BYTES = 16
PLAIN, TLS = "http://", "https://"
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_WHOLE = re.compile(
    rf"(https?://)?((\[[0-9a-f:.]+\]|{_LABEL}(?:\.{_LABEL})*)(:[0-9]{{1,5}})?)/?", re.IGNORECASE | re.ASCII
)


class OfficeAddress(Message, frozen=True, kw_only=True):
    """Scheme, host and port of an office, without a path. Nothing signed it where a worker typed it."""

    address: Annotated[str, msgspec.Meta(max_length=MAX_SIGNS)]
    signature: Annotated[bytes, msgspec.Meta(max_length=SIGNATURE_BYTES)] = b""

    @property
    def is_tls(self) -> bool:
        """Whether TLS shows who answers there."""
        return self.address.startswith(TLS)

    def printed(self) -> str:
        """Return what the QR code says: the address, and the signature as base64 (RFC 4648, 5)."""
        return f"{self.address} {base64.urlsafe_b64encode(self.signature).decode()}"


class OfficeAddresses(Message, frozen=True, kw_only=True):
    """Where the office is, and where it will be: phones try them in this order."""

    addresses: Annotated[list[OfficeAddress], msgspec.Meta(max_length=MOST_ADDRESSES)]


class AddressQuestion(Message, frozen=True, kw_only=True):
    """Are you my office, and at this address? `nonce`: random, of this question alone."""

    address: Annotated[str, msgspec.Meta(max_length=MAX_SIGNS)]
    nonce: Annotated[bytes, msgspec.Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]

    def message(self) -> bytes:
        """Return the bytes that the office signs for it."""
        return PROOF_DOMAIN + self.nonce + self.address.encode()


class AddressProof(Message, frozen=True, kw_only=True):
    """The office's answer to such a question: yes, by the key of its chain."""

    signature: Annotated[bytes, msgspec.Meta(max_length=SIGNATURE_BYTES)]


def address_message(address: str) -> bytes:
    """Return the bytes that the office signs for one of its addresses."""
    return ADDRESS_DOMAIN + address.encode()


def signed_address(address: str, sign: Callable[[bytes], bytes]) -> OfficeAddress:
    """Return an address with the office's signature, made by `sign`."""
    return OfficeAddress(address=address, signature=sign(address_message(address)))


def read_address(text: str, as_before: str = "") -> OfficeAddress | None:
    """Read an address as it is typed or scanned; one without a scheme is taken for TLS. None for none.

    The QR code by which a phone joins has an address too, and a one-use code in the signature's place. Typed
    without a port it has that of the address of before, if there is one.
    """
    parts = text.split()
    found = _WHOLE.fullmatch(parts[0]) if parts and len(parts[0]) <= MAX_SIGNS else None
    if found is None or len(parts) > 2:
        return None
    address = (found[1] or TLS).lower() + found[2].lower()
    if len(parts) == 1:
        return OfficeAddress(address=address + ("" if found[4] else _port_of(as_before)))
    if read_invitation(parts[1]):
        return OfficeAddress(address=address)
    try:
        signature = base64.b64decode(parts[1], altchars=b"-_", validate=True)
    except ValueError:
        return None
    return OfficeAddress(address=address, signature=signature) if len(signature) == SIGNATURE_BYTES else None


def _port_of(address: str) -> str:
    """Return the port of an address with its colon; empty where it names none."""
    found = _WHOLE.fullmatch(address)
    return (found[4] or "") if found else ""
