"""Patches: the fields of any mutable record. Rule: sync/merge.py decides, this carries it out."""

from msgspec.structs import replace

from schemas.ids import RecordId
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected
from sync.arrival import Arrived
from sync.assign import set_fields
from sync.cases import today
from sync.change import Patch
from sync.conflicts import park, renew_theirs, replace_parked
from sync.desk import Desk
from sync.fields import beyond_phone, wrong_field
from sync.losses import DESTROYED, is_destroyed
from sync.merge import Merge, Parked, branch_key, merge_patch, parked_groups
from sync.neutral import is_id
from sync.plaintext import is_made_sealed, refuse_patch, sealed_about
from sync.rules import Rules
from sync.scope import SUBJECT_KINDS, Caller, in_scope
from sync.sealed import new_case_flags
from sync.store import Fields, Record

MERGED = "digabung_ke"
"""The field by which a record that was merged names the one that lives on; only the office sets it."""
OWN_WAY = frozenset({"kunjungan", "konflik"})
"""Kinds that only their own changes may touch: Submit and Decide, Resolve."""

FINAL = frozenset({"formulir"})
"""Kinds whose records stay as they were made: visits name them for ever."""


def apply_patch(desk: Desk, change: Arrived, body: Patch, caller: Caller, rules: Rules) -> Outcome:
    """Merge a patch into its record, or park what cannot be merged."""
    record = desk.get(body.record)
    if is_destroyed(record):
        return Rejected(problem=DESTROYED)
    waits_for = _case_to_come(desk, body)
    if waits_for is not None:
        return Held(waiting=waits_for)
    opens_sealed = record is None and body.kind == "kasus" and is_made_sealed(desk, body)
    # plaintext first: why a change is refused says who may read it where it is kept
    refused = refuse_patch(desk, body, record, rules) or _refuse(body, caller, may_open=opens_sealed)
    if refused is not None:
        return refused
    if record is None:
        return _create(desk, change, body, caller, rules)
    if record.kind != body.kind:
        return Rejected(problem="jenis_data_berbeda")
    if record.kind in FINAL:
        return Rejected(problem="sudah_terbit")
    if body.kind == "kasus" and "state" in body.new:
        return Rejected(problem="status_lewat_alur", field="state")
    if not in_scope(caller, body.kind, record.fields, record.readers.values()):
        return _park_whole(desk, change, body, record, "wilayah")
    # what the office says of the merge itself, to undo it above all, is said to the record that was merged
    survivor = record if MERGED in body.new else _survivor(desk, record)
    if survivor is not record or (record.fields.get("dihapus") and "dihapus" not in body.new):
        return _park_whole(desk, change, body, survivor, "dihapus")
    merge = merge_patch(
        kind=body.kind,
        base=body.base,
        new=body.new,
        now=record.fields,
        device=change.device,
        conflicts=record.parked,
    )
    return _carry_out(desk, change, record, merge)


def _case_to_come(desk: Desk, body: Patch) -> RecordId | None:
    """Return the kasus that a tugas names and that is not there yet: whether it is sealed must be known."""
    kasus = body.new.get("kasus") if body.kind == "tugas" else None
    return RecordId(kasus) if isinstance(kasus, str) and desk.get(RecordId(kasus)) is None else None


def _refuse(body: Patch, caller: Caller, *, may_open: bool) -> Rejected | None:
    """Refuse what this caller may never set, and values that nobody could work with.

    `may_open`: it makes a sealed kasus, which a phone may.
    """
    if body.kind in OWN_WAY or not (caller.office or body.kind in SUBJECT_KINDS or may_open):
        return Rejected(problem="hanya_kantor")
    beyond = None if caller.office else beyond_phone(body.kind, body.new)
    if beyond is not None:
        return Rejected(problem="hanya_kantor", field=beyond)
    if not (caller.office or is_id(body.record)):
        return Rejected(problem="isi_tidak_terbaca")
    wrong = wrong_field(body.kind, body.new) or wrong_field(body.kind, body.base)
    return Rejected(problem="isi_tidak_terbaca", field=wrong) if wrong else None


