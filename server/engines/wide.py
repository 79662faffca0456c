"""Many rows in one statement. Rule: what is stored is as if each row had been put in by itself, in order.

A statement costs more than the row that it puts in, most of all where threads share an interpreter, which
each statement gives up and has to win back. So rows go in by the hundred, as far as they fill statements.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol

WIDE_ROWS = 100
"""Rows of one statement: with twice as many it is only longer to prepare."""
_VALUES = re.compile(r"\bVALUES \(([\w?:, ]+)\)")
_PLACE = re.compile(r"\?|:\w+")


class Connection(Protocol):
    """What is asked of SQLite's or SQLCipher's connection."""

    def executemany(self, sql: str, parameters: Any, /) -> Any: ...


def put_many(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """Run a statement for each row, and return how many rows it changed in all.

    Rows have their members in the order of the places in the SQL, which are `?` or names that it has once.
    """
    wide = _widened(sql) if len(rows) >= WIDE_ROWS else None
    if wide is None:
        return connection.executemany(sql, rows).rowcount if rows else 0
    whole = len(rows) - len(rows) % WIDE_ROWS
    done = connection.executemany(wide, _joined(rows, whole)).rowcount
    return done + (connection.executemany(sql, rows[whole:]).rowcount if whole < len(rows) else 0)


def _joined(rows: Sequence[tuple[Any, ...]], whole: int) -> Iterator[list[Any]]:
    for first in range(0, whole, WIDE_ROWS):
        yield list(chain.from_iterable(rows[first : first + WIDE_ROWS]))


@lru_cache(maxsize=256)
def _widened(sql: str) -> str | None:
    """Return the statement with its list of values a hundred times; None where it has no such list."""
    found = _VALUES.search(sql)
    if found is None:
        return None
    inside, all_places = _PLACE.findall(found[1]), _PLACE.findall(sql)
    is_named_twice = len({*inside} - {"?"}) + inside.count("?") < len(inside)
    if len(inside) != len(all_places) or is_named_twice:
        return None
    values = f"({_PLACE.sub('?', found[1])})"
    return f"{sql[: found.start()]}VALUES {', '.join([values] * WIDE_ROWS)}{sql[found.end() :]}"
