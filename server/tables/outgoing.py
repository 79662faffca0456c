"""Columns of lists that go out. Rule: what names somebody is covered or left out, unless all is asked for.

Covered, of a name the initials stand and of a NIK the last four digits. Left out are numbers, addresses and
places of homes, whatever a form holds to be *spesifik*, and all that somebody typed in words, for names stand
in the middle of it. What is *rahasia* is in no list, whole or not.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas.base import Data
from schemas.form import Forms
from schemas.form_cells import rows_of
from schemas.form_types import (
    Angka,
    Berkas,
    Field,
    Foto,
    Gps,
    Multi,
    Pilihan,
    Rujukan,
    Tabel,
    Tanggal,
    Teks,
    TeksPanjang,
    Turunan,
    Uang,
    YaTidak,
)
from schemas.form_values import day_of, is_blank, is_skipped
from schemas.text import Text
from server.services.answers import Reading, covered, show
from server.tables.columns import COLUMNS
from server.tables.columns import Kind as ListKind
from server.tables.writing import Cell

Writing = Callable[[Any], Cell]
COVERED_NUMBERS = frozenset({"nik"})
"""Numbers of which the last four digits stand in a covered list; others are not in it."""
OF_NO_PERSON = frozenset(
    {"nama_ewarong", "periode", "nomor_surat_tugas", "no_urut_lokal", "nomor_surat", "nomor_dasar"}
)
"""Typed answers that name a shop, a period or a paper."""
TITLED = "nama"
TWO_IN_ONE = frozenset({"pair", "birth"})
"""Columns that say two things: they go out as two."""
SHOP_OWNER = "pemilik"
LIST_FORMS: Mapping[ListKind, str] = {"warga": "bpnt_kpm", "ewarong": "ewarong"}
"""The form whose fields say how the values of a record are written."""
VISIT_OWN = (
    "kunjungan",
    "versi",
    "diterima",
    "keadaan",
    "kode_desa",
    "desa",
    "kecamatan",
    "petugas",
    "sasaran",
)
CASES = "kasus"
CASE_OWN = (
    "id", "layanan", "alur", "keadaan", "sejak", "batas", "kode_desa", "desa", "kecamatan", "petugas",
    "sasaran",
)  # fmt: skip
"""What lists of cases have: where each stands, and not what was written on its way."""
RECORD_OWN = ("id", "layanan", "kode_desa", "desa", "kecamatan")
TOLD_BY_THE_OFFICE = frozenset({*VISIT_OWN, "petugas_id"})
"""Fields of forms that say what the office's own columns say."""
WIDTHS = {
    "kunjungan": 34,
    "id": 34,
    "desa": 22,
    "kecamatan": 18,
    "petugas": 24,
    "sasaran": 24,
    "diterima": 12,
}


class Column(Data, frozen=True, kw_only=True):
    """One column. `whole`: it stands in whole lists only. Without a field it is told by the office."""

    name: str
    head: str
    whole: bool = False
    field: Field | None = None

    @property
    def width(self) -> int:
        """How wide it is drawn, in signs."""
        return WIDTHS.get(self.name, min(36, max(12, len(self.head) + 2)))


def form_columns(forms: Forms, name: str, text: Text) -> tuple[Column, ...]:
    """Return the columns of the visits with a form: the office's own, then its fields of every version."""
    fields: dict[str, Field] = {}
    secret: set[str] = set()
    whole: set[str] = set()
    for version in forms.versions(name):  # what one version held back stays so under every other
        given = forms.get(name, version).fields
        secret |= {each for each, field in given.items() if field.privacy == "rahasia"}
        whole |= {each for each, field in given.items() if is_whole(field)}
        fields |= given
    newest = forms.get(name).fields
    own = tuple(Column(name=each, head=text(f"ekspor.kolom.{each}")) for each in VISIT_OWN)
    order = [*newest, *(each for each in fields if each not in newest)]
    return own + tuple(
        Column(name=each, head=fields[each].short, whole=each in whole, field=fields[each])
        for each in order
        if each not in secret and each not in TOLD_BY_THE_OFFICE
    )


