"""What an officer was writing when their session ended. Rule: only its writer gets it back.

It lives in memory and nowhere else: an address, a cookie and a disk never hold it, and a server that starts
again has forgotten it. Whoever logged out by themselves has nothing kept.
"""

import threading
from collections.abc import Callable

from schemas.base import Data
from schemas.ids import PersonId, RecordId

KEPT_MS = 12 * 3_600_000
MOST_EACH = 20
"""So many visits of one person are kept; what was kept first goes first."""


class Typed(Data, frozen=True, kw_only=True):
    """What somebody typed on a visit's page: reasons by `form.field` or blob, and the note."""

    reasons: dict[str, str] = {}
    note: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written at all."""
        return not self.note.strip() and not any(reason.strip() for reason in self.reasons.values())


class Unsent:
    """Asked by the page of a visit. `now_ms` gives UTC milliseconds."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms, self._lock = now_ms, threading.Lock()
        self._kept: dict[PersonId, dict[RecordId, tuple[Typed, int]]] = {}

    def keep(self, person: PersonId, visit: RecordId, typed: Typed) -> None:
        """Keep what somebody typed on a visit, in place of what was kept before."""
        now = self._now_ms()
        with self._lock:
            for whose in list(self._kept):
                fresh = {name: one for name, one in self._kept[whose].items() if now - one[1] <= KEPT_MS}
                if fresh:
                    self._kept[whose] = fresh
                else:
                    del self._kept[whose]
            mine = self._kept.setdefault(person, {})
            mine.pop(visit, None)
            mine[visit] = (typed, now)
            while len(mine) > MOST_EACH:
                del mine[next(iter(mine))]

    def of(self, person: PersonId, visit: RecordId) -> Typed | None:
        """Return what this person typed on a visit; it stays until they decide it."""
        now = self._now_ms()
        with self._lock:
            kept = self._kept.get(person, {}).get(visit)
        return kept[0] if kept and now - kept[1] <= KEPT_MS else None

    def drop(self, person: PersonId, visit: RecordId) -> None:
        """Forget it: it was sent."""
        with self._lock:
            self._kept.get(person, {}).pop(visit, None)
