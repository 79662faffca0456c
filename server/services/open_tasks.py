"""Open tugas: which they are, and who has one about whom. Rule: another service's stands in nobody's way."""

from collections.abc import Collection

from schemas.base import Data
from schemas.form import Forms
from schemas.ids import PersonId, RecordId
from server.store import SqlOfficeStore
from server.task_store import due_of
from sync.neutral import is_sealed
from sync.store import Record


class OpenTask(Data, frozen=True, kw_only=True):
    """One open tugas. `due` is empty without a limit; `sealed` ones tell no target and no desa."""

    id: RecordId
    target: RecordId | None
    desa: str
    form: str
    due: str
    state: str
    sealed: bool


def served_now(
    store: SqlOfficeStore, forms: Forms, records: Collection[Record], service: str
) -> dict[RecordId, PersonId]:
    """Return who has an open tugas of a service about each of these; without those about whom nobody has."""
    tasks = store.records({name for each in records for name in each.readers})
    return {
        each.id: person
        for each in records
        for name, person in each.readers.items()
        if name in tasks and service_of(tasks[name], forms) == service
    }


def service_of(task: Record, forms: Forms) -> str:
    """Return the service that a tugas is for, by its form; empty for a form that is not known."""
    form = str(task.fields.get("form") or "")
    return forms.get(form).service if form in forms.ids() else ""


def open_task(record: Record) -> OpenTask:
    """Return a tugas as lists of them say it."""
    fields, sealed = record.fields, is_sealed(record)
    target = fields.get("sasaran")
    return OpenTask(
        id=record.id,
        target=RecordId(target) if target and not sealed else None,
        desa="" if sealed else str(fields.get("kode_desa") or ""),
        form=str(fields.get("form") or ""),
        due=due_of(fields),
        state=str(fields.get("state")),
        sealed=sealed,
    )
