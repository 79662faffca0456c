"""What waits for the writer. Rule: the order in which it came is the order in which it is done."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from server.engine import Writer


@dataclass
class Job:
    """One function that waits for the writer, and whom to tell."""

    work: Callable[[Writer], Any]
    future: "Future[Any]"

    @property
    def weight(self) -> int:
        """How much of a commit it takes up."""
        return 1


@dataclass
class Items:
    """Items that wait for one function, and whom to tell."""

    work: Callable[[Writer, Sequence[Any]], Sequence[Any]]
    items: Sequence[Any]
    future: "Future[Any]"

    @property
    def weight(self) -> int:
        """How much of a commit they take up."""
        return len(self.items)


Waiting = Job | Items


def neighbours(batch: Sequence[Waiting]) -> list[Job | list[Items]]:
    """Return the jobs in their order, those beside one another that wait for the same function together."""
    found: list[Job | list[Items]] = []
    for job in batch:
        last = found[-1] if found else None
        if isinstance(job, Job):
            found.append(job)
        elif isinstance(last, list) and last[0].work == job.work:
            last.append(job)
        else:
            found.append([job])
    return found
