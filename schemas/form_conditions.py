"""Whether a condition holds over answers, and which fields are therefore seen.

One rule: a comparison with a blank is false, and an answer to a hidden field counts as blank. Answers of the
wrong shape make a comparison false as well; nothing here fails.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, cast

from schemas.form_types import Condition, Field
from schemas.form_values import MONTH, day_of, is_blank

NO_DAY = date.min


def holds(condition: Condition, answers: Mapping[str, Any], today: date = NO_DAY) -> bool:
    """Whether the condition is true of the answers; `today` matters to rules only."""
    if condition.all is not None:
        return all(holds(inner, answers, today) for inner in condition.all)
    if condition.any is not None:
        return any(holds(inner, answers, today) for inner in condition.any)
    if condition.not_ is not None:
        return not holds(condition.not_, answers, today)
    value = answers.get(condition.field or "")
    if condition.answered is not None:
        return condition.answered is not is_blank(value)
    return not is_blank(value) and _test(condition, value, answers, today)


def conditions_in(condition: Condition) -> Iterator[Condition]:
    """The condition's tests of fields, with all inside `all`, `any` and `not`."""
    if condition.field is not None:
        yield condition
    for inner in (
        *(condition.all or ()),
        *(condition.any or ()),
        *((condition.not_,) if condition.not_ else ()),
    ):
        yield from conditions_in(inner)


def visible_among(
    fields: Mapping[str, Field], answers: Mapping[str, Any], asked: Iterable[str] | None = None
) -> list[str]:
    """The names of the fields that are seen, in the order of `fields`. The fields form no cycle.

    With `asked`, only those of them are looked at, and what they depend on.
    """
    seen: dict[str, bool] = {}

    def is_seen(name: str) -> bool:
        if name not in seen:
            condition = fields[name].visible_when
            # Looking up an answer asks whether its own field is seen: a hidden field's old answer has no say.
            seen[name] = condition is None or holds(condition, _Seen(fields, answers, is_seen))
        return seen[name]

    return [name for name in (fields if asked is None else asked) if is_seen(name)]


class _Seen(dict[str, Any]):
    """Answers of which only those to visible fields can be got."""

    def __init__(self, fields: Mapping[str, Field], answers: Mapping[str, Any], is_seen: Any) -> None:
        super().__init__()
        self._fields, self._answers, self._is_seen = fields, answers, is_seen

    def get(self, key: str, default: Any = None) -> Any:
        return self._answers.get(key, default) if key in self._fields and self._is_seen(key) else default


def _test(condition: Condition, value: Any, answers: Mapping[str, Any], today: date) -> bool:
    if condition.is_ is not None:
        return _same(value, condition.is_)
    if condition.in_ is not None:
        return any(_same(value, wanted) for wanted in condition.in_)
    if condition.has is not None:
        return isinstance(value, list) and condition.has in value
    if condition.above is not None or condition.below is not None:
        number = _number(value)
        above, below = condition.above, condition.below
        return number is not None and (number > above if above is not None else number < cast("float", below))
    if condition.before is not None or condition.after is not None:
        other = answers.get(condition.before or condition.after or "")
        if not isinstance(value, str) or not isinstance(other, str) or len(value) != len(other):
            return False
        return value < other if condition.before is not None else value > other
    return _against_today(condition, value, today)


def _same(value: Any, wanted: bool | float | str) -> bool:
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _number(value: Any) -> float | None:
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value).get("accuracy_m")
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _against_today(condition: Condition, value: Any, today: date) -> bool:
    is_month = isinstance(value, str) and MONTH.fullmatch(value) is not None
    day = day_of(f"{value}-01") if is_month else day_of(value)
    if day is None:
        return False
    if condition.future is not None:
        later = (day.year, day.month) > (today.year, today.month) if is_month else day > today
        return later is condition.future
    if condition.older_days is not None:
        return (today - day).days > condition.older_days
    months = (today.year - day.year) * 12 + today.month - day.month
    limit = condition.older_months or 0
    return months > limit or (months == limit and not is_month and today.day > day.day)
