"""SQLite under SQLCipher. Rule: one thread writes, and answers nobody before COMMIT has returned.

Functions that wait for the writer are drained into one `BEGIN IMMEDIATE` transaction, each in a savepoint of
its own, so that many share one fsync (`synchronous=FULL`, WAL). If the commit fails, every one of them fails.
What is alone in its transaction has no savepoint: that would keep every page as it was before, a second time.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import sqlcipher3

from schemas.ids import Regency
from server.engine import (
    NOTHING,
    ClosedError,
    DamagedError,
    NotInitialisedError,
    Params,
    Reader,
    SqlRow,
    Writer,
)
from server.engines.checkpoints import Checkpoints
from server.engines.connecting import connect
from server.engines.failures import READ_FAILS, named, roll_back
from server.engines.lists import expanded, listed, lists_in
from server.engines.waiting import Answered, Items, Job, Waiting, neighbours, shared, shared_out
from server.engines.wide import put_many
from server.migrate import migrate, regency_of

T = TypeVar("T")
Item = TypeVar("Item")

TAG_BYTES = 8
MOST_TOGETHER = 256
"""Most functions or items in one commit, so that the first of them does not wait without end."""
READERS = 4
LONG_LOG_PAGES = 16_000
"""From here on the writer of an engine copies its log itself; before, server/engines/checkpoints.py does."""


class Transaction:
    """A reader and writer over one connection; seqs are counted here and stored when the commit is made."""

    def __init__(self, connection: sqlcipher3.Connection, regency: Regency, tag: bytes = b"") -> None:
        self._connection = connection
        self._regency = regency
        self._tag = tag
        self.seq = self.first = 0

    @property
    def regency(self) -> Regency:
        return self._regency

    def query(self, sql: str, params: Params = NOTHING) -> list[SqlRow]:
        return self._connection.execute(*self._bound(sql, params)).fetchall()

    def execute(self, sql: str, params: Params = NOTHING) -> int:
        return self._connection.execute(*self._bound(sql, params)).rowcount

    def many(self, sql: str, rows: Sequence[SqlRow]) -> int:
        return put_many(self._connection, sql, rows)

    def take_seq(self) -> int:
        self.seq += 1
        return self.seq

    def last_seq(self) -> int:
        if not self.seq:
            rows = self.query("SELECT last_seq FROM kabupaten WHERE kabupaten = :kabupaten")
            return int(rows[0][0]) if rows else 0
        return self.seq

    def commit_tag(self) -> bytes:
        return self._tag

    def _bound(self, sql: str, params: Params) -> tuple[str, dict[str, object]]:
        values: dict[str, object] = {"kabupaten": self._regency, **params}
        if names := lists_in(sql):
            kinds: list[tuple[str, bool]] = []
            for name in names:
                values[name], is_binary = listed(cast(Iterable[object], values[name]))
                kinds.append((name, is_binary))
            sql = expanded(sql, tuple(kinds))
        return sql, values


class SqliteEngine:
    """One encrypted file, one writer thread, a few reading connections.

    `now_ms` gives UTC milliseconds and `randomness(n)` n random bytes, for the tag of each commit.
    """

    def __init__(
        self,
        path: Path,
        key: bytes,
        regency: Regency,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._path, self._key, self._regency = path, key, regency
        self._now_ms, self._randomness = now_ms, randomness
        with ExitStack() as opened:
            self._connection = opened.enter_context(closing(self._open()))
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {LONG_LOG_PAGES}")
            self._checkpoints = Checkpoints(opened.enter_context(closing(self._open())))
            opened.pop_all()
        self._turn = threading.Lock()
        self._jobs: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._idle: queue.LifoQueue[sqlcipher3.Connection] = queue.LifoQueue()
        self._permits = threading.BoundedSemaphore(READERS)
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def _open(self) -> sqlcipher3.Connection:
        return cast(sqlcipher3.Connection, connect(self._path, self._key).conn)

    @property
    def regency(self) -> Regency:
        return self._regency

    def read(self, work: Callable[[Reader], T]) -> T:
        with self._permits:
            if self._closed:
                raise ClosedError("the engine was closed")
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                opened = connect(self._path, self._key, read_only=True)
                connection = cast(sqlcipher3.Connection, opened.conn)
            is_sound = True
            try:
                connection.execute("BEGIN")
                return work(Transaction(connection, self._regency))
            except sqlcipher3.DatabaseError as error:
                told = named(error, READ_FAILS)
                # once it met a broken page, SQLCipher reads no other with this connection either
                is_sound = not isinstance(told, DamagedError)
                raise told from error
            finally:
                if roll_back(connection) and is_sound:
                    self._idle.put(connection)
                else:
                    connection.close()

    def read_in_turn(self, work: Callable[[Reader], T]) -> T:
        with self._turn:
            return self.read(work)

    def write(self, work: Callable[[Writer], T]) -> "Future[T]":
        future: Future[T] = Future()
        self._queue(Job(work, future))
        return future

    def write_each(
        self, work: Callable[[Writer, Sequence[Item]], Sequence[T]], items: Sequence[Item]
    ) -> "Future[list[T | Exception]]":
        future: Future[list[T | Exception]] = Future()
        self._queue(Items(work, items, future))
        return future

    def _queue(self, job: Waiting) -> None:
        with self._closing:
            if self._closed:
                raise ClosedError("the engine was closed")
            self._jobs.put(job)

    def close(self) -> None:
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()
        for _ in range(READERS):
            self._permits.acquire()
        while not self._idle.empty():
            self._idle.get_nowait().close()
        for _ in range(READERS):
            self._permits.release()
        self._checkpoints.close()
        with closing(self._connection), suppress(sqlcipher3.Error):  # a failing disk: all is still in the log
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch, weight = [job], job.weight
            last = False
            while weight < MOST_TOGETHER and not last:
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    last = True
                else:
                    batch.append(following)
                    weight += following.weight
            self._commit([job for job in batch if job.future.set_running_or_notify_cancel()])
            if last:
                return

    def _commit(self, batch: list[Waiting]) -> None:
        """Run all in one transaction; tell each its result after the commit, or that it failed."""
        connection = self._connection
        groups = neighbours(batch)
        try:
            with self._turn:
                transaction, answers = self._lone(groups[0]) if len(groups) == 1 else self._several(groups)
                if transaction.seq > transaction.first:
                    self._number(transaction)
            connection.execute("COMMIT")
            self._checkpoints.written(connection.total_changes)
        except BaseException as error:  # noqa: BLE001 - whatever broke the commit, every waiter must hear of it
            roll_back(connection)
            for job in batch:
                job.future.set_exception(named(error))
            return
        for job, result, failure in answers:
            if failure is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(failure)

    def _begin(self) -> Transaction:
        roll_back(self._connection)  # what could not be ended when its disk failed, if it can be now
        self._connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(self._connection, self._regency, self._randomness(TAG_BYTES))
        # The first statement takes the tenant's row, and with it the right to give out seqs, in any engine.
        transaction.execute("UPDATE kabupaten SET last_seq = last_seq WHERE kabupaten = :kabupaten")
        transaction.seq = transaction.first = transaction.last_seq()
        return transaction

    def _lone(self, group: Job | list[Items]) -> tuple[Transaction, list[Answered]]:
        """Do what shares its transaction with nobody: if it fails, the whole of that can go."""
        transaction = self._begin()
        if isinstance(group, Job):
            return transaction, [(group, group.work(transaction), None)]
        work, items = shared(group)
        try:
            results = list(work(transaction, items))
        except BaseException:  # it is the business of those who asked, not of this thread
            if not self._connection.in_transaction:  # a full disk ended it
                raise
            self._connection.execute("ROLLBACK")
            transaction = self._begin()
            results = [self._alone(transaction, work, item) for item in items]
        return transaction, shared_out(group, results)

    def _several(self, groups: list[Job | list[Items]]) -> tuple[Transaction, list[Answered]]:
        """Do what shares a transaction, so that each can fail by itself."""
        transaction = self._begin()
        answers: list[Answered] = []
        for group in groups:
            if isinstance(group, Job):
                answers.append((group, *self._one(transaction, group.work)))
            else:
                answers += self._each(transaction, group)
        return transaction, answers

    def _each(self, transaction: Transaction, group: list[Items]) -> list[Answered]:
        """Give the items of several jobs to their function in one call; if that fails, one by one."""
        work, items = shared(group)
        results, failure = self._one(transaction, lambda writer: list(work(writer, items)))
        if failure is not None:
            results = [self._alone(transaction, work, item) for item in items]
        return shared_out(group, results)

    def _alone(
        self, transaction: Transaction, work: Callable[[Writer, Sequence[Any]], Sequence[Any]], item: Any
    ) -> Any:
        """Return what a function makes of one item, or what it raised."""
        results, failure = self._one(transaction, lambda writer: list(work(writer, [item])))
        return results[0] if failure is None else failure

    def _one(
        self, transaction: Transaction, work: Callable[[Writer], Any]
    ) -> tuple[Any, BaseException | None]:
        before = transaction.seq
        connection = self._connection
        connection.execute("SAVEPOINT one")
        try:
            result = work(transaction)
        except BaseException as error:  # it is the business of the one who asked, not of this thread
            # A full disk ends the whole transaction by itself; then nothing of this batch may be answered.
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
            transaction.seq = before
            return None, named(error)
        connection.execute("RELEASE one")
        return result, None

    def _number(self, transaction: Transaction) -> None:
        last: Mapping[str, object] = {"first": transaction.first + 1, "last": transaction.seq}
        commit = {**last, "tag": transaction.commit_tag()}
        transaction.execute(
            "UPDATE kabupaten SET first_seq = :first, last_seq = :last, tag = :tag"
            " WHERE kabupaten = :kabupaten",
            commit,
        )
        transaction.execute(
            "INSERT INTO commits (kabupaten, first_seq, last_seq, tag, at_ms)"
            " VALUES (:kabupaten, :first, :last, :tag, :at_ms)",
            {**commit, "at_ms": self._now_ms()},
        )


def create(path: Path, key: bytes, regency: Regency, name: str, now_ms: int) -> None:
    """Make the database of one regency, or bring it up to date. Raises NewerDataError, WrongKeyError."""
    connection = cast(sqlcipher3.Connection, connect(path, key).conn)
    try:
        migrate(connection)
        connection.execute(
            "INSERT INTO kabupaten (kabupaten, name, last_seq, created_ms) VALUES (?, ?, 0, ?)"
            " ON CONFLICT (kabupaten) DO NOTHING",
            (regency, name, now_ms),
        )
    finally:
        connection.close()


def upgrade(path: Path, key: bytes) -> tuple[Regency, str]:
    """Run the migrations that are missing; return code and name of the regency.

    Raises NewerDataError, WrongKeyError, NotInitialisedError, LockedError, DiskError.
    """
    if not path.is_file():
        raise NotInitialisedError("there is no database")
    connection = cast(sqlcipher3.Connection, connect(path, key).conn)
    try:
        migrate(connection)
        code, name = regency_of(connection)
    except sqlcipher3.DatabaseError as error:
        raise named(error) from error
    finally:
        connection.close()
    return Regency(code), name
