"""What the sync core asks of the domain: forms and workflows. Rule: it learns answers, never reads files.

Each end's composition root loads the forms and workflows once and hands them in as `DomainRules`.
"""

from collections.abc import Container, Mapping
from datetime import date
from typing import Any, Protocol

from schemas.base import Data
from schemas.form import Forms
from schemas.ids import PersonId
from schemas.wire import Rejected
from schemas.workflow import Advanced, Refused, Workflow, Workflows, advance_as, begin
from sync.change import Advance, Submit
from sync.store import Fields


class Step(Data, frozen=True, kw_only=True):
    """Where a kasus stands now; `due` is the last day allowed there as YYYY-MM-DD, None without a limit.

    `version` is the workflow's: a case keeps the one it began with.
    """

    version: int
    state: str
    due: str | None


class Today(Data, frozen=True, kw_only=True):
    """The office's day on which a change came, and the days off by which it counts working days."""

    day: date
    off: Container[date]


class Rules(Protocol):
    """The domain's word on what a change says."""

    def check_submit(self, body: Submit) -> Rejected | None:
        """Refuse unknown forms and versions, and plaintext of a form that must be sealed."""
        ...

    def is_sealed_form(self, form: str) -> bool:
        """Say whether a form is *rahasia* in any of its versions."""
        ...

    def service_of(self, workflow: str) -> str | None:
        """Return the service whose cases this workflow moves, None if there is no such workflow."""
        ...

    def begin(self, workflow: str, version: object, today: Today) -> Step | None:
        """Return where a new case of this version stands, None if there is no such workflow or version."""
        ...

    def step(
        self, fields: Fields, body: Advance, author: PersonId, roles: frozenset[str], today: Today
    ) -> Step | Rejected:
        """Return where this event leads from the case's present state, or why it may not."""
        ...

    def sealed_step(
        self, fields: Fields, event: str, author: PersonId, roles: frozenset[str], today: Today
    ) -> Step | Rejected:
        """Return the same of a sealed case, whose answers nobody sees here: state, role and person decide."""
        ...


class DomainRules:
    """The rules as the forms and workflows in schemas/ say them."""

    def __init__(self, forms: Forms, workflows: Workflows) -> None:
        self._forms = forms
        self._workflows = workflows

    def check_submit(self, body: Submit) -> Rejected | None:
        """See `Rules`."""
        if body.form not in body.forms:
            return Rejected(problem="form_utama_kurang", field=body.form)
        for name, filled in body.forms.items():
            if filled.version not in self._forms.versions(name):
                return Rejected(problem="form_tidak_dikenal", field=name)
            if self._forms.get(name, filled.version).privacy == "rahasia":
                return Rejected(problem="harus_tersegel", field=name)
        return None

    def is_sealed_form(self, form: str) -> bool:
        """See `Rules`."""
        return any(self._forms.get(form, each).privacy == "rahasia" for each in self._forms.versions(form))

    def service_of(self, workflow: str) -> str | None:
        """See `Rules`."""
        return self._workflows.get(workflow).service if workflow in self._workflows.ids() else None

    def begin(self, workflow: str, version: object, today: Today) -> Step | None:
        """See `Rules`."""
        try:
            found = self._workflows.get(workflow, version) if isinstance(version, int) else None
        except KeyError:
            return None
        return _step(found, begin(found), today) if found else None

    def step(
        self, fields: Fields, body: Advance, author: PersonId, roles: frozenset[str], today: Today
    ) -> Step | Rejected:
        """See `Rules`. Of several roles, the first that may is enough."""
        return self._step(fields, body.event, body.answers, author, roles, today)

    def sealed_step(
        self, fields: Fields, event: str, author: PersonId, roles: frozenset[str], today: Today
    ) -> Step | Rejected:
        """See `Rules`. Who seals the answers has checked them."""
        return self._step(fields, event, None, author, roles, today)

    def _step(
        self,
        fields: Fields,
        event: str,
        answers: Mapping[str, Any] | None,
        author: PersonId,
        roles: frozenset[str],
        today: Today,
    ) -> Step | Rejected:
        workflow = self._workflows.get(fields["workflow"], fields["workflow_version"])
        history: list[Fields] = fields.get("history", [])
        result = advance_as(workflow, fields["state"], history, event, author, roles, answers)
        return _step(workflow, result, today) if isinstance(result, Advanced) else _reason(result, event)


def _reason(result: Refused, event: str) -> Rejected:
    named = (*result.missing, *result.invalid, event)
    return Rejected(problem=result.problem, field=named[0])


def _step(workflow: Workflow, result: Advanced, today: Today) -> Step:
    due = result.due(today.day, today.off)
    return Step(version=workflow.version, state=result.state, due=due.isoformat() if due else None)
