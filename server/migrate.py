"""Bring a database to this program's shape. Rule: a migration that has run is never changed or run again."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from schemas.folders import listed
from server.engine import NewerDataError, NotInitialisedError

FOLDER = Path(__file__).parent / "migrations"


class Connection(Protocol):
    """What migrating needs of a database connection: autocommit, and `?`-free statements."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any: ...


def migrations(folder: Path = FOLDER) -> list[tuple[int, str]]:
    """Return (number, SQL) of each migration file `NNNN_name.sql`, in order."""
    return [(int(path.name[:4]), path.read_text("utf-8")) for path in listed(folder, "[0-9]*.sql")]


def migrate(connection: Connection, folder: Path = FOLDER) -> int:
    """Run what has not run yet, all in one transaction. Returns the number reached. Raises NewerDataError."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (kabupaten TEXT NOT NULL, number INTEGER NOT NULL,"
            " PRIMARY KEY (kabupaten, number))"
        )
        known = migrations(folder)
        reached = version(connection)
        if known and reached > known[-1][0]:
            raise NewerDataError(f"the data is at {reached}, this program at {known[-1][0]}")
        done = {number for (number,) in connection.execute("SELECT number FROM migrations")}
        for number, script in known:
            # numbers are given out before the work is done: a lower one may come after a higher
            if number not in done:
                for statement in statements(script):
                    connection.execute(statement)
                connection.execute("INSERT INTO migrations (kabupaten, number) VALUES ('*', ?)", (number,))
                reached = max(reached, number)
    except BaseException:
        with suppress(Exception):  # a full disk ended it already, a failing one may not let it end
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return reached


def version(connection: Connection) -> int:
    """Return the number of the newest migration that has run, 0 for none."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()[0])


def regency_of(connection: Connection) -> tuple[str, str]:
    """Return the code and name of the regency this database was made for. Raises NotInitialisedError."""
    row = connection.execute("SELECT kabupaten, name FROM kabupaten").fetchone()
    if row is None:
        raise NotInitialisedError("no regency in this database")
    return str(row[0]), str(row[1])


def statements(script: str) -> list[str]:
    """Split a script at each semicolon that ends a line; comments stay with what follows them."""
    return [part.strip() for part in re.split(r";[ \t]*(?:\n|$)", script) if _says_something(part)]


def _says_something(part: str) -> bool:
    return any(line.strip() and not line.strip().startswith("--") for line in part.splitlines())
