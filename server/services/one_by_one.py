"""Long works by name, one after another in a thread of their own. Rule: none is begun twice at one time.

What comes of a work is for it to keep: here only is known whether it waits or is under way in this process.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from schemas.ids import RecordId


class OneByOne:
    """Runs `work` for one name after another; it says itself what went wrong, and raises nothing."""

    def __init__(self, thread: str, work: Callable[[RecordId], None]) -> None:
        self._work = work
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=thread)
        self._begun: set[RecordId] = set()
        self._lock = threading.Lock()

    def begin(self, name: RecordId) -> None:
        """Begin a work, unless it waits or is under way already."""
        with self._lock:
            if name in self._begun:
                return
            self._begun.add(name)
        self._thread.submit(self._run, name)

    def is_begun(self, name: RecordId) -> bool:
        """Whether a work waits or is under way in this process."""
        return name in self._begun

    def wait(self) -> None:
        """Wait until what was begun has ended."""
        self._thread.submit(lambda: None).result()

    def close(self) -> None:
        """Begin nothing more, and wait for what is under way."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _run(self, name: RecordId) -> None:
        try:
            self._work(name)
        finally:
            self._begun.discard(name)
