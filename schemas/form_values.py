"""The shape of an answer: what a value of each kind of field must look like.

One rule: only the value and its field are looked at, never another answer, and no value makes it fail.
"""

import math
import re
from datetime import date, time
from typing import Any, assert_never, cast

from schemas.boundary import is_on_earth
from schemas.form_types import (
    Angka,
    Berkas,
    Bulan,
    Field,
    Foto,
    Gps,
    Jam,
    Multi,
    Option,
    Pilihan,
    Rujukan,
    Tabel,
    TandaTangan,
    Tanggal,
    Teks,
    TeksPanjang,
    Turunan,
    Uang,
    Wilayah,
    YaTidak,
)

WRONG = "aturan.bentuk_salah"
SHA256 = re.compile(r"[0-9a-f]{64}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
TIME = re.compile(r"[0-9]{2}:[0-9]{2}")
REGION = {
    "kecamatan": re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}"),
    "desa": re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}"),
}
MOST_RUPIAH = 1_000_000_000_000
SEPARATORS = re.compile(r"[\s.\-]")


def is_skipped(value: Any) -> bool:
    """Whether an answer is a reason for not answering."""
    return isinstance(value, dict) and "skipped" in value


def skip_reason(value: Any) -> str | None:
    """The reason for not answering, stripped (it may be empty), or None when the value is an answer."""
    return str(cast("dict[str, Any]", value)["skipped"] or "").strip() if is_skipped(value) else None


def is_blank(value: Any) -> bool:
    """Whether nothing was answered: None, spaces, no items, or passed over with a reason."""
    return value is None or value == [] or is_skipped(value) or (isinstance(value, str) and not value.strip())


def check_value(field: Field, value: Any) -> str | None:
    """The text key of what is wrong with the shape of one answer, or None. A blank is never wrong."""
    if is_skipped(value):
        return None if field.skippable and skip_reason(value) else "aturan.lewati_perlu_alasan"
    if is_blank(value):
        return None
    match field:
        case Teks() | TeksPanjang():
            return _text(field, value)
        case Angka() | Uang() | Turunan():
            return _number(field, value)
        case Tanggal() | Bulan() | Jam():
            return _moment(field, value)
        case Pilihan():
            return None if value in _codes(field.options) else "aturan.pilihan_tidak_dikenal"
        case Multi():
            return _several(field, value)
        case YaTidak():
            return None if isinstance(value, bool) else WRONG
        case Wilayah() | Rujukan():
            return _reference(field, value)
        case Foto() | Berkas() | TandaTangan() | Gps():
            return _evidence(field, value)
        case Tabel():
            return _rows(field, value)
        case _:
            assert_never(field)


def day_of(value: Any) -> date | None:
    """The day that YYYY-MM-DD names, or None when it names none."""
    if not _matches(DAY, value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def time_of(value: Any) -> time | None:
    """The time of day that HH:MM names, or None when it names none."""
    if not _matches(TIME, value):
        return None
    try:
        return time.fromisoformat(value)
    except ValueError:
        return None


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _codes(options: tuple[Option, ...]) -> tuple[str, ...]:
    return tuple(option.code for option in options)


def _text(field: Teks | TeksPanjang, value: Any) -> str | None:
    if not isinstance(value, str):
        return WRONG
    if isinstance(field, Teks) and field.digits is not None:
        bare = SEPARATORS.sub("", value)
        # str.isdigit alone takes ² and Arabic digits, which no card prints
        right = len(bare) == field.digits and bare.isascii() and bare.isdigit()
        return None if right else f"aturan.bukan_{field.digits}_angka"
    return None if len(value) <= field.max_length else "aturan.teks_terlalu_panjang"


def _number(field: Angka | Uang | Turunan, value: Any) -> str | None:
    if isinstance(field, Turunan):
        return None if isinstance(value, (bool, int, float, str)) else WRONG
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return "aturan.bukan_angka"
    if isinstance(field, Uang):
        if not isinstance(value, int) or value < 0:
            return "aturan.bukan_rupiah_bulat"
        return None if value <= MOST_RUPIAH else "aturan.rupiah_terlalu_besar"
    if not field.decimal and value != int(value):
        return "aturan.bukan_angka_bulat"
    return None if field.min <= value <= field.max else "aturan.angka_di_luar_batas"


def _moment(field: Tanggal | Bulan | Jam, value: Any) -> str | None:
    match field:
        case Tanggal():
            return None if day_of(value) is not None else "aturan.tanggal_tidak_ada"
        case Bulan():
            return None if _matches(MONTH, value) else "aturan.bulan_tidak_ada"
        case Jam():
            return None if time_of(value) is not None else "aturan.jam_tidak_ada"
        case _:
            assert_never(field)


def _several(field: Multi, value: Any) -> str | None:
    if not isinstance(value, list):
        return WRONG
    chosen = cast("list[Any]", value)
    codes = _codes(field.options)
    if any(code not in codes for code in chosen) or any(chosen.count(code) > 1 for code in codes):
        return "aturan.pilihan_tidak_dikenal"
    alone = any(code in field.exclusive for code in chosen)
    return "aturan.pilihan_berdiri_sendiri" if alone and len(chosen) > 1 else None


def _reference(field: Wilayah | Rujukan, value: Any) -> str | None:
    if isinstance(field, Rujukan):
        return None if isinstance(value, str) and len(value) <= 64 else WRONG
    return None if _matches(REGION[field.level], value) else "aturan.wilayah_tidak_dikenal"


def _evidence(field: Foto | Berkas | TandaTangan | Gps, value: Any) -> str | None:
    match field:
        case Foto() | Berkas():
            return _blobs(field, value)
        case TandaTangan():
            return None if _matches(SHA256, value) else WRONG
        case Gps():
            return None if _is_place(value) else "aturan.lokasi_tidak_wajar"
        case _:
            assert_never(field)


def _blobs(field: Foto | Berkas, value: Any) -> str | None:
    if not isinstance(value, list) or not all(_matches(SHA256, item) for item in cast("list[Any]", value)):
        return WRONG
    count = len(cast("list[Any]", value))
    if isinstance(field, Foto) and count < field.min_count:
        return "aturan.foto_kurang"
    return None if count <= field.max_count else "aturan.foto_terlalu_banyak"


def _is_place(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    place = cast("dict[str, Any]", value)
    numbers = [place.get(name) for name in ("lat", "lng", "accuracy_m")]
    return (
        all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in numbers)
        and is_on_earth(*cast("list[float]", numbers))
        and type(place.get("at", 0)) is int
        and isinstance(place.get("mock", False), bool)
    )


def _rows(field: Tabel, value: Any) -> str | None:
    if not isinstance(value, list):
        return WRONG
    rows = cast("list[Any]", value)
    if len(rows) > field.max_rows:
        return "aturan.baris_terlalu_banyak"
    names = {column.name for column in field.columns}
    known = all(isinstance(row, dict) and set(cast("dict[Any, Any]", row)) <= names for row in rows)
    return None if known else WRONG
