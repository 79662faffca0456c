"""One workflow from its TOML, with every mistake named.

One rule: a workflow that leaves here is whole (every state can be reached and left, every event has someone
who may take it), so nobody downstream checks again. WorkflowError is ours, never a user's.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from schemas.reopening import REOPEN
from schemas.sealed import SEALED_SERVICES
from schemas.workflow_types import Event, Need, Role, State, Workflow

NAME = re.compile(r"[a-z][a-z0-9_]*")
READERS: frozenset[Role] = frozenset({"pengawas", "pdp", "admin"})
"""Roles that never act on a kasus: the one only reads, the other sees no case data."""


class WorkflowError(Exception):
    """A workflow's file is wrong; `mistakes` names each with its file."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    version: int
    title: str
    service: Literal["bpnt", "ktkpm", "kis", "pengaduan"]
    privacy: Literal["biasa", "spesifik", "rahasia"]
    start: str
    states: dict[str, State]
    events: dict[str, dict[str, Any]]


def read_workflow(text: str, file: str) -> Workflow:
    """Decode and audit one file, named `<id>.<version>.toml`. Raises WorkflowError."""
    try:
        raw = msgspec.convert(tomllib.loads(text), _File)
        events = tuple(_event(code, table) for code, table in raw.events.items())
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise WorkflowError([f"{file}: {error}"]) from error
    workflow = Workflow(
        id=raw.id,
        version=raw.version,
        title=raw.title,
        service=raw.service,
        privacy=raw.privacy,
        start=raw.start,
        states=raw.states,
        events=events,
    )
    mistakes = [f"{file}: {mistake}" for mistake in mistakes_in(workflow)]
    if file != f"{workflow.id}.{workflow.version}.toml":
        mistakes.append(f"{file}: a workflow's file is named <id>.<version>.toml")
    if mistakes:
        raise WorkflowError(mistakes)
    return workflow


def mistakes_in(workflow: Workflow) -> list[str]:
    """List what is wrong between the parts of a workflow."""
    mistakes = [*_of_privacy(workflow), *_of_states(workflow), *_of_events(workflow)]
    # Walking is only meaningful where every name leads somewhere.
    return mistakes or list(_of_ways(workflow))


def _event(code: str, table: Mapping[str, Any]) -> Event:
    try:
        return msgspec.convert({"code": code, **table}, Event)
    except msgspec.ValidationError as error:
        raise msgspec.ValidationError(f"event {code}: {error}") from error


def _of_privacy(workflow: Workflow) -> Iterator[str]:
    if (workflow.privacy == "rahasia") != (workflow.service in SEALED_SERVICES):
        yield "the cases of sealed services, and no others, are rahasia"


def _of_states(workflow: Workflow) -> Iterator[str]:
    if workflow.start not in workflow.states:
        yield f"start {workflow.start} is no state"
    for code, state in workflow.states.items():
        if not NAME.fullmatch(code) or not state.label.strip() or not state.source:
            yield f"state {code}: needs a snake_case code, a label and a source"
        limits = [limit for limit in (state.days_allowed, state.months_allowed) if limit is not None]
        if len(limits) > 1 or any(limit < 1 for limit in limits):
            yield f"state {code}: takes days or months, and at least one"
        if state.working_days and state.days_allowed is None:
            yield f"state {code}: working_days without days_allowed"
        if state.final and limits:
            yield f"state {code}: a final state has no deadline"


def _of_events(workflow: Workflow) -> Iterator[str]:
    for event in workflow.events:
        for code in (*event.from_, event.to):
            if code not in workflow.states:
                yield f"event {event.code}: {code} is no state"
        if not NAME.fullmatch(event.code) or not event.label.strip() or not event.source or not event.from_:
            yield f"event {event.code}: needs a snake_case code, a label, a source and a state to start from"
        if event.code == REOPEN:
            yield f"event {event.code}: is every case's, and no workflow's own"
        if not event.who or READERS & set(event.who):
            yield f"event {event.code}: needs roles that may act"
        if event.days_allowed is not None and event.days_allowed < 1:
            yield f"event {event.code}: days_allowed is at least one"
        names = [need.name for need in event.needs]
        if len(set(names)) < len(names):
            yield f"event {event.code}: a need is named twice"
        for need in event.needs:
            if not NAME.fullmatch(need.name) or not need.label.strip() or need.name == "catatan":
                yield f"event {event.code}, need {need.name}: needs a free snake_case name and a label"
            if (need.type == "pilihan") != bool(need.options):
                yield f"event {event.code}, need {need.name}: a pilihan, and nothing else, has options"
        yield from _of_conditions(event)


def _of_conditions(event: Event) -> Iterator[str]:
    needs: dict[str, Need] = {need.name: need for need in event.needs}
    for name, value in event.when.items():
        if name not in needs or not needs[name].required or value not in needs[name].options:
            yield f"event {event.code}: when {name} = {value} is no option of a required need"


def _of_ways(workflow: Workflow) -> Iterator[str]:
    onward = {code: {e.to for e in workflow.events if code in e.from_} for code in workflow.states}
    back = {code: {s for e in workflow.events if e.to == code for s in e.from_} for code in workflow.states}
    final = {code for code, state in workflow.states.items() if state.final}
    for code in sorted(workflow.states.keys() - _reached({workflow.start}, onward)):
        yield f"state {code} is never reached"
    for code in sorted(workflow.states.keys() - _reached(final, back)):
        yield f"state {code} leads to no end"
    for event in workflow.events:
        asks_why = any(need.name == "alasan" and need.required for need in event.needs)
        if final & set(event.from_) and (event.to in final or not asks_why):
            yield f"event {event.code}: leads out of an end, so it asks for an alasan and leads to no end"


def _reached(start: set[str], ways: Mapping[str, set[str]]) -> set[str]:
    found, open_ = set(start), list(start)
    while open_:
        for code in ways[open_.pop()] - found:
            found.add(code)
            open_.append(code)
    return found
