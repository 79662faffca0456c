"""A page that is no longer what was written is told; one that is just being written is not."""

from pathlib import Path
from typing import Any, cast

import pytest

from server.engines.connecting import connect
from server.engines.examining import Examined, examined

KEY, PAGE_BYTES = bytes(32), 4096


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "office.db"
    opened = connect(path, KEY)
    opened.conn.execute("CREATE TABLE t (a)")
    opened.conn.execute("INSERT INTO t VALUES (randomblob(20000))")
    opened.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.conn.close()
    return path


def bend(path: Path) -> None:
    """Change a byte of the third page, or change it back."""
    whole = bytearray(path.read_bytes())
    whole[2 * PAGE_BYTES + 100] ^= 1
    path.write_bytes(whole)


def test_a_page_that_was_changed_is_named(database: Path) -> None:
    with examined(database, KEY) as opened:
        assert opened.pages() == []
    bend(database)
    with examined(database, KEY) as opened:
        [line] = opened.pages()
        assert "3" in line


def test_a_page_that_was_half_written_when_it_was_looked_at_is_whole(database: Path) -> None:
    bend(database)
    connection, found = connect(database, KEY, read_only=True).conn, list[Any]()

    class Watched:
        def execute(self, sql: str) -> list[Any]:
            now = connection.execute(sql).fetchall()
            if not found:
                found.extend(now)
                bend(database)
            return now

    assert Examined(cast(Any, Watched())).pages() == [] and found
    connection.close()
