"""What a returned visit is asked again. Rule: pure.

A sealed visit comes back without its answers: only what the office named is filled anew, and nothing else of
it is missing.
"""

from collections.abc import Iterable, Mapping

from schemas.form import Form
from schemas.form_cells import table_of
from schemas.form_conditions import conditions_in, visible_among


def asked_again(returned: Mapping[str, str], form: Form) -> frozenset[str]:
    """Return the fields of a form that the office's reasons name, by "form.field" or "field", and those that
    must be answered before they are seen. Reasons of a photo or of the whole visit name none.
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


def asked_of(returned: Mapping[str, str], forms: Iterable[Form]) -> set[tuple[str, str]]:
    """Return what is asked again of a visit of several forms, by form and field."""
    return {(form.id, name) for form in forms for name in asked_again(returned, form)}


def reason_of(returned: Mapping[str, str], form: str, field: str) -> str:
    """Return why a field came back, of a table also why its rows did; nothing where it did not."""
    return "\n".join(said for key, said in returned.items() if _field_of(key, form) == field)


def _field_of(key: str, form: str) -> str:
    return table_of(key.removeprefix(f"{form}."))
