"""What each kind of change does at the office. Rule: the same changes in the same order come to the same end.

Nothing here reads a clock or knows how a change came in. What may not take effect is refused or parked with a
reason, and never dropped.
"""

from typing import assert_never

from schemas.ids import RecordId
from schemas.wire import Applied, Outcome, Rejected
from sync.arrival import Arrived
from sync.cases import apply_advance
from sync.change import (
    Accessed,
    Advance,
    Body,
    Content,
    Decide,
    Destroyed,
    Enrolled,
    Gap,
    Patch,
    Resolve,
    SealedAccess,
    SealedAdvance,
    SealedDecide,
    SealedNote,
    SealedSubmit,
    Submit,
)
from sync.conflicts import apply_resolve
from sync.desk import Desk
from sync.losses import apply_destroyed, apply_gap
from sync.plaintext import refuse_plain
from sync.records import apply_patch
from sync.rules import Rules
from sync.scope import HOLIDAYS, RESERVED, Caller
from sync.sealed import apply_sealed
from sync.visits import apply_decide, apply_submit


def needs(content: Content) -> list[RecordId]:
    """Return the records that this change will look at, as far as it names them."""
    match content.body:
        case Patch(record=record, kind=kind, new=new):
            if kind == "kasus":
                return [record, HOLIDAYS]
            named = (new.get("sasaran"), new.get("kasus")) if kind == "tugas" else ()
            return [record, *(RecordId(name) for name in named if isinstance(name, str))]
        case Advance(kasus=kasus):
            return [kasus, RecordId(content.author), HOLIDAYS]
        case Submit(visit=visit, subject=subject, tugas=tugas):
            return [named for named in (visit, subject, tugas) if named]
        case Decide(visit=visit):
            return [visit]
        case Resolve(conflict=conflict):
            return [conflict]
        case Destroyed(records=records):
            return records
        case SealedSubmit(visit=visit, kasus=kasus, tugas=tugas):
            return [named for named in (visit, kasus, tugas) if named]
        case SealedAdvance(kasus=kasus):
            return [kasus, RecordId(content.author), HOLIDAYS]
        case SealedDecide(visit=visit):
            return [visit]
        case SealedNote(record=record):
            return [record]
        case SealedAccess(kasus=kasus):
            return [kasus]
        case Accessed(subject=subject):
            return [subject]
        case Enrolled() | Gap():
            return []
        case _:
            assert_never(content.body)


def _makes(body: Body) -> RecordId | None:
    """Return the record that a change makes where it is not there yet."""
    match body:
        case Patch(record=name) | Submit(visit=name) | SealedSubmit(visit=name):
            return RecordId(name)
        case _:
            return None


def apply(desk: Desk, change: Arrived, caller: Caller, rules: Rules) -> Outcome:
    """Apply one change to the desk and return what became of it."""
    if not caller.office and change.author != caller.person:
        return Rejected(problem="penulis_bukan_pemilik_perangkat")
    body = change.body
    if not caller.office and _makes(body) in RESERVED:
        return Rejected(problem="hanya_kantor")
    match body:
        case Patch():
            return apply_patch(desk, change, body, caller, rules)
        case Advance():
            return apply_advance(desk, change, body, caller, rules)
        case Submit():
            return apply_submit(desk, change, body, caller, rules)
        case Decide():
            return apply_decide(desk, change, body, caller)
        case Resolve() if caller.office:
            return apply_resolve(desk, change, body, rules)
        case Accessed(subject=subject) if caller.office:
            return refuse_plain(desk, subject) or Applied(seq=change.seq)
        case Enrolled() if caller.office:
            return Applied(seq=change.seq)
        case Destroyed() if caller.office:
            return apply_destroyed(desk, change, body)
        case Gap():
            return apply_gap(desk, change, body)
        case Resolve() | Enrolled() | Accessed() | Destroyed():
            return Rejected(problem="hanya_kantor")
        case SealedSubmit() | SealedAdvance() | SealedDecide() | SealedNote() | SealedAccess():
            return apply_sealed(desk, change, body, caller, rules)
        case _:
            assert_never(body)
