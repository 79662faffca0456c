"""Rows of a region and a number, from a file. Rule: a row that cannot be read is told, and why.

Columns are known by their heads, those of the importer for places. A row is of a desa (with its kecamatan,
where others have its name too), of a kecamatan, or of what a code or the column *Wilayah* names.
"""

import re
from collections.abc import Mapping, Sequence

from schemas.base import Data
from schemas.wilayah import Region, Wilayah
from server.parsing.messages import Cell
from server.tables.columns import column_of, plain
from server.tables.entries import Note, desa_of
from server.tables.heading import DEEPEST, Row, heading_at, text_of

NUMBER_HEADS = (
    "target", "targetkunjungan", "jumlahtarget", "jumlahkunjungan", "kunjungan", "sasaran", "kuota", "jumlah",
    "jumlahkpm", "kpm",
)  # fmt: skip
"""What heads the number; where several do, the first of these."""
PLACES = {
    field: frozenset(column.heads if (column := column_of("warga", field)) else ())
    for field in ("kode_desa", "desa", "kecamatan")
} | {"wilayah": frozenset(("wilayah", "namawilayah"))}
_SUMS = frozenset(("jumlah", "total", "jumlahtotal", "jumlahseluruhnya", "seluruhnya", "grandtotal"))
NUMBER = r"\d{1,3}(?:\.\d{3})+|\d{1,7}"
"""How a number of visits is written."""
_LEADING = re.compile(r"(?:\d+\s*[.)]\s+)?(?P<name>.+)")


class RowProblem(Data, frozen=True, kw_only=True):
    """A row that is not taken: its number in the sheet, from 1, and why."""

    row: int
    note: Note


class TargetRows(Data, frozen=True, kw_only=True):
    """What a sheet says: visits by the code of a region, and the rows that are not taken."""

    numbers: Mapping[str, int]
    problems: tuple[RowProblem, ...]


def read_rows(wilayah: Wilayah, rows: Sequence[Row], before: int, most: int) -> TargetRows | None:
    """Read a sheet; None where no row heads a place and a number. `before` blank rows stand above it.

    A row without a number, with a zero, or of a sum is passed over. `most` is the largest number.
    """
    found = _columns(rows)
    if found is None:
        return None
    heading, number_at, places = found
    numbers: dict[str, int] = {}
    problems: list[RowProblem] = []
    for at, row in enumerate(rows[heading + 1 :], heading + 1):
        said = {field: _at(row, place) for field, place in places.items()}
        first = next((text for text in said.values() if text), "")
        written = _at(row, number_at)
        if not written or plain(first) in _SUMS or plain(_at(row, 0)) in _SUMS:
            continue
        number = number_of(written, most)
        region = _region(wilayah, said)
        if number is None:
            problem: Note | None = Note(code="bukan_jumlah", field="target", value=written[:60])
        elif isinstance(region, Note):
            problem = region
        elif region in numbers:
            problem = Note(code="dua_kali", field="wilayah", value=first[:60])
        else:
            problem = None
            if number:
                numbers[region] = number
        if problem is not None:
            problems.append(RowProblem(row=before + at + 1, note=problem))
    return TargetRows(numbers=numbers, problems=tuple(problems))


def region_meant(wilayah: Wilayah, said: str) -> Region | str:
    """Return the one region that is meant, or why it is not known: `kembar` or `tidak_dikenal`."""
    by_code = wilayah.get(said.strip())
    if by_code is not None:
        return by_code
    name = _LEADING.fullmatch(said.strip())
    own, _, above = (name["name"] if name else said).partition(",")
    there = _narrowed(wilayah.find(own.strip(), above.strip() or None))
    if len(there) == 1:
        return there[0]
    return "kembar" if there else "tidak_dikenal"


def _narrowed(there: Sequence[Region]) -> Sequence[Region]:
    """A kecamatan comes before the desa of its name, as in a table of kecamatan."""
    levels = (("kecamatan",), ("desa", "kelurahan"), ("kabupaten",))
    found = ([each for each in there if each.level in level] for level in levels)
    return next((each for each in found if each), list[Region]())


def _columns(rows: Sequence[Row]) -> tuple[int, int, dict[str, int]] | None:
    """Return the header's row, the column of the number and those of places."""
    for at in range(min(len(rows), DEEPEST)):
        names = [plain(name) for name in heading_at(rows, at).names]
        places = {
            field: place
            for field, heads in PLACES.items()
            for place in [next((place for place, name in enumerate(names) if name in heads), -1)]
            if place >= 0
        }
        numbers = [names.index(head) for head in NUMBER_HEADS if head in names]
        if places and numbers:
            return at, numbers[0], places
    return None


def _region(wilayah: Wilayah, said: Mapping[str, str]) -> str | Note:
    """Return the code of the region that a row is of, or why it is not known."""
    code, desa, kecamatan = (said.get(field, "") for field in ("kode_desa", "desa", "kecamatan"))
    if code and (region := wilayah.get(code)) is not None:
        return region.kode
    if desa:
        kode, why = desa_of(wilayah, said)
        return why or kode
    named = kecamatan or said.get("wilayah", "")
    if not named:
        return Note(code="tanpa_wilayah", field="wilayah", value=code[:60])
    region = region_meant(wilayah, named)
    if isinstance(region, str) or (kecamatan and region.level != "kecamatan"):
        why = region if isinstance(region, str) else "tidak_dikenal"
        return Note(code=f"wilayah_{why}", field="wilayah", value=named[:60])
    return region.kode


def number_of(text: str, most: int) -> int | None:
    """Read a number of visits; None for what is none, and above `most`."""
    found = int(text.replace(".", "")) if re.fullmatch(NUMBER, text) else None
    return found if found is not None and found <= most else None


def _at(row: Sequence[Cell], place: int) -> str:
    return text_of(row[place]) if place < len(row) else ""
