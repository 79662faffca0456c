"""What breaks, and when: a fuse that burns with each write. Rule: a crash strikes between any two writes."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


class Violation(AssertionError):  # noqa: N818 - what it says reads as a sentence
    """A property of the simulation does not hold. `name` says which, in a word or two."""

    def __init__(self, name: str, about: object = "") -> None:
        super().__init__(f"{name}: {about}")
        self.name = name


class Crash(Exception):  # noqa: N818 - it is no error of the program
    """The machine stopped here; nothing of the transaction that was under way is there afterwards."""


class Full(Exception):  # noqa: N818
    """No space is left; what was being written is not there."""


class Fuse:
    """Blows at the n-th write from when it is lit, or when the transaction ends, if that is sooner."""

    def __init__(self, counts: Counter[str], whose: str = "office") -> None:
        self._left: int | None = None
        self._kind: type[Exception] = Crash
        self.counts, self._whose = counts, whose

    def light(self, kind: type[Exception], writes: int) -> None:
        """Let the write after so many others fail."""
        self._kind, self._left = kind, writes

    def out(self) -> None:
        """Put the fuse out."""
        self._left = None

    def burn(self) -> None:
        """Count one write. Raises what was lit when its time has come."""
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self.end()

    def end(self) -> None:
        """The last moment at which the fuse can blow. Raises what was lit."""
        if self._left is None:
            return
        self._left = None
        self.counts[f"{self._whose}_{self._kind.__name__.lower()}"] += 1
        raise self._kind


def fused(kind: type[T], writes: Sequence[str]) -> type[T]:
    """Return a kind of store whose writes burn its `fuse` first."""

    def burning(name: str) -> Callable[..., Any]:
        def write(self: Any, *args: Any, **named: Any) -> Any:
            self.fuse.burn()
            return getattr(kind, name)(self, *args, **named)

        return write

    return type(f"Fused{kind.__name__}", (kind,), {name: burning(name) for name in writes})
