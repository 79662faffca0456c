"""Visits: what a phone submits and what the office decides. Rule: nobody decides their own."""

from msgspec.structs import replace

from schemas.form_values import SHA256
from schemas.ids import ChangeId, DeviceId, RecordId
from schemas.sealed import SEALED_FIELD, SEALED_FORM
from schemas.wire import Applied, Held, Outcome, Rejected
from sync.arrival import Arrived
from sync.change import Content, Decide, SealedSubmit, Submit
from sync.conflicts import park_stale
from sync.desk import Desk
from sync.losses import DESTROYED, is_destroyed
from sync.merge import follows_current
from sync.neutral import is_id
from sync.plaintext import refuse_plain
from sync.rules import Rules
from sync.scope import Caller
from sync.store import BlobRef, Fields, Record
from sync.versions import UNDECIDED, add_version, authors, awaited_version, flags_of, move_tugas, version_of

LEAVE = "biarkan"
"""The word by which a decision stands, whatever came since; it is none itself."""
DECIDED = {"setujui": "disetujui", "kembalikan": "dikembalikan", "tolak": "ditolak", "tahan": "ditahan"}
"""How a visit stands after each decision."""
TUGAS_AFTER = {"disetujui": "selesai", "dikembalikan": "dikembalikan", "ditolak": "selesai"}
"""How the tugas of a visit stands that stands so; after any other it stays as it is."""


def apply_submit(desk: Desk, change: Arrived, body: Submit, caller: Caller, rules: Rules) -> Outcome:
    """Add a version to a visit. Two versions after one parent both stand, and are flagged."""
    refused = rules.check_submit(body) or refuse_plain(desk, body.visit, body.subject, body.tugas)
    if refused is not None:
        return refused
    # no page could open the one, no upload bring the other
    if not (is_id(body.visit) and all(is_blob_id(item.blob) for item in body.evidence)):
        return Rejected(problem="isi_tidak_terbaca")
    visit = desk.get(body.visit)
    if is_destroyed(visit):
        return Rejected(problem=DESTROYED)
    if visit is not None and visit.kind != "kunjungan":
        return Rejected(problem="jenis_data_berbeda")
    awaited = awaited_version(desk, change, visit, body.follows)
    if awaited:
        return Held(waiting=awaited)
    subject = desk.get(body.subject) if body.subject else None
    visit = visit or Record(id=body.visit, kind="kunjungan", fields=_first(change, body, subject))
    add_version(
        desk,
        change,
        caller,
        visit,
        version_of(change, body.follows, photos=len(body.evidence)),
        flags=flags_of(visit, body.follows, change, caller, subject),
        tugas=desk.get(body.tugas) if body.tugas else None,
        reopened=UNDECIDED,
    )
    return Applied(seq=change.seq)


def is_blob_id(name: str) -> bool:
    """Say whether a text can be the name of a blob: no upload brings another."""
    return SHA256.fullmatch(name) is not None


def evidence_of(content: Content, change: ChangeId, device: DeviceId) -> list[BlobRef]:
    """Return the blobs that a change names: they are wanted also while it waits, or when it is refused."""
    body = content.body
    if isinstance(body, SealedSubmit):
        return [
            BlobRef(
                blob=body.blob,
                change=change,
                device=device,
                visit=body.visit,
                form=SEALED_FORM,
                field=SEALED_FIELD,
            )
        ]
    if not isinstance(body, Submit):
        return []
    return [
        BlobRef(
            blob=item.blob,
            change=change,
            device=device,
            visit=body.visit,
            form=item.form,
            field=item.field,
        )
        for item in body.evidence
        if is_blob_id(item.blob)
    ]


def apply_decide(desk: Desk, change: Arrived, body: Decide, caller: Caller) -> Outcome:
    """Decide a visit, if the decision follows what is current. Nobody decides their own."""
    if not caller.office:
        return Rejected(problem="hanya_kantor")
    visit = desk.get(body.visit)
    if is_destroyed(visit):
        return Rejected(problem=DESTROYED)
    if visit is None or visit.kind != "kunjungan":
        return Held(waiting=body.visit)
    refused = refuse_plain(desk, body.visit)
    if refused is not None:
        return refused
    if change.author in authors(visit.fields):
        return Rejected(problem="kunjungan_sendiri")
    if body.decision in ("kembalikan", "tolak") and not (body.reasons or body.note):
        return Rejected(problem="alasan_wajib")
    if body.decision == LEAVE:
        return leave_decided(desk, change, visit, body.follows)
    state = DECIDED[body.decision]
    decided = {"state": state, "reasons": body.reasons, "note": body.note, "decided_by": change.author}
    if not follows_current(body.follows, visit.head):
        return park_stale(desk, change, visit, decided)
    fields = {**visit.fields, **decided, "decided_ms": change.received_ms}
    desk.put(replace(visit, head=change.id, fields=fields))
    tugas = desk.get(RecordId(visit.fields["tugas"])) if visit.fields.get("tugas") else None
    if tugas is not None and state in TUGAS_AFTER:
        move_tugas(desk, tugas, TUGAS_AFTER[state])
    return Applied(seq=change.seq)


def leave_decided(desk: Desk, change: Arrived, visit: Record, follows: ChangeId) -> Outcome:
    """Let what was decided stand although a version came since: when that was said, and nothing else.

    Refused where nothing is decided, or something else is current by now: nobody could choose anything then.
    """
    if visit.fields["state"] not in TUGAS_AFTER or not follows_current(follows, visit.head):
        return Rejected(problem="tidak_dapat_dibiarkan")
    fields = {**visit.fields, "left_ms": change.received_ms}
    desk.put(replace(visit, head=change.id, fields=fields))
    return Applied(seq=change.seq)


def said_ms(visit: Record, decision: str) -> int:
    """Return when the newest decision on a visit was said, if it was this one: UTC milliseconds."""
    return int(visit.fields["left_ms" if decision == LEAVE else "decided_ms"])


def _first(change: Arrived, body: Submit, subject: Record | None) -> Fields:
    return {
        "form": body.form,
        "tugas": body.tugas,
        "subjek": body.subject,
        "petugas": change.author,
        **UNDECIDED,
        "kode_desa": subject.fields.get("kode_desa", "") if subject else "",
    }
