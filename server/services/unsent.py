"""What an officer typed and the office did not take: kept for them. Rule: only its writer gets it back.

It lives in memory and nowhere else: an address, a cookie and a disk never hold it, and a server that starts
again has forgotten it. What is sent after its writer logged out by themselves is not kept.
"""

import threading
from collections.abc import Callable, Mapping

from schemas.base import Data
from schemas.ids import PersonId

KEPT_MS = 12 * 3_600_000
MOST_EACH = 20
MOST_LETTERS = 2_000_000
"""So many forms, and letters in them, of one person are kept; what was kept first goes first."""


class Unsent(Data, frozen=True, kw_only=True):
    """One form that was typed: where it is sent to, the page that it stands on, and what stood in it.

    `page` is the path of that page and `target` the address that shows it, filter and all. `at_ms` is UTC.
    """

    id: str
    action: str
    page: str
    target: str
    given: Mapping[str, str]
    at_ms: int

    @property
    def letters(self) -> int:
        """Count the letters in it."""
        return sum(map(len, self.given.values()))


class UnsentForms:
    """Asked by every page. `now_ms` gives UTC milliseconds."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms, self._lock = now_ms, threading.Lock()
        self._kept: dict[PersonId, dict[str, Unsent]] = {}

    def keep(self, person: PersonId, form: Unsent) -> None:
        """Keep a form, in place of the one with its id, and of one that says the very same."""
        with self._lock:
            self._forget_old()
            mine = self._kept.setdefault(person, {})
            for name, each in list(mine.items()):
                if name == form.id or (each.action, each.given) == (form.action, form.given):
                    del mine[name]
            mine[form.id] = form
            while len(mine) > 1 and (
                len(mine) > MOST_EACH or sum(each.letters for each in mine.values()) > MOST_LETTERS
            ):
                del mine[next(iter(mine))]

    def on(self, person: PersonId, page: str) -> list[Unsent]:
        """Return what this person typed on a page, the newest first; it stays until it is sent or dropped."""
        return [each for each in self.all(person) if each.page == page]

    def all(self, person: PersonId) -> list[Unsent]:
        """Return all that this person typed, the newest first."""
        now = self._now_ms()
        with self._lock:
            mine = list(self._kept.get(person, {}).values())
        return [each for each in reversed(mine) if abs(now - each.at_ms) <= KEPT_MS]

    def drop(self, person: PersonId, name: str) -> None:
        """Forget one: it was sent, or its writer does not want it."""
        with self._lock:
            self._kept.get(person, {}).pop(name, None)

    def _forget_old(self) -> None:
        now = self._now_ms()
        for whose in list(self._kept):
            fresh = {
                name: each for name, each in self._kept[whose].items() if abs(now - each.at_ms) <= KEPT_MS
            }
            if fresh:
                self._kept[whose] = fresh
            else:
                del self._kept[whose]
