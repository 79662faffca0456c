"""The versions of a visit, sealed or not. Rule: one is only ever added, and changes none that stands.

Two versions after one parent both stand. What speaks against a version flags the visit, and refuses nothing.
"""

from schemas.ids import ChangeId
from sync.arrival import Arrived
from sync.assign import set_fields
from sync.desk import Desk
from sync.losses import may_be_lost
from sync.scope import OPEN_TUGAS, Caller, in_scope, mine
from sync.store import Fields, Record

UNDECIDED: Fields = {"state": "diterima", "reasons": {}, "note": "", "decided_by": "", "decided_ms": 0}
"""How a visit stands that waits for the office."""
APPROVED = "disetujui"


def awaited_version(desk: Desk, change: Arrived, visit: Record | None, follows: ChangeId | None) -> str:
    """Return the version that must come before this one, as hex; empty where nothing is waited for.

    What a phone that lost something names may never come, so that is not waited for.
    """
    if follows is None or any(version["change"] == follows.hex() for version in versions_of(visit)):
        return ""
    return "" if may_be_lost(desk, change.device) else follows.hex()


def version_of(change: Arrived, follows: ChangeId | None, *, photos: int) -> Fields:
    """Return what a visit keeps of one of its versions."""
    return {
        "change": change.id.hex(),
        "author": change.author,
        "follows": follows.hex() if follows else None,
        "received_ms": change.received_ms,
        "wall_ms": change.clock.wall_ms,
        "photos": photos,
    }


def add_version(
    desk: Desk,
    change: Arrived,
    caller: Caller,
    visit: Record,
    version: Fields,
    *,
    flags: list[str],
    tugas: Record | None,
    reopened: Fields,
) -> None:
    """Lay a visit on the desk with one more version; a new visit has none yet.

    `reopened` is what the visit says again where the office has to decide anew: after the newest version, by
    whom it may be opened.
    """
    versions = list(versions_of(visit))
    is_new = not versions
    place = place_in(versions, change.id.hex())
    is_newest = place == len(versions)
    opens = is_newest and (is_new or takes_effect(visit, change, caller, tugas))
    versions.insert(place, version)
    fields = {**visit.fields, "versions": versions, "versi": len(versions), "flags": flags}
    if opens:
        fields |= reopened
    head = change.id if is_newest else visit.head
    desk.put(Record(id=visit.id, kind=visit.kind, head=head, fields=fields))
    if opens and tugas is not None and tugas.fields.get("petugas") == change.author:
        move_tugas(desk, tugas, "dikirim")


def versions_of(visit: Record | None) -> list[Fields]:
    """Return the versions of a visit in their order; none of one that is not there yet."""
    return visit.fields.get("versions", []) if visit else []


def counted_versions(visit: Record) -> list[Fields]:
    """Return the versions of a visit up to the one that counts: the newest, of an approved one the newest
    that was there to be approved.
    """
    versions: list[Fields] = visit.fields.get("versions") or []
    if visit.fields.get("state") == APPROVED:
        decided_ms = visit.fields.get("decided_ms") or 0
        return [each for each in versions if each.get("received_ms", 0) <= decided_ms] or versions
    return versions


def authors(fields: Fields) -> set[str]:
    """Return everyone who wrote a version of this visit."""
    return {fields["petugas"], *(version["author"] for version in fields["versions"])}


def takes_effect(visit: Record, change: Arrived, caller: Caller, tugas: Record | None) -> bool:
    """Say whether a further version opens the visit again: another's, or a revoked device's, does not."""
    on_duty = caller.office or mine(caller.person) in caller.parts
    own = visit.fields["petugas"] == change.author
    handed_over = tugas is not None and (
        tugas.id == visit.fields.get("tugas") and tugas.fields.get("petugas") == change.author
    )
    return on_duty and (own or handed_over)


def place_in(versions: list[Fields], name: str) -> int:
    """Return where a version belongs: last, unless it was believed lost and another went on without it."""
    for place, version in enumerate(versions):
        if version["follows"] == name:
            return place
    return len(versions)


def flags_of(
    visit: Record,
    follows: ChangeId | None,
    change: Arrived,
    caller: Caller,
    subject: Record | None = None,
) -> list[str]:
    """Return what a reviewer should know of a visit, this version included, and nothing that refuses it."""
    fields, parent = visit.fields, follows.hex() if follows else None
    flags = set(fields.get("flags", ()))
    if any(version["follows"] == parent for version in versions_of(visit)):
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
