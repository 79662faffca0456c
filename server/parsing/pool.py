"""The office's end: children that are kept warm. Rule: a try ends after ten seconds, whatever the file does.

A child that took too long, died, or answered what it was not asked is ended, and the next task has a new
one. So is each after two hundred tasks, so that nothing of one file stays about for long. A task over which
a child died is tried once more: the system may have killed it for want of memory. So a task may take nearly
twenty seconds; one that took too long is not tried again.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, LifoQueue
from typing import TypeVar

from schemas.base import UNREADABLE
from server.children import ChildProcess
from server.parsing.messages import (
    Alike,
    Answer,
    AskGuard,
    Compare,
    Guard,
    Look,
    Looked,
    NoSheet,
    NotOne,
    Picture,
    ReadSheet,
    Sheet,
    Stamp,
    Task,
    Thumbnail,
    answers,
    frame,
    read_frame,
)

CHILDREN = 2
SECONDS = 10.0
TASKS = 200
TRIES = 2

A = TypeVar("A", bound=Answer)


class Parsers:
    """Reads what others made, in children. Safe to use from several threads; blocks the one that asks."""

    def __init__(self, children: int = CHILDREN, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._free: LifoQueue[Child] = LifoQueue()
        self._turns = threading.BoundedSemaphore(children)
        self._closed = False

    def thumbnail(self, data: bytes) -> bytes | None:
        """Return a JPEG of at most 320 pixels a side; None for what cannot be read as a picture."""
        made = self._ask(Thumbnail(data=data), Picture)
        return made.jpeg if made else None

    def look(self, data: bytes) -> Looked | None:
        """Return what a picture tells of itself; None for what cannot be read as one."""
        return self._ask(Look(data=data), Looked)

    def likenesses(self, data: bytes) -> tuple[bytes, ...]:
        """Return what a picture has in common with copies of it; nothing of what says nothing, or is none."""
        made = self._ask(Compare(data=data), Alike)
        return made.likenesses if made else ()

    def stamp(self, data: bytes, words: str) -> bytes | None:
        """Return a JPEG with these words across all of it; None for what cannot be read as a picture."""
        made = self._ask(Stamp(data=data, words=words), Picture)
        return made.jpeg if made else None

    def sheet(self, data: bytes, number: int = 0) -> Sheet | NoSheet:
        """Return the cells of a sheet (from 0) of a workbook or of separated values, or why there is none."""
        try:
            said = frame(ReadSheet(data=data, number=number))
        except ValueError:
            return NoSheet(why="terlalu_besar")
        try:
            answer = self._answer(said, (Sheet, NoSheet))
        except TimeoutError:
            return NoSheet(why="terlalu_lama")
        return answer if isinstance(answer, Sheet | NoSheet) else NoSheet(why="terlalu_besar")

    def is_guarded(self) -> bool:
        """Say whether the kernel guards the calls of children, or only the limits hold."""
        said = self._ask(AskGuard(), Guard)
        return said is not None and said.is_up

    def peak_kib(self) -> int:
        """Return the highest memory of the child that worked last, in KiB: for measuring (Linux)."""
        child = self._child()
        try:
            return child.peak_kib()
        finally:
            self._free.put(child)

    def close(self) -> None:
        """End all children. Those at work end with their task."""
        self._closed = True
        while True:
            try:
                self._free.get_nowait().end()
            except Empty:
                return

    def _ask(self, task: Task, kind: type[A]) -> A | None:
        try:
            answer = self._answer(frame(task), (kind, NotOne))
        except (ValueError, TimeoutError):
            return None
        return answer if isinstance(answer, kind) else None

    def _answer(self, said: bytes, kinds: tuple[type[Answer], ...]) -> Answer | None:
        """Let a child answer. One that says nothing, or what it was not asked, is ended.

        Raises TimeoutError.
        """
        answer: Answer | None = None
        with self._turns:
            for _ in range(TRIES):
                child = self._child()
                answer = child.ask(said, self._seconds)
                if isinstance(answer, kinds) and child.tasks < TASKS and not self._closed:
                    self._free.put(child)
                else:
                    child.end()
                if answer is not None:
                    break
                if child.is_late:
                    raise TimeoutError
        return answer

    def _child(self) -> "Child":
        while True:
            try:
                child = self._free.get_nowait()
            except Empty:
                return Child("child")
            if child.is_there():
                return child
            child.end()  # the system may kill one that waits, for want of memory


class Child:
    """A child that answers tasks. `module` of this package has its `main`."""

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self.tasks = 0
        self.is_late = False
        self._process = ChildProcess(f"server.parsing.{module}", environment)

    def ask(self, said: bytes, seconds: float) -> Answer | None:
        """Return the answer; None when there was none in time, or it was none at all."""
        self.tasks += 1
        clock = threading.Timer(seconds, self._give_up)
        clock.start()
        try:
            self._process.say(said)
            raw = read_frame(self._process.read)
            return None if raw is None else answers.decode(raw)
        except (OSError, ValueError, *UNREADABLE):
            return None
        finally:
            clock.cancel()

    def _give_up(self) -> None:
        self.is_late = True
        self._process.kill()

    def is_there(self) -> bool:
        """Say whether it still runs."""
        return self._process.is_running()

    def peak_kib(self) -> int:
        """Return its highest memory since it was started, in KiB."""
        # not getrusage: that begins with the memory of whoever started it
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    def end(self) -> None:
        """Kill it, and wait until it is gone."""
        self._process.end()
