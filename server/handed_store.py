"""Which visit was handed to whom, in SQL. Rule: at most one colleague for a visit."""

from collections.abc import Iterable

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from server.engine import Reader, Writer


class Handed(Data, frozen=True, kw_only=True):
    """A visit that `by` asked `person` to decide, with a word why; `at_ms` is UTC milliseconds."""

    visit: RecordId
    person: PersonId
    by: PersonId
    note: str
    at_ms: int


def put(tx: Writer, handed: Handed) -> None:
    """Hand a visit over; whoever had it before has it no more."""
    tx.execute(
        "INSERT INTO handed (kabupaten, visit, person, by, note, at_ms)"
        " VALUES (:kabupaten, :visit, :person, :by, :note, :at_ms)"
        " ON CONFLICT (kabupaten, visit) DO UPDATE SET person = excluded.person, by = excluded.by,"
        " note = excluded.note, at_ms = excluded.at_ms",
        {name: getattr(handed, name) for name in handed.__struct_fields__},
    )


def drop(tx: Writer, visits: Iterable[RecordId]) -> None:
    """Forget who was to decide some visits."""
    tx.execute(
        "DELETE FROM handed WHERE kabupaten = :kabupaten AND visit IN :visits", {"visits": list(visits)}
    )


def handed(tx: Reader, visits: Iterable[RecordId]) -> dict[RecordId, Handed]:
    """Return who is to decide those of some visits that were handed over."""
    found = tx.query(
        "SELECT visit, person, by, note, at_ms FROM handed WHERE kabupaten = :kabupaten AND visit IN :visits",
        {"visits": list(visits)},
    )
    return {
        RecordId(visit): Handed(
            visit=RecordId(visit), person=PersonId(person), by=PersonId(by), note=str(note), at_ms=int(at_ms)
        )
        for visit, person, by, note, at_ms in found
    }
