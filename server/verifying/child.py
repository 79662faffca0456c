"""The process beside: what can be checked without knowing what came before. Rule: it reads, and tells."""

import os
import sys
from collections.abc import Callable

from schemas.base import decode
from server.frames import read_frame
from server.verifying.apart import check_apart
from server.verifying.findings import Notes
from server.verifying.messages import (
    FAULTS_TOGETHER,
    MOST_BYTES,
    Advanced,
    Done,
    Faults,
    Said,
    Step,
    Task,
    frame,
)

GIVE_WAY = 10
"""How far it stands back behind an office that serves (nice(2))."""
TELLINGS = 100
"""How often it says in one step how far it is: few enough for a pipe that nobody reads yet."""


def main() -> None:
    """Do the task that comes on standard input. Ends when the office is gone."""
    os.nice(GIVE_WAY)
    raw = read_frame(sys.stdin.buffer.read, MOST_BYTES)
    if raw is None:
        return
    telling, notes = _Telling(_say), Notes()
    with notes.reading():
        check_apart(decode(raw, Task), notes, telling)
        telling.tell()
    for start in range(0, len(notes.found), FAULTS_TOGETHER):
        _say(Faults(found=notes.found[start : start + FAULTS_TOGETHER]))
    _say(Done(counts=dict(notes.counts)))


class _Telling:
    """Progress that is told to the office."""

    def __init__(self, say: Callable[[Said], None]) -> None:
        self._say = say
        self._untold = self._often = 0

    def step(self, name: str, total: int) -> None:
        self.tell()
        self._often = max(total // TELLINGS, 1)
        self._say(Step(name=name, total=total))

    def advance(self, count: int = 1) -> None:
        self._untold += count
        if self._untold >= self._often:
            self.tell()

    def tell(self) -> None:
        """Tell what was not told yet."""
        if self._untold:
            self._say(Advanced(count=self._untold))
            self._untold = 0


def _say(message: Said) -> None:
    sys.stdout.buffer.write(frame(message))
    sys.stdout.buffer.flush()
