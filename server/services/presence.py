"""Who has which visit open, so that two officers do not decide one at a time. Rule: it is told, never locked.

It lives in memory: a server that starts again asks nobody, and knows within half a minute who is there.
"""

import threading
from collections.abc import Callable

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from server.access import Person

STAYS_MS = 90_000
"""A page asks again every half minute; whoever has not for three times that long went away."""


class Here(Data, frozen=True, kw_only=True):
    """Somebody who has a visit open, since when (UTC ms)."""

    person: PersonId
    name: str
    since_ms: int


class Presence:
    """Asked by every page of a visit. `now_ms` gives UTC milliseconds."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms, self._lock = now_ms, threading.Lock()
        self._open: dict[RecordId, dict[PersonId, tuple[Here, int]]] = {}

    def look(self, person: Person, visit: RecordId) -> tuple[Here, ...]:
        """Note that somebody has a visit open; return who else does, who came first first."""
        now = self._now_ms()
        with self._lock:
            self._forget(now)
            there = self._open.setdefault(visit, {})
            before = there.get(person.id)
            mine = before[0] if before else Here(person=person.id, name=person.nama, since_ms=now)
            there[person.id] = (mine, now)
            others = [here for here, _ in there.values() if here.person != person.id]
        return tuple(sorted(others, key=lambda here: (here.since_ms, here.person)))

    def leave(self, person: Person, visit: RecordId) -> None:
        """Note that somebody is done with a visit."""
        with self._lock:
            self._open.get(visit, {}).pop(person.id, None)

    def _forget(self, now: int) -> None:
        for visit in list(self._open):
            there = {who: seen for who, seen in self._open[visit].items() if abs(now - seen[1]) <= STAYS_MS}
            if there:
                self._open[visit] = there
            else:
                del self._open[visit]
