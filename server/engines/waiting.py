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
Answered = tuple[Waiting, Any, BaseException | None]
"""A job, and what came of it: a result, or what was raised."""


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


def shared(group: Sequence[Items]) -> tuple[Callable[[Writer, Sequence[Any]], Sequence[Any]], list[Any]]:
    """Return what several jobs wait for, and the items of all."""
    return group[0].work, [item for job in group for item in job.items]


def shared_out(group: Sequence[Items], results: Sequence[Any]) -> list[Answered]:
    """Give each of several jobs the results of its own items."""
    answers: list[Answered] = []
    for job in group:
        answers.append((job, results[: len(job.items)], None))
        results = results[len(job.items) :]
    return answers
