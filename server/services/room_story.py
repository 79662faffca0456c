"""What happened to a sealed case, in words. Rule: what did not open is left unsaid."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from schemas import format as written
from schemas.ids import RecordId
from schemas.reopening import step_named
from schemas.sealed_notes import Assignment, Purpose, Reasons, StepAnswers
from schemas.workflow import Workflow, Workflows
from server.services.room_opening import OpenCase
from server.services.room_reading import ASKED_FOR, CaseFacts, Fact, read_note
from server.services.room_views import Other
from server.services.step_answers import answers_said
from server.services.visit_page import Asked, Event, Words
from sync.change import SealedAccess, SealedDecide, SealedNote, SealedSubmit
from sync.store import Record
from sync.visits import DECIDED


class Teller:
    """Words the story of a case."""

    def __init__(self, words: Words, workflows: Workflows) -> None:
        self._words, self._workflows = words, workflows

    def timeline(
        self, facts: CaseFacts, opened: OpenCase, named: Mapping[str, str], places: Mapping[str, str]
    ) -> tuple[Event, ...]:
        """Return everything that happened, oldest first. `places` say what photos answer, by hash."""
        events = [*self._steps(facts, opened, named)]
        for fact in facts.facts:
            event = self._event(fact, facts, opened, named, places)
            if event is not None:
                events.append((fact.received_ms, event))
        return tuple(event for _, event in sorted(events, key=lambda pair: pair[0]))

    def visit(self, record: Record, named: Mapping[str, str]) -> Other:
        """Name another visit of the case."""
        versions: list[dict[str, Any]] = record.fields["versions"]
        by = named.get(str(record.fields["petugas"]), "–")
        return Other(
            id=record.id,
            title=self._words.text("ruang.kasus.kunjungan_oleh", nama=by),
            state=str(record.fields["state"]),
            when=written.date_and_clock(versions[-1]["received_ms"]),
        )

    def task(self, record: Record, facts: CaseFacts, opened: OpenCase, named: Mapping[str, str]) -> Other:
        """Name a task about the case, with what was asked."""
        asked = [
            read_note(opened.notes.get(fact.change), Assignment)
            for fact in facts.facts
            if isinstance(fact.content.body, SealedNote) and fact.content.body.record == record.id
        ]
        newest = next((each for each in reversed(asked) if each is not None), None)
        due = record.fields.get("due")
        return Other(
            id=record.id,
            title=named.get(str(record.fields.get("petugas") or ""), "–"),
            state=str(record.fields.get("state") or ""),
            when=written.long_date(date.fromisoformat(due)) if due else "",
            text=newest.text if newest else "",
            open=record.fields.get("state") in ASKED_FOR,
        )

    def _steps(
        self, facts: CaseFacts, opened: OpenCase, named: Mapping[str, str]
    ) -> Iterator[tuple[int, Event]]:
        workflow = self._workflow(facts.record)
        notes = {change.hex(): note for change, note in opened.notes.items()}
        history: list[dict[str, Any]] = facts.record.fields.get("history", [])
        for step in history:
            event = step_named(workflow, str(step["event"]))
            answers = read_note(notes.get(str(step["change"])), StepAnswers)
            said = answers_said(event, answers.answers if answers else {})
            title = f"{event.label if event else step['event']} · {named.get(str(step['by']), '–')}"
            at = int(step["received_ms"])
            yield at, Event(title=title, when=written.date_and_clock(at), text=said)

    def _event(
        self,
        fact: Fact,
        facts: CaseFacts,
        opened: OpenCase,
        named: Mapping[str, str],
        places: Mapping[str, str],
    ) -> Event | None:
        text, note = self._words.text, opened.notes.get(fact.change)
        who = named.get(fact.content.author, "–")
        when = written.date_and_clock(fact.received_ms)
        match fact.content.body:
            case SealedSubmit(number=number):
                key = "ruang.riwayat.kunjungan" if number == 1 else "ruang.riwayat.perbaikan"
                return Event(title=text(key, nama=who), when=when)
            case SealedDecide(decision=decision):
                said = read_note(note, Reasons)
                asked = tuple(
                    Asked(label=self._label(places.get(key, key)), text=reason)
                    for key, reason in (said.reasons if said else {}).items()
                )
                title = text(f"kantor.riwayat.{DECIDED.get(decision, 'dibiarkan')}", nama=who)
                return Event(title=title, when=when, text=said.note if said else "", asked=asked)
            case SealedAccess(action=action):
                purpose = read_note(note, Purpose)
                title = text(f"ruang.riwayat.{action}", nama=who)
                return Event(title=title, when=when, text=purpose.text if purpose else "")
            case SealedNote(record=record, notes=[]) if record != facts.record.id:
                return Event(title=text("ruang.riwayat.batal_tugas", nama=who), when=when)
            case SealedNote(record=record) if record != facts.record.id:
                assignment = read_note(note, Assignment)
                title = text("ruang.riwayat.tugas", nama=who)
                return Event(title=title, when=when, text=assignment.text if assignment else "")
            case SealedNote(notes=[_, *_]):
                given = read_note(note, Purpose)
                whom = given.what if given else "–"
                return Event(title=text("ruang.riwayat.serah", nama=who, siapa=whom), when=when)
            case _:
                return None

    def _label(self, key: str) -> str:
        """Name what a reason was pinned to: a field, or a photo."""
        name, _, field = key.partition(".")
        forms = self._words.forms
        known = forms.get(name).fields.get(field) if field and name in forms.ids() else None
        return known.short if known else self._words.text("kantor.tinjau.foto")

    def _workflow(self, record: Record) -> Workflow:
        return self._workflows.get(record.fields["workflow"], record.fields["workflow_version"])


def reasons_of(facts: CaseFacts, opened: OpenCase, visit: RecordId) -> Mapping[str, str]:
    """Return what the newest decision on a visit asked for."""
    found: Mapping[str, str] = {}
    for fact in facts.facts:
        if isinstance(fact.content.body, SealedDecide) and fact.content.body.visit == visit:
            said = read_note(opened.notes.get(fact.change), Reasons)
            found = said.reasons if said else {}
    return found
