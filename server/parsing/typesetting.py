"""Papers become PDFs. Rule: each is set by a child that has nothing but that paper, and ends with it."""

import threading

from server.parsing.letter import Letter
from server.parsing.messages import Printed, SetLetter, Task, Typeset, frame
from server.parsing.paper import Paper
from server.parsing.pool import Child

CHILDREN = 2
SECONDS = 60.0
ONE_THREAD = {"RAYON_NUM_THREADS": "1"}


class Typesetter:
    """Sets papers, at most two at a time: an office has one of these. Blocks the thread that asks."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._turns = threading.BoundedSemaphore(CHILDREN)

    def pdf(self, paper: Paper) -> bytes | None:
        """Return the paper as PDF; None where it could not be set in time, or within its memory."""
        return self._set("typesetter", Typeset(paper=paper))

    def letter(self, letter: Letter) -> bytes | None:
        """Return a letter as PDF; None as above."""
        return self._set("lettersetter", SetLetter(letter=letter))

    def _set(self, module: str, task: Task) -> bytes | None:
        try:
            said = frame(task)
        except ValueError:
            return None
        with self._turns:
            child = Child(module, ONE_THREAD)
            try:
                answer = child.ask(said, self._seconds)
            finally:
                child.end()
        return answer.pdf if isinstance(answer, Printed) else None
