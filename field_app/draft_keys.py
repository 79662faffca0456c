"""The keys of sealed drafts, one file each beside `kunci.json`. Rule: the key goes, and all under it is gone.

`draf-<id>.kunci` holds the draft's key, AES-256-GCM under the key of the second unlock (keys.py), bound to
the draft. It lies outside the vault, so a copy of the vault with the vault's key opens no draft. Erasing
writes over the file before it goes; what a phone's flash keeps of it all the same opens only with PIN and
device.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from field_app.durable import sync_folder, write_whole
from field_app.keys import KEY_BYTES
from schemas.folders import listed

INFO = b"sambang draf v1\0"
NONCE_BYTES = 12


class DraftKeyError(Exception):
    """The key of a draft is not there, or does not open under this key of the second unlock."""


class DraftKeys:
    """The key files of one device folder. `randomness(n)` gives n random bytes."""

    def __init__(self, folder: Path, randomness: Callable[[int], bytes]) -> None:
        self._folder = folder
        self._randomness = randomness

    def create(self, draft: str, second: bytes) -> bytes:
        """Make a key, durably, and return it (32 bytes). Raises OSError when it cannot be written."""
        key, nonce = self._randomness(KEY_BYTES), self._randomness(NONCE_BYTES)
        write_whole(self._path(draft), nonce + AESGCM(second).encrypt(nonce, key, _info(draft)))
        return key

    def open(self, draft: str, second: bytes) -> bytes:
        """Return a draft's key. Raises DraftKeyError."""
        try:
            raw = self._path(draft).read_bytes()
            return AESGCM(second).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _info(draft))
        except (OSError, InvalidTag, ValueError) as error:
            raise DraftKeyError from error

    def count(self) -> int:
        """Return how many drafts have a key here; nothing has to be open for it."""
        return len(listed(self._folder, "draf-*.kunci"))

    def erase(self, draft: str) -> None:
        """Write over the file, then take it away; nothing happens when it is gone already. Raises OSError."""
        path = self._path(draft)
        for each in (
            path,
            path.with_name(path.name + ".baru"),
        ):  # the latter from a process that died writing
            with suppress(FileNotFoundError):
                _overwrite(each)
                each.unlink()
        sync_folder(self._folder)

    def _path(self, draft: str) -> Path:
        return self._folder / f"draf-{draft}.kunci"


def _info(draft: str) -> bytes:
    return INFO + draft.encode()


def _overwrite(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.write(bytes(path.stat().st_size))
        stream.flush()
        os.fsync(stream.fileno())
