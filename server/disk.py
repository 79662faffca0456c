"""Durable steps on the file system. Rule: acknowledged means that it survives a power cut."""

import errno
import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from server.engine import DamagedError, FailingError, FullError

UNFINISHED = ".tmp"
_NO_PROMISE = (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS)


class NoPromiseError(OSError):
    """The disk is well, but its file system cannot make names in a folder durable, as some network shares."""


def sync_folder(folder: Path) -> None:
    """Make what was created, renamed or removed in a folder durable. Raises NoPromiseError, OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno in _NO_PROMISE:
            raise NoPromiseError(error.errno, error.strerror, str(folder)) from error
        raise
    finally:
        os.close(handle)


def write_once(path: Path, data: bytes) -> None:
    """Write a new file of mode 0600, its name too. Raises FileExistsError: nothing is ever overwritten."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def replace_durably(path: Path, data: bytes) -> None:
    """Write a file of mode 0600, new or over the one there: afterwards it is whole, or as it was before."""
    temporary = path.with_name(path.name + UNFINISHED)
    temporary.unlink(missing_ok=True)  # only a crash leaves one
    write_once(temporary, data)
    temporary.rename(path)
    sync_folder(path.parent)


def ensure_folder(folder: Path) -> None:
    """Make a folder, readable by its owner only, durably."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        sync_folder(folder.parent)


def is_full(error: Exception) -> bool:
    """Say whether an error means that no space is left, on the disk or in one's share of it."""
    return isinstance(error, FullError) or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)


def is_failing(error: Exception) -> bool:
    """Say whether an error means that the disk fails, has turned read-only, or broke what it kept."""
    broken = isinstance(error, FailingError | DamagedError)
    return broken or getattr(error, "errno", None) in (errno.EROFS, errno.EIO)


@contextmanager
def held_alone(path: Path) -> Generator[bool]:
    """Hold a file or folder, so that no other process does as well; False where one does."""
    handle = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_alone = True
        except BlockingIOError:
            is_alone = False
        yield is_alone
    finally:
        os.close(handle)
