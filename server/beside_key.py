"""What lies sealed beside the key file. Rule: what this office did not write, or nobody can read, is never
passed over: the office stays shut.

Each file has a purpose, and is AES-256-GCM under a key derived for it from the office's.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.key_file import KeyFile
from server.keys import derive

NONCE_BYTES = 12


class DamagedListError(Exception):
    """A list is not what this office wrote: `say` is a key under `perintah` in the texts."""

    def __init__(self, say: str, path: Path) -> None:
        super().__init__(str(path))
        self.say, self.path = say, path


class UnreadableListError(OSError):
    """A list is there and cannot be read; `filename` says which."""


class Beside:
    """A file beside the key file, sealed under the first of the masters, opened under any of them."""

    def __init__(
        self,
        path: Path,
        key_file: KeyFile,
        masters: Sequence[bytes],
        purpose: str,
        damaged: str,
        randomness: Callable[[int], bytes],
    ) -> None:
        self.path, self._key_file, self._damaged, self._randomness = path, key_file, damaged, randomness
        self._ciphers = [AESGCM(derive(master, purpose, "")) for master in masters]

    def is_here(self) -> bool:
        """Say whether this office's key file is there: only beside it lies a file of its own."""
        return self._key_file.trouble() is None

    def read(self) -> bytes | None:
        """Return the file as it lies there, None where there is none. Raises UnreadableListError."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnreadableListError(error.errno, error.strerror, str(self.path)) from error

    def seal(self, plain: bytes) -> bytes:
        """Return what `open` gives back."""
        nonce = self._randomness(NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, plain, None)

    def open(self, sealed: bytes) -> tuple[bytes, bool]:
        """Return what was sealed, and whether that was under the present master. Raises DamagedListError."""
        for cipher in self._ciphers:
            with suppress(InvalidTag, ValueError):  # ValueError: it is too short to be ours
                plain = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
                return plain, cipher is self._ciphers[0]
        raise self.damaged()

    def damaged(self) -> DamagedListError:
        """Return what to raise where the file is not what this office wrote."""
        return DamagedListError(self._damaged, self.path)
