"""The log of SQLite is copied beside the writer, and whoever copies it leaves with the engine."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import sqlcipher3

from server.engine import Engine, FailingError, Writer
from server.engines import sqlite
from server.engines.checkpoints import Checkpoints
from server.engines.connecting import connect
from server.engines.sqlite_copy import alone
from tests.server.offices import KEY, make_engine

WAIT_S = 30


def many(first: int, count: int) -> Any:
    def work(writer: Writer) -> None:
        rows = [(writer.regency, f"p{number}", bytes(500)) for number in range(first, first + count)]
        writer.many("INSERT INTO parts (kabupaten, part, digest) VALUES (:kabupaten, :part, :digest)", rows)

    return work


def is_copied(engine: Engine, file: Path) -> bool:
    """Whether the file has come to all the pages that there are: while it is copied it grows page by page."""
    [(pages,)] = engine.read(lambda reader: reader.query("PRAGMA page_count"))
    [(page_bytes,)] = engine.read(lambda reader: reader.query("PRAGMA page_size"))
    return file.stat().st_size == int(pages) * int(page_bytes)


def until(said: Callable[[], bool]) -> bool:
    end = time.monotonic() + WAIT_S
    while not (now := said()) and time.monotonic() < end:
        time.sleep(0.01)
    return now


def test_the_log_is_copied_beside_the_writer_once_much_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.engines.checkpoints.GROWN_ROWS", 100)
    engine = make_engine(tmp_path)
    file = tmp_path / "office.db"
    before = file.stat().st_size
    engine.write(many(0, 90)).result(WAIT_S)
    time.sleep(0.1)
    assert file.stat().st_size == before, "little goes on lying in the log"
    engine.write(many(90, 20)).result(WAIT_S)
    assert until(lambda: is_copied(engine, file))
    again = file.stat().st_size
    assert again > before + 110 * 500
    engine.write(many(200, 90)).result(WAIT_S)
    time.sleep(0.1)
    assert file.stat().st_size == again, "what was copied does not count again"
    engine.write(many(300, 90)).result(WAIT_S)
    assert until(lambda: file.stat().st_size > again)
    engine.close()


def test_a_log_that_cannot_be_copied_now_stops_nothing_and_is_copied_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.engines.checkpoints.GROWN_ROWS", 10)
    engine = make_engine(tmp_path)
    copying = cast(Any, engine)._checkpoints
    connection, tried, asked = copying._connection, threading.Event(), list[str]()

    class Full:
        def execute(self, sql: str) -> None:
            asked.append(sql)
            tried.set()
            raise sqlcipher3.OperationalError("database or disk is full")

    copying._connection = Full()
    file = tmp_path / "office.db"
    before = file.stat().st_size
    engine.write(many(0, 100)).result(WAIT_S)
    assert tried.wait(WAIT_S) and file.stat().st_size == before
    assert asked == ["PRAGMA wal_checkpoint(PASSIVE)"], "any other would hold up who writes"
    copying._connection = connection
    engine.write(many(100, 100)).result(WAIT_S)
    assert until(lambda: file.stat().st_size > before + 200 * 500)
    engine.close()


def test_a_log_that_has_grown_very_long_is_copied_by_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.engines.sqlite.LONG_LOG_PAGES", 20)
    engine = make_engine(tmp_path)
    file = tmp_path / "office.db"
    before = file.stat().st_size
    engine.write(many(0, 300)).result(WAIT_S)
    assert file.stat().st_size > before + 300 * 500
    engine.close()


def test_a_copier_that_is_closed_just_as_it_begins_to_copy_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word to end comes while the copier puts away the word to copy."""
    clearing, said = threading.Event(), threading.Event()

    class Slow(threading.Event):
        def clear(self) -> None:
            clearing.set()
            assert said.wait(WAIT_S)
            super().clear()

    make_engine(tmp_path).close()
    monkeypatch.setattr("server.engines.checkpoints.threading.Event", Slow)
    copying = Checkpoints(cast(sqlcipher3.Connection, connect(tmp_path / "office.db", KEY).conn))
    monkeypatch.undo()
    copying.written(1_000_000)
    assert clearing.wait(WAIT_S)
    closing = threading.Thread(target=copying.close, daemon=True)
    closing.start()
    assert until(lambda: cast(Any, copying)._closed)
    time.sleep(0.05)
    said.set()
    closing.join(WAIT_S)
    assert not closing.is_alive()


@pytest.mark.parametrize("missing", ["connection", "thread"])
def test_an_engine_that_cannot_be_opened_whole_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    make_engine(tmp_path).close()
    real, opened = connect, 0

    def copiers_fails(path: Path, key: bytes) -> Any:
        nonlocal opened
        opened += 1
        if opened == 3:  # after the one that makes the file, and the writer's
            raise OSError("too many open files")
        return real(path, key)

    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    if missing == "connection":
        monkeypatch.setattr(sqlite, "connect", copiers_fails)
    else:
        monkeypatch.setattr(threading.Thread, "start", no_thread)
    with pytest.raises((OSError, RuntimeError)) as kept:  # a traceback that is kept keeps what is in it
        make_engine(tmp_path)
    monkeypatch.undo()
    with alone(tmp_path / "office.db", KEY):
        assert kept.value is not None


def test_the_file_can_be_had_alone_as_soon_as_an_engine_that_copies_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.engines.checkpoints.GROWN_ROWS", 1)
    for turn in range(10):
        engine = make_engine(tmp_path)
        engine.write(many(turn * 100, 100)).result(WAIT_S)
        copier = engine._checkpoints._thread
        engine.close()
        with alone(tmp_path / "office.db", KEY):
            assert not copier.is_alive()


class Failing:
    """A connection of a disk that fails at what a test says, and else does as the real one."""

    def __init__(self, real: sqlcipher3.Connection, *at: str) -> None:
        self._real, self._at = real, at

    def execute(self, sql: str, *params: Any) -> Any:
        if sql.startswith(self._at):
            raise sqlcipher3.OperationalError("disk I/O error")
        return self._real.execute(sql, *params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_a_failing_disk_is_told_by_name_and_closing_lets_go_of_the_file(tmp_path: Path) -> None:
    engine = make_engine(tmp_path)
    inside = cast(Any, engine)
    real = inside._connection
    engine.write(many(0, 3)).result(WAIT_S)
    inside._connection = Failing(real, "COMMIT")
    with pytest.raises(FailingError):
        engine.write(many(3, 3)).result(WAIT_S)
    inside._connection = Failing(real, "PRAGMA wal_checkpoint")
    engine.close()
    with pytest.raises(sqlcipher3.ProgrammingError):
        real.execute("SELECT 1")
    again = make_engine(tmp_path)
    assert again.read(lambda reader: reader.query("SELECT count(*) FROM parts")) == [(3,)]
    again.close()
