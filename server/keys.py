"""The office's keys, in one file outside the data folder. Rule: whoever has this file reads the data.

It holds the database key, the master keys of blobs and uploads, and the Ed25519 key of the office's chain,
from which the X25519 key of hand-over files is derived.
Losing it loses everything: it is kept apart from the data and from its backups.
"""

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.base import Data
from schemas.ids import DeviceId
from server.disk import write_once

KEY_BYTES = 32


class KeyFileError(Exception):
    """The key file is missing, unreadable, or no key file."""


class Keys(Data, frozen=True, kw_only=True):
    """All secrets of one office, 32 bytes each, and the id of its own device."""

    database: bytes
    blobs: bytes
    uploads: bytes
    signing: bytes
    device: DeviceId

    def private_key(self) -> Ed25519PrivateKey:
        """Return the key that signs the office's chain."""
        return Ed25519PrivateKey.from_private_bytes(self.signing)

    def public_bytes(self) -> bytes:
        """Return the public half (32 bytes), which phones are given when they enrol."""
        return self.private_key().public_key().public_bytes_raw()

    def factor_key(self) -> bytes:
        """Return the key (32 bytes) that seals the secrets of second steps."""
        return derive(self.database, "second factor", self.device)

    def exchange_key(self) -> X25519PrivateKey:
        """Return the key that opens hand-over files; derived, so that older key files have it too."""
        return X25519PrivateKey.from_private_bytes(derive(self.signing, "handover", self.device))

    def exchange_bytes(self) -> bytes:
        """Return its public half (32 bytes), to which phones seal what they hand over."""
        return self.exchange_key().public_key().public_bytes_raw()


def make_keys(randomness: bytes) -> Keys:
    """Cut keys from 144 random bytes. Raises ValueError for another length."""
    if len(randomness) != 4 * KEY_BYTES + 16:
        raise ValueError("keys need 144 random bytes")
    database, blobs, uploads, signing = (
        randomness[start : start + KEY_BYTES] for start in range(0, 4 * KEY_BYTES, KEY_BYTES)
    )
    device = DeviceId(randomness[4 * KEY_BYTES :].hex())
    return Keys(database=database, blobs=blobs, uploads=uploads, signing=signing, device=device)


def derive(master: bytes, purpose: str, name: str) -> bytes:
    """Return the 32-byte key of one thing (HKDF-SHA256, RFC 5869)."""
    info = f"sambang {purpose} v1\0{name}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def default_path(data: Path) -> Path:
    """Return where the keys of a data folder lie unless told otherwise: beside it, never inside."""
    folder = data.absolute()
    return folder.parent / "keys" / f"{folder.name}.key"


def write_keys(path: Path, keys: Keys) -> None:
    """Store the keys, readable by their owner only. Raises FileExistsError: a key is never overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_once(path, msgspec.json.encode(keys))


def read_keys(path: Path) -> Keys:
    """Read the keys back. Raises KeyFileError."""
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=Keys)
    except OSError as error:
        raise KeyFileError(error.strerror or "unreadable") from error
    except msgspec.DecodeError as error:
        raise KeyFileError("not a key file") from error
    if any(len(key) != KEY_BYTES for key in (keys.database, keys.blobs, keys.uploads, keys.signing)):
        raise KeyFileError("not a key file")
    return keys
