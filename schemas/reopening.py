"""Taking the end of a kasus back. Rule: what was taken back stays in its history, and counts for nothing.

Whoever took the step that ended a kasus may take it back, and the kabid may; both say why. It then stands
where that step was taken from, and who may take the next one is as if that one had never been.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from schemas.workflow_types import Event, Workflow

REOPEN = "buka_lagi"
Taken = Mapping[str, Any]
"""A step in the history of a kasus: `event`, `from`, `to` and `by`, with what else is kept of it."""


@cache
def reopening_event() -> Event:
    """Return the step as people read of it; from where it leads and whereto, `reopening` says."""
    return msgspec.toml.decode((Path(__file__).parent / "reopening.toml").read_bytes(), type=Event)


def step_named(workflow: Workflow, code: str) -> Event | None:
    """Return the step of a code, of the workflow's own or the one that takes an end back; None if unknown."""
    return reopening_event() if code == REOPEN else workflow.event(code)


def standing(history: Sequence[Taken]) -> list[Taken]:
    """Return the steps that count, oldest first: neither those that were taken back nor the takings back."""
    found: list[Taken] = []
    for step in history:
        if step["event"] == REOPEN:
            del found[-1:]
        else:
            found.append(step)
    return found


def reopening(
    workflow: Workflow, state: str, history: Sequence[Taken], author: str, role: str
) -> Event | None:
    """Return the step by which this person, in this role, may take the end back; None if there is none."""
    steps = standing(history)
    if not steps or state not in workflow.states or not workflow.states[state].final:
        return None
    last = steps[-1]
    ended = workflow.event(str(last["event"]))
    may = ended is not None and role in ended.who and role in reopening_event().who
    own = last["by"] == author and may
    if last["to"] != state or last["from"] not in workflow.states or not (own or role == "kabid"):
        return None
    return replace(reopening_event(), from_=(state,), to=str(last["from"]))
