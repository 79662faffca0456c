"""What is known around a conflict: who wrote each side, when, where, and what they photographed there.

Rule: nothing is guessed. Who wrote the office's value is said only where a change is found that set it: the
patch beside a visit in its chain, a choice in an earlier conflict, or the change that moved the conflict.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from schemas.base import Data
from schemas.ids import ChangeId, DeviceId, PersonId, RecordId
from schemas.wire import Applied, Conflict
from server import conflict_store
from server.engine import Reader
from server.services.visits import Version, load_versions
from server.store import SqlOfficeStore
from sync.change import Clock, Content, Patch, Place, Resolve, read
from sync.store import Change, Record

NEAR_MS = 14 * 86_400_000
"""Visits so far from a conflict in time still say something about it."""
MOST_VISITS = 12
MOST_CONFLICTS = 20
SHOWN_VISITS = 2
REACH = 3
"""A phone writes a visit and what it found different one after the other."""


class Written(Data, frozen=True, kw_only=True):
    """Who wrote one side, and the bounds of when: last office time seen (0: none) … received, in UTC ms."""

    author: PersonId
    device: DeviceId
    server_ms: int
    received_ms: int
    wall_ms: int


class VisitAround(Data, frozen=True, kw_only=True):
    """A visit to what a conflict is about, in one version; `region` is its desa."""

    id: RecordId
    region: str
    version: Version


class Facts(Data, frozen=True, kw_only=True):
    """All of it. `theirs` is None where no change is found; `merged` are fields that were merged around here.

    `place` is where the author was: that of their nearest visit. `moved`: they wrote of another record, which
    lives on in this one.
    """

    mine: Written | None
    theirs: Written | None
    place: Place | None
    evidence_mine: tuple[VisitAround, ...]
    evidence_theirs: tuple[VisitAround, ...]
    merged: tuple[str, ...]
    moved: bool


class _Found(Data, frozen=True, kw_only=True):
    change: Change
    content: Content


def gather(tx: Reader, conflict: Record, target: Record | None) -> Facts:
    """Read what is known around a conflict about `target`."""
    store, fields = SqlOfficeStore.reading(tx), conflict.fields
    at_ms, name = int(fields["at_ms"]), target.id if target else RecordId(str(fields["record"]))
    own = ChangeId(bytes.fromhex(str(fields["change"])))
    of = written_of(store, own) or name
    visits = _visits(tx, store, {name, of}, target, at_ms)
    neighbours = _neighbours(tx, store, visits, own)
    mine = neighbours.get(own)
    present = {field: target.fields.get(field) if target else None for field in fields["fields"]}
    theirs = _who_wrote_theirs(tx, store, conflict, name, present, target, neighbours)
    author = PersonId(str(fields["petugas"]))
    evidence_mine = tuple(visit for visit in visits if visit.version.content.author == author)
    other = theirs.author if theirs else None
    evidence_theirs = tuple(visit for visit in visits if visit.version.content.author == other != author)
    return Facts(
        mine=_written(mine.change, mine.content) if mine else None,
        theirs=theirs,
        place=next((each.version.submit.place for each in evidence_mine if each.version.submit.place), None),
        evidence_mine=evidence_mine[:SHOWN_VISITS],
        evidence_theirs=evidence_theirs[:SHOWN_VISITS],
        merged=_merged(neighbours.values(), of),
        moved=of != name,
    )


def merged_beside(tx: Reader, version: Version, subject: RecordId | None) -> tuple[str, ...]:
    """Return the fields of its subject that were merged with others' work when a version came in."""
    if subject is None:
        return ()
    store = SqlOfficeStore.reading(tx)
    around = _load(store, conflict_store.beside(tx, version.device, version.change, REACH))
    return _merged(around.values(), subject)


def written_of(store: SqlOfficeStore, own: ChangeId) -> RecordId | None:
    """Return which record a patch names; a merged one's conflicts lie with the record that lives on."""
    found = _load(store, [own]).get(own)
    return found.content.body.record if found and isinstance(found.content.body, Patch) else None


