"""A visit's answers as a reader sees them. Rule: labels come from the version that was filled, and numbers of
persons stay covered until somebody opened them with a purpose.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, assert_never

from schemas import format as written
from schemas.base import Data
from schemas.check import Finding, check, visible_fields
from schemas.form import Answers, Form
from schemas.form_cells import rows_of
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
from schemas.form_values import day_of, is_blank, is_skipped, skip_reason
from schemas.text import Text

LONG_NUMBER = 13
"""A text of so many digits names a person or an account: NIK, KK, KKS, KIS."""


class Mark(Data, frozen=True, kw_only=True):
    """One thing to look at, with how to show it."""

    key: str
    label: str
    text: str
    tone: str
    icon: str
    kind: str


class Table(Data, frozen=True, kw_only=True):
    """A table answer as words."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Answer(Data, frozen=True, kw_only=True):
    """One answer. `key` is `form.field`; `was` the value of the version before, where it differs."""

    key: str
    label: str
    value: str
    state: str
    was: str | None = None
    reason: str = ""
    table: Table | None = None
    findings: tuple[Mark, ...] = ()


class PageOfAnswers(Data, frozen=True, kw_only=True):
    """The answers of one page of a form."""

    title: str
    form_title: str
    answers: tuple[Answer, ...]

    @property
    def given(self) -> list[Answer]:
        """What is to be read: answers, reasons, and blanks about which something is to be said."""
        return [answer for answer in self.answers if not _is_quiet(answer)]

    @property
    def blank(self) -> list[Answer]:
        """Blanks that nobody misses."""
        return [answer for answer in self.answers if _is_quiet(answer)]


def _is_quiet(answer: Answer) -> bool:
    silent = not answer.findings and not answer.reason and answer.was is None
    return answer.state == "kosong" and silent


class Reading(Data, frozen=True, kw_only=True):
    """How to read: names of things by id and of regions by code, and whether numbers are open."""

    text: Text
    name_of: Callable[[str], str]
    region_of: Callable[[str], str]
    opened: bool = False


def pages(
    form: Form,
    answers: Answers,
    before: Answers | None,
    reasons: Mapping[str, str],
    reading: Reading,
    today: date,
    kecamatan: frozenset[str],
) -> list[PageOfAnswers]:
    """Lay out the visible answers of one form, each with what is to be said about it."""
    seen = set(visible_fields(form, answers))
    marks: dict[str, list[Mark]] = {}
    for finding in check(form, answers, today, kecamatan=kecamatan):
        marks.setdefault(finding.field, []).append(mark(form, finding, reading.text))
    found: list[PageOfAnswers] = []
    for page in form.pages:
        shown = [
            _answer(form, form.fields[name], answers, before, reasons, reading, tuple(marks.get(name, ())))
            for name in page.fields
            if name in seen
        ]
        if shown:
            found.append(PageOfAnswers(title=page.title, form_title=form.title, answers=tuple(shown)))
    return found


def mark(form: Form, finding: Finding, text: Text) -> Mark:
    """Turn a finding into something to show."""
    missing = finding.kind == "missing"
    tone, icon = {
        "blocked": ("bad", "error"),
        "warning": ("notice", "warning"),
        "missing": ("quiet", "draft"),
    }[finding.kind]
    return Mark(
        key=f"{form.id}.{finding.field}",
        label=form.fields[finding.field].short,
        text=text("kantor.tinjau.wajib_kosong") if missing else text(finding.say),
        tone=tone,
        icon=icon,
        kind=finding.kind,
    )


def is_covered(field: Field) -> bool:
    """Whether an answer names a person by number, and so stays covered."""
    long = isinstance(field, Teks) and field.digits is not None and field.digits >= LONG_NUMBER
    return long or "telepon" in field.checks


def covered(number: str) -> str:
    """Leave only the last four digits of a number."""
    digits = "".join(sign for sign in number if sign.isdigit())
    return f"•••• {digits[-4:]}"


