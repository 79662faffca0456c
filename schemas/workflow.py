"""How a kasus moves along its workflow: published versions by id, the events open to a role, and one step.

One rule: the steps are data (workflows/*.toml); nothing here knows a service. Moving is a pure function of
workflow, state, event, role and answers. Who acts, what time it is and what is stored are the caller's.
"""

import re
from collections.abc import Container, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec

from schemas.deadline import add_months, add_working_days
from schemas.folders import listed
from schemas.reopening import REOPEN, Taken, reopening, standing, step_named
from schemas.workflow_reading import WorkflowError, read_workflow
from schemas.workflow_types import Event, Need, NeedType, Role, State, Workflow

__all__ = [
    "NOTE",
    "Advanced",
    "Event",
    "Need",
    "NeedType",
    "Refused",
    "Role",
    "State",
    "Workflow",
    "WorkflowError",
    "Workflows",
    "advance",
    "advance_as",
    "begin",
    "load_workflows",
    "next_events",
    "wrong_answers",
]

NOTE = "catatan"
"""An answer that every event takes."""


class Advanced(msgspec.Struct, frozen=True, kw_only=True):
    """The kasus stands in `state` now. At most one of the deadlines is set; see `due`."""

    state: str
    deadline_days: int | None = None
    working_days: bool = False
    deadline_months: int | None = None

    def due(self, since: date, holidays: Container[date] = ()) -> date | None:
        """The last day allowed in the state when it was entered on `since`, or None without a deadline."""
        if self.deadline_months is not None:
            return add_months(since, self.deadline_months)
        if self.deadline_days is None:
            return None
        if self.working_days:
            return add_working_days(since, self.deadline_days, holidays)
        return since + timedelta(days=self.deadline_days)


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Why the kasus stays: a key under `problem` in the texts, and the needs that are blank or wrong."""

    problem: str
    missing: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()


def begin(workflow: Workflow) -> Advanced:
    """Where a new kasus stands, and how long it may."""
    return _entered(workflow, workflow.start, None)


def allowed(workflow: Workflow, state: str, history: Sequence[Taken]) -> Advanced:
    """Where a kasus stands, and how long it may, by the step that last brought it there."""
    last = step_named(workflow, str(history[-1]["event"])) if history else None
    return _entered(workflow, state, last.days_allowed if last else None)


def next_events(workflow: Workflow, state: str, role: str) -> tuple[Event, ...]:
    """List what a role may do in a state, in the order of the file; empty for an unknown or final state."""
    return tuple(event for event in workflow.events if state in event.from_ and role in event.who)


def advance(
    workflow: Workflow,
    state: str,
    event: str,
    role: str,
    answers: Mapping[str, Any] | None,
    *,
    same_person: bool = False,
) -> Advanced | Refused:
    """Move a kasus by one event. `same_person`: whether the actor also took the step before.

    `answers` are None where they are sealed: then whoever sealed them has checked them, with `wrong_answers`.
    """
    return _take(workflow, state, workflow.event(event), role, answers, same_person=same_person)


def advance_as(
    workflow: Workflow,
    state: str,
    history: Sequence[Taken],
    event: str,
    author: str,
    roles: AbstractSet[str],
    answers: Mapping[str, Any] | None,
) -> Advanced | Refused:
    """Move a kasus as any of somebody's roles may, or say why none may. `history`: its steps until now."""
    steps = standing(history)
    same = bool(steps) and steps[-1]["by"] == author
    refused = Refused(problem="workflow_role")
    for role in sorted(roles):
        if event == REOPEN:
            step = reopening(workflow, state, history, author, role)
            if step is None:
                continue
        else:
            step = workflow.event(event)
        result = _take(workflow, state, step, role, answers, same_person=same)
        if isinstance(result, Advanced):
            return result
        if refused.problem == "workflow_role":
            refused = result
    return refused


def _take(
    workflow: Workflow,
    state: str,
    step: Event | None,
    role: str,
    answers: Mapping[str, Any] | None,
    *,
    same_person: bool,
) -> Advanced | Refused:
    if state not in workflow.states:
        return Refused(problem="workflow_state_unknown")
    if step is None:
        return Refused(problem="workflow_event_unknown")
    if state not in step.from_:
        return Refused(problem="workflow_not_here")
    if role not in step.who:
        return Refused(problem="workflow_role")
    if step.two_people and same_person:
        return Refused(problem="workflow_two_people")

    refused = wrong_answers(step, answers) if answers is not None else None
    return refused or _entered(workflow, step.to, step.days_allowed)


def wrong_answers(step: Event, answers: Mapping[str, Any]) -> Refused | None:
    """Say what is missing or wrong in the answers to an event, None if nothing is."""
    missing = tuple(need.name for need in step.needs if need.required and _blank(answers.get(need.name)))
    if missing:
        return Refused(problem="workflow_need_missing", missing=missing)
    known = {need.name: need for need in step.needs}
    invalid = tuple(
        name
        for name, value in answers.items()
        if not _blank(value) and not (_is_text(value) if name == NOTE else _fits(known.get(name), value))
    )
    if invalid:
        return Refused(problem="workflow_need_invalid", invalid=invalid)
    contradicted = tuple(name for name, value in step.when.items() if answers.get(name) != value)
    return Refused(problem="workflow_condition", invalid=contradicted) if contradicted else None


class Workflows:
    """All published workflows by id and version; small, so all are read and audited at once."""

    def __init__(self, workflows: Mapping[tuple[str, int], Workflow]) -> None:
        self._workflows = dict(workflows)

    def ids(self) -> tuple[str, ...]:
        """The ids of all workflows, sorted."""
        return tuple(sorted({workflow_id for workflow_id, _ in self._workflows}))

    def get(self, workflow_id: str, version: int | None = None) -> Workflow:
        """The workflow, by default its newest version. Raises KeyError when unknown."""
        if version is None:
            version = max((v for known, v in self._workflows if known == workflow_id), default=0)
        return self._workflows[workflow_id, version]

    def all(self) -> tuple[Workflow, ...]:
        """The newest version of every workflow, by id."""
        return tuple(self.get(workflow_id) for workflow_id in self.ids())


def load_workflows(folder: Path = Path(__file__).parent / "workflows") -> Workflows:
    """Read and audit every workflow in a folder. Raises WorkflowError naming all that is wrong in a file."""
    found: dict[tuple[str, int], Workflow] = {}
    for path in listed(folder, "*.toml"):
        workflow = read_workflow(path.read_text("utf-8"), path.name)
        found[workflow.id, workflow.version] = workflow
    return Workflows(found)


def _entered(workflow: Workflow, code: str, days: int | None) -> Advanced:
    state = workflow.states[code]
    return Advanced(
        state=code,
        deadline_days=state.days_allowed if days is None else days,
        working_days=state.working_days,
        deadline_months=state.months_allowed,
    )


def _blank(value: object) -> bool:
    return value is None or value in ("", [], ()) or (isinstance(value, str) and not value.strip())


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 2000


def _fits(need: Need | None, value: object) -> bool:
    match need:
        case None:
            return False
        case Need(type="nomor"):
            return isinstance(value, str) and len(value) <= 100
        case Need(type="teks"):
            return _is_text(value)
        case Need(type="tanggal"):
            return isinstance(value, str) and _is_date(value)
        case Need(type="berkas"):
            hashes = cast(list[object], value) if isinstance(value, list) else [value]
            return all(isinstance(each, str) and re.fullmatch(r"[0-9a-f]{64}", each) for each in hashes)
        case Need(type="pilihan"):
            return isinstance(value, str) and value in need.options
        case Need(type="uang"):
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case _:
            return False


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
