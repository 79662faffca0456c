"""Columns of lists that go out. Rule: what names somebody is covered or left out, unless all is asked for.

Covered, of a name the initials stand and of a NIK the last four digits. Left out are numbers, addresses and
places of homes, whatever a form holds to be *spesifik*, and all that somebody typed in words, for names stand
in the middle of it. What is *rahasia* is in no list, whole or not.
"""

from collections.abc import Mapping
from typing import Any

from schemas.base import Data
from schemas.form import Form, Forms
from schemas.form_cells import rows_of
from schemas.form_types import (
    Angka,
    Berkas,
    Field,
    Foto,
    Gps,
    Multi,
    Rujukan,
    Tabel,
    TandaTangan,
    Tanggal,
    Teks,
    TeksPanjang,
    Turunan,
    Uang,
)
from schemas.form_values import day_of, is_blank, is_skipped
from schemas.text import Text
from server.services.answers import Reading, covered, show
from server.tables.columns import COLUMNS
from server.tables.columns import Kind as ListKind
from server.tables.writing import Cell

COVERED_NUMBERS = frozenset({"nik"})
"""Numbers of which the last four digits stand in a covered list; others are not in it."""
OF_NO_PERSON = frozenset(
    {"nama_ewarong", "periode", "nomor_surat_tugas", "no_urut_lokal", "nomor_surat", "nomor_dasar"}
)
"""Typed answers that name a shop, a period or a paper."""
TITLED = "nama"
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
RECORD_OWN = ("id", "layanan", "kode_desa", "desa", "kecamatan")
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
    for version in forms.versions(name):
        fields |= forms.get(name, version).fields
    newest = forms.get(name).fields
    own = tuple(
        Column(name=each, head=text(f"ekspor.kolom.{each}")) for each in VISIT_OWN if each not in fields
    )
    order = [*newest, *(each for each in fields if each not in newest)]
    return own + tuple(
        Column(name=each, head=fields[each].short, whole=is_whole(fields[each]), field=fields[each])
        for each in order
        if fields[each].privacy != "rahasia"
    )


def record_columns(forms: Forms, kind: ListKind, text: Text) -> tuple[Column, ...]:
    """Return the columns of a kind of record, headed so that the same list can be taken in again."""
    fields = forms.get(LIST_FORMS[kind]).fields
    own = tuple(
        Column(name=each, head=text(f"{'impor' if each in PLACE else 'ekspor'}.kolom.{each}"))
        for each in RECORD_OWN
    )
    listed = [column.field for column in COLUMNS[kind] if column.field not in PLACE]
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


def cell(field: Field, value: Any, reading: Reading, *, whole: bool) -> Cell:
    """Write one answer as a cell: numbers and days as such, all else as text."""
    if is_blank(value) and not is_skipped(value):
        return None
    if not whole:
        if field.name in COVERED_NUMBERS:
            return None if is_skipped(value) else covered(str(value))
        if isinstance(field, Teks) and is_name(field):
            return None if is_skipped(value) else initials(str(value))
        if is_skipped(value):  # the reason was typed
            return reading.text("ekspor.dilewati")
    if is_skipped(value):
        return show(field, value, reading)
    match field:
        case Angka() | Uang() if _is_number(value):
            return value
        case Turunan(value="angka" | "uang") if _is_number(value):
            return value
        case Tanggal() | Turunan(value="tanggal"):
            return day_of(value) or str(value)
        case Multi() if isinstance(value, list):
            return "; ".join(_labels(field, value))  # pyright: ignore[reportUnknownArgumentType]
        case Foto() | Berkas() if isinstance(value, list):
            return len(value)  # pyright: ignore[reportUnknownArgumentType]
        case TandaTangan():
            return reading.text("umum.ada")
        case Gps() if isinstance(value, dict):
            return _degrees(value)  # pyright: ignore[reportUnknownArgumentType]
        case Tabel():
            return _table(field, value, reading) if whole else len(rows_of(value))
        case _:
            return show(field, value, reading)


def told(form: Form, answers: Mapping[str, Any], name: str, reading: Reading, *, whole: bool) -> Cell:
    """Write the answer to a field as the version says that was filled; nothing for one that it has not."""
    field = form.fields.get(name)
    return cell(field, answers.get(name), reading, whole=whole) if field is not None else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _labels(field: Multi, codes: list[Any]) -> list[str]:
    known = {option.code: option.label for option in field.options}
    return [known.get(code, str(code)) for code in codes]


def _degrees(place: Mapping[str, Any]) -> str:
    """Write a place as programs read it: latitude and longitude with points, in degrees."""
    try:
        return f"{float(place['lat']):.6f} {float(place['lng']):.6f}"
    except (KeyError, TypeError, ValueError):
        return ""


def _table(field: Tabel, value: Any, reading: Reading) -> str:
    lines: list[str] = []
    for row in rows_of(value):
        said = (
            f"{column.short}: {_typed(column, row[column.name], reading)}"
            for column in field.columns
            if not is_blank(row.get(column.name))
        )
        lines.append("; ".join(said))
    return "\n".join(lines)


def _typed(column: Field, value: Any, reading: Reading) -> str:
    found = cell(column, value, reading, whole=True)
    return found if isinstance(found, str) else show(column, value, reading)
