"""Rows that go in by the hundred are stored as if each had gone in alone."""

from typing import Any, cast

import pytest
import sqlcipher3

from server.engines.wide import WIDE_ROWS, put_many

TABLE = "CREATE TABLE t (k TEXT NOT NULL, id INTEGER NOT NULL, body BLOB, PRIMARY KEY (k, id))"
PUT = (
    "INSERT INTO t (k, id, body) VALUES (:k, :id, :body)"
    " ON CONFLICT (k, id) DO UPDATE SET body = excluded.body"
)
COUNTS = [0, 1, WIDE_ROWS - 1, WIDE_ROWS, WIDE_ROWS + 1, 3 * WIDE_ROWS, 3 * WIDE_ROWS + 7]


class Counted(sqlcipher3.Connection):
    """Counts the statements that ran, one for each set of parameters."""

    statements = 0

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        listed = list(parameters)
        self.statements += len(listed)
        return super().executemany(sql, listed)


@pytest.fixture
def connection() -> Counted:
    made = cast(Counted, sqlcipher3.connect(":memory:", factory=Counted))
    made.execute(TABLE)
    return made


def _stored(connection: sqlcipher3.Connection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT k, id, body FROM t ORDER BY rowid").fetchall()


def _alone(sql: str, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    connection = sqlcipher3.connect(":memory:")
    connection.execute(TABLE)
    for row in rows:
        connection.execute(sql, row)
    return _stored(connection)


@pytest.mark.parametrize("count", COUNTS)
def test_all_rows_go_in_in_their_order(connection: Counted, count: int) -> None:
    rows = [("33.14", (number * 7919) % 1009, b"%d" % number) for number in range(count)]
    assert put_many(connection, PUT, rows) == count
    assert _stored(connection) == _alone(PUT, rows)
    assert connection.statements == count // WIDE_ROWS + count % WIDE_ROWS


def test_the_later_of_two_rows_with_one_key_stays(connection: Counted) -> None:
    rows = [("33.14", number // 2, b"%d" % number) for number in range(2 * WIDE_ROWS)]
    assert put_many(connection, PUT, rows) == 2 * WIDE_ROWS
    assert _stored(connection) == _alone(PUT, rows)


def test_rows_that_change_nothing_are_not_counted(connection: Counted) -> None:
    only_new = "INSERT INTO t (k, id, body) VALUES (?, ?, NULL) ON CONFLICT (k, id) DO NOTHING"
    rows = [("33.14", number) for number in range(WIDE_ROWS + 5)]
    put_many(connection, only_new, rows[::2])
    connection.statements = 0
    assert put_many(connection, only_new, rows) == len(rows) // 2
    assert connection.statements == 1 + 5, "places without names fill statements too"


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t (k, id, body) SELECT :k, :id, :body WHERE NOT EXISTS (SELECT 1 FROM t WHERE id = :id)",
        "INSERT INTO t (k, id, body) VALUES (:k, :id, :body) ON CONFLICT (k, id) DO UPDATE SET id = :id + 1",
        "INSERT INTO t (k, id, body) VALUES (:k, :id, lower(:body))",
    ],
)
def test_a_statement_of_another_shape_runs_for_each_row(connection: Counted, sql: str) -> None:
    rows = [("33.14", 2 * number, "A") for number in range(WIDE_ROWS)]
    put_many(connection, sql, rows)
    assert _stored(connection) == _alone(sql, rows)
    assert connection.statements == len(rows)


def test_a_name_that_stands_twice_is_given_once(connection: Counted) -> None:
    twice = "INSERT INTO t (k, id, body) VALUES (:k, :id, :id)"
    put_many(connection, twice, [("33.14", number) for number in range(WIDE_ROWS)])
    assert connection.execute("SELECT count(*) FROM t WHERE id = body").fetchone() == (WIDE_ROWS,)


def test_one_bad_row_is_told_of(connection: Counted) -> None:
    rows = [("33.14", number, b"") for number in range(2 * WIDE_ROWS)]
    rows[-1] = ("33.14", None, b"")  # type: ignore[assignment]
    with pytest.raises(sqlcipher3.IntegrityError):
        put_many(connection, PUT, rows)
