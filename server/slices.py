"""How much of a long work goes into one transaction. Rule: as much as takes a moment, on whatever machine.

The writer is one for all. A count that takes 50 ms on a quiet machine takes 400 where others work too, and
everybody who pushes or decides waits so long; so a slice's size follows from how long the one before took.
"""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

GOAL_S = 0.04
"""How long a slice should take: who waits for the writer waits for one, for its commit, and for others."""
MOST_GROWTH = 2.0


class Slices:
    """The sizes of the slices of one work. `elapsed_s` gives seconds of a clock that never goes back."""

    def __init__(
        self, first: int, *, least: int, most: int, elapsed_s: Callable[[], float] = time.perf_counter
    ) -> None:
        self._size, self._least, self._most, self._elapsed_s = first, least, most, elapsed_s

    @property
    def size(self) -> int:
        """How much the next slice is."""
        return self._size

    def do(self, work: Callable[[int], T]) -> T:
        """Do one slice, of the size that `work` is given, and learn from how long it took.

        Called within a transaction that writes: what passes before the writer gets to it is not counted.
        """
        begun = self._elapsed_s()
        done = work(self._size)
        taken_s = max(self._elapsed_s() - begun, 1e-6)
        wanted = int(self._size * min(GOAL_S / taken_s, MOST_GROWTH))
        self._size = max(self._least, min(wanted, self._most))
        return done
