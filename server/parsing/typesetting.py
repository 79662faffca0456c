"""Papers become PDFs. Rule: each is set by a child that has nothing but that paper, and ends with it.

Most of a letter's time is its child's start: fonts, the template, one setting before its doors close. So
where letters are written the child for the next one starts while nobody waits for it.
"""

import threading

from server.parsing.letter import Letter
from server.parsing.messages import Printed, SetLetter, Task, Typeset, frame
from server.parsing.paper import Paper
from server.parsing.pool import Child

CHILDREN = 2
SECONDS = 60.0
ONE_THREAD = {"RAYON_NUM_THREADS": "1"}


class Typesetter:
    """Sets papers, at most two at a time: an office has one of these. Blocks the thread that asks.

    `looks_ahead`: after a letter a child for the next waits, until `close`.
    """

    def __init__(self, seconds: float = SECONDS, *, looks_ahead: bool = False) -> None:
        self._seconds, self._looks_ahead = seconds, looks_ahead
        self._turns = threading.BoundedSemaphore(CHILDREN)
        self._changing = threading.Lock()
        self._ready: Child | None = None

    def pdf(self, paper: Paper) -> bytes | None:
        """Return the paper as PDF; None where it could not be set in time, or within its memory."""
        return self._set("typesetter", Typeset(paper=paper))

    def letter(self, letter: Letter) -> bytes | None:
        """Return a letter as PDF; None as above."""
        made = self._set("lettersetter", SetLetter(letter=letter))
        with self._changing:
            if self._looks_ahead and self._ready is None:
                self._ready = Child("lettersetter", ONE_THREAD)
        return made

    def close(self) -> None:
        """End the child that waits, and let none wait any more."""
        with self._changing:
            self._looks_ahead = False
        if (waiting := self._taken()) is not None:
            waiting.end()

    def _set(self, module: str, task: Task) -> bytes | None:
        try:
            said = frame(task)
        except ValueError:
            return None
        with self._turns:
            child = (self._taken() if isinstance(task, SetLetter) else None) or Child(module, ONE_THREAD)
            try:
                answer = child.ask(said, self._seconds)
            finally:
                child.end()
        return answer.pdf if isinstance(answer, Printed) else None

    def _taken(self) -> Child | None:
        """Take the child that waits, if there is one and it lives."""
        with self._changing:
            waiting, self._ready = self._ready, None
        if waiting is None or waiting.is_there():
            return waiting
        waiting.end()
        return None