def _visits(
    tx: Reader, store: SqlOfficeStore, subjects: set[RecordId], target: Record | None, at_ms: int
) -> list[VisitAround]:
    """Return each version of the visits around, nearest in time first."""
    kind = target.kind if target else ""
    if kind == "kunjungan":
        ids = list(subjects)
    elif kind == "kasus" and target is not None:
        ids = [RecordId(visit)] if isinstance(visit := target.fields.get("kunjungan"), str) else []
    else:
        ids = [
            visit
            for subject in subjects
            for visit in conflict_store.visits_near(tx, subject, at_ms, MOST_VISITS)
        ]
    found: list[VisitAround] = []
    for visit, record in store.records(ids).items():
        if record.kind != "kunjungan":
            continue
        changes = [ChangeId(bytes.fromhex(each["change"])) for each in record.fields["versions"]]
        region = str(record.fields.get("kode_desa") or "")
        for version in load_versions(tx, changes):
            if kind in ("kunjungan", "kasus") or abs(version.received_ms - at_ms) <= NEAR_MS:
                found.append(VisitAround(id=visit, region=region, version=version))
    return sorted(found, key=lambda each: (abs(each.version.received_ms - at_ms), each.id))


def _neighbours(
    tx: Reader, store: SqlOfficeStore, visits: Sequence[VisitAround], own: ChangeId
) -> dict[ChangeId, _Found]:
    """Return the conflict's own change, and what was written beside each visit."""
    names = {own: None}
    for visit in visits:
        names |= dict.fromkeys(conflict_store.beside(tx, visit.version.device, visit.version.change, REACH))
    return _load(store, names)


def _load(store: SqlOfficeStore, names: Iterable[ChangeId]) -> dict[ChangeId, _Found]:
    wanted = list(names)
    changes, contents = store.changes(wanted), store.contents(wanted)
    found: dict[ChangeId, _Found] = {}
    for name in wanted:
        if name not in changes or name not in contents:
            continue
        try:
            found[name] = _Found(change=changes[name], content=read(contents[name]))
        except msgspec.DecodeError:
            continue
    return found


def _who_wrote_theirs(
    tx: Reader,
    store: SqlOfficeStore,
    conflict: Record,
    name: RecordId,
    theirs: dict[str, Any],
    target: Record | None,
    neighbours: dict[ChangeId, _Found],
) -> Written | None:
    """Find the newest change that set the office's value of a field in dispute."""
    moved = _load(store, [conflict.head] if conflict.head else [])
    found = [
        _written(each.change, each.content)
        for each in (*neighbours.values(), *moved.values())
        if each.change.id.hex() != conflict.fields["change"]
        if _sets(each.content, name, theirs) and isinstance(each.change.outcome, Applied | Conflict)
    ]
    found += _earlier_choices(tx, store, conflict, name, theirs)
    found += _office_step(target)
    return max(found, key=lambda each: each.received_ms, default=None)


def _sets(content: Content, name: RecordId, theirs: dict[str, Any]) -> bool:
    """Whether a change wrote one of these values: into this record, or by a choice."""
    match content.body:
        case Patch(record=record, new=new) if record == name:
            return any(field in new and new[field] == value for field, value in theirs.items())
        case Resolve(values=values):
            return any(field in values and values[field] == value for field, value in theirs.items())
        case _:
            return False


def _earlier_choices(
    tx: Reader, store: SqlOfficeStore, conflict: Record, name: RecordId, theirs: dict[str, Any]
) -> list[Written]:
    ids = [each for each in conflict_store.conflicts_about(tx, name, MOST_CONFLICTS) if each != conflict.id]
    closing = [
        earlier.head
        for earlier in store.records(ids).values()
        if earlier.head is not None and "resolved_by" in earlier.fields
    ]
    found = _load(store, closing)
    return [_written(e.change, e.content) for e in found.values() if _sets(e.content, name, theirs)]


def _office_step(target: Record | None) -> list[Written]:
    """Return who decided a visit, or took the newest step of a case: those made its present state."""
    fields: dict[str, Any] = target.fields if target else {}
    history: list[dict[str, Any]] = fields.get("history") or [{}]
    by = fields.get("decided_by") or history[-1].get("by")
    at_ms = int(fields.get("decided_ms") or history[-1].get("received_ms") or 0)
    if not isinstance(by, str) or not at_ms:
        return []
    who = PersonId(by)
    return [Written(author=who, device=DeviceId(""), server_ms=at_ms, received_ms=at_ms, wall_ms=at_ms)]


def _merged(found: Iterable[_Found], name: RecordId) -> tuple[str, ...]:
    """Return the fields that outcomes of changes to this record list as merged, each once."""
    fields: dict[str, None] = {}
    for each in found:
        body, outcome = each.content.body, each.change.outcome
        if isinstance(body, Patch) and body.record == name and isinstance(outcome, Applied | Conflict):
            fields |= dict.fromkeys(outcome.merged)
    return tuple(fields)


def _written(change: Change, content: Content) -> Written:
    clock: Clock = content.clock
    return Written(
        author=content.author,
        device=change.device,
        server_ms=clock.server_ms,
        received_ms=change.received_ms,
        wall_ms=clock.wall_ms,
    )
