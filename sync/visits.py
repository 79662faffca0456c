"""Visits: versions that are only added, and decisions on them. Rule: a version never changes."""

from msgspec.structs import replace

from schemas.ids import ChangeId, DeviceId, RecordId
from schemas.sealed import SEALED_FIELD, SEALED_FORM
from schemas.wire import Applied, Held, Outcome, Rejected
from sync.arrival import Arrived
from sync.assign import set_fields
from sync.change import Content, Decide, SealedSubmit, Submit
from sync.conflicts import park_stale
from sync.desk import Desk
from sync.losses import DESTROYED, is_destroyed, may_be_lost
from sync.merge import follows_current
from sync.plaintext import refuse_plain
from sync.rules import Rules
from sync.scope import OPEN_TUGAS, Caller, in_scope, mine
from sync.store import BlobRef, Fields, Record

DECIDED = {"setujui": "disetujui", "kembalikan": "dikembalikan", "tolak": "ditolak", "tahan": "ditahan"}
UNDECIDED: Fields = {"state": "diterima", "reasons": {}, "note": "", "decided_by": "", "decided_ms": 0}
TUGAS_AFTER = {"disetujui": "selesai", "dikembalikan": "dikembalikan", "ditolak": "selesai"}


def apply_submit(desk: Desk, change: Arrived, body: Submit, caller: Caller, rules: Rules) -> Outcome:
    """Add a version to a visit. Two versions after one parent both stand, and are flagged."""
    refused = rules.check_submit(body) or refuse_plain(desk, body.visit, body.subject, body.tugas)
    if refused is not None:
        return refused
    visit = desk.get(body.visit)
    if is_destroyed(visit):
        return Rejected(problem=DESTROYED)
    if visit is not None and visit.kind != "kunjungan":
        return Rejected(problem="jenis_data_berbeda")
    versions = list(visit.fields["versions"]) if visit else []
    follows = body.follows.hex() if body.follows else None
    is_orphan = follows is not None and all(version["change"] != follows for version in versions)
    if is_orphan and not may_be_lost(desk, change.device):
        return Held(waiting=follows or "")
    subject = desk.get(body.subject) if body.subject else None
    fields = visit.fields if visit else _first(change, body, subject)
    flags = flags_of(fields, versions, follows, change, caller, subject)
    tugas = desk.get(body.tugas) if body.tugas else None
    place = place_of(versions, change.id.hex())
    is_newest = visit is None or place == len(versions)
    opens = is_newest and takes_effect(visit, change, caller, tugas)
    versions.insert(
        place,
        {
            "change": change.id.hex(),
            "author": change.author,
            "follows": follows,
            "received_ms": change.received_ms,
            "wall_ms": change.clock.wall_ms,
            "photos": len(body.evidence),
        },
    )
    fields = {**fields, "versions": versions, "versi": len(versions), "flags": flags}
    if opens:
        fields |= UNDECIDED
    head = change.id if is_newest or visit is None else visit.head
    desk.put(Record(id=body.visit, kind="kunjungan", head=head, fields=fields))
    if opens and tugas is not None and tugas.fields.get("petugas") == change.author:
        move_tugas(desk, tugas, "dikirim")
    return Applied(seq=change.seq)


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


def authors(fields: Fields) -> set[str]:
    """Return everyone who wrote a version of this visit."""
    return {fields["petugas"], *(version["author"] for version in fields["versions"])}


def takes_effect(visit: Record | None, change: Arrived, caller: Caller, tugas: Record | None) -> bool:
    """Say whether a version opens the visit again. Another's word, or a revoked device's, is only added."""
    if visit is None:
        return True
    on_duty = caller.office or mine(caller.person) in caller.parts
    own = visit.fields["petugas"] == change.author
    handed_over = tugas is not None and (
        tugas.id == visit.fields.get("tugas") and tugas.fields.get("petugas") == change.author
    )
    return on_duty and (own or handed_over)


def place_of(versions: list[Fields], name: str) -> int:
    """Return where a version belongs: last, unless it was believed lost and another went on without it."""
    for place, version in enumerate(versions):
        if version["follows"] == name:
            return place
    return len(versions)


def _first(change: Arrived, body: Submit, subject: Record | None) -> Fields:
    return {
        "form": body.form,
        "tugas": body.tugas,
        "subjek": body.subject,
        "petugas": change.author,
        **UNDECIDED,
        "kode_desa": subject.fields.get("kode_desa", "") if subject else "",
    }


def flags_of(
    fields: Fields,
    versions: list[Fields],
    follows: str | None,
    change: Arrived,
    caller: Caller,
    subject: Record | None = None,
) -> list[str]:
    """Return what a reviewer should know of a visit, this version included, and nothing that refuses it."""
    flags = set(fields.get("flags", ()))
    if versions and any(version["follows"] == follows for version in versions):
        flags.add("cabang")
    if fields["petugas"] != change.author:
        flags.add("petugas_berbeda")
    if mine(caller.person) not in caller.parts and not caller.office:
        flags.add("perangkat_dicabut")
    elif subject is not None and not in_scope(caller, subject.kind, subject.fields, subject.readers.values()):
        flags.add("di_luar_wilayah")
    return sorted(flags)


def move_tugas(desk: Desk, tugas: Record, state: str) -> None:
    """Move an open task along; one that is closed stays closed until the office opens it."""
    if tugas.kind == "tugas" and tugas.fields.get("state") in OPEN_TUGAS:
        set_fields(desk, tugas, {"state": state})
