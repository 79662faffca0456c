"""A connection to an encrypted file. Rule: what is opened to be read is not written, not by one byte."""

import os
from pathlib import Path

import sqlcipher3
from sqlite_utils import Database

from server.engine import FullError, LockedError, WrongKeyError
from server.engines.failures import named

# The driver seeks an adapter of every value that is no exact str, int or float, and without one raises and
# catches an error for it: 0.9 µs a value. These give bytes and None back as they are, in 0.2 µs.
sqlcipher3.register_adapter(bytes, bytes)
sqlcipher3.register_adapter(type(None), dict[None, None]().get)

PATIENCE_S = 30.0
"""How long to wait for another program that holds the file."""
MALFORMED = "database disk image is malformed"
TOLD_AT_ONCE = (FullError, LockedError)
"""Why a file cannot be opened, told apart from a key that does not fit."""
READ_CACHE_MB, WRITE_CACHE_MB = 64, 32
"""Decrypted pages that a connection keeps at most: pages of an office read widely, what comes in is written
to few places. Where both keep 64, visits that come in for a minute take 20 to 30 MB more.
"""
LOG_PAGES = 4_000
"""Pages in the log after which a commit copies it into the file; checkpoints.py has who does it before."""


def connect(path: Path, key: bytes, *, read_only: bool = False, patience_s: float = PATIENCE_S) -> Database:
    """Open the file with its raw 32-byte key; `read_only` never writes a byte of it.

    Raises WrongKeyError when the key does not fit, LockedError when another program holds the file for longer
    than `patience_s`, DamagedError where it is not the key, FullError.
    """
    if len(key) != 32:
        raise WrongKeyError("the key has 32 bytes")
    connection = sqlcipher3.connect(
        path.absolute().as_uri() + _mode(path, read_only),
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
        timeout=patience_s,
    )
    try:
        # Without this SQLCipher writes its complaint about a wrong key to stderr.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        if read_only and _has_unread_log(path):
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # keeps the log's index in memory
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = -{(READ_CACHE_MB if read_only else WRITE_CACHE_MB) * 1024}")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            # hot pages of indexes are written back once for many commits, not once for each
            connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    except sqlcipher3.DatabaseError as error:
        connection.close()
        told = named(error)
        # of a wrong key SQLCipher says that this is no database: a schema that it read was opened by the key
        is_told = isinstance(told, TOLD_AT_ONCE) or str(error) == MALFORMED
        raise (told if is_told else WrongKeyError(str(error))) from error
    return Database(connection)


def _mode(path: Path, read_only: bool) -> str:
    if not read_only:
        return "?mode=rwc"
    if _has_unread_log(path):
        return "?mode=ro&vfs=unix-none"
    # Without a log nobody has the file open, and reading it need not leave a log and its index behind.
    is_closed = not path.with_name(path.name + "-wal").exists()
    return "?immutable=1" if is_closed else "?mode=ro"


def _has_unread_log(path: Path) -> bool:
    """Say whether a file has a log and no index of it, where none can be made: a copy that cannot be written.

    Nobody has such a file open, so it may be read without a lock.
    """
    log, index = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    return log.exists() and not index.exists() and not os.access(path.parent, os.W_OK)
