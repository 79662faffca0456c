"""The SQLite engine: group commit, savepoints, seqs and tags, snapshots, and what it says when it cannot."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
import sqlcipher3

from server.engine import (
    ClosedError,
    FullError,
    LockedError,
    NewerDataError,
    NotInitialisedError,
    Reader,
    Writer,
    WrongKeyError,
    batches,
)
from server.engines.connecting import connect
from server.engines.sqlite import SqliteEngine, upgrade
from server.migrate import migrate
from tests.server.offices import KEY, make_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqliteEngine]:
    made = make_engine(tmp_path)
    yield made
    made.close()


class Gate:
    """Holds the writer until all that should share its next commit is waiting."""

    def __init__(self, engine: SqliteEngine) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()

        def work(_: Writer) -> None:
            self.entered.set()
            assert self.opened.wait(30)

        self.done = engine.write(work)
        assert self.entered.wait(30)

    def open(self) -> None:
        self.opened.set()
        self.done.result(30)


def commits(engine: SqliteEngine) -> list[tuple[Any, ...]]:
    sql = "SELECT first_seq, last_seq, tag FROM commits WHERE kabupaten = :kabupaten ORDER BY last_seq"
    return engine.read(lambda reader: reader.query(sql))


def insert(name: str) -> Any:
    def work(writer: Writer) -> int:
        row = (writer.regency, name, f"{name}-digest".encode())
        writer.many("INSERT INTO parts (kabupaten, part, digest) VALUES (:kabupaten, :part, :digest)", [row])
        return writer.take_seq()

    return work


def parts(engine: SqliteEngine) -> list[str]:
    return [
        row[0] for row in engine.read(lambda reader: reader.query("SELECT part FROM parts ORDER BY part"))
    ]


def test_functions_that_wait_share_one_commit(engine: SqliteEngine) -> None:
    gate = Gate(engine)
    waiting = [engine.write(insert(f"p{number}")) for number in range(20)]
    gate.open()
    assert [future.result(30) for future in waiting] == list(range(1, 21))
    [(first, last, tag)] = commits(engine)
    assert (first, last, len(tag)) == (1, 20, 8)


class Inserting:
    """Inserts a part for each item, and notes in what company it was asked; "bad" cannot be inserted."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def work(self, writer: Writer, names: Sequence[str]) -> list[int]:
        self.calls.append(list(names))
        seqs = [insert(name)(writer) for name in names if name != "bad"]
        if "bad" in names:
            raise ValueError("bad")
        return seqs


def test_items_that_wait_for_one_function_are_given_to_it_in_one_call(engine: SqliteEngine) -> None:
    gate, inserting = Gate(engine), Inserting()
    waiting = [engine.write_each(inserting.work, ["a", "b"]), engine.write_each(inserting.work, ["c"])]
    gate.open()
    assert [future.result(30) for future in waiting] == [[1, 2], [3]]
    assert inserting.calls == [["a", "b", "c"]]
    assert len(commits(engine)) == 1


def test_items_keep_their_place_between_functions_that_wait(engine: SqliteEngine) -> None:
    gate, inserting = Gate(engine), Inserting()
    first = engine.write_each(inserting.work, ["a"])
    between = engine.write(insert("b"))
    last = engine.write_each(inserting.work, ["c"])
    gate.open()
    assert (first.result(30), between.result(30), last.result(30)) == ([1], 2, [3])
    assert inserting.calls == [["a"], ["c"]]


def test_an_item_that_fails_fails_alone(engine: SqliteEngine) -> None:
    gate, inserting = Gate(engine), Inserting()
    waiting = [engine.write_each(inserting.work, ["a", "bad"]), engine.write_each(inserting.work, ["c"])]
    gate.open()
    [good, bad], [other] = (future.result(30) for future in waiting)
    assert (good, str(bad), other) == (1, "bad", 2)
    assert inserting.calls == [["a", "bad", "c"], ["a"], ["bad"], ["c"]]
    assert parts(engine) == ["a", "c"]
    assert [(first, last) for first, last, _ in commits(engine)] == [(1, 2)]


def test_an_item_that_fails_beside_a_function_takes_back_nothing_of_that(engine: SqliteEngine) -> None:
    gate, inserting = Gate(engine), Inserting()
    before, items = engine.write(insert("a")), engine.write_each(inserting.work, ["bad", "c"])
    gate.open()
    assert before.result(30) == 1
    bad, good = items.result(30)
    assert (str(bad), good) == ("bad", 2)
    assert inserting.calls == [["bad", "c"], ["bad"], ["c"]]
    assert parts(engine) == ["a", "c"]


def test_a_function_that_fails_alone_leaves_nothing_and_the_next_goes_on(engine: SqliteEngine) -> None:
    def broken(writer: Writer) -> None:
        insert("broken")(writer)
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        engine.write(broken).result(30)
    assert (parts(engine), commits(engine)) == ([], [])
    assert engine.write(insert("a")).result(30) == 1


