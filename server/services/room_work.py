"""What is done inside the room: deciding a visit, moving a case, giving a task. Rule: what is required is
checked before it is sealed, for nobody can check it afterwards.

Everything is sealed to the unit; reasons also to the author's phones, a task to those of whoever gets it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any, cast

from msgspec.structs import replace

from schemas.base import Data, encode
from schemas.form import Forms
from schemas.ids import ChangeId, PersonId, RecordId, uuid7
from schemas.reopening import step_named
from schemas.sealed import MAX_NOTES, SEALED_SERVICES, Note, Role
from schemas.sealed_notes import Assignment, Purpose, Reasons, StepAnswers
from schemas.wire import Applied, Rejected
from schemas.workflow import Advanced, Workflows, advance_as
from server import device_store
from server.access import Person
from server.engine import Engine, Reader, Writer
from server.sealing import seal_key
from server.services.deciding import Decision, fits, lacking_in
from server.services.people import Actor, load_person
from server.services.room_held import Refusal
from server.services.room_layers import Layers, by_field
from server.services.room_opening import Opened, Openings
from server.services.room_reading import ASKED_FOR, load_case
from server.services.step_answers import answers_of
from server.services.tugas_after import settling
from server.store import SqlOfficeStore
from sync.change import Body, Patch, SealedAdvance, SealedDecide, SealedNote, SealedSubmit
from sync.neutral import is_sealed
from sync.sealed_case import info_of, seal_note
from sync.store import Fields, Record
from sync.versions import authors

CASE_NOTE = "catatan"
"""The name of the note in which a case says to whom it was given last."""
TASK_NOTE = "tugas"
"""The name of the note in which a task says what it is about."""
FIELD_ROLES = frozenset({"pendamping", "verifikator", "petugas"})
"""Who can be given a task: one of these roles is enough."""
SHORTEST_TASK = 10
"""Letters that a task has at least."""


class Key(Data, frozen=True, kw_only=True):
    """What proves that a case is open: the cookie's secret, the login session, and what it opened."""

    token: str
    session: str
    opened: Opened

    @property
    def kasus(self) -> RecordId:
        """The open case."""
        return self.opened.case.kasus


