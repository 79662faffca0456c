"""A value that an officer writes instead of choosing one: how it is asked, read and checked.

Rule: the field's kind decides, as it does in the forms. What cannot be typed (a place, a photo, a table) can
only be chosen.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from schemas.base import Data
from schemas.check_coded import run_check
from schemas.form import Forms
from schemas.form_conditions import holds
from schemas.form_types import (
    Angka,
    Bulan,
    Field,
    Jam,
    Multi,
    Option,
    Pilihan,
    Tanggal,
    Teks,
    TeksPanjang,
    Uang,
    Wilayah,
    YaTidak,
)
from schemas.form_values import SEPARATORS, check_value
from schemas.format import parse_date
from schemas.text import Text
from sync.merge import NO_FIELDS, SETS

LONGEST = 200
SERVICES = ("bpnt", "ktkpm", "kis")
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
BLANK = "kantor.konflik.tulis_kosong"
AskKind = Literal["teks", "angka", "tanggal", "bulan", "jam", "pilihan", "beberapa", "wilayah"]


class Choosable(Data, frozen=True, kw_only=True):
    """One thing to pick: its code and what is shown."""

    code: str
    label: str


class Ask(Data, frozen=True, kw_only=True):
    """How a value is asked for. `digits`: only digits are expected; `most`: how many signs at most."""

    kind: AskKind
    options: tuple[Choosable, ...] = ()
    most: int = LONGEST
    digits: bool = False


class Read(Data, frozen=True, kw_only=True):
    """A value of the right kind."""

    value: Any


class Wrong(Data, frozen=True, kw_only=True):
    """What was written cannot stand; `say` is a text key."""

    say: str


def field_of(forms: Forms, kind: str, name: str) -> Field | None:
    """Find what a record's field is: as the forms about that kind of record ask it, or else any form."""
    every = forms.all()
    named = [form for form in every if name in form.fields]
    named.sort(key=lambda form: form.subject != kind)
    return named[0].fields[name] if named else None


def ask_of(kind: str, name: str, field: Field | None, values: tuple[Any, ...], text: Text) -> Ask | None:
    """Say how to ask for a third value; None where one can only be chosen. `values`: what it holds so far."""
    if name in SETS.get(kind, NO_FIELDS):
        labels = tuple(Choosable(code=each, label=text(f"layanan.{each}")) for each in SERVICES)
        return Ask(kind="beberapa", options=labels) if name == "layanan" else None
    match field:
        case Teks(digits=digits) if digits is not None:
            return Ask(kind="teks", most=2 * digits, digits=True)
        case Teks(max_length=most) | TeksPanjang(max_length=most):
            return Ask(kind="teks", most=most, digits="telepon" in field.checks)
        case Angka() | Uang():
            return Ask(kind="angka", most=20, digits=True)
        case Tanggal():
            return Ask(kind="tanggal")
        case Bulan():
            return Ask(kind="bulan")
        case Jam():
            return Ask(kind="jam")
        case Pilihan(options=options):
            return Ask(kind="pilihan", options=_choosable(options))
        case Multi(options=options):
            return Ask(kind="beberapa", options=_choosable(options))
        case YaTidak():
            pair = (
                Choosable(code="ya", label=text("umum.ya")),
                Choosable(code="tidak", label=text("umum.tidak")),
            )
            return Ask(kind="pilihan", options=pair)
        case Wilayah(level="desa"):
            return Ask(kind="wilayah")
        case None:
            is_text = all(value is None or isinstance(value, str) for value in values)
            return Ask(kind="teks") if is_text else None
        case _:
            return None


def read_written(
    ask: Ask,
    field: Field | None,
    name: str,
    written: Mapping[str, str],
    *,
    today: date,
    kecamatan: frozenset[str],
    desa: frozenset[str],
) -> Read | Wrong:
    """Read what was typed for a field. Several things picked come as `name.code`; `desa` are known codes."""
    if ask.kind == "beberapa":
        picked = [option.code for option in ask.options if written.get(f"{name}.{option.code}")]
        return _checked(field, picked, today, kecamatan) if picked else Wrong(say=BLANK)
    typed = written.get(name, "").strip()
    if not typed:
        return Wrong(say=BLANK)
    if len(typed) > ask.most:
        return Wrong(say="aturan.teks_terlalu_panjang")
    if ask.kind == "wilayah" and typed not in desa:
        return Wrong(say="aturan.wilayah_tidak_dikenal")
    value = _value(field, typed)
    return Wrong(say=value.say) if isinstance(value, Wrong) else _checked(field, value, today, kecamatan)


def _value(field: Field | None, typed: str) -> Any:
    """Turn what was typed into a value of the field's kind."""
    match field:
        case Teks(digits=digits) if digits is not None:
            return SEPARATORS.sub("", typed)
        case Angka() | Uang():
            plain = typed.removeprefix("Rp").replace(".", "").replace(",", ".").strip()
            if NUMBER.fullmatch(plain) is None:
                return Wrong(say="aturan.bukan_angka")
            return float(plain) if "." in plain else int(plain)
        case Tanggal():
            day = parse_date(typed)
            return day.isoformat() if day else Wrong(say="aturan.tanggal_tidak_ada")
        case YaTidak():
            return typed == "ya"
        case _:
            return typed


def _checked(field: Field | None, value: Any, today: date, kecamatan: frozenset[str]) -> Read | Wrong:
    """Refuse what the field's own rules block; what they only warn of may stand."""
    if field is None:
        return Read(value=value)
    wrong = None if isinstance(field, Wilayah) else check_value(field, value)
    answers = {field.name: value}
    blocked = [rule.say for rule in field.rules if rule.block and holds(rule.when, answers, today)]
    for name in () if wrong else field.checks:
        blocked += run_check(name, value, answers, today, kecamatan).blocked
    say = wrong or next(iter(blocked), None)
    return Wrong(say=say) if say else Read(value=value)


def _choosable(options: tuple[Option, ...]) -> tuple[Choosable, ...]:
    return tuple(Choosable(code=option.code, label=option.label) for option in options)
