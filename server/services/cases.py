"""Cases: where each stands, how long it may, and what comes next. Rule: the workflow file decides."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from schemas.reopening import REOPEN, reopening, step_named
from schemas.wire import Applied, Rejected
from schemas.workflow import Workflow, Workflows, next_events
from schemas.workflow_types import Event, Need
from server import page_store
from server.access import Person, Thing, is_inside, may, refused
from server.engine import Engine, Reader, Writer
from server.services.holidays import unrecorded
from server.services.opening_cases import CALL_OFF, falls_from, is_withdrawn, stands_instead, visit_of
from server.services.people import Actor, Denied
from server.services.review import Decided, Incomplete, NotThere, Stale
from server.services.sealed_rows import kode_of, officer_of, officers, title_of
from server.services.step_answers import answers_of, answers_said
from server.services.visit_page import Words
from server.services.visits import names
from server.shelves import stages_under_way, thing_of_case
from server.store import SqlOfficeStore
from sync.change import Advance
from sync.losses import is_destroyed
from sync.neutral import is_sealed
from sync.store import Record

MOST = 500
GOOD_ENDS, BAD_ENDS = frozenset({"selesai", "jamkesda"}), frozenset({"ditolak"})


class Step(Data, frozen=True, kw_only=True):
    """A step that the reader may take, with what it asks for; `two_people`: not who took the one before.

    `reopens`: it takes the end of the case back; `calls_off`: it says that the case does not stand.
    """

    code: str
    label: str
    needs: tuple[Need, ...]
    two_people: bool = False
    reopens: bool = False

    @property
    def calls_off(self) -> bool:
        return self.code == CALL_OFF

    @property
    def asks_file(self) -> bool:
        """Whether nobody can take it without a file."""
        return any(need.type == "berkas" and need.required for need in self.needs)


class Ahead(Data, frozen=True, kw_only=True):
    """A step that others may take; `who` names their roles."""

    label: str
    who: str


class Past(Data, frozen=True, kw_only=True):
    """A step that was taken."""

    title: str
    when: str
    text: str


class CaseView(Data, frozen=True, kw_only=True):
    """A case as a page shows it. `days` are left until it is due, below 0 when late; None without a limit.
    `working_days`: it was reckoned in these; of the years `unrecorded` no days off are known.

    `withdrawn`: the visit that opened it is not approved any more. `falls`: it can be called off from here.
    `instead`: the case that stands for one that was called off, so that its end is not taken back.
    """

    id: RecordId
    name: str
    title: str
    service: str
    region: str
    state: str
    final: bool
    tone: str
    since: str
    due: str
    days: int | None
    working_days: bool
    seen: str
    steps: tuple[Step, ...]
    history: tuple[Past, ...]
    visit: str = ""
    officer: str = ""
    sealed: bool = False
    subject: str = ""
    ahead: tuple[Ahead, ...] = ()
    withdrawn: bool = False
    falls: bool = False
    instead: str = ""
    unrecorded: tuple[int, ...] = ()


class CaseFilter(Data, frozen=True, kw_only=True):
    """Which cases to list; empty members do not narrow.

    `step` is `workflow.state`, `turn` a role that may take the next step, `late`: only those that were due.
    """

    service: str = ""
    step: str = ""
    region: str = ""
    turn: str = ""
    late: bool = False


class CaseList(Data, frozen=True, kw_only=True):
    """The cases under way that somebody may see, soonest due first, of how many in all.

    `services`, `steps` (by `workflow.state`, with its label) and `turns` (by role) say how many of all that
    they may see each choice of a filter holds, and `late` how many were due.
    """

    shown: tuple[CaseView, ...]
    total: int
    services: Mapping[str, int]
    steps: Mapping[str, tuple[str, int]]
    turns: Mapping[str, int]
    late: int


EVERY_CASE = CaseFilter()
Stage = tuple[Workflow, str]
"""A workflow with one of its states."""


class Cases:
    """The use cases of the case pages. Blocks its thread."""

    def __init__(self, engine: Engine, office: Actor, words: Words, workflows: Workflows) -> None:
        self._engine, self._office, self._words, self._workflows = engine, office, words, workflows

    def all(self, person: Person, today: date, wanted: CaseFilter = EVERY_CASE) -> CaseList:
        """List the cases under way that this person may see, soonest due first, at most 500."""

        def work(tx: Reader) -> CaseList:
            store, stages = SqlOfficeStore.reading(tx), stages_under_way(self._workflows)
            counts = self._places(tx, person, stages, today.isoformat())
            every = {place: count for place, (count, _) in counts.items()}
            overdue = {place: late for place, (_, late) in counts.items() if late}
            before, among = (today.isoformat(), overdue) if wanted.late else ("", every)
            places = {
                (stage, desa): count
                for (stage, desa), count in among.items()
                if _is_wanted(wanted, stages[stage], desa)
            }
            ids = page_store.cases_at(tx, places, MOST, before)
            found = store.records(ids)
            named = {str(each.fields.get("subjek") or "") for each in found.values()}
            known = names(store, (named | set(officers(found.values()))) - {""})
            shown = tuple(self._view(found[name], person, today, known) for name in ids)
            total, late = sum(places.values()), sum(overdue.values())
            return CaseList(shown=shown, total=total, late=late, **_counted(stages, every, wanted))

        return self._engine.read(work)

    def count(self, person: Person, today: date) -> tuple[int, int]:
        """Count the cases under way that this person may see, and those of them that were due."""
        if not may(person, "see_cases"):
            return 0, 0
        stages, day = stages_under_way(self._workflows), today.isoformat()
        places = self._engine.read(lambda tx: self._places(tx, person, stages, day)).values()
        return sum(count for count, _ in places), sum(late for _, late in places)

    def open(self, person: Person, case: RecordId, today: date) -> CaseView | NotThere | Denied:
        """Show one case."""

        def work(tx: Reader) -> CaseView | NotThere | Denied:
            store = SqlOfficeStore.reading(tx)
            record = store.records([case]).get(case)
            if record is None or record.kind != "kasus" or is_destroyed(record):
                return NotThere()
            why = self._refused(person, record)
            if why is not None:
                return NotThere() if why == "row" else Denied(why=why)
            fields = record.fields
            history: list[dict[str, Any]] = fields.get("history", [])
            named = {str(fields.get("subjek") or ""), *(str(step["by"]) for step in history)}
            view = self._view(record, person, today, names(store, named - {""}))
            visit = visit_of(store, record)
            left = not view.final and is_withdrawn(visit)
            without = unrecorded(tx, fields) if view.working_days else ()
            view = replace(view, visit=visit.id if visit else "", withdrawn=left, unrecorded=without)
            other = stands_instead(tx, store, record, self._workflows)
            return replace(view, instead=other, steps=()) if other else view

        return self._engine.read(work)

    def advance(
        self, person: Person, case: RecordId, seen: str, event: str, given: Mapping[str, str]
    ) -> Decided | Stale | Incomplete | NotThere | Denied:
        """Take a step, in the transaction that checks that nobody took another meanwhile."""

        def work(tx: Writer) -> Decided | Stale | Incomplete | NotThere | Denied:
            store = SqlOfficeStore.writing(tx)
            record = store.records([case]).get(case)
            if record is None or record.kind != "kasus" or is_destroyed(record):
                return NotThere()
            thing = self._thing(record)
            why = refused(person, "move_cases", thing)
            if why is not None:
                return NotThere() if why == "row" else Denied(why=why)
            if record.head is None or record.head.hex() != seen:
                return Stale()
            step = step_named(self._workflow(record), event)
            if step is None:
                return Incomplete(say="problem.workflow_event_unknown")
            if event == REOPEN and stands_instead(tx, store, record, self._workflows):
                return Incomplete(say="kantor.kasus.diganti")
            body = Advance(kasus=case, follows=record.head, event=event, answers=answers_of(step, given))
            outcome = self._office.act_in(tx, person.id, [body])[0]
            match outcome:
                case Applied():
                    return Decided()
                case Rejected(problem=problem):
                    return Incomplete(say=f"problem.{problem}")
                case _:
                    return Stale()

        return self._engine.write(work).result()

    def _workflow(self, record: Record) -> Workflow:
        return self._workflows.get(record.fields["workflow"], record.fields["workflow_version"])

    def _thing(self, record: Record) -> Thing:
        return thing_of_case(self._workflow(record), record.fields)

    def _refused(self, person: Person, record: Record) -> Any:
        return refused(person, "see_cases", self._thing(record))

    def _places(
        self, tx: Reader, person: Person, stages: Mapping[str, Stage], due_before: str = ""
    ) -> dict[tuple[str, str], tuple[int, int]]:
        """Return how many cases this person may see at each (stage, desa), and how many of them were due."""
        found = page_store.case_places(tx, stages, due_before).items()
        return {
            (stage, desa): counts
            for (stage, desa), counts in found
            if refused(person, "see_cases", _listed(stages[stage][0], desa)) is None
        }

    def _view(self, record: Record, person: Person, today: date, known: Mapping[str, str]) -> CaseView:
        fields, workflow = record.fields, self._workflow(record)
        subject = str(fields.get("subjek") or "")
        history: list[dict[str, Any]] = fields.get("history", [])
        due = date.fromisoformat(fields["due"]) if fields.get("due") else None
        state, sealed = workflow.states[fields["state"]], is_sealed(record)
        name = known.get(subject, "") or self._words.text("kantor.antrean.tanpa_nama")
        return CaseView(
            id=record.id,
            name=kode_of(record, self._words) if sealed else name,
            title=title_of(workflow.service, self._words) if sealed else workflow.title,
            service=workflow.service,
            region=self._words.region(str(fields.get("kode_desa") or "")),
            state=state.label,
            final=state.final,
            tone=tone_of(workflow, fields["state"]),
            since=written.long_date(written.local_date(fields["since_ms"])),
            due=written.long_date(due) if due else "",
            days=(due - today).days if due else None,
            working_days=state.working_days,
            seen=record.head.hex() if record.head else "",
            steps=self._steps(record, workflow, person),
            history=() if sealed else tuple(_past(step, workflow, known) for step in history),
            officer=officer_of(record, known) if sealed else "",
            sealed=sealed,
            subject="" if sealed else subject,
            ahead=self._ahead(workflow, fields["state"]),
            falls=falls_from(workflow, fields["state"]),
        )

    def _ahead(self, workflow: Workflow, state: str) -> tuple[Ahead, ...]:
        """Return what comes next, whoever may take it."""
        return tuple(
            Ahead(label=event.label, who=", ".join(self._words.text(f"peran.{role}") for role in event.who))
            for event in workflow.events
            if state in event.from_ and event.code != CALL_OFF
        )

    def _steps(self, record: Record, workflow: Workflow, person: Person) -> tuple[Step, ...]:
        if refused(person, "move_cases", self._thing(record)) is not None:
            return ()
        return steps_open(workflow, record.fields, person)


def _is_wanted(wanted: CaseFilter, stage: Stage, desa: str) -> bool:
    workflow, state = stage
    return (
        wanted.service in ("", workflow.service)
        and wanted.step in ("", _step_name(stage))
        and (not wanted.region or is_inside(desa, wanted.region))
        and (not wanted.turn or wanted.turn in _turns(workflow, state))
    )


def _counted(
    stages: Mapping[str, Stage], places: Mapping[tuple[str, str], int], wanted: CaseFilter
) -> dict[str, Any]:
    """Count what each choice of a filter holds; what is chosen is told also where it holds none any more."""
    services, turns = Counter[str](), Counter[str]()
    steps: dict[str, tuple[str, int]] = {}
    held = Counter[str]()
    for (name, _), count in places.items():
        held[name] += count
    for name, stage in stages.items():  # in the order of the workflow
        (workflow, state), step, count = stage, _step_name(stage), held[name]
        if count or workflow.service == wanted.service:
            services[workflow.service] += count
        turns.update({role: count for role in _turns(workflow, state) if count or role == wanted.turn})
        if count or step == wanted.step:
            label, before = steps.get(step, (workflow.states[state].label, 0))
            steps[step] = (label, before + count)
    return {"services": services, "turns": turns, "steps": steps}


def _step_name(stage: Stage) -> str:
    workflow, state = stage
    return f"{workflow.id}.{state}"


def _turns(workflow: Workflow, state: str) -> set[str]:
    """Return the roles that may take the next step."""
    ways = (event for event in workflow.events if state in event.from_ and event.code != CALL_OFF)
    return {role for event in ways for role in event.who}


def steps_of(workflow: Workflow, state: str, person: Person) -> tuple[Step, ...]:
    """Return the steps that any of somebody's roles may take now."""
    found: dict[str, Event] = {}
    for role in person.roles:
        found |= {event.code: event for event in next_events(workflow, state, role)}
    return tuple(
        Step(code=event.code, label=event.label, needs=event.needs, two_people=event.two_people)
        for event in found.values()
    )