class RoomWork:
    """The use cases of work inside the room. Blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        openings: Openings,
        forms: Forms,
        workflows: Workflows,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._openings = engine, office, openings
        self._forms, self._workflows = forms, workflows
        self._now_ms, self._randomness = now_ms, randomness

    def decide(
        self,
        person: Person,
        key: Key,
        visit: RecordId,
        seen: str,
        decision: str,
        reasons: Mapping[str, str],
        note: str,
    ) -> Refusal | None:
        """Decide a visit after the change `seen` (hex). Reasons are by `form.field` or hash of a photo.

        To hold one that is decided takes the decision back: whoever made it may, and the kabid. To leave one
        as approved passes over the version that came since. Nothing is approved over one that cannot be read.
        """
        facts = self._engine.read(lambda tx: load_case(tx, key.kasus))
        record = next((each for each in facts.visits if each.id == visit), None) if facts else None
        versions = facts.versions(visit) if facts else []
        layers = self._openings.layers(key.opened.case, facts, visit) if facts else None
        if record is None or layers is None or (layers.behind and decision == "setujui"):
            return Refusal(say="belum_terbaca", status=409)
        if person.id in authors(record.fields):
            return Refusal(say="milik_sendiri", status=403)
        fields = record.fields
        if record.head is None or record.head.hex() != seen or not fits(decision, fields, person):
            return Refusal(say="usang", status=409)
        asked = {name: text.strip() for name, text in reasons.items() if text.strip()}
        lacking = lacking_in(decision, asked, note.strip())
        if lacking or not asked.keys() <= self._keys(layers):
            return Refusal(say=lacking or "kantor.tinjau.tidak_dikenal")
        said = Reasons(form=layers.newest.opening.form, reasons=asked, note=note.strip())
        theirs = encode(replace(said, reasons=by_field(asked, layers.places)))
        people, unit = authors(record.fields), key.opened.case.unit
        newest = versions[-1].content.body
        number = newest.number if isinstance(newest, SealedSubmit) else len(versions)

        def work(tx: Writer) -> None:
            is_said = bool(said.note or said.reasons)
            about = (visit, number, people)
            notes = self._sealed(tx, unit, encode(said), "alasan", *about, theirs) if is_said else []
            body = SealedDecide(
                visit=visit,
                follows=ChangeId(bytes.fromhex(seen)),
                decision=cast("Decision", decision),
                notes=notes,
            )
            now = SqlOfficeStore.writing(tx).records([visit])[visit]
            settle = settling(tx, self._office, person.id, now, decision)
            self._act(tx, person, key, [body], visit, encode(said))
            settle()

        return self._done(work)

    def advance(
        self, person: Person, key: Key, seen: str, event: str, given: Mapping[str, str]
    ) -> Refusal | None:
        """Move the case one step, with answers that only the unit reads."""
        unit = key.opened.case.unit

        def work(tx: Writer) -> Refusal | None:
            record = SqlOfficeStore.writing(tx).records([key.kasus]).get(key.kasus)
            if record is None or record.head is None or record.head.hex() != seen:
                return Refusal(say="usang", status=409)
            answers = self._answers(record, person, event, given)
            if isinstance(answers, Refusal):
                return answers
            plain = encode(StepAnswers(answers=answers))
            [note] = self._sealed(tx, unit, plain, "langkah", key.kasus, 0, frozenset())
            body = SealedAdvance(kasus=key.kasus, follows=record.head, event=event, note=note)
            self._act(tx, person, key, [body], key.kasus, plain)
            return None

        return self._done(work)

    def assign(
        self, person: Person, key: Key, whom: PersonId, form: str, text: str, due: date | None
    ) -> Refusal | None:
        """Give somebody a task about the case; what it is about only their phones and the unit can read."""
        if len(text.strip()) < SHORTEST_TASK:
            return Refusal(say="perlu_tugas")
        if form not in sealed_forms(self._forms):
            return Refusal(say="perlu_form")
        plain = encode(Assignment(forms=[form], text=text.strip()))
        tugas, unit = uuid7(self._now_ms(), self._randomness(10)), key.opened.case.unit

        def work(tx: Writer) -> Refusal | None:
            worker = self._worker(tx, whom, [form])
            if isinstance(worker, Refusal):
                return worker
            record = SqlOfficeStore.writing(tx).records([key.kasus])[key.kasus]
            new: dict[str, Any] = {
                "kasus": key.kasus,
                "kode": record.fields.get("kode"),
                "petugas": whom,
                "state": "baru",
                "due": due.isoformat() if due else None,
            }
            notes = self._sealed(tx, unit, plain, "tugas", tugas, 0, frozenset({whom}))
            bodies: list[Body] = [
                Patch(record=tugas, kind="tugas", base={}, new=new),
                SealedNote(record=tugas, name=TASK_NOTE, follows=None, notes=notes),
            ]
            self._act(tx, person, key, bodies, tugas, plain, TASK_NOTE)
            return None

        return self._done(work)

    def give(self, person: Person, key: Key, whom: PersonId) -> Refusal | None:
        """Give the case to another petugas, from the phones of whoever had it. Tasks stay whose they are."""

        def work(tx: Writer) -> Refusal | None:
            worker = self._worker(tx, whom, sealed_forms(self._forms))
            if isinstance(worker, Refusal):
                return worker
            fields = SqlOfficeStore.writing(tx).records([key.kasus])[key.kasus].fields
            had = {"petugas": fields["petugas"]} if fields.get("petugas") else {}
            if had.get("petugas") == whom:
                return Refusal(say="sudah_petugasnya")
            plain = encode(Purpose(by=person.id, text="", what=worker.nama))
            seen = fields.get("notes_from", {}).get(CASE_NOTE)
            follows = ChangeId(bytes.fromhex(seen)) if seen else None
            unit = key.opened.case.unit
            notes = self._sealed(tx, unit, plain, "catatan", key.kasus, 0, frozenset())
            bodies: list[Body] = [
                Patch(record=key.kasus, kind="kasus", base=had, new={"petugas": whom}),
                SealedNote(record=key.kasus, name=CASE_NOTE, follows=follows, notes=notes),
            ]
            self._act(tx, person, key, bodies, key.kasus, plain, CASE_NOTE)
            return None

        return self._done(work)

    def call_off(self, person: Person, key: Key, tugas: RecordId) -> Refusal | None:
        """Ask no more for a task of the case whose visit has not come, or came back; whoever has it may send
        what they began. To give it to somebody else it is given anew, for what it is about is sealed to one
        person's phones.
        """

        def work(tx: Writer) -> Refusal | None:
            record = SqlOfficeStore.writing(tx).records([tugas]).get(tugas)
            fields = record.fields if record is not None and record.kind == "tugas" else {}
            if fields.get("kasus") != key.kasus or fields.get("state") not in ASKED_FOR:
                return Refusal(say="usang", status=409)
            self._take(tx, person, _called_off(tugas, fields))
            return None

        return self._done(work)

    def reachable(self) -> list[Person]:
        """Return the people who can be given a task: who fill one of these forms."""
        forms = sealed_forms(self._forms)
        return [each for each in self._engine.read(reachable) if self._fills(each, forms)]

    def sealed_forms(self) -> tuple[tuple[str, str], ...]:
        """Return the forms that a task may ask for, with their titles."""
        return tuple((name, self._forms.get(name).title) for name in sealed_forms(self._forms))

    def _worker(self, tx: Reader, whom: PersonId, forms: Collection[str]) -> Person | Refusal:
        """Return somebody whose phone reads what is sealed to it, and lets them begin one of these forms."""
        worker = next((each for each in reachable(tx) if each.id == whom), None)
        if worker is None:
            return Refusal(say="tanpa_hp")
        return worker if self._fills(worker, forms) else Refusal(say="bukan_perannya")

    def _fills(self, person: Person, forms: Iterable[str]) -> bool:
        """Say whether somebody's phone lets them begin one of these forms."""
        return any(frozenset(self._forms.get(form).filled_by) & set[str](person.roles) for form in forms)

    def _answers(
        self, record: Record, person: Person, event: str, given: Mapping[str, str]
    ) -> dict[str, Any] | Refusal:
        """Read and check the answers to a step, as any of the person's roles may take it."""
        fields = record.fields
        workflow = self._workflows.get(fields["workflow"], fields["workflow_version"])
        step = step_named(workflow, event)
        if step is None or not is_sealed(record):
            return Refusal(say="problem.workflow_event_unknown")
        answers, history = answers_of(step, given), fields.get("history", [])
        roles = frozenset[str](person.roles)
        result = advance_as(workflow, fields["state"], history, event, person.id, roles, answers)
        return answers if isinstance(result, Advanced) else Refusal(say=f"problem.{result.problem}")

    def _sealed(
        self,
        tx: Reader,
        unit: bytes,
        plain: bytes,
        role: Role,
        subject: RecordId,
        number: int,
        people: frozenset[str] | set[str],
        theirs: bytes = b"",
    ) -> list[Note]:
        """Seal a note to the unit first, then to each phone of these people that can still read; to these
        `theirs`, where they are told otherwise.

        A phone whose key cannot be sealed to is left out: it must not hold up a decision.
        """
        phones = [
            phone.handover_key
            for phone in device_store.devices(tx)
            if phone.person in people and phone.handover_key and phone.revoked_ms is None
        ]
        notes = [seal_note(plain, seal_key, unit, info_of(tx.regency, role, subject, number, unit))]
        for public in phones[: MAX_NOTES - 1]:
            info = info_of(tx.regency, role, subject, number, public)
            with suppress(ValueError):
                notes.append(seal_note(theirs or plain, seal_key, public, info))
        return notes

    def _act(
        self,
        tx: Writer,
        person: Person,
        key: Key,
        bodies: list[Body],
        about: RecordId,
        plain: bytes,
        note: str = "",
    ) -> None:
        """Make the changes, and keep what they say readable in this browser while the case is open: in the
        `note` of this name, or in the newest change.
        """
        self._take(tx, person, bodies)
        after = SqlOfficeStore.writing(tx).records([about])[about]
        change = ChangeId(bytes.fromhex(after.fields["notes_from"][note])) if note else after.head
        if change is not None:
            self._openings.note_in(tx, key.token, key.session, person.id, key.opened, change, plain)

    def _take(self, tx: Writer, person: Person, bodies: list[Body]) -> None:
        for outcome in self._office.act_in(tx, person.id, bodies):
            if isinstance(outcome, Rejected):
                raise _NotTakenError(f"masalah.{outcome.problem}")
            if not isinstance(outcome, Applied):
                raise _NotTakenError("usang")

    def _done(self, work: Callable[[Writer], Refusal | None]) -> Refusal | None:
        """Carry out; what the core does not take leaves no trace in the chain."""
        try:
            return self._engine.write(work).result()
        except _NotTakenError as error:
            return Refusal(say=str(error), status=409)

    def _keys(self, layers: Layers) -> set[str]:
        """Everything in a visit that a reason may be pinned to."""
        found: set[str] = {one.shot.blob for one in layers.shots}
        for name, version in layers.forms.items():
            if version in self._forms.versions(name):
                found |= {f"{name}.{field}" for field in self._forms.get(name, version).fields}
        return found


