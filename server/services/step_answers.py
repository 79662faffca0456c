"""What is answered to a step of a case, as typed and in words again. Rule: nothing is judged."""

from collections.abc import Mapping
from typing import Any

from schemas import format as written
from schemas.form_values import day_of
from schemas.workflow_types import Event, Need


def answers_of(step: Event, given: Mapping[str, str]) -> dict[str, Any]:
    """Read what was typed: money as whole rupiah, all else as text; blanks are left out."""
    answers: dict[str, Any] = {}
    for need in step.needs:
        value = given.get(need.name, "").strip()
        if value:
            whole = need.type == "uang" and value.isascii() and value.isdigit()
            answers[need.name] = int(value) if whole else value
    return answers


def answers_said(step: Event | None, answers: Mapping[str, Any]) -> str:
    """Say what was answered to a step: days and money as people write them."""
    needs = {need.name: need for need in step.needs} if step else {}
    said = ((needs[name], value) for name, value in answers.items() if name in needs)
    return "; ".join(f"{need.label}: {_value_said(need, value)}" for need, value in said)


def _value_said(need: Need, value: Any) -> str:
    match need.type:
        case "tanggal" if (day := day_of(value)) is not None:
            return written.long_date(day)
        case "uang" if isinstance(value, int):
            return written.rupiah(value)
        case _:
            return need.options.get(str(value), str(value))
