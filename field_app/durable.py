"""Small files that stand whole or not at all. Rule: what returned is on the disk, its name too."""

import os
from pathlib import Path

UNFINISHED = ".baru"
"""The ending of a file that is being written."""


def write_whole(path: Path, data: bytes) -> None:
    """Write or replace a file of mode 0600 so that a cut leaves the old or the new one, never half of one."""
    fresh = path.with_name(path.name + UNFINISHED)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were given or taken away in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
