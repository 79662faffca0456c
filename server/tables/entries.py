"""One row of a list, read as what it says of somebody. Rule: a doubtful cell is left out and told, no more.

Only what would make a wrong record blocks its row: a NIK or KK that has not its digits, no name, no desa that
is known. Blocked rows come back as a file to mend; the others go on.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from schemas.base import Data
from schemas.format import parse_date
from schemas.identity import check_kk, check_kks, check_nik, normalise_phone
from schemas.wilayah import Wilayah
from server.parsing.messages import Cell
from server.tables.columns import Column, Kind, column_of
from server.tables.heading import text_of

EXCEL_DAY_0 = date(1899, 12, 30)
DIGITS_A_FLOAT_KEEPS = 15
"""Spreadsheets keep so many digits of a number; the sixteenth becomes 0."""
LONGEST_TEXT = 200
_APOSTROPHE = re.compile(r"^[='\u2019\"]+|\"+$")
_EXPONENT = re.compile(r"[0-9][.,]?[0-9]*E\+?[0-9]+", re.IGNORECASE)
"""A long number as a spreadsheet shows it where it does not fit: 3,31E+15. Its digits are gone."""
_BIRTH = re.compile(r"([^\W\d][^\d,]*?)[\s,/]+([0-9].*)")
"""Where and when somebody was born, in one cell: Sragen, 4 Mei 1982."""
_PAIR = re.compile(r"(?:rt)?[\s.:]*(\d{1,3})[\s./,-]+(?:rw)?[\s.:]*(\d{1,3})", re.IGNORECASE)
"""RT and RW in one cell: 003/001, 3-1, RT 03 RW 01."""
_DECILE = re.compile(r"(?:desil\s*)?0?([1-9]|10)", re.IGNORECASE)
"""A welfare decile, 1 to 10, the poorest first: 3, 03, Desil 3."""
_SEX = {
    **dict.fromkeys(("l", "lk", "lakilaki", "pria", "1"), "laki_laki"),
    **dict.fromkeys(("p", "pr", "perempuan", "wanita", "2"), "perempuan"),
}
_MONTHS = {
    name[:3]: number
    for number, name in enumerate(
        ("januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober",
         "november", "desember"), 1
    )
} | {"peb": 2, "mrt": 3, "may": 5, "agt": 8, "ags": 8, "aug": 8, "oct": 10, "nop": 11, "dec": 12}  # fmt: skip

Value = str | int
"""What a cell says, as the record keeps it."""
Options = Mapping[str, Mapping[str, str]]
"""By field: the label of each choice, plain, and its code."""


class Note(Data, frozen=True, kw_only=True):
    """Something about a cell: a key under `impor.catatan`, or a code of schemas/identity.py."""

    code: str
    field: str
    value: str = ""


class Entry(Data, frozen=True, kw_only=True):
    """What a row says. `blocked` is why nothing is taken of it, `notes` what was left out or looks odd."""

    fields: dict[str, Value]
    blocked: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()
    unsure_nik: bool = False


class Reader:
    """Reads rows by one matching. `kecamatan` are the NIK prefixes of this regency."""

    def __init__(
        self,
        kind: Kind,
        matched: Sequence[str],
        *,
        wilayah: Wilayah,
        kecamatan: frozenset[str],
        options: Options,
        today: date,
    ) -> None:
        found = [(place, column_of(kind, field)) for place, field in enumerate(matched) if field]
        self._columns = [(place, column) for place, column in found if column is not None]
        self._kind, self._wilayah, self._kecamatan = kind, wilayah, kecamatan
        self._options, self._today = options, today

    def read(self, row: Sequence[Cell]) -> Entry | None:
        """Read a row; None for one about nobody: blank, numbers of the columns, or only a place, as where the
        list was signed.
        """
        if _counts_columns(row):
            return None
        cells = {column.field: (column, row[place]) for place, column in self._columns if place < len(row)}
        if not any(text_of(cell) for column, cell in cells.values() if column.reading != "region"):
            return None
        fields: dict[str, Value] = {}
        blocked: list[Note] = []
        notes: list[Note] = []
        unsure = False
        for column, cell in cells.values():
            text = _APOSTROPHE.sub("", text_of(cell)).strip()
            if not text or column.reading == "region":
                continue
            if parts := self._parts(column, text, cell):
                fields |= {part: said for part, said in parts.items() if part not in fields}
                continue
            value, why = self._value(column, text, cell)
            if why is None:
                fields[column.field] = value
                if column.reading in ("text", "name") and len(text) > LONGEST_TEXT:
                    notes.append(Note(code="terpotong", field=column.field))
                unsure = unsure or (column.reading == "nik" and _was_rounded(cell))
            elif column.reading in ("nik", "kk"):
                blocked.append(why)
            else:
                notes.append(why)
        kode, why = desa_of(self._wilayah, {name: text_of(cell) for name, (_, cell) in cells.items()})
        if kode:
            fields["kode_desa"] = kode
        if why is not None:
            blocked.append(why)
        named = "nama_ewarong" if self._kind == "ewarong" else "nama"
        if named in cells and named not in fields:
            blocked.append(Note(code="tanpa_nama", field=named))
        notes += self._odd(fields)
        return Entry(fields=fields, blocked=tuple(blocked), notes=tuple(notes), unsure_nik=unsure)

    def _parts(self, column: Column, text: str, cell: Cell) -> dict[str, str]:
        """Return the fields that one cell says together: RT and RW, or place and day of birth."""
        if column.reading == "pair" and (pair := _PAIR.fullmatch(text)):
            return {half: digits.zfill(3) for half, digits in zip(("rt", "rw"), pair.groups(), strict=True)}
        return self._born(text, cell) if column.reading == "birth" else {}

    def _value(self, column: Column, text: str, cell: Cell) -> tuple[Value, Note | None]:
        """Return a cell as the record keeps it, or why it cannot be."""
        match column.reading:
            case "nik" | "kk" | "kks" if _EXPONENT.fullmatch(text):
                code = "nik_dibulatkan" if column.reading == "nik" else "dibulatkan"
                return "", Note(code=code, field=column.field)
            case "nik":
                found = check_nik(text)
                return found.nik, _shape(found.errors, column.field)
            case "kk" | "kks":
                number = check_kk(text) if column.reading == "kk" else check_kks(text)
                rounded = Note(code="dibulatkan", field=column.field) if _was_rounded(cell) else None
                return number.number, _shape(number.errors, column.field) or rounded
            case "date":
                day = _day(text, cell, self._today)
                return (day.isoformat(), None) if day else ("", _left_out(column, text))
            case "three":
                digits = text.split(".")[0].strip()
                return (digits.zfill(3), None) if _is_three(digits) else ("", _left_out(column, text))
            case "pair" | "birth":
                return "", _left_out(column, text)
            case "sex":
                code = _SEX.get(plain_choice(text))
                return (code, None) if code else ("", _left_out(column, text))
            case "phone":
                number = normalise_phone(text)
                return (number, None) if number else ("", _left_out(column, text))
            case "choice":
                code = self._options.get(column.field, {}).get(plain_choice(text))
                return (code, None) if code else ("", _left_out(column, text))
            case "decile":
                found = _DECILE.fullmatch(text)
                return (int(found[1]), None) if found else ("", _left_out(column, text))
            case _:
                return text[:LONGEST_TEXT], None

    def _born(self, text: str, cell: Cell) -> dict[str, str]:
        """Read a cell that says where and when somebody was born; empty when it says no day."""
        day, parts = _day(text, cell, self._today), _BIRTH.fullmatch(text)
        if day is None:
            return {}
        place = {"tempat_lahir": parts[1].strip()[:LONGEST_TEXT]} if parts else {}
        return {**place, "tanggal_lahir": day.isoformat()}

    def _odd(self, fields: Mapping[str, Value]) -> list[Note]:
        """Return what is odd about the numbers, and stops nothing."""
        nik = fields.get("nik")
        if not nik:
            return []
        born = parse_date(str(fields.get("tanggal_lahir") or ""))
        sex = {"laki_laki": "L", "perempuan": "P"}.get(str(fields.get("jenis_kelamin")))
        found = check_nik(
            str(nik), self._kecamatan, born, "L" if sex == "L" else "P" if sex else None, self._today
        )
        return [Note(code=code, field="nik") for code in found.warnings]


def desa_of(wilayah: Wilayah, cells: Mapping[str, str]) -> tuple[str, Note | None]:
    """Return the code of the desa that the row names, or why it is not known; without a cell neither."""
    code, name, kecamatan = (cells.get(each, "") for each in ("kode_desa", "desa", "kecamatan"))
    region = wilayah.get(code) if code else None
    if region is not None and region.is_desa:
        return region.kode, None
    if not name:
        return "", Note(code="tanpa_desa", field="desa", value=code) if code or "desa" in cells else None
    there = [each for each in wilayah.find(name) if each.is_desa]
    inside = [each for each in there if each in wilayah.find(name, kecamatan)] if kecamatan else there
    if len(inside) == 1:
        return inside[0].kode, None
    if kecamatan and there and not inside:
        return "", Note(code="desa_kecamatan_beda", field="desa", value=f"{name} / {kecamatan}")
    code = "desa_kembar" if len(inside) > 1 else "desa_tidak_dikenal"
    return "", Note(code=code, field="desa", value=name)


def plain_choice(text: str) -> str:
    """Return a choice's words without case, signs and spaces."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _shape(errors: Sequence[str], field: str) -> Note | None:
    return Note(code=errors[0], field=field) if errors else None


