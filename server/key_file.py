"""The key file beside an office that is open. Rule: the office goes on without it, and says so; whether what
lies there is this office's is asked here alone.

The keys are in memory. The file may lie on a stick that somebody pulls out, or puts another in place of: what
is to be written beside it, or sealed from it, then waits.
"""

from pathlib import Path
from typing import Literal

from server.keys import KeyFileError, Keys, read_keys

Trouble = Literal["kunci_tidak_ada", "kunci_rusak", "kunci_lain"]


class KeyFile:
    """Where the keys lie that an office was opened with."""

    def __init__(self, path: Path, keys: Keys) -> None:
        self.path, self._keys = path, keys

    def trouble(self) -> Trouble | None:
        """Say why the office could not be opened again by what lies there now, None where it could."""
        found = self._found()
        return None if isinstance(found, Keys) else found

    def is_printed(self) -> bool:
        """Say whether the key is on paper, also when it was printed since the office was opened."""
        found = self._found()
        return bool((found if isinstance(found, Keys) else self._keys).paper)

    def _found(self) -> Keys | Trouble:
        try:
            found = read_keys(self.path)
        except KeyFileError as error:
            return "kunci_tidak_ada" if error.say == "kunci_tidak_ada" else "kunci_rusak"
        following = found.following.database if found.following else b""
        is_ours = found.device == self._keys.device and self._keys.database in (found.database, following)
        return found if is_ours else "kunci_lain"
