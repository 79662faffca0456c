"""Charts, and what they are called. Rule: every chart is drawn here, and behind it stands its table."""

from collections.abc import Iterable, Mapping, Sequence

from schemas import format as written
from schemas.base import Data
from schemas.form import Form, Multi, Pilihan
from server.periods import Period
from server.services.visit_page import Words

CLOSED = "•"
"""Stands where a number is closed: that it is small, or that another would be told by it."""
Row = tuple[str, Sequence[int | None], str]
"""What a line is called, its numbers (None where one is closed), and where it leads."""


class Cell(Data, frozen=True, kw_only=True):
    """One figure: in words, its count (None where it is closed), and where its bar lies, in percent."""

    text: str
    count: int | None
    start: float = 0
    width: float = 0


class Line(Data, frozen=True, kw_only=True):
    """One row of a chart; `href` leads to what it counts, empty where there is no such page."""

    label: str
    cells: tuple[Cell, ...]
    href: str = ""


class Chart(Data, frozen=True, kw_only=True):
    """A chart and the table behind it: columns with their tones, and rows. `said` is it in one sentence."""

    key: str
    title: str
    said: str
    columns: tuple[str, ...]
    tones: tuple[str, ...]
    lines: tuple[Line, ...]


class Drawing:
    """Draws charts in the dashboard's words."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def chart(
        self, key: str, said: str, columns: Sequence[str], tones: Sequence[str], rows: Sequence[Row]
    ) -> Chart:
        """Draw rows as bars of which the longest has all of the width."""
        most = max((sum(count or 0 for count in counts) for _, counts, _ in rows), default=0)
        return Chart(
            key=key,
            title=self.say(key),
            said=said,
            columns=tuple(self.word(name) for name in columns),
            tones=tuple(tones[: len(columns)]),
            lines=tuple(
                Line(label=label, cells=cells_of(counts, most), href=href) for label, counts, href in rows
            ),
        )

    def say(self, key: str, **values: object) -> str:
        """Say something of the dashboard."""
        return self._words.text(f"dasbor.{key}", **values)

    def word(self, name: str) -> str:
        """Name a column: as the dashboard calls it, or as it is given."""
        key = f"dasbor.kolom.{name}"
        return self._words.text(key) if key in self._words.text else name

    def label(self, form: str, name: str) -> str:
        """Name a field of a form."""
        found = self._form(form)
        return found.fields[name].short if found and name in found.fields else name

    def option(self, form: str, name: str, code: str) -> str:
        """Name an option of a field."""
        found = self._form(form)
        field = found.fields.get(name) if found else None
        options = field.options if isinstance(field, Pilihan | Multi) else ()
        return next((option.label for option in options if option.code == code), code)

    def field(self, name: str) -> str:
        """Name what came back: a field as form.field, or what a return calls otherwise."""
        form, dot, field = name.partition(".")
        return self.label(form, field) if dot else self.say(f"alasan_{name}")

    def _form(self, form: str) -> Form | None:
        return self._words.forms.get(form) if form in self._words.forms.ids() else None


def down(kode: str, period: Period, *, is_desa: bool) -> str:
    """Return where more is told of a region: of a desa on the map, of what is larger on the dashboard."""
    return f"/peta?wilayah={kode}" if is_desa else f"/dasbor?masa={period.code}&wilayah={kode}"


def most_first(names: Iterable[str], counts: Mapping[str, int | None]) -> list[str]:
    """Order by what is told of each: the place of what is closed among the numbers would tell of it."""

    def told(name: str) -> int:
        return sum(count or 0 for which, count in counts.items() if which.partition("|")[0] == name)

    return sorted(names, key=lambda name: (-told(name), name))


def said_of(count: int | None) -> str:
    """Write a number, or that it is closed."""
    return CLOSED if count is None else written.number(count)


def cells_of(counts: Sequence[int | None], most: int) -> tuple[Cell, ...]:
    """Write numbers as the parts of one bar that is as long as `most`; None is closed."""
    cells: list[Cell] = []
    start = 0.0
    for count in counts:
        width = 100 * (count or 0) / most if most else 0.0
        cells.append(Cell(text=said_of(count), count=count, start=round(start, 2), width=round(width, 2)))
        start += width
    return tuple(cells)