def _create(desk: Desk, change: Arrived, body: Patch, caller: Caller, rules: Rules) -> Outcome:
    record = Record(id=body.record, kind=body.kind, fields={}, head=change.id)
    if is_made_sealed(desk, body):
        return _create_sealed(desk, change, body, record, caller, rules)
    if not in_scope(caller, body.kind, body.new, ()):
        return _park_whole(desk, change, body, record, "wilayah")
    values = body.new
    if body.kind == "kasus":
        begun = _begun(desk, change, body, rules)
        if isinstance(begun, Rejected):
            return begun
        values = {**values, **begun}
    set_fields(desk, record, values)
    return Applied(seq=change.seq)


def _create_sealed(
    desk: Desk, change: Arrived, body: Patch, record: Record, caller: Caller, rules: Rules
) -> Outcome:
    """Make a sealed kasus, or a tugas of one. A phone's is its author's own, and flagged if they may not."""
    if body.kind == "tugas":
        case = sealed_about(desk, body.new["kasus"])
        service = case.fields["service"] if case else None
        set_fields(desk, record, {**body.new, "service": service, "notes": {}})
        return Applied(seq=change.seq)
    if not caller.office and body.new.get("petugas", change.author) != change.author:
        return Rejected(problem="hanya_kantor", field="petugas")
    begun = _begun(desk, change, body, rules)
    if isinstance(begun, Rejected):
        return begun
    values = body.new if caller.office else {**body.new, "petugas": change.author}
    flags = new_case_flags(desk, change, body.new["service"], caller)
    set_fields(desk, record, {**values, **begun, "flags": flags, "notes": {}})
    return Applied(seq=change.seq)


def _begun(desk: Desk, change: Arrived, body: Patch, rules: Rules) -> Fields | Rejected:
    """Return the fields with which a new kasus begins its workflow; where no version is named, in the first:
    so it did when there was no other, and a replay by a later program comes to the same.
    """
    version = body.new.get("workflow_version", 1)
    step = rules.begin(str(body.new.get("workflow")), version, today(desk, change))
    if step is None:
        return Rejected(problem="alur_tidak_dikenal", field="workflow")
    begun = {"workflow_version": step.version, "state": step.state, "due": step.due}
    return {**begun, "since_ms": change.received_ms}


def _carry_out(desk: Desk, change: Arrived, record: Record, merge: Merge) -> Outcome:
    ids: list[RecordId] = []
    if record.parked:
        renew_theirs(desk, change, record, merge.values)
    parked = dict(record.parked)
    for group in parked_groups(record.kind, merge.parked):
        conflict = park(desk, change, record, group, "nilai", key=min(group))
        parked |= {branch_key(change.device, field): conflict for field in group}
        ids.append(conflict)
    for field, case in merge.replaced.items():
        replace_parked(desk, change, case.conflict, field, case.mine)
        ids.append(case.conflict)
    if merge.values or ids:
        set_fields(desk, replace(record, parked=parked), merge.values)
    if ids:
        return Conflict(ids=list(dict.fromkeys(ids)), merged=merge.merged)
    return Applied(seq=change.seq, merged=merge.merged)


def _park_whole(desk: Desk, change: Arrived, body: Patch, record: Record, reason: str) -> Outcome:
    """Park every field; what this branch has parked already takes the newer value."""
    ids: list[RecordId] = []
    cases: dict[str, Parked] = {}
    for field, mine in body.new.items():
        waiting = record.parked.get(branch_key(change.device, field))
        if waiting is not None:
            replace_parked(desk, change, waiting, field, mine)
            ids.append(waiting)
        else:
            cases[field] = Parked(base=body.base.get(field), theirs=record.fields.get(field), mine=mine)
    if cases:
        conflict = park(desk, change, record, cases, reason)
        ids.append(conflict)
        if desk.get(record.id) is not None:
            keys = {branch_key(change.device, field): conflict for field in cases}
            desk.put(replace(record, parked=record.parked | keys))
    return Conflict(ids=list(dict.fromkeys(ids)))


def _survivor(desk: Desk, record: Record) -> Record:
    """Follow `digabung_ke` to the record that lives on."""
    seen = {record.id}
    while isinstance(target := record.fields.get(MERGED), str) and target not in seen:
        seen.add(RecordId(target))
        further = desk.get(RecordId(target))
        if further is None:
            break
        record = further
    return record
