"""Sealed cases: their visits, steps, decisions, notes and looks. Rule: nothing here knows what seals hold.

Order and rights are those of other cases and visits. A phone makes a case and adds visits; only the office
does anything else.
"""

from typing import assert_never

from msgspec.structs import replace

from schemas.ids import RecordId
from schemas.sealed import SEALED_FORM, Note
from schemas.wire import Applied, Held, Outcome, Rejected
from sync.arrival import Arrived
from sync.cases import moved, roles_of, today
from sync.change import SealedAccess, SealedAdvance, SealedDecide, SealedNote, SealedSubmit
from sync.conflicts import park_stale
from sync.desk import Desk
from sync.losses import DESTROYED, is_destroyed
from sync.merge import follows_current
from sync.neutral import is_sealed
from sync.rules import Rules
from sync.scope import OPEN_TUGAS, Caller, mine
from sync.store import Fields, Record
from sync.versions import UNDECIDED, add_version, authors, awaited_version, flags_of, move_tugas, version_of
from sync.visits import DECIDED, LEAVE, TUGAS_AFTER, leave_decided

NOT_SEALED = "bukan_kasus_tersegel"
REASONS = "alasan"
"""The note of a visit that tells its author why."""

Sealed = SealedSubmit | SealedAdvance | SealedDecide | SealedNote | SealedAccess


def apply_sealed(desk: Desk, change: Arrived, body: Sealed, caller: Caller, rules: Rules) -> Outcome:
    """Apply one change of a sealed case to the desk and return what became of it."""
    if not caller.office and not isinstance(body, SealedSubmit):
        return Rejected(problem="hanya_kantor")
    match body:
        case SealedSubmit():
            return _submit(desk, change, body, caller)
        case SealedAdvance():
            return _advance(desk, change, body, rules)
        case SealedDecide():
            return _decide(desk, change, body)
        case SealedNote():
            return _note(desk, change, body)
        case SealedAccess(kasus=kasus):
            return _refuse_case(desk.get(kasus), kasus) or Applied(seq=change.seq)
        case _:
            assert_never(body)


def new_case_flags(desk: Desk, change: Arrived, service: str, caller: Caller) -> list[str]:
    """Return what is to be known of a case that a phone made: whether it came from someone who may not."""
    if caller.office:
        return []
    if mine(caller.person) not in caller.parts:
        return ["perangkat_dicabut"]
    author = desk.get(RecordId(change.author))
    serves = author is not None and service in (author.fields.get("layanan") or ())
    return [] if serves else ["di_luar_layanan"]


def _submit(desk: Desk, change: Arrived, body: SealedSubmit, caller: Caller) -> Outcome:
    """Add a version to a sealed visit. It stands also when its author may not: then it is flagged."""
    kasus, visit = desk.get(body.kasus), desk.get(body.visit)
    refused = _refuse_case(kasus, body.kasus) or _refuse_visit(visit, body)
    if refused is not None or kasus is None:
        return refused or Held(waiting=body.kasus)
    tugas = desk.get(body.tugas) if body.tugas else None
    if tugas is not None and tugas.fields.get("kasus") != body.kasus:
        return Rejected(problem="tugas_kasus_lain")
    awaited = awaited_version(desk, change, visit, body.follows)
    if awaited:
        return Held(waiting=awaited)
    visit = visit or Record(id=body.visit, kind="kunjungan", fields=_first(change, body, kasus))
    flags = set(flags_of(visit, body.follows, change, caller))
    if not caller.office and not _cares_for(change, kasus, tugas):
        flags.add("bukan_petugas_kasus")
    container = {"number": body.number, "key": body.key, "blob": body.blob}
    add_version(
        desk,
        change,
        caller,
        visit,
        {**version_of(change, body.follows, photos=1), **container},
        flags=sorted(flags),
        tugas=tugas,
        reopened={**UNDECIDED, "notes": {}},
    )
    return Applied(seq=change.seq)


def _advance(desk: Desk, change: Arrived, body: SealedAdvance, rules: Rules) -> Outcome:
    """Move a sealed case one step; its history names the change that holds the answers, and not these."""
    kasus = desk.get(body.kasus)
    refused = _refuse_case(kasus, body.kasus)
    if refused is not None or kasus is None:
        return refused or Held(waiting=body.kasus)
    roles = roles_of(desk, change)
    step = rules.sealed_step(kasus.fields, body.event, change.author, roles, today(desk, change))
    if not follows_current(body.follows, kasus.head):
        state = {} if isinstance(step, Rejected) else {"state": step.state}
        return park_stale(desk, change, kasus, {**state, "event": body.event})
    if isinstance(step, Rejected):
        return step
    desk.put(moved(kasus, change, body.event, step, {}))
    return Applied(seq=change.seq)