def _left_out(column: Column, text: str) -> Note:
    return Note(code=f"bukan_{column.reading}", field=column.field, value=text[:60])


def _was_rounded(cell: Cell) -> bool:
    """Say whether a spreadsheet may have rounded the last digit of a long number away."""
    return (
        isinstance(cell, int | float) and len(str(int(cell))) > DIGITS_A_FLOAT_KEEPS and int(cell) % 10 == 0
    )


def _counts_columns(row: Sequence[Cell]) -> bool:
    """Say whether a row only numbers the columns: 1, 2, 3 below the heads, with or without brackets."""
    said = [text.strip("()") for text in map(text_of, row) if text]
    return len(said) > 2 and said == [str(number) for number in range(1, len(said) + 1)]


def _is_three(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text.lstrip("0") or "0") <= 3


def _day(text: str, cell: Cell, today: date) -> date | None:
    """Read a date as it is written: ISO, a sheet's day number, 21/11/1980, 21 Nov 1980, 21-11-80; what stands
    before it, as a place does, is passed over.
    """
    day: date | None = None
    if birth := _BIRTH.fullmatch(text):
        text = birth[2]
    if isinstance(cell, int | float):
        day = EXCEL_DAY_0 + timedelta(days=int(cell)) if 0 < cell < 80_000 else None
    elif found := re.fullmatch(r"(\d{1,2})[\s./-]+([A-Za-z]{3,9})[\s./-]+(\d{2}|\d{4})", text):
        month = _MONTHS.get(found[2][:3].lower())
        day = _date(_full_year(int(found[3]), today), month, int(found[1])) if month else None
    elif found := re.fullmatch(r"(\d{1,2})[./-](\d{1,2})[./-](\d{2}|\d{4})", text):
        day = _date(_full_year(int(found[3]), today), int(found[2]), int(found[1]))
    else:
        day = parse_date(text[:10])
    return day if day and date(1900, 1, 1) <= day <= today else None


def _full_year(year: int, today: date) -> int:
    if year > 99:
        return year
    return 2000 + year if year <= today.year % 100 else 1900 + year


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