def steps_open(workflow: Workflow, fields: Mapping[str, Any], person: Person) -> tuple[Step, ...]:
    """Return the steps that somebody may take in a case with these fields, taking its end back too."""
    state, history = str(fields["state"]), fields.get("history", [])
    roles = sorted(person.roles)
    back = (reopening(workflow, state, history, person.id, role) for role in roles)
    found = next((event for event in back if event is not None), None)
    steps = steps_of(workflow, state, person)
    if found is None:
        return steps
    return (*steps, Step(code=found.code, label=found.label, needs=found.needs, reopens=True))


def tone_of(workflow: Workflow, state: str) -> str:
    """Return in what tone a state is shown: what is under way, a good end, a bad one, or any other."""
    if not workflow.states[state].final:
        return "info"
    return "good" if state in GOOD_ENDS else "bad" if state in BAD_ENDS else "quiet"


def _listed(workflow: Workflow, desa: str) -> Thing:
    """Return a case as a list shows it: of a sealed one only what stands outside."""
    return Thing(author=None, region=desa, service=workflow.service)


def _past(step: Mapping[str, Any], workflow: Workflow, known: Mapping[str, str]) -> Past:
    event = step_named(workflow, str(step["event"]))
    return Past(
        title=f"{event.label if event else step['event']} · {known.get(str(step['by']), '–')}",
        when=written.date_and_clock(step["received_ms"]),
        text=answers_said(event, step["answers"]),
    )
