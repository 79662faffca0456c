"""Tables in memory whose changes can be taken back. Rule: a transaction that raises leaves nothing behind.

Dicts and sorted lists stay what they are; who changes one inside a transaction does it through the journal.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Journal:
    """Remembers how to take back what was done since the transaction began; outside of one, nothing."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a transaction is under way."""
        return self._undo is not None

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Keep all that is done inside or, if it raises, none of it. Inside another one it is a savepoint."""
        outer = self._undo
        own = self._undo = list[Callable[[], object]]()
        try:
            yield
        except BaseException:
            for undo in reversed(own):
                undo()
            raise
        else:
            if outer is not None:
                outer.extend(own)
        finally:
            self._undo = outer

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Set one value."""
        if self._undo is not None:
            back = partial(table.__setitem__, key, table[key]) if key in table else partial(table.pop, key)
            self._undo.append(back)
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> V | None:
        """Take one value away and return it, None if it was not there."""
        if key not in table:
            return None
        value = table.pop(key)
        if self._undo is not None:
            self._undo.append(partial(table.__setitem__, key, value))
        return value

    def insert(self, ordered: list[Any], item: Any) -> None:
        """Add an item to a sorted list."""
        insort(ordered, item)
        if self._undo is not None:
            self._undo.append(partial(_remove, ordered, item))

    def remove(self, ordered: list[Any], item: Any) -> None:
        """Take an item that is there out of a sorted list."""
        _remove(ordered, item)
        if self._undo is not None:
            self._undo.append(partial(insort, ordered, item))


def _remove(ordered: list[Any], item: Any) -> None:
    del ordered[bisect_left(ordered, item)]
