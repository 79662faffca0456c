"""The port to the database. Rule: reads see one snapshot, writes are answered only after they are durable.

SQL is portable: `:name` parameters, the regency as the first column of every table and key. A transaction
adds `:kabupaten` by itself. A list given for a parameter is written `IN :name`; each engine expands it.

    EngineError
    ├── WrongKeyError        the file does not open with this key, or is no database
    ├── NewerDataError       the data was written by a newer program
    ├── NotInitialisedError  there is no database here
    ├── DiskError            the disk does not take it, or does not give it back
    │   ├── FullError        no space is left; nothing of the transaction was kept
    │   ├── FailingError     it fails or has turned read-only; what is kept of it shows after a restart
    │   └── DamagedError     the file cannot be read to its end: a page of it is broken
    ├── LockedError          another program holds the file
    ├── InUseError           it is needed alone, and somebody has it open
    └── ClosedError          asked after close()
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from schemas.ids import Regency

T = TypeVar("T")
Item = TypeVar("Item")
Params = Mapping[str, object]
SqlRow = tuple[Any, ...]
NOTHING: Params = {}


class EngineError(Exception):
    """The database is broken or out of reach."""


class WrongKeyError(EngineError):
    """The file does not open with this key."""


class NewerDataError(EngineError):
    """The data was written by a newer program; this one leaves it alone."""


class NotInitialisedError(EngineError):
    """There is no database, or it has no regency."""


class DiskError(EngineError):
    """The disk does not take what is to be stored, or does not give back what was."""


class FullError(DiskError):
    """No space is left on the disk."""


class FailingError(DiskError):
    """The disk fails, or has turned read-only as one does in which the system found a fault."""


class DamagedError(DiskError):
    """The database file changed under us, or is broken."""


class LockedError(EngineError):
    """Another program held the database longer than this one waits; nothing was done, and later it may be."""


class InUseError(EngineError):
    """Somebody else has the database open, and it is needed alone."""


class ClosedError(EngineError):
    """The engine was closed."""


class Reader(Protocol):
    """A transaction that reads: everything in it sees one snapshot."""

    @property
    def regency(self) -> Regency:
        """The tenant; bound to `:kabupaten` in every statement."""
        ...

    def query(self, sql: str, params: Params = ...) -> list[SqlRow]:
        """Return all rows of a query."""
        ...


class Writer(Reader, Protocol):
    """A transaction that writes. It is rolled back alone if its function raises."""

    def execute(self, sql: str, params: Params = ...) -> int:
        """Run one statement. Returns the number of rows it touched."""
        ...

    def many(self, sql: str, rows: Sequence[SqlRow]) -> int:
        """Run one statement for each tuple, and return how many rows were changed in all.

        The members of a tuple stand in the order in which their names appear in the SQL.
        """
        ...

    def take_seq(self) -> int:
        """Return the next seq of this commit: rises by one, is never used again once committed."""
        ...

    def last_seq(self) -> int:
        """Return the newest seq, committed or taken in this transaction."""
        ...

    def commit_tag(self) -> bytes:
        """Return the 8 random bytes that this commit will be known by."""
        ...


class Engine(Protocol):
    """A database: many readers at a time, one writer that commits waiting functions together."""

    @property
    def regency(self) -> Regency:
        """The tenant that this engine was opened for."""
        ...

    def read(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on a snapshot, in the calling thread. Raises what `work` raises, or EngineError."""
        ...

    def read_in_turn(self, work: Callable[[Reader], T]) -> T:
        """Do as `read` does, while the writer commits or rests: for what keeps the interpreter busy for long.

        Each statement of the writer's gives the interpreter up and has to win it back, so who works beside
        it takes more from it than the time that they work. Not to be called by the writer.
        """
        ...

    def write(self, work: Callable[[Writer], T]) -> "Future[T]":
        """Queue `work` for the writer. The future is done after the commit is durable, or failed."""
        ...

    def write_each(
        self, work: Callable[[Writer, Sequence[Item]], Sequence[T]], items: Sequence[Item]
    ) -> "Future[list[T | Exception]]":
        """Queue items for the writer; all that then wait for the same `work` are given to it in one call.

        `work` returns a result for each item, in order. Should it raise, it is called again for each item
        alone, so that one fails by itself. The future is done after the commit is durable, or failed.
        """
        ...

    def close(self) -> None:
        """Finish what is queued, fold the log into the main file, and close. May be called twice."""
        ...


def one(rows: Iterable[SqlRow]) -> SqlRow | None:
    """Return the first row, if there is one."""
    return next(iter(rows), None)


def batches(
    tx: Reader, sql: str, size: int, behind: Mapping[str, tuple[int, object]], params: Params = NOTHING
) -> Iterator[list[SqlRow]]:
    """Give what a query finds in batches of at most `size` rows, which is its `:limit`; the last is not full.

    `behind` has the parameters that say which row to go on behind: for each the column that it is taken from,
    and what it is for the first batch. They must be what the query orders by.
    """
    at = {name: first for name, (_, first) in behind.items()}
    while True:
        found = tx.query(sql, {**params, **at, "limit": size})
        yield found
        if len(found) < size:
            return
        at = {name: found[-1][column] for name, (column, _) in behind.items()}
