"""What a verification found: counts and faults. Rule: a fault names a thing, never its content."""

from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Protocol

from schemas.base import UNREADABLE, Message
from schemas.text import Text
from server.engine import DamagedError, EngineError, LockedError

FAULTS = "periksa.salah"


class Progress(Protocol):
    """Shows how far one step is."""

    def step(self, name: str, total: int) -> None:
        """Begin a step of `total` things."""
        ...

    def advance(self, count: int = 1) -> None:
        """Note that so many were looked at."""
        ...


class Fault(Message, frozen=True, kw_only=True):
    """One thing that is not in order: a key under `periksa.salah`, and what its sentence names."""

    key: str
    values: dict[str, str]


class Notes:
    """What one part of a verification counts and finds."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.found: list[Fault] = []

    def fault(self, key: str, **values: object) -> None:
        """Note one thing that is not in order."""
        self.found.append(Fault(key=key, values={name: str(value) for name, value in values.items()}))

    @contextmanager
    def reading(self) -> Generator[None]:
        """Note why the database was not read to its end, where it was not."""
        try:
            yield
        except (DamagedError, *UNREADABLE):
            self.fault("terputus")
        except LockedError:
            self.fault("dipegang")
        except EngineError:
            self.fault("tidak_terbuka")


class Findings(Notes):
    """Collected over all parts, and said in sentences."""

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text

    @property
    def faults(self) -> list[str]:
        """What is not in order, as people read it."""
        return [self._text(f"{FAULTS}.{one.key}", **one.values) for one in self.found]

    def add(self, found: Iterable[Fault]) -> None:
        """Take over what another part found."""
        self.found += found
