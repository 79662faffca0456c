"""What a verification found: counts and faults. Rule: a fault names a thing, never its content."""

from collections import Counter
from typing import Protocol

from schemas.text import Text

FAULTS = "periksa.salah"


class Progress(Protocol):
    """Shows how far one step is."""

    def step(self, name: str, total: int) -> None:
        """Begin a step of `total` things."""
        ...

    def advance(self, count: int = 1) -> None:
        """Note that so many were looked at."""
        ...


class Findings:
    """Collected over all steps. Sentences come from the texts under `periksa.salah`."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []

    def fault(self, key: str, **values: object) -> None:
        """Note one thing that is not in order."""
        self.faults.append(self._text(f"{FAULTS}.{key}", **values))
