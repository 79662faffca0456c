"""Turns at what costs memory and time. Rule: who would wait too long is told so at once, and no page waits.

A derivation takes 64 MiB and a core for a good part of a second. They run in threads of their own, so that a
morning on which everybody logs in at once takes nothing from the threads that draw pages.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from schemas.base import Data
from server.passwords import AT_ONCE

T = TypeVar("T")

MOST_WAITING = 24
"""With two at a time the last of them waits a few seconds."""
RETRY_AFTER_S = 5
BUSY = 503
"""The status of a page for whom too many stood before; `Site.show` says with it when to come again."""


class Busy(Data, frozen=True, kw_only=True):
    """Too many wait already; nothing was done or counted."""


class Turns:
    """Runs jobs few at a time; used from one event loop."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="turns")
        self._most = at_once + most_waiting
        self._inside = 0

    async def work(self, job: Callable[[], T]) -> T | Busy:
        """Run something that blocks when its turn comes, or say that too many wait."""
        if self._inside >= self._most:
            return Busy()
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        finally:
            self._inside -= 1
