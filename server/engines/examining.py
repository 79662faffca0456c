"""A database file that is only looked at. Rule: not a byte of it is written, nor is what it says believed.

What is asked of the file itself: its pages beside their HMACs, its tables beside their indexes.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import sqlcipher3

from schemas.base import Data
from schemas.ids import Regency
from server.engine import DamagedError, Reader
from server.engines.connecting import connect
from server.engines.sqlite import Transaction
from server.migrate import regency_of, version


class Inspection(Data, frozen=True, kw_only=True):
    """What a database file says about itself; both lists are empty when it is whole."""

    pages: list[str]
    structure: list[str]
    page_count: int
    version: int


class Examined:
    """A database that is only looked at: what its pages say, and one snapshot of it."""

    def __init__(self, connection: sqlcipher3.Connection) -> None:
        self._connection = connection

    def pages(self) -> list[str]:
        """Compare every page with its HMAC; return what is wrong.

        It reads past SQLite's locks, also a page that a served office is just writing: so what is wrong has
        to be so twice.
        """
        found = self._bad_pages()
        again = set(self._bad_pages()) if found else set[str]()
        return [line for line in found if line in again]

    def _bad_pages(self) -> list[str]:
        return [str(row[0]) for row in self._connection.execute("PRAGMA cipher_integrity_check")]

    def structure(self) -> list[str]:
        """Look at tables and indexes, whose pages must be whole; return what is wrong."""
        lines = [str(row[0]) for row in self._connection.execute("PRAGMA integrity_check")]
        return [line for line in lines if line != "ok"]

    def is_sound(self) -> bool:
        """Look whether the pages are whole and fit together, but for what indexes say."""
        return self._connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]

    def page_count(self) -> int:
        """Return how many pages the file has."""
        [(count,)] = self._connection.execute("PRAGMA page_count").fetchall()
        return count

    def version(self) -> int:
        """Return the number of the newest migration that it went through."""
        return version(self._connection)

    def reader(self) -> Reader:
        """Return the snapshot. Raises NotInitialisedError."""
        return Transaction(self._connection, Regency(regency_of(self._connection)[0]))


@contextmanager
def examined(path: Path, key: bytes) -> Generator[Examined]:
    """Open a database only to look at it. Raises WrongKeyError, and DamagedError from within the block."""
    connection = cast(sqlcipher3.Connection, connect(path, key, read_only=True).conn)
    try:
        connection.execute("BEGIN")
        yield Examined(connection)
    except sqlcipher3.DatabaseError as error:
        raise DamagedError(str(error)) from error
    finally:
        connection.close()


@contextmanager
def inspected(path: Path, key: bytes) -> Generator[tuple[Inspection, Reader | None]]:
    """Look at all of a database that can be asked of the file itself; a snapshot if its pages are whole.

    Raises WrongKeyError, DamagedError, NotInitialisedError.
    """
    with examined(path, key) as database:
        pages = database.pages()
        found = Inspection(
            pages=pages,
            structure=[] if pages else database.structure(),
            page_count=database.page_count(),
            version=0 if pages else database.version(),
        )
        yield found, None if pages else database.reader()
