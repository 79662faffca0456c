"""The destruction list outside the database. Rule: what stands on it comes back from no copy and no log.

A text file beside the key file, one line a thing: `change HEX` or `blob HEX`. A copy of the database, older
than a destruction, does not know of it; this list does. It holds hashes only.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from schemas.base import Data
from schemas.ids import BlobId, ChangeId
from server.disk import ensure_folder, sync_folder

ENDING = ".musnah"
CHANGE, BLOB = "change", "blob"


class Destruction(Data, frozen=True, kw_only=True):
    """Contents and blobs that were destroyed for good."""

    changes: frozenset[ChangeId] = frozenset()
    blobs: frozenset[BlobId] = frozenset()


class DamagedListError(Exception):
    """The list cannot be read; going on without it could bring back what was destroyed."""


def list_path(key: Path) -> Path:
    """Return where the list of the office with this key file lies."""
    return key.with_name(key.name + ENDING)


def read_list(key: Path) -> Destruction:
    """Read the list; there may be none. Raises DamagedListError."""
    changes: set[ChangeId] = set()
    blobs: set[BlobId] = set()
    try:
        for line in list_path(key).read_text("ascii").splitlines():
            kind, _, name = line.partition(" ")
            raw = bytes.fromhex(name)
            if len(raw) != 32 or kind not in (CHANGE, BLOB):
                raise DamagedListError(kind)
            if kind == CHANGE:
                changes.add(ChangeId(raw))
            else:
                blobs.add(BlobId(raw.hex()))
    except FileNotFoundError:
        return Destruction()
    except (OSError, ValueError) as error:
        raise DamagedListError(type(error).__name__) from error
    return Destruction(changes=frozenset(changes), blobs=frozenset(blobs))


def add_to_list(key: Path, changes: Iterable[ChangeId], blobs: Iterable[BlobId]) -> None:
    """Add to the list durably; before anything is destroyed, so that it can never come back."""
    path = list_path(key)
    ensure_folder(path.parent)
    lines = [f"{CHANGE} {change.hex()}\n" for change in changes] + [f"{BLOB} {blob}\n" for blob in blobs]
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write("".join(lines).encode())
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
