"""A merge that is undone. Rule: what was said of somebody is written where it was meant.

What a phone still wrote of the record that had gone waited in a conflict of the one that stayed. Apart again
they may be two people: it is taken in where it was written, and the one that stayed keeps what it had.
"""

from schemas.ids import ChangeId, PersonId, RecordId
from schemas.wire import Applied
from server import protection_store
from server.engine import Reader, Writer
from server.services.conflict_facts import written_of
from server.services.merging import taken_back
from server.services.people import Actor
from server.store import SqlOfficeStore
from server.subject_store import merged_into
from server.subjects import MERGED
from sync.change import Patch, Resolve
from sync.conflicts import OPEN
from sync.scope import OPEN_TUGAS
from sync.store import Fields, Record


class MovedError(Exception):
    """Something under work did not stand as it was read: nothing of the transaction may stand."""


def part(tx: Writer, office: Actor, author: PersonId, kept: Record, merged: Record, done: Fields) -> None:
    """Let two records live by themselves again; `done` says what the merge did. Raises MovedError."""
    store, meant = SqlOfficeStore.writing(tx), _meant_for(tx, kept, merged)
    put(tx, office, author, merged, {MERGED: None})
    for conflict, _ in meant:
        mine = {name: case["mine"] for name, case in conflict.fields["fields"].items()}
        if conflict.head is None or not _resolved(tx, office, author, conflict.id, conflict.head, mine):
            raise MovedError
    had = {name: kept.fields.get(name) for conflict, _ in meant for name in conflict.fields["fields"]}
    put(tx, office, author, store.records([kept.id])[kept.id], {**had, **taken_back(kept, merged, done)})
    for conflict, name in meant:
        cases = conflict.fields["fields"]
        base = {field: case["base"] for field, case in cases.items()}
        new = {field: case["mine"] for field, case in cases.items()}
        office.act_in(tx, author, [Patch(record=name, kind=merged.kind, base=base, new=new)])
    moved = store.records(RecordId(name) for name in done.get("tugas") or ())
    for task in moved.values():
        if task.fields.get("sasaran") == kept.id and task.fields.get("state") in OPEN_TUGAS:
            put(tx, office, author, task, {"sasaran": merged.id})


def put(tx: Writer, office: Actor, author: PersonId, record: Record, values: Fields) -> None:
    """Give a record these values. Raises MovedError."""
    if not values:
        return
    base = {name: record.fields.get(name) for name in values}
    body = Patch(record=record.id, kind=record.kind, base=base, new=dict(values))
    if not isinstance(office.act_in(tx, author, [body])[0], Applied):
        raise MovedError


def _resolved(
    tx: Writer, office: Actor, author: PersonId, conflict: RecordId, follows: ChangeId, values: Fields
) -> bool:
    body = Resolve(conflict=conflict, follows=follows, values=dict(values))
    return isinstance(office.act_in(tx, author, [body])[0], Applied)


def _meant_for(tx: Reader, kept: Record, merged: Record) -> list[tuple[Record, RecordId]]:
    """Return the open conflicts of a record that were written of another, or of what had gone into that one;
    each with the record that it was written of.
    """
    store, of = SqlOfficeStore.reading(tx), {merged.id, *merged_into(tx, merged.id)}
    waiting = [
        each
        for each in store.records(protection_store.conflicts_about(tx, kept.id)).values()
        if each.fields.get("state") == OPEN and each.fields["record"] == kept.id
    ]
    written = [(each, written_of(store, ChangeId(bytes.fromhex(each.fields["change"])))) for each in waiting]
    return [(each, name) for each, name in written if name is not None and name in of]
