"""Cases that were left open by an approval that was taken back, and that other approved visits ask for too.

Rule: they are told where that is seen.
"""

from msgspec.structs import replace

from schemas.base import Data
from schemas.ids import RecordId
from schemas.workflow import Workflows
from server.access import Person, refused
from server.engine import Engine, Reader
from server.services.cases import steps_of
from server.services.opening_cases import (
    CALL_OFF,
    cases_left,
    falls_from,
    joined_by,
    joins,
    left_without,
    lost_cases,
)
from server.services.visits import Visit
from server.shelves import thing_of_case
from server.store import SqlOfficeStore
from sync.store import Record


class Left(Data, frozen=True, kw_only=True):
    """A case under way whose visit is not approved. `seen` is its newest change.

    `falls`: it can be called off from where it stands; `call_off`: by the reader; `joined`: approved visits
    that ask for it too.
    """

    id: RecordId
    title: str
    state: str
    seen: str
    falls: bool
    call_off: bool
    joined: tuple[RecordId, ...] = ()


def left_cases(engine: Engine, workflows: Workflows, person: Person, visit: RecordId) -> tuple[Left, ...]:
    """Return the cases that were left open by the approval of a visit, of those that somebody may see."""

    def work(tx: Reader) -> tuple[Left, ...]:
        store = SqlOfficeStore.reading(tx)
        found = cases_left(store, store.records([visit])[visit], workflows)
        views = ((_view(case, workflows, person), case) for case in found)
        return tuple(
            replace(view, joined=tuple(joined_by(tx, store, case, workflows)))
            for view, case in views
            if view is not None
        )

    return engine.read(work)


def joined_cases(engine: Engine, workflows: Workflows, person: Person, visit: Visit) -> tuple[Left, ...]:
    """Return the cases that an approved visit asks for and another opened, of those somebody may see."""

    def work(tx: Reader) -> tuple[Left, ...]:
        found = joins(tx, SqlOfficeStore.reading(tx), visit, workflows)
        views = (_view(case, workflows, person) for case in found)
        return tuple(view for view in views if view is not None)

    return engine.read(work)


def lost(engine: Engine, workflows: Workflows, person: Person, visit: Visit) -> tuple[Left, ...]:
    """Return the cases, of those somebody may see, called off, that an approved visit had joined."""

    def work(tx: Reader) -> tuple[Left, ...]:
        found = lost_cases(tx, SqlOfficeStore.reading(tx), visit.record, workflows)
        views = (_view(case, workflows, person) for case in found)
        return tuple(view for view in views if view is not None)

    return engine.read(work)


def joined_visits(engine: Engine, workflows: Workflows, case: RecordId) -> tuple[RecordId, ...]:
    """Return the approved visits that ask for a case which another opened: one under way, or one that was
    called off and left them without any.
    """

    def work(tx: Reader) -> tuple[RecordId, ...]:
        store = SqlOfficeStore.reading(tx)
        found = store.records([case])[case]
        return tuple(joined_by(tx, store, found, workflows) or left_without(tx, store, found, workflows))

    return engine.read(work)


def _view(case: Record, workflows: Workflows, person: Person) -> Left | None:
    fields = case.fields
    workflow = workflows.get(fields["workflow"], fields["workflow_version"])
    thing = thing_of_case(workflow, fields)
    if refused(person, "see_cases", thing) is not None:
        return None
    steps = {step.code for step in steps_of(workflow, fields["state"], person)}
    return Left(
        id=case.id,
        title=workflow.title,
        state=workflow.states[fields["state"]].label,
        seen=case.head.hex() if case.head else "",
        falls=falls_from(workflow, fields["state"]),
        call_off=CALL_OFF in steps and refused(person, "move_cases", thing) is None,
    )
