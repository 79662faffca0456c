"""What a form's answers still lack, what must be mended first, and what is only to be warned of.

One rule: answers may always be incomplete and may hold anything; checking them never fails and never changes
them. A hidden field is neither missing nor reported.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal

from msgspec import Struct

from schemas.check_coded import run_check
from schemas.form import Answers, Field, Form, Forms, Tabel
from schemas.form_conditions import holds, visible_among
from schemas.form_values import check_value, is_blank, is_skipped

__all__ = ["Finding", "check", "check_value", "is_lifted", "opened_forms", "visible_fields"]

FILLED = ("terisi_lengkap", "terisi_sebagian")
"""The results of a visit with which the rest of the form is asked."""

MISSING = {
    "foto": "aturan.wajib_foto",
    "berkas": "aturan.wajib_berkas",
    "gps": "aturan.wajib_lokasi",
    "tanda_tangan": "aturan.wajib_tanda_tangan",
    "tabel": "aturan.wajib_baris",
    "pilihan": "aturan.wajib_pilih",
    "multi": "aturan.wajib_pilih",
    "yatidak": "aturan.wajib_pilih",
}


class Finding(Struct, frozen=True, kw_only=True):
    """One thing about one field; `say` is a text key. In a table also the row (from 0) and the column."""

    field: str
    kind: Literal["missing", "blocked", "warning"]
    say: str
    row: int | None = None
    column: str = ""


def visible_fields(form: Form, answers: Answers) -> list[str]:
    """The names of the fields that are asked, in page order, whoever fills them."""
    return visible_among(form.fields, answers)


def is_lifted(form: Form, answers: Answers) -> bool:
    """Whether the result of the visit lifts the requirements outside the visit's own block."""
    result = answers.get("hasil_kunjungan")
    return "hasil_kunjungan" in form.fields and not is_blank(result) and result not in FILLED


def check(
    form: Form, answers: Answers, today: date, *, kecamatan: frozenset[str] = frozenset()
) -> list[Finding]:
    """What is missing, blocked and warned of, in page order.

    Only what the field worker fills in counts as missing. `kecamatan` holds the known six-digit prefixes of a
    NIK (empty: places are not checked). Derived values are looked at where `answers` holds them.
    """
    lifted = is_lifted(form, answers)
    outside = (name for name, field in form.fields.items() if not field.is_of_visit)
    scope = _Scope(today, kecamatan, frozenset(outside if lifted else ()))
    return list(_of_fields(form.fields, answers, scope))


def opened_forms(forms: Forms, form: Form, answers: Answers) -> list[str]:
    """The ids of the forms that these answers open in the same visit; none when its result lifts the rest."""
    if is_lifted(form, answers):
        return []
    seen = {name: answers.get(name) for name in visible_fields(form, answers)}
    known = forms.ids()
    return [opened.form for opened in form.opens if opened.form in known and holds(opened.when, seen)]


class _Scope(Struct, frozen=True):
    today: date
    kecamatan: frozenset[str]
    not_required: frozenset[str]


def _of_fields(fields: Mapping[str, Field], answers: Mapping[str, Any], scope: _Scope) -> Iterator[Finding]:
    seen = {name: answers.get(name) for name in visible_among(fields, answers)}
    for name, value in seen.items():
        field = fields[name]
        wrong = check_value(field, value)
        if is_blank(value):
            if _is_missing(field, value, seen, scope):
                say = wrong or MISSING.get(_kind(field), "aturan.wajib_isi")
                yield Finding(field=name, kind="missing", say=say)
        elif wrong is not None:
            yield Finding(field=name, kind="blocked", say=wrong)
        else:
            yield from _of_rules(field, value, seen, scope)
            if isinstance(field, Tabel):
                yield from _of_rows(field, value or [], scope)


def _is_missing(field: Field, value: Any, seen: Mapping[str, Any], scope: _Scope) -> bool:
    required = field.required or (field.required_when is not None and holds(field.required_when, seen))
    excused = is_skipped(value) and check_value(field, value) is None
    return required and not excused and field.filled_by == "lapangan" and field.name not in scope.not_required


def _of_rules(field: Field, value: Any, seen: Mapping[str, Any], scope: _Scope) -> Iterator[Finding]:
    for rule in field.rules:
        if holds(rule.when, seen, scope.today):
            yield Finding(field=field.name, kind="blocked" if rule.block else "warning", say=rule.say)
    for name in field.checks:
        said = run_check(name, value, seen, scope.today, scope.kecamatan)
        yield from (Finding(field=field.name, kind="blocked", say=say) for say in said.blocked)
        yield from (Finding(field=field.name, kind="warning", say=say) for say in said.warnings)


def _of_rows(table: Tabel, rows: list[dict[str, Any]], scope: _Scope) -> Iterator[Finding]:
    columns = {column.name: column for column in table.columns}
    lifted = table.name in scope.not_required
    inner = _Scope(scope.today, scope.kecamatan, frozenset(columns if lifted else ()))
    for number, row in enumerate(rows):
        for found in _of_fields(columns, row, inner):
            yield Finding(field=table.name, kind=found.kind, say=found.say, row=number, column=found.field)


def _kind(field: Field) -> str:
    return str(field.__struct_config__.tag)
