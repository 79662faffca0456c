"""A merge that is undone. Rule: what was said of somebody is written where it was meant, by whoever said it.

What a phone still wrote of the record that had gone waited in a conflict of the one that stayed, and a later
write of either took its place there. Apart again they may be two people: the conflict is closed as the office
has it, and the last that was written of each is said anew where it was meant. It is taken in there, or waits.
"""

from schemas.base import Data
from schemas.ids import DeviceId, PersonId, RecordId
from schemas.wire import Applied, Conflict
from server import conflict_store, protection_store
from server.engine import Reader, Writer
from server.services.merging import taken_back
from server.services.people import Actor
from server.store import SqlOfficeStore
from server.subject_store import merged_into
from server.subjects import MERGED
from sync.change import Patch, Resolve, read
from sync.conflicts import OPEN
from sync.scope import OPEN_TUGAS
from sync.store import Fields, Record


class MovedError(Exception):
    """Something under work did not stand as it was read: nothing of the transaction may stand."""


class CrowdedError(MovedError):
    """Two wrote the same of somebody, and one would take the other's place: a person settles one first."""


class _Waiting(Data, frozen=True, kw_only=True):
    """An open conflict, and the last that was written in it of each record; one of them had gone."""

    conflict: Record
    written: tuple[Patch, ...]


def part(tx: Writer, office: Actor, author: PersonId, kept: Record, merged: Record, done: Record) -> None:
    """Let two records live by themselves again; `done` says what the merge did. Raises MovedError."""
    store, both = SqlOfficeStore.writing(tx), (kept.id, merged.id)
    waiting = _waiting(tx, kept, merged, done.seq)
    put(tx, office, author, merged, {MERGED: None})
    for each in waiting:
        assert each.conflict.head is not None
        body = Resolve(conflict=each.conflict.id, follows=each.conflict.head, values={})
        if not isinstance(office.act_in(tx, author, [body])[0], Applied):
            raise MovedError
    put(tx, office, author, store.records([kept.id])[kept.id], taken_back(kept, merged, done.fields))
    for each in waiting:
        for patch in each.written:
            said_before = [name for one in store.records(both).values() for name in one.parked.values()]
            outcome = office.act_in(tx, PersonId(each.conflict.fields["petugas"]), [patch])[0]
            if isinstance(outcome, Conflict) and not set(outcome.ids).isdisjoint(said_before):
                raise CrowdedError
            if not isinstance(outcome, Applied | Conflict):
                raise MovedError
    moved = store.records(RecordId(name) for name in done.fields.get("tugas") or ())
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


def _waiting(tx: Reader, kept: Record, merged: Record, since: int) -> list[_Waiting]:
    """Return the open conflicts of a record in which the other was written of, or what had gone into that."""
    gone = {merged.id, *merged_into(tx, merged.id)}
    found = SqlOfficeStore.reading(tx).records(protection_store.conflicts_about(tx, kept.id)).values()
    waiting = [
        _Waiting(conflict=each, written=_written(tx, each, since))
        for each in found
        if each.fields.get("state") == OPEN and each.fields["record"] == kept.id
    ]
    return [each for each in waiting if any(patch.record in gone for patch in each.written)]


def _written(tx: Reader, conflict: Record, since: int) -> tuple[Patch, ...]:
    """Return what a phone wrote in a conflict since a seq: of each record the last, on its first base."""
    store = SqlOfficeStore.reading(tx)
    names = conflict_store.written_since(tx, DeviceId(conflict.fields["device"]), since)
    outcomes = {name: each.outcome for name, each in store.changes(names).items()}
    own = [
        name
        for name in names
        if isinstance(outcome := outcomes[name], Conflict) and conflict.id in outcome.ids
    ]
    contents, last = store.contents(own), dict[RecordId, Patch]()
    for name in own:
        body = read(contents[name]).body if name in contents else None
        if not isinstance(body, Patch):
            continue
        new = {field: value for field, value in body.new.items() if field in conflict.fields["fields"]}
        base = {field: body.base.get(field) for field in new}
        if before := last.get(body.record):
            base, new = {**base, **before.base}, {**before.new, **new}
        last[body.record] = Patch(record=body.record, kind=conflict.fields["kind"], base=base, new=new)
    return tuple(last.values())
