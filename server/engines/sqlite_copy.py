"""A copy of a database that is in use. Rule: it is one snapshot, and its pages are never plain on a disk.

SQLite copies page by page; SQLCipher opens each and seals it anew under the same key. The reading transaction
that is held meanwhile keeps the snapshot still, and lets the writer, in this process or another, go on. Only
a copy is ever brought under another key.
"""

import errno
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import sqlcipher3

from schemas.ids import Regency
from server.engine import DamagedError, FullError, InUseError, LockedError, Reader, Writer
from server.engines.connecting import connect
from server.engines.failures import roll_back
from server.engines.sqlite import Transaction
from server.migrate import regency_of

PAGES_A_STEP = 1_000
"""Pages copied between two words to `progress`."""
PAGE_BYTES = 4096
PATIENCE_MS = 2_000
"""How long `alone` waits for whoever has the database open."""


class Snapshot:
    """One state of the database, to be read and copied."""

    def __init__(self, connection: sqlcipher3.Connection, key: bytes) -> None:
        self._connection, self._key = connection, key
        self.reader: Reader = Transaction(connection, Regency(regency_of(connection)[0]))

    def copy_to(self, target: Path, progress: Callable[[int, int], None]) -> None:
        """Write the snapshot to a new file; `progress` is told pages done and pages in all.

        The file is not yet durable. Raises FullError or OSError for the new file, DamagedError for the
        database itself, and whatever `progress` raises.
        """
        copy = _unsynced(target, self._key)
        try:
            self._connection.backup(
                copy,
                pages=PAGES_A_STEP,
                progress=lambda _, left, total: progress(total - left, total),
                sleep=0,
            )
        except sqlcipher3.OperationalError as error:
            if "full" in str(error):
                raise FullError("no space is left") from error
            raise _why(target) from error
        except sqlcipher3.DatabaseError as error:
            raise DamagedError(str(error)) from error
        finally:
            copy.close()


@contextmanager
def snapshot(path: Path, key: bytes) -> Generator[Snapshot]:
    """Hold one state of a database that an engine of this process has open. Raises WrongKeyError."""
    connection = cast(sqlcipher3.Connection, connect(path, key).conn)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        yield Snapshot(connection, key)
    finally:
        roll_back(connection)
        connection.close()


@contextmanager
def alone(path: Path, key: bytes) -> Generator[Snapshot]:
    """Hold a database so that nobody else, in this process or another, reads or writes it meanwhile.

    Raises InUseError where somebody has it open, WrongKeyError.
    """
    try:
        connection = cast(sqlcipher3.Connection, connect(path, key).conn)
    except LockedError as error:
        raise InUseError(str(error)) from error
    try:
        try:
            connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
            # Without a log the whole of it is in one file, which a lock then guards.
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            if mode != ("delete",):
                raise InUseError(f"journal mode {mode}")
            # The lock of this transaction is kept when it ends; within it SQLite makes no copy.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except sqlcipher3.OperationalError as error:
            raise InUseError(str(error)) from error
        yield Snapshot(connection, key)
    finally:
        roll_back(connection)
        connection.close()


def bring_under(path: Path, old: bytes, new: bytes, work: Callable[[Writer], None]) -> None:
    """Bring a copy that is nobody's yet under another key, and let `work` change what else hangs on it.

    The file is not durable afterwards; cut off here, it is of no use. Raises FullError, DamagedError.
    """
    connection = _unsynced(path, old)
    try:
        connection.execute("PRAGMA journal_mode = MEMORY")
        transaction = Transaction(connection, Regency(regency_of(connection)[0]))
        connection.execute("BEGIN IMMEDIATE")
        work(transaction)
        connection.execute("COMMIT")
        connection.execute(f"PRAGMA rekey = \"x'{new.hex()}'\"")
    except sqlcipher3.DatabaseError as error:
        if "full" in str(error):
            raise FullError("no space is left") from error
        raise DamagedError(str(error)) from error
    finally:
        connection.close()


def _why(file: Path) -> OSError:
    """Find out why a file takes no more pages: SQLite keeps what the system said to itself."""
    try:
        with file.open("ab") as end:
            end.write(bytes(PAGE_BYTES))
    except OSError as error:
        return error
    return OSError(errno.EIO, "the disk fails")


def _unsynced(path: Path, key: bytes) -> sqlcipher3.Connection:
    """Open a file that has another name until it is whole: no journal is needed, nor a sync for each page."""
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    return connection
