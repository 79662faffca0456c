"""The encrypted file that holds all a worker records. Rule: what was committed is on the disk, and
unreadable.

SQLCipher 4 with a random 256-bit key. Journal in WAL with synchronous=FULL: a commit that returned
survives a dead phone. Deleted rows are overwritten, temporary tables stay in memory, and closing empties
the WAL. Pages that are no longer used are given back to the storage in small steps.

VaultError: broken or out of reach
|- WrongKeyError: the key does not open this file
|- NewerVaultError: written by a newer version of the program
|- StorageFullError: no space left; nothing of the failed step was stored
`- StorageFailedError: the storage fails or has turned read-only; nor was anything of that step
"""

import errno
import shutil
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

import sqlcipher3.dbapi2 as sqlcipher

from field_app.asked import add_functions
from schemas.folders import listed

if TYPE_CHECKING:
    from sqlite_utils import Database

# The driver seeks an adapter of every value that is no exact str, int or float, and without one raises and
# catches an error for it: 0.9 µs a value. These give bytes and None back as they are, in 0.2 µs.
sqlcipher.register_adapter(bytes, bytes)
sqlcipher.register_adapter(type(None), dict[None, None]().get)

MIGRATIONS = Path(__file__).parent / "migrations"
KEY_BYTES = 32
WAIT_FOR_OTHERS_S = 10.0
INCREMENTAL = 2
"""What `PRAGMA auto_vacuum` answers for a file that gives its free pages back when asked."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FAILING = frozenset({errno.EROFS, errno.EIO})
BROKEN = ("database disk image is malformed", "file is not a database", "vtable constructor failed")
"""How SQLite begins to say that a page is not as it was written."""
CACHE_KB = 8 * 1024
"""Decrypted pages that a connection may keep: the 2 MB that SQLite keeps by itself do not hold the indexes of
many names, and each row would decrypt some of their pages anew.
"""
LOG_PAGES = 4_000
"""Pages in the WAL from which on a commit copies them into the file; hot pages of indexes are copied once."""
MOST_REWRITTEN_BYTES = 64 * 1024 * 1024
"""A vault from before it could shrink is rewritten once when it is opened, if it is no larger than this."""


class VaultError(Exception):
    """The vault is broken or out of reach; carries no data of people."""


class WrongKeyError(VaultError):
    """The key does not open this file, or it is no vault."""


class NewerVaultError(VaultError):
    """A newer version of the program wrote this vault; this one must not touch it."""


class StorageFullError(VaultError):
    """No space left on the phone; the step was rolled back whole."""


class StorageFailedError(VaultError):
    """The storage cannot be read or written, as a worn-out one that turned read-only; nothing was done."""


class Vault:
    """One connection to the vault, safe to use from several threads; `another` opens a second one.

    Two connections (the window's and the worker's) do not block each other's reading.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._lock = threading.RLock()
        self._depth = self._reads = 0
        self._closed = self._spoiled = False
        self.db = _connect(path, key)
        self._connection = cast("sqlcipher.Connection", self.db.conn)

    def another(self) -> "Vault":
        """Open a second connection to the same vault."""
        return Vault(self._path, self._key)

    @contextmanager
    def write(self) -> Generator[sqlcipher.Connection]:
        """Run one transaction (BEGIN IMMEDIATE); inside another one of this thread, join it.

        Raises StorageFullError when there is no space, StorageFailedError when the storage fails; then, as on
        any exception, nothing was stored.
        """
        with self._lock:
            if self._depth:
                yield self._connection
                return
            self._renew()
            self._depth = 1
            try:
                self._roll_back()  # what could not be ended when the storage failed, if it can be now
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._roll_back()
                told = self._told(error)
                if told is not None:
                    raise told from None
                raise
            finally:
                self._depth = 0

    def _roll_back(self) -> None:
        """End a transaction if there is one. A failing storage may not let it end: then what failed first is
        told, not this, and the next one tries again.
        """
        if self._connection.in_transaction:
            with suppress(sqlcipher.Error):
                self._connection.execute("ROLLBACK")

    @contextmanager
    def read(self) -> Generator[sqlcipher.Connection]:
        """Give the connection for reading, to one thread at a time. Raises StorageFailedError when the
        storage fails.
        """
        with self._lock:
            self._renew()
            self._reads += 1
            try:
                yield self._connection
            except sqlcipher.DatabaseError as error:
                raise (self._told(error) or error) from None
            finally:
                self._reads -= 1

    def _told(self, error: BaseException) -> VaultError | None:
        """Return what an error says of the storage, and remember where it spoiled the connection."""
        self._spoiled = self._spoiled or is_broken(error)
        return of_storage(error)

    def _renew(self) -> None:
        """Open the file anew once a broken page was met: SQLCipher reads no other with that connection."""
        if not self._spoiled or self._depth or self._reads:
            return
        fresh = _connect(self._path, self._key)
        self._connection.close()
        self.db, self._connection = fresh, cast("sqlcipher.Connection", fresh.conn)
        self._spoiled = False

    def checkpoint(self) -> bool:
        """Empty the WAL into the file. Returns False when someone still reads an older state, or the file
        cannot be written: then all is still in the WAL.
        """
        with self._lock:
            try:
                busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlcipher.OperationalError as error:
                if of_storage(error) is not None:
                    return False
                raise
            return not busy

    def used_bytes(self) -> int:
        """Return how much of the file is in use."""
        with self._lock:
            pages, free, size = (
                self._number(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")
            )
        return (pages - free) * size

    def free_bytes(self) -> int:
        """Return how much room is left on the storage that the file lies on."""
        return shutil.disk_usage(self._path.parent).free

    def shrink(self, most_pages: int) -> int:
        """Give up to so many unused pages back to the storage; return how many are left unused.

        The file is shorter after the next checkpoint; a large one from before it could shrink stays as it is.
        """
        with self._lock:
            # each row of the answer is one page that went: it must be read to its end
            self._connection.execute(f"PRAGMA incremental_vacuum({most_pages})").fetchall()
            return self._number("PRAGMA freelist_count")

    def is_sound(self) -> bool:
        """Read the whole file and say whether it hangs together; slow, for when something is missing."""
        with self._lock:
            try:
                is_sound = self._connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
            except sqlcipher.DatabaseError:
                is_sound = False
            self._spoiled = self._spoiled or not is_sound
            return is_sound

    def let_shrink(self) -> None:
        """Rewrite a small vault from before it could shrink; a large one uses its free pages again."""
        with self._lock:
            size = self._number("PRAGMA page_count") * self._number("PRAGMA page_size")
            if self._number("PRAGMA auto_vacuum") != INCREMENTAL and size <= MOST_REWRITTEN_BYTES:
                self._connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                self._connection.execute("VACUUM")

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])  # SQLCipher gives some of them as text

    def close(self) -> None:
        """Empty the WAL, if the file can be written, and close; closing twice does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self.checkpoint()
                self._connection.close()


def open_vault(path: Path, key: bytes, migrations: Path = MIGRATIONS) -> Vault:
    """Open the vault, making it or bringing it up to date. `key` has 32 bytes.

    Raises WrongKeyError, NewerVaultError, StorageFullError, StorageFailedError.
    """
    vault = Vault(path, key)
    try:
        migrate(vault, migrations)
        vault.let_shrink()
    except BaseException:
        vault.close()
        raise
    vault.checkpoint()
    return vault


def migrate(vault: Vault, migrations: Path = MIGRATIONS) -> None:
    """Run the numbered .sql files that this vault has not had, each in one transaction. Raises
    NewerVaultError.
    """
    steps = {int(path.stem.partition("_")[0]): path for path in listed(migrations, "*.sql")}
    while True:
        with vault.write() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > max(steps):
                raise NewerVaultError
            if version == max(steps):
                return
            step = min(number for number in steps if number > version)
            add_functions(connection)
            for statement in _statements(steps[step].read_text("utf-8")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {step}")


def _connect(path: Path, key: bytes) -> "Database":
    from sqlite_utils import Database  # a third of a second that the lock screen need not wait for

    if len(key) != KEY_BYTES:
        raise WrongKeyError
    try:
        path.touch(mode=0o600)  # the WAL beside it gets the same mode
        is_new = path.stat().st_size == 0
        connection = sqlcipher.connect(
            path, timeout=WAIT_FOR_OTHERS_S, check_same_thread=False, isolation_level=None
        )
    except (OSError, sqlcipher.OperationalError) as error:
        # without a word on the storage the folder is gone, or may not be written to
        raise (of_storage(error) or VaultError()) from None
    # without this a wrong key is reported on stderr, outside of any handling
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    try:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        if is_new:  # heard only before there is a table, but written each time it is said
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        database = Database(connection)
        database.enable_wal()
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlcipher.DatabaseError as error:
        connection.close()
        if isinstance(error, sqlcipher.OperationalError):
            raise (of_storage(error) or VaultError()) from None
        raise WrongKeyError from None
    return database


def of_storage(error: BaseException) -> StorageFullError | StorageFailedError | None:
    """Return what an error of SQLite's or of a file says of the storage, None if it is about something else.

    Such an error that is one already is returned as it is.
    """
    if isinstance(error, (StorageFullError, StorageFailedError)):
        return error
    if isinstance(error, OSError):
        full, failing = error.errno in FULL, error.errno in FAILING
        return StorageFullError() if full else StorageFailedError() if failing else None
    if is_broken(error):
        return StorageFailedError()
    if not isinstance(error, sqlcipher.OperationalError):
        return None
    said = str(error)
    if "full" in said:
        return StorageFullError()
    return StorageFailedError() if "disk I/O error" in said or "readonly" in said else None


def is_broken(error: BaseException) -> bool:
    """Say whether an error of SQLite's means that a page is not as it was written."""
    return isinstance(error, sqlcipher.DatabaseError) and str(error).startswith(BROKEN)


def _statements(script: str) -> Iterator[str]:
    """Split a script by statement, triggers whole; `executescript` would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlcipher.complete_statement(statement):
            yield statement
            statement = ""
