"""The office's keys, in one file outside the data folder. Rule: whoever has this file reads the data.

It holds the database key, the master keys of blobs and uploads, and the Ed25519 key of the office's chain,
from which the X25519 key of hand-over files is derived. The first three are a generation: `rotate-keys` makes
another, and the file keeps those before it, for backups and blobs that are still under them. With `--chain`
it makes another key of the chain too (server/chain_keys.py), and keeps those before it: each signs the one
that follows it, and opens what phones sealed to it.
Losing it loses everything: it is kept apart from the data and from its backups. server/paper_key.py seals a
copy of it to a key that is on paper only.

The file is one line of JSON: a name, a version, the keys, and the SHA-256 of the keys as they stand there.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec.structs import replace

from schemas.base import Data
from schemas.ids import DeviceId
from server.disk import ensure_folder, replace_durably, write_once

KEY_BYTES = 32
FORMAT = 3
NAME = "kunci kantor Sambang"
OTHERS = 0o077
"""What nobody but the owner may do with a key file."""


class KeyFileError(Exception):
    """Why the key file cannot be used: `say` is a key under `perintah` in the texts."""

    def __init__(self, say: str) -> None:
        super().__init__(say)
        self.say = say


class Generation(Data, frozen=True, kw_only=True):
    """The keys that are changed together, 32 bytes each; the first generation has number 1.

    `signing` is a new key of the chain, in a generation that follows only; empty where that stays.
    """

    number: int
    database: bytes
    blobs: bytes
    uploads: bytes
    signing: bytes = b""


class Keys(Data, frozen=True, kw_only=True):
    """All secrets of one office, 32 bytes each, and the id of its own device.

    `signed` are the keys of the chain before this one, the newest first: each has signed the one after it.
    `older` are the generations before, the newest first. `following` is one that is being changed to: whether
    it counts already, the database tells. `unfinished`: blobs may still lie under an older generation.
    `paper` is the public half of the key on paper, empty while nothing was printed; `printed_ms` UTC ms.
    """

    database: bytes
    blobs: bytes
    uploads: bytes
    signing: bytes
    device: DeviceId
    number: int = 1
    signed: tuple[bytes, ...] = ()
    older: tuple[Generation, ...] = ()
    following: Generation | None = None
    unfinished: bool = False
    paper: bytes = b""
    printed_ms: int = 0

    def private_key(self) -> Ed25519PrivateKey:
        """Return the key that signs the office's chain."""
        return Ed25519PrivateKey.from_private_bytes(self.signing)

    def public_bytes(self) -> bytes:
        """Return the public half (32 bytes), which phones are given when they enrol."""
        return self.private_key().public_key().public_bytes_raw()

    def chain_keys(self) -> tuple[Ed25519PrivateKey, ...]:
        """Return every key that has signed the office's chain, the oldest first, the present one last."""
        return tuple(Ed25519PrivateKey.from_private_bytes(key) for key in self._signing_keys()[::-1])

    def chain_bytes(self) -> tuple[bytes, ...]:
        """Return their public halves (32 bytes each), in the same order."""
        return tuple(key.public_key().public_bytes_raw() for key in self.chain_keys())

    def factor_key(self) -> bytes:
        """Return the key (32 bytes) that seals the secrets of second steps."""
        return derive(self.database, "second factor", self.device)

    def exchange_key(self) -> X25519PrivateKey:
        """Return the key that opens hand-over files; derived, so that older key files have it too."""
        return self.exchange_keys()[0]

    def exchange_keys(self) -> tuple[X25519PrivateKey, ...]:
        """Return every such key, the present one first: a phone may seal to one that it knew before."""
        return tuple(
            X25519PrivateKey.from_private_bytes(derive(key, "handover", self.device))
            for key in self._signing_keys()
        )

    def exchange_bytes(self) -> bytes:
        """Return its public half (32 bytes), to which phones seal what they hand over."""
        return self.exchange_key().public_key().public_bytes_raw()

    def blob_masters(self) -> tuple[bytes, ...]:
        """Return the master keys of blobs, the present one first."""
        return (self.blobs, *(each.blobs for each in self.older))

    def upload_masters(self) -> tuple[bytes, ...]:
        """Return the master keys of uploads under way, the present one first."""
        return (self.uploads, *(each.uploads for each in self.older))

    def present(self) -> Generation:
        """Return the generation that counts."""
        return Generation(number=self.number, database=self.database, blobs=self.blobs, uploads=self.uploads)

    def each(self) -> Iterator["Keys"]:
        """Give these keys as they were under each generation, the present one first."""
        yield self
        for one in self.older:
            yield self._under(one)

    def at(self, number: int) -> "Keys | None":
        """Return these keys as they were under a generation, None for one that is not here."""
        return next((keys for keys in self.each() if keys.number == number), None)

    def prepared(self, randomness: bytes) -> "Keys":
        """Return them with the generation that is to follow, cut from 96 random bytes; of 128, the last are a
        new key of the chain.
        """
        database, blobs, uploads = _cut(randomness[: 3 * KEY_BYTES], 3)
        signing = b"".join(_cut(randomness[3 * KEY_BYTES :], 1)) if len(randomness) > 3 * KEY_BYTES else b""
        following = Generation(
            number=self.number + 1, database=database, blobs=blobs, uploads=uploads, signing=signing
        )
        return replace(self, following=following)

    def changed(self) -> "Keys":
        """Return them once the database is under what follows. Raises ValueError where nothing does."""
        if self.following is None:
            raise ValueError("no generation follows")
        older = (self.present(), *self.older)
        new = replace(self._under(self.following), older=older, following=None, unfinished=True)
        if not self.following.signing:
            return new
        return replace(new, signing=self.following.signing, signed=self._signing_keys())

    def _signing_keys(self) -> tuple[bytes, ...]:
        return (self.signing, *self.signed)

    def _under(self, one: Generation) -> "Keys":
        return replace(self, number=one.number, database=one.database, blobs=one.blobs, uploads=one.uploads)


