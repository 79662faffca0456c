"""What a returned visit is asked again, and what of it was mended. Rule: pure.

A reason of the office stands by "form.field" or "field", by the name of a photo, or by anything else: then it
is of the whole visit. A sealed visit comes back without its answers: only what the office named is filled
anew, and nothing else of it is missing.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from schemas.form import Form
from schemas.form_cells import answer_at, field_at, table_of
from schemas.form_conditions import conditions_in, visible_among

Shots = Mapping[str, tuple[str, str]]
"""Form and field of each photo, by its name."""
Answers = Mapping[str, Mapping[str, Any]]
"""Answers by form and field."""


def asked_again(returned: Mapping[str, str], form: Form) -> frozenset[str]:
    """Return the fields of a form that the office's reasons name, and those that must be answered before they
    are seen. Reasons of a photo or of the whole visit name none.
    """
    names = {_field_of(key, form.id) for key in returned} & set(form.fields)
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        condition = form.fields[name].visible_when
        if condition is None or visible_among(form.fields, {}, [name]):
            continue
        above = {test.field for test in conditions_in(condition) if test.field} - names
        names |= above
        waiting += above
    return frozenset(names)


def asked_of(
    returned: Mapping[str, str], forms: Iterable[Form], shots: Shots | None = None
) -> set[tuple[str, str]]:
    """Return what is asked again of a visit of several forms, by form and field."""
    places = shots or {}
    named = {(form.id, name) for form in forms for name in asked_again(returned, form)}
    return named | {_whole(*places[key]) for key in returned if key in places}


def is_of_whole(key: str, forms: Iterable[Form], shots: Shots) -> bool:
    """Say whether a reason is of the whole visit: it names neither a field nor a photo."""
    return key not in shots and not any(_field_of(key, form.id) in form.fields for form in forms)


def mended(
    returned: Mapping[str, str], forms: Sequence[Form], before: Answers, now: Answers, replaced: Set[str]
) -> tuple[str, ...]:
    """Return the reasons whose answer is another than the one that came back; `replaced` are the photos that
    no longer count.
    """
    return tuple(key for key in returned if key in replaced or _is_changed(key, forms, before, now))


def reason_of(returned: Mapping[str, str], form: str, field: str, shots: Shots | None = None) -> str:
    """Return why a field came back, of a table also why its rows did, and why its photos did; nothing where
    it did not.
    """
    places = shots or {}
    return "\n".join(
        said
        for key, said in returned.items()
        if _field_of(key, form) == field or (key in places and _whole(*places[key]) == (form, field))
    )


def _is_changed(key: str, forms: Sequence[Form], before: Answers, now: Answers) -> bool:
    for form in forms:
        name = key.removeprefix(f"{form.id}.")
        if field_at(form.fields, name) is not None:
            return answer_at(before.get(form.id, {}), name) != answer_at(now.get(form.id, {}), name)
    return False


def _whole(form: str, field: str) -> tuple[str, str]:
    return form, table_of(field)


def _field_of(key: str, form: str) -> str:
    return table_of(key.removeprefix(f"{form}."))
