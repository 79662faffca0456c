"""Checking the whole office from a page: one at a time, in a thread. Rule: what came of it is kept."""

import logging
import threading
import time
from collections.abc import Callable

from schemas.base import Data
from schemas.ids import PersonId
from server import check_store
from server.check_store import Check
from server.engine import Engine
from server.verifying.findings import Findings, Progress

GIVE_WAY_EVERY = 500
GIVE_WAY_S = 0.002
"""After so many things it lets others have the processor for so long."""
logger = logging.getLogger("server.checks")


class Running(Data, frozen=True, kw_only=True):
    """How far a check is: its step (a key under `periksa`), and how much of it."""

    step: str
    done: int
    total: int


class _Steps:
    """The progress of one check, read by other threads."""

    def __init__(self) -> None:
        self.now = Running(step="halaman", done=0, total=0)
        self._done = self._since = 0

    def step(self, name: str, total: int) -> None:
        self._done = self._since = 0
        self.now = Running(step=name, done=0, total=total)

    def advance(self, count: int = 1) -> None:
        self._done += count
        self._since += count
        if self._since >= GIVE_WAY_EVERY:
            self._since = 0
            self.now = Running(step=self.now.step, done=self._done, total=self.now.total)
            time.sleep(GIVE_WAY_S)


class Checks:
    """Starts checks and tells how they stand. `now_ms` gives UTC milliseconds."""

    def __init__(
        self, engine: Engine, verify: Callable[[Progress], Findings], now_ms: Callable[[], int]
    ) -> None:
        self._engine, self._verify, self._now_ms = engine, verify, now_ms
        self._lock = threading.Lock()
        self._steps: _Steps | None = None
        self._failed = False
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> Running | None:
        """How far the check is that runs now."""
        steps = self._steps
        return steps.now if steps else None

    @property
    def failed(self) -> bool:
        """Whether the last check ended without having come to anything."""
        return self._failed

    def newest(self) -> Check | None:
        """Return what the newest check came to."""
        return self._engine.read(check_store.newest)

    def start(self, person: PersonId) -> bool:
        """Begin a check; False if one is running."""
        with self._lock:
            if self._steps is not None:
                return False
            self._steps, self._failed = _Steps(), False
            # a check that is cut off by the office's end has changed nothing
            self._thread = threading.Thread(
                target=self._run, args=(self._steps, person), name="check", daemon=True
            )
            self._thread.start()
        return True

    def wait(self) -> None:
        """Wait until no check runs."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, steps: _Steps, person: PersonId) -> None:
        begun = self._now_ms()
        try:
            found = self._verify(steps)
            check = Check(
                at_ms=begun,
                took_ms=self._now_ms() - begun,
                person=person,
                changes=found.counts["catatan"],
                links=found.counts["tautan"],
                signatures=found.counts["tanda_tangan"],
                fault_count=len(found.found),
                faults=tuple(found.faults),
            )
            self._engine.write(lambda tx: check_store.put(tx, check)).result()
        except Exception as error:  # noqa: BLE001 - whatever it was: the page must say that it was cut off
            self._failed = True
            logger.error("%s while checking", type(error).__name__)
        finally:
            self._steps = None
