"""What the sync core asks of the domain: forms and workflows. Rule: it learns answers, never reads files.

`Rules` is built once by each end's composition root from the loaded forms and workflows.
"""

from typing import Protocol

from schemas.base import Data
from schemas.wire import Rejected
from sync.change import Advance, Submit
from sync.store import Fields


class Step(Data, frozen=True, kw_only=True):
    """Where a kasus stands after an event. `deadline_days` counts from the step's receipt; None: no limit."""

    state: str
    deadline_days: int | None


class Rules(Protocol):
    """The domain's word on what a change says."""

    def check_submit(self, body: Submit) -> Rejected | None:
        """Refuse unknown forms and versions, and plaintext of a form that must be sealed."""
        ...

    def start_state(self, workflow: str) -> str | None:
        """Return the first state of a workflow, None if there is no such workflow."""
        ...

    def step(self, fields: Fields, body: Advance, roles: frozenset[str]) -> Step | Rejected:
        """Return where this event leads from the case's present state, or why it may not."""
        ...
