"""The forms of one visit with their answers. Rule: which forms, what is derived and what is found follow
from answers.

Pure but for the forms and regions handed in: the same answers on the same day give the same sheets.
"""

from collections.abc import Container, Mapping
from datetime import date
from typing import Any, cast

from field_app.views import Listed
from schemas.base import Data
from schemas.check import check, opened_forms, visible_fields
from schemas.derive import Context, Parameters, derive
from schemas.form import Angka, Answers, Field, Form, Forms, Tabel, Teks, Turunan, Uang
from schemas.form_values import SEPARATORS, is_blank, is_skipped
from schemas.wilayah import Wilayah


class Sheet(Data, frozen=True, kw_only=True):
    """One form of a visit with its answers, derived ones included."""

    form: Form
    answers: Answers

    def visible(self) -> Answers:
        """Return the answers that count: those of fields that are asked, and that say something."""
        return {
            name: self.answers[name]
            for name in visible_fields(self.form, self.answers)
            if self.answers.get(name) is not None
        }


class Sheets:
    """Puts the sheets of a visit together."""

    def __init__(self, forms: Forms, wilayah: Wilayah, parameters: Parameters) -> None:
        self._forms = forms
        self._wilayah = wilayah
        self._parameters = parameters

    def read(
        self,
        main: str,
        pinned: Mapping[str, int],
        answers: Mapping[str, Answers],
        *,
        kode_desa: str,
        today: date,
        holidays: Container[date],
    ) -> dict[str, Sheet]:
        """Return the main form and those that its answers open, in order; `pinned` has versions by form."""
        context = Context(
            today=today,
            parameters=self._parameters,
            wilayah=self._wilayah,
            kode_desa=kode_desa or None,
            holidays=holidays,
        )
        sheets: dict[str, Sheet] = {}
        waiting = [main]
        while waiting:
            name = waiting.pop(0)
            form = self._forms.get(name, pinned.get(name))
            if name in sheets or (form.privacy == "rahasia" and name != main):
                continue
            filled = derived(form.fields, answers.get(name, {}), context)
            sheets[name] = Sheet(form=form, answers=filled)
            waiting += opened_forms(self._forms, form, filled)
        return sheets


def findings(
    sheets: Mapping[str, Sheet], today: date, kecamatan: frozenset[str]
) -> dict[str, tuple[Listed, ...]]:
    """Return what each form lacks, blocks or warns of, by form."""
    return {name: findings_of(sheet, today, kecamatan) for name, sheet in sheets.items()}


def findings_of(sheet: Sheet, today: date, kecamatan: frozenset[str]) -> tuple[Listed, ...]:
    """Return what one form lacks, blocks or warns of."""
    return tuple(
        Listed(
            form=sheet.form.id,
            field=found.field,
            kind=found.kind,
            say=found.say,
            row=found.row,
            column=found.column,
        )
        for found in check(sheet.form, sheet.answers, today, kecamatan=kecamatan)
    )


def derived(fields: Mapping[str, Field], answers: Answers, context: Context) -> Answers:
    """Return the answers with every derived one computed anew, in rows of tables too."""
    filled = {name: value for name, value in answers.items() if not isinstance(fields.get(name), Turunan)}
    for name, field in fields.items():
        rows = filled.get(name)
        if isinstance(field, Tabel) and isinstance(rows, list):
            filled[name] = _rows(field, cast("list[Any]", rows), context)
    for name, field in fields.items():
        if isinstance(field, Turunan):
            try:
                value = derive(field.compute, filled, context)
            except (TypeError, ValueError, KeyError, AttributeError):
                value = None  # made of an answer of wrong shape, which is blocked by itself
            if value is not None:
                filled[name] = value
    return filled


def tidy(field: Field, value: Any) -> Any:
    """Bring a typed value to the form it is kept in: numbers of cards as bare digits, whole numbers whole."""
    if isinstance(field, Teks) and field.digits is not None and isinstance(value, str):
        return SEPARATORS.sub("", value)
    if isinstance(field, (Angka, Uang)) and isinstance(value, float) and value.is_integer():
        return int(value)
    return None if is_blank(value) and not is_skipped(value) else value


def _rows(field: Tabel, rows: list[Any], context: Context) -> list[Any]:
    columns = {column.name: column for column in field.columns}
    return [
        derived(columns, cast("dict[str, Any]", row), context) if isinstance(row, dict) else row
        for row in rows
    ]
