"""A copy of the key file that two papers open. Rule: what opens it stands on paper, and on no disk.

The papers are two halves of an X25519 private key; the key file knows its public half only. To that the key
file and what lies beside it are sealed (HPKE), and that copy lies in the data folder and on every medium. It
is sealed anew before a change of the keys counts, with each copy and log of a stream, and there also when
a list changes. So the papers stay good where one of these is cut off, and no lost phone is let in.
"""

import errno
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from schemas.base import Data
from schemas.ids import DeviceId
from server.certificates import authority_path
from server.destruction import destroyed_path
from server.disk import replace_durably, write_once
from server.keys import KeyFileError, change_keys, decode_keys, read_keys
from server.phone_list import joined_lists, phones_path
from server.sealing import open_key, seal_key

SEALED = "kunci.kertas"
FORMAT = 2
WITHOUT_PHONES = 1
"""The format of a copy without a list of phones, which a program of before there was one reads as well."""
PAPERS = (11, 12)
"""How recovery_paper.py numbers these halves, so that a line of the sealed room's papers is told apart."""


class Bundle(Data, frozen=True, kw_only=True, omit_defaults=True):
    """The key file, the authority of its TLS and the lists of what was destroyed and of phones; empty where
    absent. One that was sealed before there was room for it has no list of phones.
    """

    keys: bytes
    authority: bytes
    destroyed: bytes
    phones: bytes = b""


class SealedKey(Data, frozen=True, kw_only=True):
    """The file: whose key is in it, and the public half (32 bytes) of the papers that open it."""

    format: int
    office: DeviceId
    paper: bytes
    sealed: bytes


class NoSealedKeyError(Exception):
    """There is no sealed key in a folder, or it is not one that this program wrote."""


class NewerSealedKeyError(NoSealedKeyError):
    """A newer program wrote the sealed key."""


def public_half(secret: bytes) -> bytes:
    """Return the public half of what the papers hold (32 bytes each)."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def note_printed(key_path: Path, secret: bytes, now_ms: int) -> None:
    """Have these papers count from now on, in place of earlier ones. Raises KeyFileError, OSError."""
    change_keys(key_path, lambda keys: replace(keys, paper=public_half(secret), printed_ms=now_ms))


def place(folder: Path, key_path: Path) -> bool:
    """Lay the sealed copy into a folder, durably; False where there are no papers to open it.

    Raises KeyFileError, OSError.
    """
    keys = read_keys(key_path)
    if not keys.paper:
        return False
    try:
        bundle = Bundle(
            keys=key_path.read_bytes(),
            authority=_bytes_of(authority_path(key_path)),
            destroyed=_bytes_of(destroyed_path(key_path)),
            phones=_bytes_of(phones_path(key_path)),
        )
    except OSError as error:  # no fault of the folder that it is for
        raise KeyFileError("kunci_tidak_ada") from error
    sealed = seal_key(msgspec.msgpack.encode(bundle), keys.paper, _info(keys.device))
    number = FORMAT if bundle.phones else WITHOUT_PHONES
    file = SealedKey(format=number, office=keys.device, paper=keys.paper, sealed=sealed)
    replace_durably(folder / SEALED, msgspec.msgpack.encode(file))
    return True


def stamp(key_path: Path) -> tuple[int, ...]:
    """Return what is another whenever a list that is sealed with the key file was written.

    A stick with FAT tells times by two seconds, so size and number of the file count as well.
    """
    return (*_stamp_of(destroyed_path(key_path)), *_stamp_of(phones_path(key_path)))


def place_if_stale(folder: Path, key_path: Path) -> None:
    """Lay the sealed copy into a folder that has none, or one for papers of before.

    Raises KeyFileError, OSError.
    """
    try:
        paper = read_sealed(folder).paper
    except NoSealedKeyError:
        paper = b""
    if paper != read_keys(key_path).paper:
        place(folder, key_path)


def read_sealed(folder: Path) -> SealedKey:
    """Read the sealed copy of a folder. Raises NoSealedKeyError, NewerSealedKeyError."""
    try:
        found = msgspec.msgpack.decode((folder / SEALED).read_bytes(), type=SealedKey)
    except (OSError, msgspec.DecodeError) as error:
        raise NoSealedKeyError(type(error).__name__) from error
    if found.format > FORMAT:
        raise NewerSealedKeyError
    return found


def open_sealed(found: SealedKey, secret: bytes) -> Bundle | None:
    """Open a sealed copy with what the papers hold; None where they are not its papers, or it was changed."""
    private = X25519PrivateKey.from_private_bytes(secret)
    opened = open_key(found.sealed, private, _info(found.office))
    if opened is None:
        return None
    try:
        bundle = msgspec.msgpack.decode(opened, type=Bundle)
        return bundle if decode_keys(bundle.keys).device == found.office else None
    except (msgspec.DecodeError, KeyFileError):
        return None


def lay_down(bundle: Bundle, key_path: Path, randomness: Callable[[int], bytes]) -> None:
    """Write the key file, and first what lies beside it. Raises FileExistsError: nothing is overwritten, and
    nothing written then. A list of phones that lies there, older or newer, is joined with the sealed one.

    Raises DamagedListError, UnreadableListError, OSError.
    """
    beside = ((authority_path(key_path), bundle.authority), (destroyed_path(key_path), bundle.destroyed))
    sealed = [(path, data) for path, data in (*beside, (key_path, bundle.keys)) if data]
    other = next((path for path, data in sealed if path.exists() and path.read_bytes() != data), None)
    if other is not None:
        raise FileExistsError(errno.EEXIST, "another one lies there", str(other))
    phones = joined_lists(key_path, decode_keys(bundle.keys), bundle.phones, randomness)
    if phones:
        replace_durably(phones_path(key_path), phones)
    for path, data in sealed:
        if not path.exists():
            write_once(path, data)


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _stamp_of(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:  # no fault of the disk that the key is sealed for
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_ino, found.st_size)


def _info(office: DeviceId) -> bytes:
    return b"sambang paper key v1\0" + office.encode()