def _decide(desk: Desk, change: Arrived, body: SealedDecide) -> Outcome:
    """Decide a sealed visit, if the decision follows what is current. Nobody decides their own."""
    visit = desk.get(body.visit)
    if visit is None:
        return Held(waiting=body.visit)
    if is_destroyed(visit):
        return Rejected(problem=DESTROYED)
    if visit.kind != "kunjungan" or not is_sealed(visit):
        return Rejected(problem=NOT_SEALED)
    if change.author in authors(visit.fields):
        return Rejected(problem="kunjungan_sendiri")
    if body.decision in ("kembalikan", "tolak") and not body.notes:
        return Rejected(problem="alasan_wajib")
    if body.decision == LEAVE:
        return leave_decided(desk, change, visit, body.follows)
    state = DECIDED[body.decision]
    decided: Fields = {"state": state, "decided_by": change.author}
    if not follows_current(body.follows, visit.head):
        return park_stale(desk, change, visit, decided)
    notes = {REASONS: _as_fields(body.notes)} if body.notes else {}
    fields = {**visit.fields, **decided, "notes": notes, "decided_ms": change.received_ms}
    desk.put(replace(visit, head=change.id, fields=fields))
    tugas = desk.get(RecordId(visit.fields["tugas"])) if visit.fields.get("tugas") else None
    if tugas is not None and state in TUGAS_AFTER:
        move_tugas(desk, tugas, TUGAS_AFTER[state])
    return Applied(seq=change.seq)


def _note(desk: Desk, change: Arrived, body: SealedNote) -> Outcome:
    """Put notes in place of those of the same name, or take them away; the head stays, for it is no state."""
    record = desk.get(body.record)
    if record is None:
        return Held(waiting=body.record)
    if is_destroyed(record):
        return Rejected(problem=DESTROYED)
    if record.kind not in ("kasus", "tugas") or not is_sealed(record):
        return Rejected(problem=NOT_SEALED)
    seen: dict[str, str] = record.fields.get("notes_from", {})
    if (body.follows.hex() if body.follows else None) != seen.get(body.name):
        return park_stale(desk, change, record, {"note": body.name})
    notes: dict[str, object] = {**record.fields.get("notes", {}), body.name: _as_fields(body.notes)}
    if not body.notes:
        del notes[body.name]
    fields = {**record.fields, "notes": notes, "notes_from": {**seen, body.name: change.id.hex()}}
    desk.put(replace(record, fields=fields))
    return Applied(seq=change.seq)


def _refuse_case(kasus: Record | None, name: RecordId) -> Held | Rejected | None:
    if kasus is None:
        return Held(waiting=name)
    if is_destroyed(kasus):
        return Rejected(problem=DESTROYED)
    return None if kasus.kind == "kasus" and is_sealed(kasus) else Rejected(problem=NOT_SEALED)


def _refuse_visit(visit: Record | None, body: SealedSubmit) -> Rejected | None:
    if visit is None:
        return None
    if is_destroyed(visit):
        return Rejected(problem=DESTROYED)
    if visit.kind != "kunjungan":
        return Rejected(problem="jenis_data_berbeda")
    is_of_case = is_sealed(visit) and visit.fields.get("kasus") == body.kasus
    return None if is_of_case else Rejected(problem=NOT_SEALED)


def _cares_for(change: Arrived, kasus: Record, tugas: Record | None) -> bool:
    """Say whether the case, or an open tugas of it, is the author's."""
    has_task = (
        tugas is not None
        and tugas.fields.get("petugas") == change.author
        and tugas.fields.get("state") in OPEN_TUGAS
    )
    return has_task or kasus.fields.get("petugas") == change.author


def _first(change: Arrived, body: SealedSubmit, kasus: Record) -> Fields:
    return {
        "form": SEALED_FORM,
        "kasus": kasus.id,
        "service": kasus.fields["service"],
        "tugas": body.tugas,
        "petugas": change.author,
        **UNDECIDED,
        "notes": {},
    }


def _as_fields(notes: list[Note]) -> list[list[bytes]]:
    return [[note.key, note.data] for note in notes]
