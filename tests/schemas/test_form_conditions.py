"""When a condition holds, test by test."""

from datetime import date
from typing import Any

import msgspec
import pytest

from schemas.form import Condition
from schemas.form_conditions import holds

TODAY = date(2026, 11, 21)


def condition(**members: Any) -> Condition:
    """A condition as a form file spells it; the field is `a` unless named."""
    return msgspec.convert({"field": "a", **members}, Condition)


@pytest.mark.parametrize(
    ("members", "true_of", "false_of"),
    [
        ({"is": 0}, [0, 0.0], [False, "0", 1, None]),
        ({"is": True}, [True], [1, "ya", False]),
        ({"is": "x"}, ["x"], ["y", "", ["x"]]),
        ({"in": ["x", "y"]}, ["x", "y"], ["z", ["x"], None]),
        ({"has": "x"}, [["x"], ["y", "x"]], ["x", [], None, {"x": 1}]),
        ({"above": 5}, [6, 5.1, {"accuracy_m": 6}], [5, "6", True, {"accuracy_m": None}, {}]),
        ({"below": 0}, [-1], [0, "-1", None]),
        ({"answered": True}, ["x", 0, False, ["x"]], [None, "", " ", [], {"skipped": "hujan"}]),
        ({"answered": False}, [None, "", {"skipped": "hujan"}], [0, False, "x"]),
        ({"future": True}, ["2026-11-22", "2026-12"], ["2026-11-21", "2026-11", "besok", 7]),
        ({"future": False}, ["2026-11-21", "2026-11"], ["2026-11-22", "2026-12", None]),
        ({"older_days": 30}, ["2026-10-21"], ["2026-10-22", "2027-01-01", "x"]),
        ({"older_months": 6}, ["2026-05-20", "2026-04", "2020-12-31"], ["2026-05-21", "2026-05", "2027-01"]),
    ],
)
def test_a_field_is_tested(members: dict[str, Any], true_of: list[Any], false_of: list[Any]) -> None:
    test = condition(**members)
    assert [value for value in true_of if not holds(test, {"a": value}, TODAY)] == []
    assert [value for value in false_of if holds(test, {"a": value}, TODAY)] == []


@pytest.mark.parametrize(
    ("a", "b", "is_before", "is_after"),
    [
        ("09:59", "10:00", True, False),
        ("2026-11-21", "2026-11-21", False, False),
        ("2026-11-22", "2026-11-21", False, True),
        ("2026-11-22", "2026-11", False, False),
        ("10:00", None, False, False),
        (None, "10:00", False, False),
        ("10:00", 7, False, False),
    ],
)
def test_two_answers_are_compared(a: Any, b: Any, is_before: bool, is_after: bool) -> None:
    answers = {"a": a, "b": b}
    assert (holds(condition(before="b"), answers), holds(condition(after="b"), answers)) == (
        is_before,
        is_after,
    )


def test_conditions_combine() -> None:
    x, y = {"field": "a", "is": "x"}, {"field": "b", "is": "y"}
    both = msgspec.convert({"all": [x, y]}, Condition)
    either = msgspec.convert({"any": [x, {"not": y}]}, Condition)
    cases: list[dict[str, Any]] = [{}, {"a": "x"}, {"b": "y"}, {"a": "x", "b": "y"}]
    assert [holds(both, case) for case in cases] == [False, False, False, True]
    assert [holds(either, case) for case in cases] == [True, True, False, True]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"field": "a"},
        {"is": 1},
        {"field": "a", "is": 1, "above": 0},
        {"all": [], "any": []},
        {"all": [], "is": 1},
    ],
)
def test_a_condition_is_one_thing(members: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError, match="a condition"):
        msgspec.convert(members, Condition)
