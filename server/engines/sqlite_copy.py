"""A copy of a database that is in use. Rule: it is one snapshot, and its pages are never plain on a disk.

SQLite copies page by page; SQLCipher opens each and seals it anew under the same key. The reading transaction
that is held meanwhile keeps the snapshot still, and lets the writer, in this process or another, go on.
"""

import errno
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import sqlcipher3

from schemas.ids import Regency
from server.engine import DamagedError, FullError, Reader
from server.engines.sqlite import Transaction, connect
from server.migrate import regency_of

PAGES_A_STEP = 1_000


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
        copy = sqlcipher3.connect(str(target), isolation_level=None)
        try:
            copy.execute("PRAGMA cipher_log_level = NONE")
            copy.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
            # The file has another name until it is whole, so no journal is needed, nor a sync for each page.
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")
            self._connection.backup(
                copy,
                pages=PAGES_A_STEP,
                progress=lambda _, left, total: progress(total - left, total),
                sleep=0,
            )
        except sqlcipher3.OperationalError as error:
            if "full" in str(error):
                raise FullError("no space is left") from error
            raise OSError(errno.EIO, str(error)) from error
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
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.close()
