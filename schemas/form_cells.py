"""Names of places in an answer: a field, or one cell of a table, with the photos that stand there.

One rule: a photo of a row belongs to the row whose cell names its hash, so rows may come and go before it.
`syarat_lain[1].berkas` is that cell of the second row; `syarat_lain.berkas` is the column, whatever the row.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from msgspec import Struct

from schemas.form_conditions import visible_among
from schemas.form_types import Berkas, Field, Foto, Tabel

CELL = re.compile(r"([a-z][a-z0-9_]*)(?:\[([0-9]{1,4})\])?\.([a-z][a-z0-9_]*)")


class Cell(Struct, frozen=True, kw_only=True):
    """One cell of a table; without `row` (from 0) the whole column."""

    table: str
    column: str
    row: int | None = None

    @property
    def name(self) -> str:
        """How the cell is written."""
        return f"{self.table}.{self.column}" if self.row is None else self.in_row(self.row)

    @property
    def of_column(self) -> str:
        """How its column is written."""
        return f"{self.table}.{self.column}"

    def in_row(self, row: int) -> str:
        """How this column's cell of a row is written."""
        return f"{self.table}[{row}].{self.column}"


def cell_of(name: str) -> Cell | None:
    """Read a written cell; None for the name of a plain field."""
    found = CELL.fullmatch(name)
    if found is None:
        return None
    table, row, column = found.groups()
    return Cell(table=table, column=column, row=None if row is None else int(row))


def of_column(name: str) -> str:
    """Return a written cell's column; the name of a plain field as it is."""
    cell = cell_of(name)
    return name if cell is None else cell.of_column


def table_of(name: str) -> str:
    """Return the table of a written cell; the name of a plain field as it is."""
    cell = cell_of(name)
    return name if cell is None else cell.table


def field_at(fields: Mapping[str, Field], name: str) -> Field | None:
    """Return the field, or the column, that a name means; None when there is none."""
    cell = cell_of(name)
    if cell is None:
        return fields.get(name)
    table = fields.get(cell.table)
    columns = table.columns if isinstance(table, Tabel) else ()
    return next((column for column in columns if column.name == cell.column), None)


def label_at(
    fields: Mapping[str, Field], name: str, row: Callable[[int], str], *, short: bool = False
) -> str:
    """Name a place for a reader: "Berkas lain · Baris 2 · Berkas"; the name itself for what is not there.

    `row(number)` says one row, counted from 1; `short` takes the official names.
    """
    cell, field = cell_of(name), field_at(fields, name)
    if field is None:
        return name
    words = [field.short if short else field.label]
    if cell is not None:
        table = fields[cell.table]
        numbered = [] if cell.row is None else [row(cell.row + 1)]
        words = [table.short if short else table.label, *numbered, *words]
    return " · ".join(words)


def answer_at(answers: Mapping[str, Any], name: str) -> Any:
    """Return the answer at a place, None where there is none."""
    cell = cell_of(name)
    if cell is None:
        return answers.get(name)
    rows = rows_of(answers.get(cell.table))
    return rows[cell.row].get(cell.column) if cell.row is not None and cell.row < len(rows) else None


def rows_of(value: Any) -> list[dict[str, Any]]:
    """Return the rows of a table's answer, none for an answer of another shape."""
    rows = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", row) for row in rows] if all(isinstance(r, dict) for r in rows) else []


def photo_columns(field: Field) -> tuple[Foto | Berkas, ...]:
    """Return the columns of a table that hold photos or scans; none for any other field."""
    columns = field.columns if isinstance(field, Tabel) else ()
    return tuple(column for column in columns if isinstance(column, (Foto, Berkas)))


def photo_cells(
    fields: Mapping[str, Field], answers: Mapping[str, Any], *, seen: bool = True
) -> Iterator[tuple[Cell, list[str]]]:
    """Give every cell for photos with the hashes that it names; with `seen`, only cells that are asked."""
    names = visible_among(fields, answers) if seen else list(fields)
    for name in names:
        columns = photo_columns(table := fields[name])
        if not isinstance(table, Tabel) or not columns:
            continue
        every = {column.name: column for column in table.columns}
        for number, row in enumerate(rows_of(answers.get(name))):
            asked = visible_among(every, row) if seen else list(every)
            for column in columns:
                if column.name in asked:
                    yield (
                        Cell(table=name, column=column.name, row=number),
                        blobs_of(row.get(column.name)),
                    )


def blobs_of(value: Any) -> list[str]:
    """Return the hashes that an answer names, none for an answer of another shape."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str)]


def without_photos(field: Field, value: Any) -> Any:
    """Return a table's rows without the hashes in them, any other answer as it is."""
    columns = {column.name for column in photo_columns(field)}
    if not columns or not isinstance(value, list):
        return value
    return [{name: cell for name, cell in row.items() if name not in columns} for row in rows_of(value)]
