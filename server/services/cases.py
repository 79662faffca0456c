"""Cases: where each stands, how long it may, and what comes next. Rule: the workflow file decides."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from schemas import format as written
from schemas.base import Data
from schemas.ids import PersonId, RecordId
from schemas.wire import Applied, Rejected
from schemas.workflow import Workflow, Workflows, next_events
from schemas.workflow_types import Event, Need
from server import page_store
from server.access import Person, Thing, may, refused
from server.engine import Engine, Reader, Writer
from server.services.people import Actor, Denied
from server.services.review import Decided, Incomplete, NotThere, Stale
from server.services.visit_page import Words
from server.services.visits import names
from server.store import SqlOfficeStore
from sync.change import Advance
from sync.store import Record

MOST = 500


class Step(Data, frozen=True, kw_only=True):
    """A step that the reader may take, with what it asks for."""

    code: str
    label: str
    needs: tuple[Need, ...]


class Past(Data, frozen=True, kw_only=True):
    """A step that was taken."""

    title: str
    when: str
    text: str


class CaseView(Data, frozen=True, kw_only=True):
    """A case as a page shows it. `days` are left until it is due, below 0 when late; None without a limit."""

    id: RecordId
    name: str
    title: str
    service: str
    region: str
    state: str
    final: bool
    since: str
    due: str
    days: int | None
    seen: str
    visit: str
    steps: tuple[Step, ...]
    history: tuple[Past, ...]


class Cases:
    """The use cases of the case pages. Blocks its thread."""

    def __init__(self, engine: Engine, office: Actor, words: Words, workflows: Workflows) -> None:
        self._engine, self._office, self._words, self._workflows = engine, office, words, workflows

    def all(self, person: Person, today: date) -> list[CaseView]:
        """List the cases under way that this person may see, soonest due first."""

        def work(tx: Reader) -> list[CaseView]:
            store = SqlOfficeStore.reading(tx)
            found = store.records(page_store.record_ids(tx, "kasus", MOST))
            seen = [each for each in found.values() if self._refused(person, each) is None]
            return [self._view(store, each, person, today) for each in seen]

        under_way = [case for case in self._engine.read(work) if not case.final]
        return sorted(under_way, key=lambda case: (case.days is None, case.days or 0, case.name))

    def count(self, person: Person, today: date) -> int:
        """Count the cases under way that this person may see, up to 500."""
        return len(self.all(person, today)) if may(person, "see_cases") else 0

    def open(self, person: Person, case: RecordId, today: date) -> CaseView | NotThere | Denied:
        """Show one case."""

        def work(tx: Reader) -> CaseView | NotThere | Denied:
            store = SqlOfficeStore.reading(tx)
            record = store.records([case]).get(case)
            if record is None or record.kind != "kasus":
                return NotThere()
            why = self._refused(person, record)
            if why is not None:
                return NotThere() if why == "row" else Denied(why=why)
            return self._view(store, record, person, today)

        return self._engine.read(work)

    def advance(
        self, person: Person, case: RecordId, seen: str, event: str, given: Mapping[str, str]
    ) -> Decided | Stale | Incomplete | NotThere | Denied:
        """Take a step, in the transaction that checks that nobody took another meanwhile."""

        def work(tx: Writer) -> Decided | Stale | Incomplete | NotThere | Denied:
            record = SqlOfficeStore.writing(tx).records([case]).get(case)
            if record is None or record.kind != "kasus":
                return NotThere()
            thing = self._thing(record)
            why = refused(person, "move_cases", thing)
            if why is not None:
                return NotThere() if why == "row" else Denied(why=why)
            if record.head is None or record.head.hex() != seen:
                return Stale()
            step = self._workflow(record).event(event)
            if step is None:
                return Incomplete(say="problem.workflow_event_unknown")
            body = Advance(kasus=case, follows=record.head, event=event, answers=_answers(step, given))
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
        workflow = self._workflow(record)
        officer = record.fields.get("officer")
        return Thing(
            author=PersonId(officer) if officer else None,
            region=str(record.fields.get("kode_desa") or ""),
            service=workflow.service,
            privacy=workflow.privacy,
        )

    def _refused(self, person: Person, record: Record) -> Any:
        return refused(person, "see_cases", self._thing(record))

    def _view(self, store: SqlOfficeStore, record: Record, person: Person, today: date) -> CaseView:
        fields, workflow = record.fields, self._workflow(record)
        subject = str(fields.get("subjek") or "")
        history: list[dict[str, Any]] = fields.get("history", [])
        known = names(store, {subject, *(str(step["by"]) for step in history)} - {""})
        due = date.fromisoformat(fields["due"]) if fields.get("due") else None
        state = workflow.states[fields["state"]]
        return CaseView(
            id=record.id,
            name=known.get(subject, "") or self._words.text("kantor.antrean.tanpa_nama"),
            title=workflow.title,
            service=workflow.service,
            region=self._words.region(str(fields.get("kode_desa") or "")),
            state=state.label,
            final=state.final,
            since=written.long_date(written.local_date(fields["since_ms"])),
            due=written.long_date(due) if due else "",
            days=(due - today).days if due else None,
            seen=record.head.hex() if record.head else "",
            visit=str(fields.get("kunjungan") or ""),
            steps=self._steps(record, workflow, person),
            history=tuple(_past(step, workflow, known) for step in history),
        )

    def _steps(self, record: Record, workflow: Workflow, person: Person) -> tuple[Step, ...]:
        if refused(person, "move_cases", self._thing(record)) is not None:
            return ()
        found: dict[str, Event] = {}
        for role in person.roles:
            found |= {event.code: event for event in next_events(workflow, record.fields["state"], role)}
        return tuple(
            Step(code=event.code, label=event.label, needs=event.needs)
            for event in found.values()
            if not any(need.type == "berkas" and need.required for need in event.needs)
        )


def _answers(step: Event, given: Mapping[str, str]) -> dict[str, Any]:
    """Read what was typed: money as whole rupiah, all else as text; blanks are left out."""
    answers: dict[str, Any] = {}
    for need in step.needs:
        value = given.get(need.name, "").strip()
        if value:
            whole = need.type == "uang" and value.isascii() and value.isdigit()
            answers[need.name] = int(value) if whole else value
    return answers


def _past(step: Mapping[str, Any], workflow: Workflow, known: Mapping[str, str]) -> Past:
    event = workflow.event(str(step["event"]))
    needs = {need.name: need for need in event.needs} if event else {}
    said = [
        f"{needs[name].label}: {needs[name].options.get(str(value), value)}"
        for name, value in step["answers"].items()
        if name in needs
    ]
    return Past(
        title=f"{event.label if event else step['event']} · {known.get(str(step['by']), '–')}",
        when=written.date_and_clock(step["received_ms"]),
        text="; ".join(said),
    )