def test_one_that_fails_takes_back_its_own_work_and_seqs_only(engine: SqliteEngine) -> None:
    def broken(writer: Writer) -> None:
        insert("broken")(writer)
        raise ValueError("mine")

    gate = Gate(engine)
    before, failing, after = (engine.write(work) for work in (insert("a"), broken, insert("b")))
    gate.open()
    assert (before.result(30), after.result(30)) == (1, 2)
    with pytest.raises(ValueError, match="mine"):
        failing.result(30)
    assert parts(engine) == ["a", "b"]
    assert commits(engine)[0][:2] == (1, 2)


def test_a_commit_that_fails_fails_everyone_who_waited_and_keeps_nothing(engine: SqliteEngine) -> None:
    connection = cast(Any, engine)._connection

    class Unlucky:
        def __getattr__(self, name: str) -> Any:
            return getattr(connection, name)

        def execute(self, sql: str, *rest: Any) -> Any:
            if sql == "COMMIT":
                raise sqlcipher3.OperationalError("database or disk is full")
            return connection.execute(sql, *rest)

    gate = Gate(engine)
    waiting = [engine.write(insert(name)) for name in ("a", "b")]
    cast(Any, engine)._connection = Unlucky()
    gate.open()
    for future in waiting:
        with pytest.raises(FullError):
            future.result(30)
    cast(Any, engine)._connection = connection
    assert parts(engine) == []
    assert engine.write(insert("c")).result(30) == 1


def test_a_database_that_another_program_holds_is_told_as_such_and_written_once_it_lets_go(
    engine: SqliteEngine, tmp_path: Path
) -> None:
    cast(Any, engine)._connection.execute("PRAGMA busy_timeout = 1")
    [path] = tmp_path.rglob("*.db")
    other = cast(sqlcipher3.Connection, connect(path, KEY).conn)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LockedError):
        engine.write(insert("a")).result(30)
    assert parts(engine) == [], "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert engine.write(insert("a")).result(30) == 1


@pytest.mark.parametrize("ending", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()])
def test_a_function_that_would_end_its_thread_ends_not_the_writer(
    engine: SqliteEngine, ending: BaseException
) -> None:
    def leaves(writer: Writer) -> None:
        insert("half")(writer)
        raise ending

    gate = Gate(engine)
    before, leaving, after = (engine.write(work) for work in (insert("a"), leaves, insert("b")))
    gate.open()
    with pytest.raises(type(ending)):
        leaving.result(30)
    assert (before.result(30), after.result(30)) == (1, 2)
    assert parts(engine) == ["a", "b"]


def test_a_commit_that_cannot_even_begin_fails_its_waiters_and_the_writer_goes_on(
    engine: SqliteEngine,
) -> None:
    randomness = cast(Any, engine)._randomness

    def leaves(_: int) -> bytes:
        raise SystemExit(1)

    gate = Gate(engine)
    waiting = engine.write(insert("a"))
    cast(Any, engine)._randomness = leaves
    gate.open()
    with pytest.raises(SystemExit):
        waiting.result(30)
    cast(Any, engine)._randomness = randomness
    assert engine.write(insert("b")).result(30) == 1


def test_nobody_is_answered_before_the_commit(engine: SqliteEngine) -> None:
    seen: list[bool] = []
    gate = Gate(engine)
    first: Future[Any] = engine.write(insert("a"))
    second = engine.write(lambda _: seen.append(first.done()))
    gate.open()
    second.result(30)
    assert seen == [False]
    assert first.result(30) == 1


def test_long_reads_and_the_writer_take_turns(engine: SqliteEngine) -> None:
    reads = list[str]()
    with ThreadPoolExecutor() as pool:
        gate = Gate(engine)
        waits = pool.submit(engine.read_in_turn, lambda _: reads.append("in turn"))
        engine.read(lambda _: reads.append("at once"))
        with pytest.raises(TimeoutError):
            waits.result(0.1)
        gate.open()
        waits.result(10)
        assert reads == ["at once", "in turn"]

        begun, ends = threading.Event(), threading.Event()
        long = pool.submit(engine.read_in_turn, lambda _: (begun.set(), ends.wait(10)))
        assert begun.wait(10)
        written = engine.write(insert("a"))
        with pytest.raises(TimeoutError):
            written.result(0.1)
        ends.set()
        long.result(10)
        written.result(10)


