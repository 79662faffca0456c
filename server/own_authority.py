"""Which certificate authority is the office's own. Rule: one that phones and browsers know is never replaced
unasked.

It lies beside the key file, and the database notes its SHA-256. Where the key file was moved without it, or
another lies there, the office goes on without TLS of its own until the right one is back, or until somebody
says that what lies there, or a new one, is to count (`authority --new`).
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from server import authority_store
from server.certificates import Authority, authority_path, make_authority, read_authority, write_authority
from server.engine import DiskError, Engine

NoAuthority = Literal["wewenang_hilang", "wewenang_lain", "wewenang_tidak_ada"]
"""It is gone; it is another one; none could be made. Sentences under `perintah` in the texts."""


class OwnAuthority:
    """The authority of an office that is open, called `office`. `now_ms` gives UTC milliseconds."""

    def __init__(self, engine: Engine, key_path: Path, office: str, now_ms: Callable[[], int]) -> None:
        self.path = authority_path(key_path)
        self._engine, self._office, self._now_ms = engine, office, now_ms

    def found(self) -> Authority | NoAuthority:
        """Return the one that counts, or why there is none; an office that never had one gets it now.

        Raises AuthorityError for one that is there and cannot be read.
        """
        known = self._engine.read(authority_store.counting)
        if known is None:
            with suppress(DiskError):  # noted when the office is opened next
                self.take()
            return self._laid()
        if not self.path.exists():
            return "wewenang_hilang"
        authority = read_authority(self.path)
        return authority if authority.fingerprint() == known else "wewenang_lain"

    def take(self) -> Authority | NoAuthority:
        """Have what lies there count from now on; where nothing does, a new one.

        Raises AuthorityError for one that is there and cannot be read, DiskError.
        """
        laid = self._laid()
        if isinstance(laid, Authority):
            fingerprint, now_ms = laid.fingerprint(), self._now_ms()
            self._engine.write(lambda tx: authority_store.put(tx, fingerprint, now_ms)).result()
        return laid

    def _laid(self) -> Authority | NoAuthority:
        try:
            if not self.path.exists():
                with suppress(FileExistsError):  # another process was first
                    write_authority(self.path, make_authority(self._office, self._now_ms()))
        except OSError:
            return "wewenang_tidak_ada"
        return read_authority(self.path)
