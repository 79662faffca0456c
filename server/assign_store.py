"""What assigning asks of the database. Rule: one function a query; a desa's people are those of its part."""

from collections.abc import Iterable

import msgspec

from schemas.ids import Part, PersonId, RecordId
from server.engine import Reader
from sync.scope import desa_part, mine
from sync.store import Fields

_fields: msgspec.msgpack.Decoder[Fields] = msgspec.msgpack.Decoder(Fields)


def members(tx: Reader, desa: str, service: str, kind: str) -> list[RecordId]:
    """Return who of a kind lives in a desa and is served by a service."""
    return [name for name, _ in _rows(tx, desa_part(desa, service), kind)]


def tasks_of(tx: Reader, person: PersonId) -> list[tuple[RecordId, Fields]]:
    """Return the tugas of a person, open or not, as their phone has them."""
    return [(name, _fields.decode(body)) for name, body in _rows(tx, mine(person), "tugas")]


def due_of(fields: Fields) -> str:
    """Return the day that a tugas is due (ISO), empty without a limit; sealed ones name it otherwise."""
    return str(fields.get("jatuh_tempo") or fields.get("due") or "")


def last_visits(tx: Reader, subjects: Iterable[RecordId]) -> dict[RecordId, tuple[int, str]]:
    """Return when (UTC ms) each was last visited, and how that visit stands."""
    found = tx.query(
        "SELECT subject, received_ms, state FROM kunjungan WHERE kabupaten = :kabupaten"
        " AND subject IN :subjects ORDER BY received_ms",
        {"subjects": list(subjects)},
    )
    return {RecordId(subject): (int(at), str(state)) for subject, at, state in found}


def _rows(tx: Reader, part: Part, kind: str) -> list[tuple[RecordId, bytes]]:
    found = tx.query(
        "SELECT id, body FROM rows WHERE kabupaten = :kabupaten AND part = :part AND kind = :kind"
        " AND removed = 0 ORDER BY id",
        {"part": part, "kind": kind},
    )
    return [(RecordId(name), bytes(body)) for name, body in found]
