"""Which pages and fields a visit shows now, from its forms and answers.

Rule: pure; hidden fields and pages without fields are not there, and the office's own fields never are.
"""

from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from schemas.check import is_lifted, opened_forms, visible_fields
from schemas.form import Form, Forms
from schemas.form_conditions import holds
from schemas.form_types import Turunan
from schemas.form_values import is_blank


class Step(NamedTuple):
    """One page of one form, with the fields that are shown on it."""

    form: str
    form_title: str
    title: str
    fields: tuple[str, ...]
    definition: Form


def opened(
    forms: Forms, main: str, versions: Mapping[str, int], answers: Mapping[str, dict[str, Any]]
) -> list[str]:
    """The main form, then those that its answers open."""
    form = forms.get(main, versions.get(main))
    return [main, *opened_forms(forms, form, answers.get(main, {}))]


def plan(
    forms: Forms, main: str, versions: Mapping[str, int], answers: Mapping[str, dict[str, Any]]
) -> list[Step]:
    """All pages in order: the main form's, those of opened forms before its last block pages."""
    first: list[Step] = []
    last: list[Step] = []
    for form_id in opened(forms, main, versions, answers):
        form = forms.get(form_id, versions.get(form_id))
        filled = answers.get(form_id, {})
        seen = set(visible_fields(form, filled))
        lifted = is_lifted(form, filled)
        for page in form.pages:
            names = tuple(name for name in page.fields if name in seen and _asked(form, name, filled, lifted))
            if names:
                step = Step(form_id, form.title, page.title, names, form)
                (last if page.last and form_id == main else first).append(step)
    return first + last


def is_asked(step: Step, asked: Set[tuple[str, str]]) -> bool:
    """Whether a page holds what the office asked again, by form and field."""
    return any((step.form, name) in asked for name in step.fields)


def neighbour(steps: Sequence[Step], at: int, by: int, asked: Set[tuple[str, str]]) -> int | None:
    """The page after this one (`by` above 0) or before it; where something is asked again, the next that is.
    None where there is no such page.
    """
    way = range(at + 1, len(steps)) if by > 0 else range(at - 1, -1, -1)
    return next((place for place in way if not asked or is_asked(steps[place], asked)), None)


def required_fields(form: Form, answers: Mapping[str, Any]) -> set[str]:
    """The fields that must be answered, or skipped with a reason, as the answers stand."""
    lifted = is_lifted(form, dict(answers))
    return {
        name
        for name, field in form.fields.items()
        if (field.required or (field.required_when is not None and holds(field.required_when, answers)))
        and not (lifted and not field.is_of_visit)
    }


def _asked(form: Form, name: str, answers: Mapping[str, Any], lifted: bool) -> bool:
    field = form.fields[name]
    if field.filled_by == "kantor" or (lifted and not field.is_of_visit):
        return False
    shown_only = field.read_only or isinstance(field, Turunan)
    return not (shown_only and is_blank(answers.get(name)))
