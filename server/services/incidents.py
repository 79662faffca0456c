"""Failures of protecting data: what happened, the 3 × 24 hours from knowing, who was told, how it ended.

Rule: the clock runs from the moment of knowing, and an incident closes only after those concerned and the
authority were told. An incident is a record of kind `insiden` in the office's chain; lost phones keep their
report (server/services/lost_phones.py), and are only shown among them. Source: UU 27/2022, ps. 46.
"""

from collections.abc import Callable
from typing import Literal, get_args

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from server.access import Person, may
from server.engine import Engine, Reader, Writer
from server.queries import records_of_kind
from server.services.chain_record import record_of, write_record
from server.services.incident_clock import Deadline, deadline
from server.services.people import Actor
from sync.store import Fields, Record

INCIDENT = "insiden"
Kind = Literal["hp_hilang", "kebocoran", "tidak_tersedia", "salah_kirim"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TOLD = ("warga", "lembaga")
MOST_TEXT = 4_000
MOST_PEOPLE = 10_000_000


class Said(Data, frozen=True, kw_only=True):
    """What is known of an incident; it may be said again as more is known."""

    story: str
    data: str
    people: int
    handling: str


class Incident(Data, frozen=True, kw_only=True):
    """An incident as it stands now; times are UTC milliseconds, None while something has not happened."""

    id: RecordId
    kind: Kind
    known_ms: int
    said: Said
    by: PersonId
    told_ms: dict[str, int | None]
    outcome: str
    closed_ms: int | None
    clock: Deadline

    @property
    def is_open(self) -> bool:
        """Whether it was not closed yet."""
        return self.closed_ms is None


class NotDone(Data, frozen=True, kw_only=True):
    """Why nothing was done: a key under `kantor.insiden.masalah`."""

    why: str


class Incidents:
    """The use cases. Each blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office = engine, office
        self._now_ms, self._randomness = now_ms, randomness

    def report(self, person: Person, kind: str, known_ms: int, said: Said) -> RecordId | NotDone:
        """Take an incident down. `known_ms` is when the office came to know, not after now."""
        if not may(person, "handle_incidents"):
            return NotDone(why="peran")
        if known_ms > self._now_ms():
            return NotDone(why="waktu")
        if kind not in KINDS or not _is_whole(said):
            return NotDone(why="isi")
        name = RecordId(self._randomness(16).hex())
        fields: Fields = {"jenis": kind, "diketahui_ms": known_ms, "oleh": person.id, "state": "berjalan"}

        def work(tx: Writer) -> RecordId | NotDone:
            new = {**fields, **_fields(said)}
            done = write_record(tx, self._office, person.id, INCIDENT, name, new)
            return name if done else NotDone(why="berubah")

        return self._engine.write(work).result()

    def say(self, person: Person, name: RecordId, said: Said) -> NotDone | None:
        """Say anew what is known; what was said before stays in the chain."""
        return self._change(person, name, _fields(said) if _is_whole(said) else None)

    def told(self, person: Person, name: RecordId, whom: str) -> NotDone | None:
        """Note that those concerned (`warga`) or the authority (`lembaga`) were told in writing, now."""
        return self._change(
            person, name, {f"diberitahu_{whom}_ms": self._now_ms()} if whom in TOLD else None, once=True
        )

    def close(self, person: Person, name: RecordId, outcome: str) -> NotDone | None:
        """Close an incident with its result, when both were told."""
        if not 0 < len(outcome.strip()) <= MOST_TEXT:
            return NotDone(why="hasil")
        fields: Fields = {"state": "ditutup", "hasil": outcome.strip(), "ditutup_ms": self._now_ms()}
        return self._change(person, name, {**fields, "ditutup_oleh": person.id}, closing=True)

    def all(self, person: Person) -> list[Incident]:
        """List every incident: open ones first, the most urgent of them first."""
        if not may(person, "see_protection"):
            return []
        now = self._now_ms()
        found = self._engine.read(lambda tx: [_seen(each, now) for each in records_of_kind(tx, INCIDENT)])
        return sorted(found, key=lambda each: (not each.is_open, each.clock.until_ms))

    def one(self, person: Person, name: RecordId) -> Incident | None:
        """Return one incident."""
        if not may(person, "see_protection"):
            return None

        def look(tx: Reader) -> Incident | None:
            record = record_of(tx, name, INCIDENT)
            return _seen(record, self._now_ms()) if record else None

        return self._engine.read(look)

    def waiting(self, person: Person) -> list[Incident]:
        """List the open incidents that this person must see to."""
        return [each for each in self.all(person) if each.is_open] if may(person, "handle_incidents") else []

    def _change(
        self,
        person: Person,
        name: RecordId,
        fields: Fields | None,
        *,
        once: bool = False,
        closing: bool = False,
    ) -> NotDone | None:
        if not may(person, "handle_incidents"):
            return NotDone(why="peran")
        if fields is None:
            return NotDone(why="isi")

        def work(tx: Writer) -> NotDone | None:
            record = record_of(tx, name, INCIDENT)
            if record is None:
                return NotDone(why="tidak_ada")
            if record.fields["state"] != "berjalan" or (once and not record.fields.keys().isdisjoint(fields)):
                return NotDone(why="sudah")
            if closing and not all(record.fields.get(f"diberitahu_{whom}_ms") for whom in TOLD):
                return NotDone(why="belum_diberitahu")
            done = write_record(tx, self._office, person.id, INCIDENT, name, fields)
            return None if done else NotDone(why="berubah")

        return self._engine.write(work).result()


def _is_whole(said: Said) -> bool:
    texts = (said.story, said.data, said.handling)
    return all(0 < len(text.strip()) <= MOST_TEXT for text in texts) and 0 <= said.people <= MOST_PEOPLE


def _fields(said: Said) -> Fields:
    return {
        "uraian": said.story.strip(),
        "data": said.data.strip(),
        "jumlah_orang": said.people,
        "penanganan": said.handling.strip(),
    }


def _seen(record: Record, now_ms: int) -> Incident:
    fields = record.fields
    told = {whom: fields.get(f"diberitahu_{whom}_ms") for whom in TOLD}
    done = [at_ms for at_ms in told.values() if at_ms is not None]
    return Incident(
        id=record.id,
        kind=fields["jenis"],
        known_ms=int(fields["diketahui_ms"]),
        said=Said(
            story=str(fields["uraian"]),
            data=str(fields["data"]),
            people=int(fields["jumlah_orang"]),
            handling=str(fields["penanganan"]),
        ),
        by=PersonId(fields["oleh"]),
        told_ms=told,
        outcome=str(fields.get("hasil") or ""),
        closed_ms=fields.get("ditutup_ms"),
        clock=deadline(int(fields["diketahui_ms"]), now_ms, max(done) if len(done) == len(TOLD) else None),
    )
