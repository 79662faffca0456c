"""Shelves: what decides who may see a conflict or a case, as one text. Rule: rights are asked of the table.

A database counts and lists by shelf; server/access.py says of each shelf whether the reader may see it. So a
page counts a thousand conflicts by asking for a few rights, and no right is written a second time in SQL.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from schemas.base import Data
from schemas.ids import RecordId
from schemas.workflow import Workflow, Workflows
from server.access import Thing
from sync.store import Record

MOST_STEPS = 10
"""A conflict about a conflict about a conflict … is followed so far."""


class Shelf(Data, frozen=True, kw_only=True):
    """Where the record in dispute lies and what it serves: by its services, or by the form it is of."""

    desa: str
    services: tuple[str, ...] = ()
    form: str = ""

    def text(self) -> str:
        """Return the shelf as the database keeps it."""
        return json.dumps([self.desa, self.services, self.form], separators=(",", ":"))


def read_shelf(text: str) -> Shelf:
    """Read what `Shelf.text` wrote."""
    desa, services, form = json.loads(text)
    return Shelf(desa=desa, services=tuple(services), form=form)


def about(conflict: Record, find: Callable[[RecordId], Record | None]) -> tuple[RecordId, Record | None]:
    """Return what a conflict is about in the end: a stale choice is a conflict about a conflict.

    One that was destroyed is about nothing any more.
    """
    name = _about(conflict)
    target = find(name)
    for _ in range(MOST_STEPS):
        if target is None or target.kind != "konflik":
            break
        name = _about(target)
        target = find(name)
    return name, target


def _about(conflict: Record) -> RecordId:
    return RecordId(str(conflict.fields.get("record") or ""))


def conflict_shelf(conflict: Record, target: Record | None) -> Shelf:
    """Return where a conflict belongs; one about nothing that is there yet lies where its author put it."""
    if target is None:
        cases: dict[str, dict[str, Any]] = conflict.fields.get("fields") or {}
        return shelf_of({name: case.get("mine") for name, case in cases.items()})
    return shelf_of(target.fields)


def thing_of_case(workflow: Workflow, fields: Mapping[str, Any]) -> Thing:
    """Return what rights to a case with these fields are judged by."""
    desa = str(fields.get("kode_desa") or "")
    return Thing(author=None, region=desa, service=workflow.service, privacy=workflow.privacy)


def stage(fields: dict[str, Any]) -> str:
    """Return the workflow, version and state of a case as one text."""
    return stage_text(fields.get("workflow"), fields.get("workflow_version"), fields.get("state"))


def stage_text(workflow: Any, version: Any, state: Any) -> str:
    """Return a stage as the database keeps it."""
    return f"{workflow}:{version}:{state}"


def stages_under_way(workflows: Workflows) -> dict[str, tuple[Workflow, str]]:
    """Return every state in which a case is under way, of every version of a workflow, by how the database
    names it.
    """
    return _stages(workflows, final=False)


def final_stages(workflows: Workflows) -> tuple[str, ...]:
    """Return every state in which a case has ended, as the database names it."""
    return tuple(_stages(workflows, final=True))


def _stages(workflows: Workflows, *, final: bool) -> dict[str, tuple[Workflow, str]]:
    versions = (
        workflows.get(newest.id, version)
        for newest in workflows.all()
        for version in range(1, newest.version + 1)
    )
    return {
        stage_text(workflow.id, workflow.version, state): (workflow, state)
        for workflow in versions
        for state in workflow.states
        if workflow.states[state].final == final
    }


def shelf_of(fields: dict[str, Any]) -> Shelf:
    """Return where a record lies by its fields: its desa, with its services or its form."""
    services: Any = fields.get("layanan") or [fields.get("service")]
    named = sorted({each for each in services if isinstance(each, str)})
    return Shelf(desa=_text(fields.get("kode_desa")), services=tuple(named), form=_text(fields.get("form")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