class _NotTakenError(Exception):
    """The core did not take a change; the text key says why."""


def _called_off(tugas: RecordId, fields: Fields) -> list[Body]:
    """Ask for it no more, and take what it is about from the phones; that is seen in the case's story."""
    named = fields.get("notes_from", {}).get(TASK_NOTE)
    follows = ChangeId(bytes.fromhex(named)) if named else None
    return [
        Patch(record=tugas, kind="tugas", base={"state": fields["state"]}, new={"state": "batal"}),
        SealedNote(record=tugas, name=TASK_NOTE, follows=follows, notes=[]),
    ]


def sealed_forms(forms: Forms) -> tuple[str, ...]:
    """Return the forms that a sealed case is visited with."""
    found = (forms.get(name) for name in forms.ids())
    return tuple(form.id for form in found if form.service in SEALED_SERVICES and form.privacy == "rahasia")


def reachable(tx: Reader) -> list[Person]:
    """Return the people whose phones can read what is sealed to them, by name."""
    owners = {
        phone.person for phone in device_store.devices(tx) if phone.handover_key and not phone.revoked_ms
    }
    found = (load_person(tx, owner) for owner in owners)
    able = [each for each in found if each is not None and FIELD_ROLES & set(each.roles)]
    served = [each for each in able if not each.services or SEALED_SERVICES & set(each.services)]
    return sorted(served, key=lambda each: each.nama)
