"""What assigning asks of the database. Rule: one function a query; a desa's people are those of its part."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from schemas.base import Data
from schemas.ids import Part, PersonId, RecordId
from schemas.sealed import SEALED_SERVICES
from server.engine import Reader
from sync.scope import desa_part, mine
from sync.store import Fields


def members(
    tx: Reader, desa: Iterable[str], service: str, kind: str, among: Iterable[RecordId] | None = None
) -> list[RecordId]:
    """Return who of a kind lives in one of these desa and is served by a service; of all, or of these."""
    named = " AND id IN :names" if among is not None else ""
    found = tx.query(
        "SELECT id FROM rows WHERE kabupaten = :kabupaten AND part IN :parts AND kind = :kind"  # noqa: S608 - ours
        f" AND removed = 0{named} ORDER BY id",
        {
            "parts": [desa_part(each, service) for each in desa],
            "kind": kind,
            **({"names": list(among)} if among is not None else {}),
        },
    )
    return [RecordId(name) for (name,) in found]


def cases(tx: Reader, desa: Iterable[str], subjects: Iterable[str], stages: Iterable[str]) -> list[RecordId]:
    """Return the kasus that stand in one of these stages: those in some desa, and those about somebody who
    moved since theirs began, which the index of names knows a moment later.
    """
    found = tx.query(
        "SELECT kasus FROM kasus WHERE kabupaten = :kabupaten AND stage IN :stages AND desa IN :desa"
        " UNION SELECT kasus FROM kasus WHERE kabupaten = :kabupaten AND stage IN :stages AND kasus IN"
        " (SELECT kasus FROM subject_cases WHERE kabupaten = :kabupaten AND subject IN :subjects)",
        {"desa": list(desa), "subjects": list(subjects), "stages": list(stages)},
    )
    return [RecordId(name) for (name,) in found]


class Task(Data, frozen=True, kw_only=True):
    """How a tugas stands, and when it is due (ISO), empty without a limit."""

    state: str
    due: str


class _Fields(msgspec.Struct, frozen=True):
    """What that is read from; the other fields are not made. Phones write these: they may be anything."""

    state: Any = ""
    jatuh_tempo: Any = None
    due: Any = None
    service: Any = ""


_fields = msgspec.msgpack.Decoder(_Fields)


def tasks_of(
    tx: Reader, people: Iterable[PersonId], *, sealed: bool = True
) -> dict[PersonId, list[tuple[RecordId, Task]]]:
    """Return the tugas of each, open or not, as their phones have them; `sealed`: those too."""
    of = {mine(person): person for person in people}
    found: dict[PersonId, list[tuple[RecordId, Task]]] = {person: [] for person in of.values()}
    for part, name, body in tx.query(
        "SELECT part, id, body FROM rows WHERE kabupaten = :kabupaten AND part IN :parts AND kind = 'tugas'"
        " AND removed = 0 ORDER BY part, id",
        {"parts": list(of)},
    ):
        fields = _fields.decode(body)
        task = Task(state=str(fields.state), due=str(fields.jatuh_tempo or fields.due or ""))
        if not sealed and str(fields.service) in SEALED_SERVICES:
            continue
        found[of[Part(part)]].append((RecordId(name), task))
    return found


def visits_of_tugas(tx: Reader, tugas: RecordId, subjects: Iterable[RecordId]) -> list[RecordId]:
    """Return the visits to somebody, by all their records, that were made for a tugas."""
    found = tx.query(
        "SELECT visit FROM kunjungan WHERE kabupaten = :kabupaten AND subject IN :subjects"
        " AND tugas = :tugas ORDER BY received_ms, visit",
        {"subjects": list(subjects), "tugas": tugas},
    )
    return [RecordId(visit) for (visit,) in found]


def due_of(fields: Fields) -> str:
    """Return the day that a tugas is due (ISO), empty without a limit; sealed ones name it otherwise."""
    return str(fields.get("jatuh_tempo") or fields.get("due") or "")


def last_visits(
    tx: Reader, subjects: Iterable[RecordId], merged: Mapping[RecordId, RecordId]
) -> dict[RecordId, tuple[int, str]]:
    """Return when (UTC ms) each was last visited, and how that visit stands.

    Visits to those who were `merged` count for the one that each lives on in.
    """
    found = tx.query(
        "SELECT subject, received_ms, state FROM kunjungan WHERE kabupaten = :kabupaten"
        " AND subject IN :subjects ORDER BY received_ms",
        {"subjects": [*subjects, *merged]},
    )
    return {merged.get(RecordId(name), RecordId(name)): (int(at), str(state)) for name, at, state in found}


class Came(Data, frozen=True, kw_only=True):
    """A visit, and when its newest version came (UTC ms)."""

    visit: RecordId
    at_ms: int


def approved_visits(
    tx: Reader, subjects: Iterable[RecordId], merged: Mapping[RecordId, RecordId], form: str = ""
) -> dict[RecordId, list[Came]]:
    """Return the approved visits to each, of a form or of any, as they came; without those with none."""
    found: dict[RecordId, list[Came]] = {}
    for name, visit, at_ms in tx.query(
        "SELECT subject, visit, received_ms FROM kunjungan WHERE kabupaten = :kabupaten"
        " AND subject IN :subjects AND :form IN ('', form) AND state = 'disetujui' ORDER BY received_ms",
        {"subjects": [*subjects, *merged], "form": form},
    ):
        subject = merged.get(RecordId(name), RecordId(name))
        found.setdefault(subject, []).append(Came(visit=RecordId(visit), at_ms=int(at_ms)))
    return found
