"""Photos in the rows of tables. Rule: a shot stands in the row whose cell names its bytes, and only there.

Stored under its column (`syarat_lain.berkas`), never under a row's number: rows before it may be deleted.
Two shots of equal bytes are told apart by how many cells name them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from schemas.form import Field, Tabel
from schemas.form_cells import Cell, photo_cells, photo_columns


class Photo(Protocol):
    """As much of a shot as tells where it stands (field_app.drafts.Photo, field_app.views.PhotoView)."""

    @property
    def number(self) -> int: ...
    @property
    def field(self) -> str: ...
    @property
    def blob(self) -> str: ...
    @property
    def superseded(self) -> bool: ...


def cells_of(
    fields: Mapping[str, Field], answers: Mapping[str, Any], photos: Iterable[Photo], *, seen: bool = True
) -> dict[int, Cell]:
    """Return the cell of each shot that stands in a row, by the shot's number; with `seen`, only in cells
    that are asked.
    """
    free: dict[tuple[str, str], list[Cell]] = {}
    for cell, blobs in photo_cells(fields, answers, seen=seen):
        for blob in blobs:
            free.setdefault((cell.of_column, blob), []).append(cell)
    found: dict[int, Cell] = {}
    for photo in photos:
        cells = free.get((photo.field, photo.blob))
        if cells and not photo.superseded:
            found[photo.number] = cells.pop(0)
    return found


def answered_columns(fields: Mapping[str, Field], answers: Mapping[str, Any]) -> frozenset[str]:
    """Return the columns of photos that hold at least one, as `table.column`."""
    return frozenset(cell.of_column for cell, blobs in photo_cells(fields, answers) if blobs)


def unknown_blobs(table: Tabel, value: Any, photos: Iterable[Photo]) -> bool:
    """Say whether a cell names bytes that were never taken for its column."""
    taken = {(photo.field, photo.blob) for photo in photos}
    cells = photo_cells({table.name: table}, {table.name: value}, seen=False)
    return any((cell.of_column, blob) not in taken for cell, blobs in cells for blob in blobs)


def superseded(table: Tabel, value: Any, photos: Iterable[Photo]) -> dict[int, bool]:
    """Return which shots of a table are earlier versions now that its rows are `value`, by number.

    Those that stood before stand on where as many cells name their bytes.
    """
    wanted = Counter(
        (cell.of_column, blob)
        for cell, blobs in photo_cells({table.name: table}, {table.name: value}, seen=False)
        for blob in blobs
    )
    columns = {f"{table.name}.{column.name}" for column in photo_columns(table)}
    found: dict[int, bool] = {}
    ours = (photo for photo in photos if photo.field in columns)
    for photo in sorted(ours, key=lambda photo: (photo.superseded, photo.number)):
        key = (photo.field, str(photo.blob))
        found[photo.number] = wanted[key] <= 0
        wanted[key] -= 1
    return found
