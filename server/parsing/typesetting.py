"""Papers become PDFs. Rule: each is set by a child that has nothing but that paper, and ends with it."""

import threading

from server.parsing.messages import Printed, Typeset, frame
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
        try:
            said = frame(Typeset(paper=paper))
        except ValueError:
            return None
        with self._turns:
            child = Child("typesetter", ONE_THREAD)
            try:
                answer = child.ask(said, self._seconds)
            finally:
                child.end()
        return answer.pdf if isinstance(answer, Printed) else None
