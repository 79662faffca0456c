"""How a phone and an office get to know each other. Rule: what two people compare covers every key, and
neither side could choose its part after it saw the other's.

The phone says its keys and the hash of a secret; the office says its keys and a random number; only then
the phone opens the secret. Whoever sits between them and puts in keys of their own must settle on all of it
before they know which words will come out: one guess in 2^40. Source: docs/protocol.md, "Joining".
"""

import base64
from hashlib import sha256

from schemas.base import Data
from schemas.words import ENROLMENT_WORDS, words_of

TOKEN_BYTES = 5
PIN_BYTES = 10
"""As much of the SHA-256 of the office's authority is in a code: another that fits takes 2^80 tries."""
SECRET_BYTES = 32
HASH_BYTES = 32
GROUP = 4
WORDS_DOMAIN = b"sambang joining words v1"
SIGNED_DOMAIN = b"sambang joining v1\0"
AUTHORITY_DOMAIN = b"sambang authority v1\0"
OPENING_DOMAIN = b"sambang joining opening v1\0"


class Invitation(Data, frozen=True, kw_only=True):
    """A one-use code: the token that the office asks for (as text, without dashes), and the beginning of the
    SHA-256 of the authority to be pinned; empty where the office does not speak TLS by itself.
    """

    token: str
    pin: bytes = b""

    def typed(self) -> str:
        """Return the code as people read and type it, in groups of four."""
        text = self.token + base64.b32encode(self.pin).decode()
        return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))

    def fits(self, authority: bytes) -> bool:
        """Whether a certificate (DER) is the authority that this code names."""
        return bool(self.pin) and sha256(authority).digest()[: len(self.pin)] == self.pin


class Parties(Data, frozen=True, kw_only=True):
    """All that a joining is about. Keys are the public halves, 32 bytes each; `handover_key` may be empty.

    `authority` is the SHA-256 of the certificate that the phone pins, empty where it pins none; `code` is
    `code_hash` of the token; `challenge` is the office's random number and `opening` the phone's secret, 32
    bytes each.
    """

    office_key: bytes
    authority: bytes
    public_key: bytes
    handover_key: bytes
    code: bytes
    challenge: bytes
    opening: bytes

    def words(self) -> tuple[str, ...]:
        """Return the four words that both screens show."""
        return words_of(WORDS_DOMAIN, self._whole(), ENROLMENT_WORDS)

    def signed(self) -> bytes:
        """Return what the phone signs when it asks whether it has joined."""
        return SIGNED_DOMAIN + sha256(self._whole()).digest()

    def _whole(self) -> bytes:
        parts = (
            self.office_key, self.authority, self.public_key, self.handover_key, self.code,
            self.challenge, self.opening,
        )  # fmt: skip
        return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def invitation(token: bytes, authority: bytes) -> Invitation:
    """Make a code of 5 random bytes and the authority's certificate (DER), empty for none.

    Raises ValueError for a token of another length.
    """
    if len(token) != TOKEN_BYTES:
        raise ValueError("a token is 5 random bytes")
    pin = sha256(authority).digest()[:PIN_BYTES] if authority else b""
    return Invitation(token=base64.b32encode(token).decode(), pin=pin)


def read_invitation(typed: str) -> Invitation | None:
    """Read a code as typed: case, spaces, dashes do not count, nor 0 for O or 1 for I. None for no code."""
    plain = "".join(sign for sign in typed.upper() if sign.isalnum()).replace("0", "O").replace("1", "I")
    try:
        raw = base64.b32decode(plain)
    except ValueError:
        return None
    if len(raw) not in (TOKEN_BYTES, TOKEN_BYTES + PIN_BYTES):
        return None
    return Invitation(token=plain[: TOKEN_BYTES * 8 // 5], pin=raw[TOKEN_BYTES:])


def code_hash(token: str) -> bytes:
    """Return what the office keeps of a token. A whole code, as typed, is hashed as its token."""
    read = read_invitation(token)
    return sha256(b"code\0" + (read.token if read else token).encode()).digest()


def authority_message(certificate: bytes) -> bytes:
    """Return what the office's chain key signs for its authority: by it a phone that has joined before knows
    the authority of an office that speaks TLS only now, or whose authority was lost.
    """
    return AUTHORITY_DOMAIN + certificate


def commitment(opening: bytes) -> bytes:
    """Return the hash by which a phone settles on its secret before it is told the office's number."""
    return sha256(OPENING_DOMAIN + opening).digest()


def scanned(text: str) -> tuple[str, str] | None:
    """Return address and code of what the office's QR says, "<address> <code>"; None for any other text."""
    parts = text.split()
    if len(parts) != 2 or not parts[0].lower().startswith(("http://", "https://")):
        return None
    return (parts[0], parts[1]) if read_invitation(parts[1]) else None
