"""One message under way to the office. Rule: whoever sent it waits for its end before saying anything else.

A message that something can be done meanwhile for goes in a thread of its own; any other in its sender's.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class UnderWay(Generic[T]):
    """A call, and what comes of it; `at_once` starts it now, else it begins when its answer is asked for."""

    def __init__(self, call: Callable[[], T], *, at_once: bool) -> None:
        self._call = call
        self._answers: list[T] = []
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        if at_once:
            self._thread = threading.Thread(target=self._run, name="sambang-line", daemon=True)
            self._thread.start()

    @property
    def has_begun(self) -> bool:
        """Whether the call runs, or ran, in a thread of its own."""
        return self._thread is not None

    def answer(self) -> T:
        """Wait for the answer and return it; raises what the call raised."""
        self._end()
        if self._error is not None:
            raise self._error
        return self._answers[0]

    def give_up(self) -> None:
        """Wait until it is over, whatever comes of it; one that has not begun never begins."""
        if self._thread is not None:
            self._end()

    def _end(self) -> None:
        if self._thread is not None:
            self._thread.join()
        elif not self._answers and self._error is None:
            self._run()

    def _run(self) -> None:
        try:
            self._answers.append(self._call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            self._error = error
