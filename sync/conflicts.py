"""Conflicts as records of kind `konflik`. Rule: it stays open until a person resolves it.

A conflict keeps base, theirs and mine of each field, who wrote it, on which device and when. Its `head` is
the newest change it must be resolved after: when the office's value moves on, so does the head, and a
resolution from a stale page is itself parked. `shown` says whether the author may see the office's values:
sync/scope.py leaves them out otherwise.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from schemas.ids import PersonId, RecordId
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected
from sync.arrival import Arrived
from sync.assign import may_see, set_fields
from sync.change import Patch, Resolve
from sync.desk import Desk
from sync.losses import DESTROYED, is_destroyed
from sync.merge import Parked, conflict_seed, follows_current
from sync.places import place_of
from sync.plaintext import refuse_patch, refuse_values, sealed_about
from sync.rules import Rules
from sync.store import Fields, Record

CONFLICT = "konflik"
OPEN = "menunggu"
CLOSED = "selesai"
STATE_FIELDS = frozenset({"state", "reasons", "note", "decided_by"})
"""What a parked state or decision is compared with; nothing else of the record goes into its conflict."""


def park(
    desk: Desk, change: Arrived, record: Record, cases: Mapping[str, Parked], reason: str, key: str = ""
) -> RecordId:
    """Lay a new conflict on the desk and return its id; `key` tells several of one change apart."""
    conflict, _ = place_of(conflict_seed(change.id, key), desk.get, lambda other: other.kind == CONFLICT)
    fields = {
        name: {"base": case.base, "theirs": case.theirs, "mine": case.mine} for name, case in cases.items()
    }
    about = {
        "record": record.id,
        "kind": record.kind,
        "fields": fields,
        "petugas": change.author,
        "device": change.device,
        "at_ms": change.received_ms,
        "wall_ms": change.clock.wall_ms,
        "change": change.id.hex(),
        "reason": reason,
        "state": OPEN,
        "shown": reason != "wilayah" and may_see(desk, change.author, record),
    }
    desk.put(Record(id=conflict, kind=CONFLICT, head=change.id, fields=about))
    return conflict


def park_stale(desk: Desk, change: Arrived, record: Record, wanted: Fields) -> Outcome:
    """Park a state, decision or resolution whole, because it follows something no longer current."""
    cases = {
        name: Parked(base=None, theirs=record.fields.get(name) if name in STATE_FIELDS else None, mine=value)
        for name, value in wanted.items()
    }
    return Conflict(ids=[park(desk, change, record, cases, "mundur")])


def replace_parked(desk: Desk, change: Arrived, conflict_name: RecordId, field: str, value: Any) -> None:
    """Give an open conflict the newer value that the same branch wrote."""
    conflict = desk.get(conflict_name)
    if conflict is None:
        raise LookupError("a record names a conflict that is not there")
    cases = dict(conflict.fields["fields"])
    cases[field] = {**cases[field], "mine": value}
    newest = {"change": change.id.hex(), "wall_ms": change.clock.wall_ms}
    _renew(desk, change, conflict, {"fields": cases, **newest})


def renew_theirs(desk: Desk, change: Arrived, record: Record, values: Fields) -> None:
    """Show in the record's open conflicts the value that the office now holds."""
    for key, conflict_name in record.parked.items():
        field = key.partition(":")[2]
        conflict = desk.get(conflict_name)
        if field not in values or conflict is None:
            continue
        cases = dict(conflict.fields["fields"])
        cases[field] = {**cases[field], "theirs": values[field]}
        shown = conflict.fields["shown"] and may_see(desk, PersonId(conflict.fields["petugas"]), record)
        _renew(desk, change, conflict, {"fields": cases, "shown": shown})


def apply_resolve(desk: Desk, change: Arrived, body: Resolve, rules: Rules) -> Outcome:
    """Set the chosen values and close the conflict, if the resolution follows what is current.

    A field of the conflict that is not among `values` keeps what the office holds.
    """
    conflict = desk.get(body.conflict)
    if conflict is None:
        return Held(waiting=body.conflict)
    if is_destroyed(conflict):
        return Rejected(problem=DESTROYED)
    if conflict.kind != CONFLICT:
        return Rejected(problem="jenis_data_berbeda")
    refused = _refuse_plain(desk, conflict, body.values, rules)
    if refused is not None:
        return refused
    if conflict.fields["state"] != OPEN or not follows_current(body.follows, conflict.head):
        return park_stale(desk, change, conflict, {"state": CLOSED, **body.values})
    if not body.values.keys() <= conflict.fields["fields"].keys():
        return Rejected(problem="isian_bukan_bagian_konflik")
    if conflict.fields["reason"] != "mundur":
        _choose(desk, change, conflict, body.values)
    closed = {"state": CLOSED, "values": body.values, "resolved_by": change.author}
    now = desk.get(conflict.id) or conflict
    _renew(desk, change, now, {**closed, "resolved_ms": change.received_ms})
    return Applied(seq=change.seq)


def _refuse_plain(desk: Desk, conflict: Record, values: Fields, rules: Rules) -> Rejected | None:
    """Refuse a choice that says too much of a sealed thing, or makes a sealed one of another."""
    sealed = sealed_about(desk, conflict.id)
    if sealed is not None:
        return refuse_values(sealed, values)
    name, kind = RecordId(conflict.fields["record"]), conflict.fields["kind"]
    return refuse_patch(desk, Patch(record=name, kind=kind, base={}, new=values), desk.get(name), rules)


def _choose(desk: Desk, change: Arrived, conflict: Record, values: Fields) -> None:
    """Write the chosen values into the record; a record that was parked at birth is made of them."""
    name = RecordId(conflict.fields["record"])
    record = desk.get(name)
    if record is None:
        if values:
            set_fields(desk, Record(id=name, kind=conflict.fields["kind"], fields={}, head=change.id), values)
        return
    parked = {key: waiting for key, waiting in record.parked.items() if waiting != conflict.id}
    renew_theirs(desk, change, replace(record, parked=parked), values)
    set_fields(desk, replace(record, parked=parked), values)


def _renew(desk: Desk, change: Arrived, conflict: Record, fields: Fields) -> None:
    desk.put(replace(conflict, head=change.id, fields={**conflict.fields, **fields}))
