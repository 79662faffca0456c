"""Bars for what takes long. Rule: on standard error, so that what a command prints can be piped."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from schemas.text import Text


class RichProgress:
    """Shows each step as a bar; the same step told again begins anew. `under` is a table of texts."""

    def __init__(self, bar: Bar, text: Text, under: str) -> None:
        self._bar, self._text, self._under = bar, text, under
        self._task: TaskID | None = None
        self._name = ""

    def step(self, name: str, total: int) -> None:
        """Begin a step of `total` things; 0 is shown as done."""
        if name != self._name or self._task is None:
            self._task = self._bar.add_task(self._text(f"{self._under}.{name}"), total=max(total, 1))
            self._name = name
        else:
            self._bar.update(self._task, total=max(total, 1), completed=0)
        if not total:
            self._bar.advance(self._task)

    def advance(self, count: int = 1) -> None:
        """Note that so many are done."""
        if self._task is not None:
            self._bar.advance(self._task, count)


def progress_bar() -> Bar:
    """Return a bar with its columns."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Bar(*columns, console=Console(stderr=True))
