"""The officers' rescue key: what opens the letter of a phone whose keystore is dead, or whose codes are lost.

Rule: its private half rests nowhere but wrapped, under a passphrase and under two halves of paper; each opens
by itself. Neither the admin nor the key file opens it. The phone's side is field_app/wraps.py.
"""

import base64
from collections.abc import Callable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.base import UNREADABLE, Data, Message, decode, encode
from schemas.device_word import letter_info
from schemas.ids import DeviceId, PersonId
from server import custody
from server.custody import Wrap
from server.lost_store import RescueKey
from server.passwords import MEMORY_KIB
from server.recovery_paper import joined, split
from server.sealing import open_key

HOLDER = PersonId("kunci penyelamat")
"""What stands for a person where a rescue key is wrapped under a passphrase."""
PAPER_DOMAIN = b"sambang rescue paper v1\0"
CODE_BYTES = 16
CODE_INFO = b"sambang kode penyelamat v1"
"""What a phone binds its vault's key to, under the rescue code."""


class Wrapped(Message, frozen=True, kw_only=True):
    """The private half as it rests: under the passphrase, and under the key of the two papers."""

    passphrase: Wrap
    nonce: bytes
    paper: bytes


class NewKey(Data, frozen=True, kw_only=True):
    """A key that nobody stored yet, with the two halves that must be written down before it counts."""

    key: RescueKey
    halves: tuple[bytes, bytes]


class Letter(Data, frozen=True, kw_only=True):
    """A phone's letter, and the rescue key (public half) that it is sealed to."""

    device: DeviceId
    rescue_key: bytes
    sealed: bytes


class FoundWrap(msgspec.Struct, frozen=True):
    """A key under a code, as a phone's key file has it."""

    salt: bytes
    nonce: bytes
    sealed: bytes


class FoundRescue(msgspec.Struct, frozen=True):
    """The rescue wrap of a phone's key file. What else stands there is the phone's own."""

    wrap: FoundWrap
    public: bytes
    letter: bytes


class FoundKeys(msgspec.Struct, frozen=True):
    """A phone's key file, as far as it concerns the office."""

    rescue: FoundRescue | None = None


def new_key(
    passphrase: str, now_ms: int, randomness: Callable[[int], bytes], memory_kib: int = MEMORY_KIB
) -> NewKey:
    """Make a rescue key, wrapped both ways. Takes about a tenth of a second."""
    private, paper, nonce = (randomness(size) for size in (32, 32, custody.NONCE_BYTES))
    public = custody.public_of(private)
    wrapped = Wrapped(
        passphrase=custody.wrap(private, passphrase, HOLDER, randomness, memory_kib),
        nonce=nonce,
        paper=AESGCM(paper).encrypt(nonce, private, PAPER_DOMAIN + public),
    )
    key = RescueKey(public_key=public, made_ms=now_ms, wrapped=encode(wrapped))
    return NewKey(key=key, halves=split(paper, randomness(32)))


def open_by_passphrase(key: RescueKey, passphrase: str) -> bytes | None:
    """Return the private half; None for another passphrase."""
    return _whole(key, custody.unwrap(decode(key.wrapped, Wrapped).passphrase, passphrase, HOLDER))


def open_by_paper(key: RescueKey, halves: tuple[bytes, bytes]) -> bytes | None:
    """Return the private half; None for papers of another key."""
    wrapped = decode(key.wrapped, Wrapped)
    try:
        private = AESGCM(joined(*halves)).decrypt(wrapped.nonce, wrapped.paper, PAPER_DOMAIN + key.public_key)
    except InvalidTag:
        return None
    return _whole(key, private)


def open_letter(letter: Letter, private: bytes, office: DeviceId) -> bytes | None:
    """Return a phone's rescue code; None for a letter of another phone, office or key."""
    key = X25519PrivateKey.from_private_bytes(private)
    code = open_key(letter.sealed, key, letter_info(office, letter.device))
    return code if code is not None and len(code) == CODE_BYTES else None


def read_key_file(raw: bytes) -> FoundRescue | None:
    """Return the rescue wrap of a phone's `kunci.json`, None where there is none or it cannot be read."""
    try:
        return msgspec.json.decode(raw, type=FoundKeys).rescue
    except UNREADABLE:
        return None


def open_code_wrap(code: bytes, found: FoundWrap) -> bytes | None:
    """Return the vault's key out of a phone's key file; None for another code. Twin of field_app/wraps.py."""
    kek = HKDF(algorithm=SHA256(), length=32, salt=found.salt, info=CODE_INFO).derive(code)
    try:
        return AESGCM(kek).decrypt(found.nonce, found.sealed, CODE_INFO)
    except (InvalidTag, ValueError):
        return None


def written_code(code: bytes) -> str:
    """Write a code as the phone reads it: groups of four letters and digits."""
    text = base64.b32encode(code).decode().rstrip("=")
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _whole(key: RescueKey, private: bytes | None) -> bytes | None:
    """Give a private half only if it is that of this key."""
    return private if private is not None and custody.public_of(private) == key.public_key else None
