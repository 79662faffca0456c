"""An answer as people read it: labels for codes, dots in rupiah, dates in words.

Rule: pure; names of regions and references are asked of the caller.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from field_app.ui.typed import grouped, month_shown, number_shown, time_shown
from schemas import form_types as kinds
from schemas import format as written
from schemas.form_values import is_skipped, skip_reason
from schemas.text import Text

Answers = dict[str, Any]
MOST_NAMED = 4
"""Rows of a table that are named when it is told in a line."""
NameOf = Callable[[kinds.Field, str], str]


def shown(  # noqa: C901 - one flat table of kinds
    field: kinds.Field, value: Any, say: Text, name_of: NameOf = lambda _field, key: key
) -> str:
    """The answer in words; empty when there is none."""
    if value is None or value == "" or value == []:
        return ""
    if is_skipped(value):
        return skip_reason(value) or ""
    if isinstance(value, bool):
        return say("umum.ya" if value else "umum.tidak")
    match field:
        case kinds.Pilihan(options=options) | kinds.Turunan(options=options) if options:
            return next((option.label for option in options if option.code == value), str(value))
        case kinds.Multi(options=options):
            return ", ".join(option.label for option in options if option.code in value)
        case kinds.Uang():
            return written.rupiah(value)
        case kinds.Angka():
            return f"{number_shown(value)} {field.unit}".strip()
        case kinds.Tanggal():
            return written.long_date(date.fromisoformat(value))
        case kinds.Bulan():
            return month_shown(value)
        case kinds.Jam():
            return time_shown(value)
        case kinds.Teks(digits=int(digits)):
            return grouped(str(value), digits)
        case kinds.Wilayah() | kinds.Rujukan():
            return name_of(field, value)
        case kinds.Gps():
            return say("aplikasi.lokasi.akurasi", meter=round(value.get("accuracy_m", 0)))
        case kinds.Foto() | kinds.Berkas():
            kind = "foto" if isinstance(field, kinds.Foto) else "berkas"
            return say(f"aplikasi.formulir.jumlah_{kind}", jumlah=len(value))
        case kinds.Tabel(columns=columns):
            first = [shown(columns[0], row.get(columns[0].name), say, name_of) for row in value]
            count = say("aplikasi.formulir.jumlah_baris", jumlah=len(value))
            named = ", ".join(name for name in first[:MOST_NAMED] if name)
            return f"{count}: {named}{', …' if len(first) > MOST_NAMED else ''}" if named else count
        case kinds.Turunan(value="uang"):
            return written.rupiah(value)
        case kinds.Turunan():
            if isinstance(value, int):
                return written.number(value)
            return number_shown(value) if isinstance(value, float) else str(value)
        case _:
            return str(len(value)) if isinstance(value, list) else str(value)


def is_computed(field: kinds.Field) -> bool:
    """Whether the phone computes it, or a column of it."""
    if isinstance(field, kinds.Tabel):
        return any(is_computed(column) for column in field.columns)
    return isinstance(field, kinds.Turunan)


def with_computed(field: kinds.Field, typed: Any, told: Any) -> Any:
    """What stands in a field: as it was computed, or as it was typed with what was computed in its rows. Rows
    that were added or taken away since the phone was asked are asked about again.
    """
    if not isinstance(field, kinds.Tabel):
        return told
    rows: list[Answers] = typed if isinstance(typed, list) else []
    others: list[Answers] = told if isinstance(told, list) else []
    if not rows or len(rows) != len(others):
        return typed
    names = {column.name for column in field.columns if is_computed(column)}
    return [
        {name: value for name, value in row.items() if name not in names}
        | {name: value for name, value in other.items() if name in names}
        for row, other in zip(rows, others, strict=True)
    ]
