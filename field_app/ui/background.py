"""Work that must not stop the drawing: one thread, in order; answers come back on Kivy's clock.

Rule: order is kept, so that the last value typed is the last value saved. What only asks a device has a
thread of its own: it may take seconds, and nothing that is saved waits for it.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from kivy.clock import Clock

T = TypeVar("T")


class Background:
    """Runs use cases one after another, away from the UI thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="guna")
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tanya")
        self._open = 0
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether something runs, or has an answer that was not handed over yet."""
        return self._open > 0

    def run(self, work: Callable[[], T], then: Callable[[T], Any]) -> None:
        """Do `work` in the background; `then` gets its result on the UI thread. An exception is raised
        there.
        """
        self._begin(self._pool, work, then)

    def ask(self, work: Callable[[], T], then: Callable[[T], Any]) -> None:
        """As `run`, beside all that is run so; `work` stores nothing."""
        self._begin(self._asking, work, then)

    def _begin(self, pool: ThreadPoolExecutor, work: Callable[[], T], then: Callable[[T], Any]) -> None:
        self._open += 1

        def deliver(future: Future[T]) -> None:
            Clock.schedule_once(lambda _dt: self._finish(future, then), 0)

        pool.submit(work).add_done_callback(deliver)

    def _finish(self, future: "Future[T]", then: Callable[[T], Any]) -> None:
        self._open -= 1
        if not self._closed:  # nobody is there any more, and whoever asks again finds the threads gone
            then(future.result())

    def close(self) -> None:
        """Wait for what was begun, but for no device, then end the threads; no answer comes after that."""
        self._closed = True
        self._asking.shutdown(wait=False, cancel_futures=True)
        self._pool.shutdown(wait=True)