def show(field: Field, value: Any, reading: Reading) -> str:
    """Write one answer in words; a value of the wrong shape is written as it came."""
    if is_skipped(value):
        return reading.text("kantor.tinjau.dilewati", alasan=skip_reason(value) or "–")
    if is_blank(value):
        return reading.text("umum.belum_diisi")
    if is_covered(field) and not reading.opened:
        return covered(str(value))
    try:
        return _words(field, value, reading)
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError):
        return str(value)


def _answer(
    form: Form,
    field: Field,
    answers: Answers,
    before: Answers | None,
    reasons: Mapping[str, str],
    reading: Reading,
    marks: tuple[Mark, ...],
) -> Answer:
    value, key = answers.get(field.name), f"{form.id}.{field.name}"
    changed = before is not None and before.get(field.name) != value
    state = "lewat" if is_skipped(value) else "kosong" if is_blank(value) else "isi"
    rows = rows_of(value)
    table = _table(field, rows, reading) if isinstance(field, Tabel) and rows and state == "isi" else None
    return Answer(
        key=key,
        label=field.short,
        value=show(field, value, reading),
        state=state,
        was=show(field, (before or {}).get(field.name), reading) if changed else None,
        reason=reasons.get(key, ""),
        table=table,
        findings=marks,
    )


def _words(field: Field, value: Any, reading: Reading) -> str:
    match field:
        case Teks() | TeksPanjang():
            return str(value)
        case Angka():
            decimals = 0 if float(value) == int(value) else 2
            return f"{written.number(value, decimals)} {field.unit}".strip()
        case Uang():
            return written.rupiah(value)
        case Tanggal() | Bulan() | Jam():
            return _moment(field, value)
        case Pilihan():
            return _label(field.options, value)
        case Multi():
            return ", ".join(_label(field.options, code) for code in value)
        case YaTidak():
            return reading.text("umum.ya" if value else "umum.tidak")
        case Wilayah():
            return reading.region_of(value)
        case Rujukan():
            return reading.name_of(value) or reading.text("umum.tidak_ditemukan")
        case Foto() | Berkas():
            return reading.text("kantor.tinjau.jumlah_foto", jumlah=len(value))
        case TandaTangan():
            return reading.text("umum.ada")
        case Gps():
            return place_words(
                float(value["lat"]), float(value["lng"]), float(value["accuracy_m"]), reading.text
            )
        case Tabel():
            return reading.text("kantor.tinjau.jumlah_baris", jumlah=len(value))
        case Turunan():
            return _derived(field, value, reading)
        case _:
            assert_never(field)


def place_words(lat: float, lng: float, accuracy_m: float, text: Text) -> str:
    """Write a place as degrees with its accuracy."""
    degrees = f"{written.number(lat, 5)}; {written.number(lng, 5)}"
    return text("kantor.tinjau.titik", titik=degrees, meter=written.number(accuracy_m))


def _moment(field: Tanggal | Bulan | Jam, value: str) -> str:
    match field:
        case Tanggal():
            day = day_of(value)
            return written.long_date(day) if day else str(value)
        case Bulan():
            return written.month_name(date.fromisoformat(f"{value}-01"))
        case Jam():
            return value.replace(":", ".")
        case _:
            assert_never(field)


def _label(options: tuple[Option, ...], code: Any) -> str:
    return next((option.label for option in options if option.code == code), str(code))


def _derived(field: Turunan, value: Any, reading: Reading) -> str:
    match field.value:
        case "angka":
            return written.number(value)
        case "uang":
            return written.rupiah(value)
        case "yatidak":
            return reading.text("umum.ya" if value else "umum.tidak")
        case "tanggal":
            day = day_of(value)
            return written.long_date(day) if day else str(value)
        case "pilihan":
            return _label(field.options, value)
        case "teks":
            return str(value)
        case _:
            assert_never(field.value)


def _table(field: Tabel, rows: list[dict[str, Any]], reading: Reading) -> Table:
    cells = [
        tuple(
            "–" if is_blank(row.get(column.name)) else show(column, row.get(column.name), reading)
            for column in field.columns
        )
        for row in rows
    ]
    return Table(heads=tuple(column.label for column in field.columns), rows=tuple(cells))