def record_columns(forms: Forms, kind: ListKind, text: Text) -> tuple[Column, ...]:
    """Return the columns of a kind of record, headed so that the same list can be taken in again."""
    fields = forms.get(LIST_FORMS[kind]).fields
    own = tuple(
        Column(name=each, head=text(f"{'impor' if each in PLACE else 'ekspor'}.kolom.{each}"))
        for each in RECORD_OWN
    )
    listed = [
        column.field
        for column in COLUMNS[kind]
        if column.field not in PLACE and column.reading not in TWO_IN_ONE
    ]
    return own + tuple(
        Column(
            name=each,
            head=text(f"impor.kolom.{each}"),
            whole=is_whole(fields[each]) if each in fields else True,
            field=fields.get(each) or Teks(name=each, label=each),
        )
        for each in listed
    )


PLACE = ("kode_desa", "desa", "kecamatan")


def case_columns(text: Text) -> tuple[Column, ...]:
    """Return the columns of cases, all of them told by the office."""
    return tuple(Column(name=each, head=text(f"ekspor.kolom.{each}")) for each in CASE_OWN)


def is_whole(field: Field) -> bool:
    """Whether a field stands in whole lists only."""
    if field.name in COVERED_NUMBERS or field.name in OF_NO_PERSON:
        return False
    if field.privacy != "biasa":
        return True
    match field:
        case Teks():
            return not is_name(field)
        case TeksPanjang() | Gps():
            return True
        case Rujukan():
            return field.to in ("warga", "kasus")
        case Turunan():
            return field.value == "teks"
        case _:
            return False


def is_name(field: Field) -> bool:
    """Whether a field names a person."""
    return field.name not in OF_NO_PERSON and (
        field.name == SHOP_OWNER or field.name.partition("_")[0] == TITLED
    )


def initials(name: str) -> str:
    """Return the first letters of a name."""
    return " ".join(f"{word[0].upper()}." for word in name.split() if word[0].isalpha())


def cell_writer(field: Field, reading: Reading, *, whole: bool) -> Writing:
    """Return what writes the answers to a field as cells: numbers and days as such, all else as text."""
    say = _covered(field) if not whole else None
    say = say or _saying(field, reading, whole)

    def write(value: Any) -> Cell:
        if not isinstance(value, bool | int | float):
            if is_skipped(value):
                # the reason was typed
                return show(field, value, reading) if whole else reading.text("ekspor.dilewati")
            if is_blank(value):
                return None
        try:
            return say(value)
        except (TypeError, ValueError, AttributeError, KeyError):
            return str(value) if whole else None  # of another shape than the form's, so nobody knows what

    return write


def _covered(field: Field) -> Writing | None:
    """Return what writes a field of which a covered list has a part only; None for all others."""
    if field.name in COVERED_NUMBERS:
        return lambda value: covered(str(value))
    if isinstance(field, Teks) and is_name(field):
        return lambda value: initials(str(value))
    return None


def _saying(field: Field, reading: Reading, whole: bool) -> Writing:
    match field:
        case Teks() | TeksPanjang():
            return str
        case Angka() | Uang() | Turunan(value="angka" | "uang"):
            return _number
        case Tanggal() | Turunan(value="tanggal"):
            return lambda value: day_of(value) or str(value)
        case Pilihan() | Turunan(value="pilihan"):
            labels = _labels(field)
            return lambda value: labels.get(value, str(value))
        case Multi():
            labels = _labels(field)
            return lambda codes: "; ".join(labels.get(code, str(code)) for code in codes)
        case YaTidak():
            yes, no = reading.text("umum.ya"), reading.text("umum.tidak")
            return lambda value: yes if value else no
        case Foto() | Berkas():
            return len
        case Gps():
            return _degrees
        case Tabel() if whole:
            columns = [(each, cell_writer(each, reading, whole=True)) for each in field.columns]
            return lambda value: _table(columns, value)
        case Tabel():
            return lambda value: len(rows_of(value))
        case _:
            return lambda value: show(field, value, reading)


def _number(value: Any) -> Cell:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) else str(value)


def _labels(field: Pilihan | Multi | Turunan) -> dict[Any, str]:
    return {option.code: option.label for option in field.options}


def _degrees(place: Mapping[str, Any]) -> str:
    """Write a place as programs read it: latitude and longitude with points, in degrees."""
    return f"{float(place['lat']):.6f} {float(place['lng']):.6f}"


def _table(columns: Sequence[tuple[Field, Writing]], value: Any) -> str:
    lines: list[str] = []
    for row in rows_of(value):
        said = ((column.short, write(row.get(column.name))) for column, write in columns)
        lines.append("; ".join(f"{head}: {cell}" for head, cell in said if cell not in (None, "")))
    return "\n".join(lines)
