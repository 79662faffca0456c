"""Deadlines that run from a moment of knowing. Rule: pure; hours run on, at night and on holidays too.

Within 3 × 24 hours the office tells those concerned and the authority of a failure to protect their data,
gives access, and corrects what is wrong (UU 27/2022, ps. 46, 30 and 32). Times are UTC milliseconds.
"""

from typing import Literal

from schemas.base import Data

HOUR_MS = 3_600_000
ALLOWED_MS = 72 * HOUR_MS
SOON_MS = 24 * HOUR_MS
"""From here on a deadline is shown as near."""

Urgency = Literal["berjalan", "segera", "lewat", "selesai"]


class Deadline(Data, frozen=True, kw_only=True):
    """Until when something must be done, and how near that is. `left_ms` is negative once it has passed."""

    until_ms: int
    left_ms: int
    urgency: Urgency

    @property
    def hours(self) -> int:
        """Whole hours that are left or, once it has passed, that are over it."""
        return abs(self.left_ms) // HOUR_MS


def deadline(known_ms: int, now_ms: int, done_ms: int | None = None) -> Deadline:
    """Return the deadline of what was known at `known_ms`; what was done stands as it stood then.

    A clock that was set back does not lengthen it: before `known_ms` all of the time is left, never more.
    """
    until = known_ms + ALLOWED_MS
    left = min(ALLOWED_MS, until - (now_ms if done_ms is None else done_ms))
    return Deadline(until_ms=until, left_ms=left, urgency=_urgency(left, done_ms is not None))


def _urgency(left_ms: int, done: bool) -> Urgency:
    if left_ms < 0:
        return "lewat"
    if done:
        return "selesai"
    return "segera" if left_ms <= SOON_MS else "berjalan"
