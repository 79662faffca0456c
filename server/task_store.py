"""The tugas that are open, by whom they lie with. Rule: written with their records (server/projections.py).

Of those that an older program wrote it knows once the office was opened: until then their rows are read.
"""

from collections.abc import Iterable, Sequence

import msgspec

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from schemas.sealed import SEALED_SERVICES
from server.engine import Reader, Writer
from sync.losses import is_destroyed
from sync.scope import OPEN_TUGAS
from sync.store import Fields, Record

_record = msgspec.msgpack.Decoder(Record)


class Task(Data, frozen=True, kw_only=True):
    """A tugas that is open: whose it is, how it stands, and when it is due (ISO), empty without a limit."""

    id: RecordId
    petugas: PersonId
    state: str
    due: str
    service: str = ""


def due_of(fields: Fields) -> str:
    """Return the day that a tugas is due (ISO), empty without a limit; sealed ones name it otherwise."""
    return str(fields.get("jatuh_tempo") or fields.get("due") or "")


def put_tasks(tx: Writer, records: Iterable[Record]) -> None:
    """Keep those of these records that are open tugas, and forget those that are so no more."""
    tasks = {each.id: _open(each) for each in records if each.kind == "tugas"}
    tx.many(
        "INSERT INTO open_tugas (kabupaten, tugas, petugas, state, due, service)"
        " VALUES (:kabupaten, :tugas, :petugas, :state, :due, :service) ON CONFLICT (kabupaten, tugas)"
        " DO UPDATE SET petugas = excluded.petugas, state = excluded.state, due = excluded.due,"
        " service = excluded.service",
        [
            (tx.regency, each.id, each.petugas, each.state, each.due, each.service)
            for each in tasks.values()
            if each
        ],
    )
    tx.many(
        "DELETE FROM open_tugas WHERE kabupaten = :kabupaten AND tugas = :tugas",
        [(tx.regency, name) for name, each in tasks.items() if each is None],
    )


def open_of(tx: Reader, people: Iterable[PersonId], *, sealed: bool = True) -> dict[PersonId, list[Task]]:
    """Return the open tugas of each of these people; `sealed`: those of sealed cases too."""
    found: dict[PersonId, list[Task]] = {person: [] for person in people}
    for task in _all(tx):
        if task.petugas in found and (sealed or task.service not in SEALED_SERVICES):
            found[task.petugas].append(task)
    return found


def _all(tx: Reader) -> Sequence[Task]:
    if is_filled(tx):
        rows = tx.query(
            "SELECT tugas, petugas, state, due, service FROM open_tugas WHERE kabupaten = :kabupaten"
            " ORDER BY petugas, tugas"
        )
        return [
            Task(id=RecordId(name), petugas=PersonId(petugas), state=state, due=due, service=service)
            for name, petugas, state, due, service in rows
        ]
    rows = tx.query("SELECT body FROM records WHERE kabupaten = :kabupaten AND kind = 'tugas' ORDER BY id")
    return [task for (body,) in rows if (task := _open(_record.decode(body)))]


def is_filled(tx: Reader) -> bool:
    """Whether what was there when the table was made is in it, and in that of server/about_store.py."""
    return not tx.query("SELECT 1 FROM filling WHERE kabupaten = :kabupaten")


def _open(record: Record) -> Task | None:
    """Return a tugas as it is kept; phones write its fields: they may be anything."""
    state, petugas = record.fields.get("state"), record.fields.get("petugas")
    if is_destroyed(record) or record.fields.get("dihapus") or not isinstance(petugas, str) or not petugas:
        return None
    if not isinstance(state, str) or state not in OPEN_TUGAS:
        return None
    service = str(record.fields.get("service") or "")
    return Task(
        id=record.id, petugas=PersonId(petugas), state=state, due=due_of(record.fields), service=service
    )