def test_a_long_read_goes_on_while_the_writer_commits_and_after_work_that_failed(
    engine: SqliteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, commits, may_commit = engine._connection, threading.Event(), threading.Event()

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(connection, name)

        def execute(self, sql: str, *params: Any) -> Any:
            if sql == "COMMIT":
                commits.set()
                assert may_commit.wait(10)
            return connection.execute(sql, *params)

    def fails(_: Reader) -> None:
        raise ValueError("no")

    monkeypatch.setattr(engine, "_connection", Slow())
    written = engine.write(insert("a"))
    assert commits.wait(10)
    with pytest.raises(ValueError, match="no"):
        engine.read_in_turn(fails)
    assert engine.read_in_turn(lambda _: True) and not written.done()
    may_commit.set()
    written.result(10)
    with pytest.raises(ValueError, match="no"):
        engine.write(fails).result(10)
    assert engine.read_in_turn(lambda _: True)


def test_a_reader_sees_one_snapshot_while_others_write(engine: SqliteEngine) -> None:
    def work(reader: Reader) -> tuple[int, int]:
        count = "SELECT count(*) FROM parts"
        before = reader.query(count)[0][0]
        engine.write(insert("a")).result(30)
        return before, reader.query(count)[0][0]

    assert engine.read(work) == (0, 0)
    assert parts(engine) == ["a"]


def test_a_reader_cannot_write(engine: SqliteEngine) -> None:
    with pytest.raises(sqlcipher3.OperationalError):
        engine.read(lambda reader: cast(Writer, reader).execute("DELETE FROM parts"))


def test_lists_of_text_and_of_bytes_are_looked_up(engine: SqliteEngine) -> None:
    engine.write(insert("a")).result(30)
    sql = "SELECT part FROM parts WHERE kabupaten = :kabupaten AND part IN :parts AND digest IN :digests"

    def ask(names: list[str], digests: list[bytes]) -> Any:
        values = {"parts": names, "digests": digests}
        return engine.read(lambda reader: reader.query(sql, values))

    assert ask(["a", "b"], [b"a-digest"]) == [("a",)]
    assert ask(["a"], [b"x"]) == ask([], [b"a-digest"]) == ask(["a"], []) == []


def test_a_closed_engine_leaves_one_file_and_says_that_it_is_closed(tmp_path: Path) -> None:
    engine = make_engine(tmp_path)
    last = [engine.write(insert(f"p{number}")) for number in range(50)]
    parts(engine)
    engine.close()
    engine.close()
    assert [future.result(0) for future in last] == list(range(1, 51))
    assert [path.name for path in tmp_path.iterdir()] == ["office.db"]
    with pytest.raises(ClosedError):
        engine.write(insert("late"))
    with pytest.raises(ClosedError):
        parts(engine)


def test_nothing_that_was_written_is_readable_in_the_files(engine: SqliteEngine, tmp_path: Path) -> None:
    engine.write(insert("Sutarmi-yang-dicari")).result(30)
    for path in tmp_path.iterdir():
        assert b"Sutarmi" not in path.read_bytes()
        assert b"SQLite format" not in path.read_bytes()


def test_a_lower_migration_that_came_later_runs_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    connection = sqlcipher3.connect(tmp_path / "x.db", isolation_level=None)
    (folder / "0001_first.sql").write_text("CREATE TABLE first (x INTEGER);\n")
    (folder / "0023_later.sql").write_text("CREATE TABLE later (x INTEGER);\n")
    assert migrate(connection, folder) == 23
    (folder / "0016_between.sql").write_text("CREATE TABLE between_them (x INTEGER);\n")
    assert migrate(connection, folder) == migrate(connection, folder) == 23
    assert connection.execute("SELECT count(*) FROM between_them").fetchone() == (0,)
    connection.close()


def test_a_wrong_key_a_missing_and_a_newer_database_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "office.db"
    with pytest.raises(NotInitialisedError):
        upgrade(path, KEY)
    make_engine(tmp_path).close()
    with pytest.raises(WrongKeyError):
        upgrade(path, bytes(32))
    connection = connect(path, KEY).conn
    connection.execute("INSERT INTO migrations (kabupaten, number) VALUES ('*', 9999)")
    connection.close()
    with pytest.raises(NewerDataError):
        upgrade(path, KEY)


@pytest.mark.parametrize(("size", "sizes"), [(2, [2, 2, 1]), (5, [5, 0]), (6, [5])])
def test_batches_give_every_row_once_in_order_whatever_their_size(
    engine: SqliteEngine, size: int, sizes: list[int]
) -> None:
    for name in ("ab", "aa", "ba", "bb", "c"):
        engine.write(insert(name)).result(30)
    sql = (
        "SELECT part, substr(part, 1, 1) AS letter FROM parts WHERE part <> :gone"
        " AND substr(part, 1, 1) >= :letter AND (substr(part, 1, 1) > :letter OR part > :name)"
        " ORDER BY letter, part LIMIT :limit"
    )
    behind = {"letter": (1, ""), "name": (0, "")}
    found = engine.read(lambda reader: list(batches(reader, sql, size, behind, {"gone": "x"})))
    assert [len(batch) for batch in found] == sizes
    assert [row[0] for batch in found for row in batch] == ["aa", "ab", "ba", "bb", "c"]
