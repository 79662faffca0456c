"""A check in a process of its own, beside others. Rule: what it did not say to its end, it did not check.

Of a small office all is checked before such a process has started: so it is checked here.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import assert_never

from schemas.base import UNREADABLE
from server.children import ChildProcess
from server.frames import read_frame
from server.verifying.apart import check_apart
from server.verifying.findings import Findings, Notes, Progress
from server.verifying.messages import MOST_BYTES, Advanced, Done, Faults, Said, Step, Task, frame, sayings

MODULE = "server.verifying.child"
FEW_PAGES = 1_000
"""What is checked in some hundredths of a second, where a process takes two tenths to start."""


class Here:
    """The check in this process, at the time when it is asked what it came to."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def finish(self, findings: Findings, progress: Progress) -> None:
        """Check all, and take over what was counted and found."""
        notes = Notes()
        with notes.reading():
            check_apart(self._task, notes, progress)
        findings.counts.update(notes.counts)
        findings.add(notes.found)


class Beside:
    """The office's end of one check. It goes on by itself until `finish` asks what it came to."""

    def __init__(self, task: Task) -> None:
        self._child: ChildProcess | None = None
        try:
            self._child = ChildProcess(MODULE)
            self._child.say(frame(task))  # the key goes by the pipe, where nobody else sees it
        except OSError:
            return  # it did not start, or is gone already: `finish` will say so

    def finish(self, findings: Findings, progress: Progress) -> None:
        """Wait until all is checked, and take over what was counted and found.

        A process that died, or said what none of ours says, is a fault: nobody knows what it left unchecked.
        """
        while (said := self._hear()) is not None:
            match said:
                case Step(name=name, total=total):
                    progress.step(name, total)
                case Advanced(count=count):
                    progress.advance(count)
                case Faults(found=found):
                    findings.add(found)
                case Done(counts=counts):
                    findings.counts.update(counts)
                    return
                case _:
                    assert_never(said)
        findings.fault("pemeriksa_terhenti")

    def end(self) -> None:
        """End it, whether it has finished or not."""
        if self._child is not None:
            self._child.end()

    def _hear(self) -> Said | None:
        raw = read_frame(self._child.read, MOST_BYTES) if self._child is not None else None
        try:
            return sayings.decode(raw) if raw is not None else None
        except UNREADABLE:
            return None


@contextmanager
def beside(task: Task, pages: int) -> Generator[Beside | Here]:
    """Begin the check of so many pages; it is ended with the block, whether it was asked or not."""
    if pages <= FEW_PAGES:
        yield Here(task)
        return
    check = Beside(task)
    try:
        yield check
    finally:
        check.end()