class _File(Data, frozen=True, kw_only=True):
    """The key file. `kunci` stays as it stands there, for its sum."""

    berkas: str
    versi: int
    kunci: msgspec.Raw
    sidik: str


def make_keys(randomness: bytes) -> Keys:
    """Cut keys from 144 random bytes. Raises ValueError for another length."""
    if len(randomness) != 4 * KEY_BYTES + 16:
        raise ValueError("keys need 144 random bytes")
    database, blobs, uploads, signing = _cut(randomness[: 4 * KEY_BYTES], 4)
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
    ensure_folder(path.parent)
    write_once(path, encode_keys(keys))


def read_keys(path: Path) -> Keys:
    """Read the keys back. Raises KeyFileError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KeyFileError("kunci_tidak_ada") from error
    return decode_keys(data)


def change_keys(path: Path, change: Callable[[Keys], Keys]) -> Keys:
    """Replace the file by what `change` makes of its keys, whole or not at all; one process at a time.

    Raises KeyFileError, OSError.
    """
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        keys = change(read_keys(path))
        replace_durably(path, encode_keys(keys))
    finally:
        os.close(folder)
    return keys


def is_older_file(path: Path) -> bool:
    """Say whether a file that holds keys is of before it had a version and a sum."""
    return b'"versi"' not in path.read_bytes()


def is_open_to_others(path: Path) -> bool:
    """Say whether other users of this computer may read or change the file."""
    return bool(path.stat().st_mode & OTHERS)


def encode_keys(keys: Keys) -> bytes:
    """Return the bytes of a key file."""
    inner = msgspec.json.encode(keys)
    file = _File(berkas=NAME, versi=FORMAT, kunci=msgspec.Raw(inner), sidik=_sum(inner, FORMAT))
    return msgspec.json.encode(file) + b"\n"


def decode_keys(data: bytes) -> Keys:
    """Return the keys of a key file of this or the first format. Raises KeyFileError."""
    if not data.strip(b"\0"):
        raise KeyFileError("kunci_rusak")  # only its name, or nothing but zeros, was left after a power cut
    if NAME.encode() in data[: len(NAME) + 64]:
        return _of_this_format(data)
    try:
        keys = msgspec.json.decode(data, type=Keys)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        is_ours = data.startswith(b'{"database":')
        raise KeyFileError("kunci_rusak" if is_ours else "kunci_bukan") from error
    return _sound(keys)


def _of_this_format(data: bytes) -> Keys:
    try:
        file = msgspec.json.decode(data, type=_File)
        if file.versi > FORMAT:
            raise KeyFileError("kunci_lebih_baru")
        if file.sidik != _sum(bytes(file.kunci), file.versi):
            raise KeyFileError("kunci_rusak")
        return _sound(msgspec.json.decode(file.kunci, type=Keys))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KeyFileError("kunci_rusak") from error


def _sound(keys: Keys) -> Keys:
    generations = [keys.present(), *keys.older, *filter(None, [keys.following])]
    secrets = [
        keys.signing,
        *keys.signed,
        *(key for one in generations for key in (one.database, one.blobs, one.uploads)),
        *(one.signing for one in generations if one.signing),
    ]
    if any(len(key) != KEY_BYTES for key in secrets) or len(keys.paper) not in (0, KEY_BYTES):
        raise KeyFileError("kunci_rusak")
    return keys


def _sum(inner: bytes, version: int) -> str:
    return sha256(f"sambang key file v{version}\0".encode() + inner).hexdigest()


def _cut(randomness: bytes, count: int) -> list[bytes]:
    if len(randomness) != count * KEY_BYTES:
        raise ValueError(f"{count} keys need {count * KEY_BYTES} random bytes")
    return [randomness[start : start + KEY_BYTES] for start in range(0, count * KEY_BYTES, KEY_BYTES)]
