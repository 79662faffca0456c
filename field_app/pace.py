"""When to sync next. Rule: pure; the caller says what time it is, in milliseconds that only rise.

After a failure the pause grows, with some chance in it so that phones do not all come at once; asking ends
it. What the office itself asked for (Retry-After) holds whoever asks, with a little more by chance; what
somebody on the way asked for in its place ends with another line, or when she asks herself.
"""

from collections.abc import Callable

from field_app.link import Failure

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 15 * 60.0
REGULAR_S = 15 * 60.0
SPREAD = 0.25
"""How much longer than the office asked some phones stay away, as a part of it."""


class Pace:
    """Of one worker. `chance()` gives a number from 0 to 1."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._failures = 0
        self._due_ms = 0.0
        self._closed_until_ms = 0.0
        self._closed_by_office = False

    def ended(self, failure: Failure | None, *, moved: bool, now_ms: int) -> None:
        """A sync ended. One that failed but brought something over (`moved`) is tried again soon."""
        self._failures = 0 if failure is None else 1 if moved else self._failures + 1
        pause = pause_s(self._failures, self._chance()) if failure else REGULAR_S
        if failure and failure.retry_s:
            asked = failure.retry_s * (1 + SPREAD * self._chance())
            self._closed_until_ms = now_ms + asked * 1000
            self._closed_by_office = failure.kind == "kantor"
        self._due_ms = max(now_ms + pause * 1000, self._closed_until_ms)

    def start_over(self) -> None:
        """The line is another one, or she asks herself: the pauses begin anew."""
        self._failures = 0
        if not self._closed_by_office:
            self._closed_until_ms = 0.0

    def left_s(self, now_ms: int, *, asked: bool) -> float:
        """Return the seconds until the next sync; `asked`: somebody wants one now."""
        due = self._closed_until_ms if asked else self._due_ms
        return max(0.0, (due - now_ms) / 1000)

    def is_waiting(self) -> bool:
        """Say whether the next sync follows a failure."""
        return self._failures > 0


def pause_s(failures: int, chance: float) -> float:
    """Return how long to wait after so many failures in a row: doubling, between half and all of it by
    chance.
    """
    if failures == 0:
        return 0.0
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures - 1, 16))
    return longest * (0.5 + 0.5 * chance)
