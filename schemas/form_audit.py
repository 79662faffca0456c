"""What can be wrong with a form although each of its fields decoded: the relations between them.

One rule: a mistake has the place where it is (field, page or opens), and a code that says what is wrong.
"""

import re
from collections import Counter
from collections.abc import Iterator

from schemas.form_conditions import conditions_in
from schemas.form_mistakes import Mistake, mistake
from schemas.form_types import (
    TESTS_OF_TODAY,
    Angka,
    Bulan,
    Condition,
    Field,
    Form,
    Gps,
    Jam,
    Multi,
    Pilihan,
    Privacy,
    Rule,
    Tabel,
    Tanggal,
    Turunan,
    Uang,
    YaTidak,
)
from schemas.sealed import SEALED_SERVICES

PRIVACY_FLOOR: dict[str, Privacy] = {
    "bpnt_kpm": "spesifik",
    "kis": "spesifik",
    "kks_masalah": "spesifik",
    "pengaduan": "spesifik",
    "sosek": "spesifik",
    "usul_dtsen": "spesifik",
    "ktk": "rahasia",
    "pm": "rahasia",
    "uep": "rahasia",
    "cabut_setuju": "rahasia",
}
"""Below this a form's privacy never falls, whatever a published version says (UU 12/2022, UU 27/2022)."""

RANK: dict[Privacy, int] = {"biasa": 0, "spesifik": 1, "rahasia": 2}
NAME = re.compile(r"[a-z][a-z0-9_]*")
CODE = re.compile(r"[a-z0-9][a-z0-9_]*")


def mistakes_in(form: Form) -> list[Mistake]:
    """Every mistake of the form, in the order of its fields; empty when it is whole."""
    found = [*_of_pages(form), *_of_privacy(form), *_of_scope(form.fields)]
    for opened in form.opens:
        inner = _of_condition(opened.when, form.fields, today=False)
        found += [each.within("opens", opened.form) for each in inner]
    return found + [mistake("melingkar").within("field", name) for name in _cycles(form.fields)]


def _of_pages(form: Form) -> Iterator[Mistake]:
    count = Counter(name for page in form.pages for name in page.fields)
    yield from (
        mistake("halaman_asing", field=name).within("pages") for name in count if name not in form.fields
    )
    for name in form.fields:
        if count[name] != 1:
            yield mistake("jumlah_halaman", count=count[name]).within("field", name)


def _of_privacy(form: Form) -> Iterator[Mistake]:
    if form.service in SEALED_SERVICES and form.privacy != "rahasia":
        yield mistake("di_bawah_layanan", privacy=form.privacy).within("privacy")
    elif RANK[form.privacy] < RANK[PRIVACY_FLOOR.get(form.id, "biasa")]:
        yield mistake("di_bawah_batas", privacy=form.privacy).within("privacy")
    for name, field in form.fields.items():
        parts = (field, *field.columns) if isinstance(field, Tabel) else (field,)
        if form.privacy == "rahasia" and any(part.privacy != "rahasia" for part in parts):
            yield mistake("di_bawah_formulir", privacy=field.privacy).within("field", name)


def _of_scope(fields: dict[str, Field]) -> Iterator[Mistake]:
    for name, field in fields.items():
        yield from (each.within("field", name) for each in _of_field(field, fields))
        if isinstance(field, Tabel):
            columns = {column.name: column for column in field.columns}
            if len(columns) != len(field.columns) or not columns:
                yield mistake("kolom").within("field", name)
            yield from (each.within("field", name) for each in _of_scope(columns))


def _of_field(field: Field, fields: dict[str, Field]) -> Iterator[Mistake]:
    if not NAME.fullmatch(field.name):
        yield mistake("nama")
    if not field.label.strip() or not field.source:
        yield mistake("label_kosong")
    if field.required and field.required_when is not None:
        yield mistake("wajib_ganda")
    yield from _of_kind(field)
    for condition, today in _conditions_of(field):
        yield from _of_condition(condition, fields, today=today)
    for rule in field.rules:
        if not rule.say.startswith("aturan."):
            yield mistake("kunci_kalimat", say=rule.say)


def _of_kind(field: Field) -> Iterator[Mistake]:
    match field:
        case Turunan() if field.required or field.required_when is not None:
            yield mistake("turunan_wajib")
        case Turunan() if (field.value == "pilihan") != bool(field.options):
            yield mistake("turunan_pilihan")
        case Angka() if field.min > field.max:
            yield mistake("batas_terbalik")
        case Multi() if set(field.exclusive) - {option.code for option in field.options}:
            yield mistake("sendiri_asing")
        case _:
            pass
    for option in getattr(field, "options", ()):
        if not CODE.fullmatch(option.code) or not option.label.strip():
            yield mistake("kode_pilihan", option=option.code)


def _conditions_of(field: Field) -> list[tuple[Condition, bool]]:
    """Each condition of the field, with whether it may look at today's date."""
    always = [condition for condition in (field.required_when, field.visible_when) if condition is not None]
    rules: tuple[Rule, ...] = field.rules
    return [(condition, False) for condition in always] + [(rule.when, True) for rule in rules]


def _of_condition(condition: Condition, fields: dict[str, Field], *, today: bool) -> Iterator[Mistake]:
    for test in conditions_in(condition):
        target = fields.get(test.field or "")
        if target is None:
            yield mistake("syarat_asing", field=test.field)
        elif not _fits(test, target, fields):
            yield mistake("syarat_tidak_cocok", field=test.field, jenis=_kind(target))
        elif not today and any(getattr(test, name) is not None for name in TESTS_OF_TODAY):
            yield mistake("syarat_hari_ini", field=test.field)


def _fits(test: Condition, target: Field, fields: dict[str, Field]) -> bool:
    if test.answered is not None:
        return True
    wanted = test.in_ if test.in_ is not None else () if test.is_ is None else (test.is_,)
    other = fields.get(test.before or test.after or "")
    match target:
        case Multi():
            return test.has in {option.code for option in target.options}
        case Pilihan() | Turunan(value="pilihan"):
            return bool(wanted) and set(wanted) <= {option.code for option in target.options}
        case YaTidak() | Turunan(value="yatidak"):
            return bool(wanted) and all(isinstance(value, bool) for value in wanted)
        case Angka() | Uang() | Turunan(value="angka" | "uang"):
            numbers = bool(wanted) and all(type(value) in (int, float) for value in wanted)
            return numbers or test.above is not None or test.below is not None
        case Gps():
            return test.above is not None or test.below is not None
        case Tanggal() | Bulan() | Jam():
            relative = type(target) is not Jam and any(
                getattr(test, name) is not None for name in TESTS_OF_TODAY
            )
            return relative or type(other) is type(target)
        case _:
            return False


def _kind(field: Field) -> str:
    return str(field.__struct_config__.tag)


def _cycles(fields: dict[str, Field]) -> Iterator[str]:
    needs = {
        name: {test.field or "" for test in conditions_in(field.visible_when)}
        if field.visible_when
        else set[str]()
        for name, field in fields.items()
    }
    for name in fields:
        reached: set[str] = set()
        ahead = set(needs[name])
        while ahead:
            step = ahead.pop()
            if step not in reached:
                reached.add(step)
                ahead |= needs.get(step, set[str]())
        if name in reached:
            yield name
