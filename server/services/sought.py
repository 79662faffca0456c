"""What readers searched for in a list. Rule: an address holds a short name for it; the words stay here.

A name or a number of somebody may stand in no address, yet a list goes on from page to page, and from visit
to visit, with what it was narrowed by. So the words are kept in memory, for whoever typed them alone.
"""

import threading
from collections.abc import Callable

from schemas.ids import PersonId

MOST_EACH = 20
"""So many searches of one person are kept; the oldest goes first."""
LONGEST = 100
NAME_BYTES = 8


class Sought:
    """Asked by the pages of lists. `randomness` gives so many random bytes."""

    def __init__(self, randomness: Callable[[int], bytes]) -> None:
        self._randomness, self._lock = randomness, threading.Lock()
        self._kept: dict[PersonId, dict[str, str]] = {}

    def keep(self, person: PersonId, text: str) -> str:
        """Keep what somebody typed and return its name; empty where nothing was typed."""
        words = " ".join(text.split())[:LONGEST]
        if not words:
            return ""
        with self._lock:
            mine = self._kept.setdefault(person, {})
            for name, said in mine.items():
                if said == words:
                    return name
            name = self._randomness(NAME_BYTES).hex()
            mine[name] = words
            while len(mine) > MOST_EACH:
                del mine[next(iter(mine))]
            return name

    def text(self, person: PersonId, name: str) -> str:
        """Return what somebody typed under a name; empty where it is not theirs, or is forgotten."""
        with self._lock:
            return self._kept.get(person, {}).get(name, "")
