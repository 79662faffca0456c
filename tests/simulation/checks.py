"""What must hold once a regency has come to rest. Rule: looked at from outside, not by what made it.

Each function raises Violation; `check` runs them all. Only `_replays` uses the core again, as `verify` does.
"""

from collections import Counter, defaultdict
from hashlib import sha256
from typing import Any

from schemas.base import encode
from schemas.ids import NO_LINK, BlobId, ChangeId, DeviceId, LinkHash, PersonId, RecordId
from schemas.wire import Applied, Conflict, Held, Rejected
from sync.apply import apply
from sync.arrival import arrived
from sync.chain import head_message, read_link
from sync.change import (
    Advance,
    Content,
    Decide,
    Destroyed,
    Gap,
    Patch,
    Resolve,
    SealedAdvance,
    SealedDecide,
    SealedSubmit,
    Submit,
    read,
)
from sync.desk import Desk
from sync.digest import EMPTY, fold, row_hash
from sync.losses import LOST, is_destroyed
from sync.memory import MemoryOffice
from sync.merge import SETS
from sync.scope import Caller, parts_of_person, views
from sync.store import DESTROYED, Change, Entry, Record
from tests.simulation.faults import Violation
from tests.simulation.key_checks import check_keys, follows_the_office
from tests.simulation.office import GONE, Office
from tests.simulation.phone import Phone
from tests.simulation.sealed_checks import check_sealed
from tests.simulation.state import OfficeState
from tests.simulation.things import blobs_in
from tests.simulation.world import World, domain_rules

Gaps = dict[DeviceId, list[tuple[int, int]]]
"""The first and last place of each hole that a device declared."""


def check(world: World) -> None:
    """Check everything. Raises Violation."""
    office = world.offices[0]
    state = office.state()
    contents = {name: read(raw) for name, raw in state.contents.items()}
    gaps = _gaps(state, contents)
    _chains_verify(state, office, gaps)
    _what_was_told_is_so(state, office)
    _seqs_are_used_once(state)
    check_keys(office, state, contents)
    for phone in world.phones.values():
        follows_the_office(phone, office)
        _has_given_everything(phone, state, office)
        _agrees(phone, state, office)
    _destroyed_stays_so(world, state, office)
    _forgotten_is_safe(world, state, office)
    _happened_once(state, contents)
    _nothing_parked_is_lost(state, contents)
    _nothing_was_overwritten_unseen(state, contents)
    _nothing_stale_took_effect(state, contents)
    _nothing_waits_for_what_is_there(state)
    _rows_show_the_records(state)
    check_sealed(world, office, state, contents)
    _replays(state, contents, office)


def _holds(name: str, is_so: bool, about: object = "") -> None:
    if not is_so:
        raise Violation(name, about)


def _same(name: str, ours: dict[Any, Any], theirs: dict[Any, Any]) -> None:
    if ours != theirs:
        differ = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
        raise Violation(name, differ[:3])


def _chains_verify(state: OfficeState, office: Office, gaps: Gaps) -> None:
    """Every link is what its hash says, follows what it names, and lies under a signature."""
    followed: set[LinkHash] = set()
    for name, entry in state.links.items():
        link = entry.link
        _holds("a link is not what its hash says", sha256(entry.raw_link).digest() == name)
        _holds("a link was changed", read_link(entry.raw_link) == link)
        before = state.links.get(link.prev)
        starts = link.prev == NO_LINK and link.counter == 1
        follows = before is not None and before.link.device == link.device
        follows = follows and before is not None and before.link.counter + 1 == link.counter
        if entry.known:
            is_whole = starts or (follows and before is not None and before.known)
            is_whole |= any(first <= link.counter - 1 <= last for first, last in gaps[link.device])
            _holds("a known link follows nothing", is_whole, link.counter)
        content = state.contents.get(link.change)
        if content is None:
            _holds("a content is gone", _is_gone(state.changes.get(link.change)), link.counter)
        else:
            _holds("a content was changed", sha256(content).digest() == link.change)
        followed.add(link.prev)
    for (device, head), signature in state.signatures.items():
        if device == office.device:
            continue  # by the key of the place: key_checks.py
        _holds("a signature does not hold", office.people[device].key.verify(signature, head_message(head)))
    for name, entry in state.links.items():
        is_signed = name in followed or (entry.link.device, name) in state.signatures
        _holds("the end of a chain is not signed", is_signed)


def _gaps(state: OfficeState, contents: dict[ChangeId, Content]) -> Gaps:
    """Return the places of each chain that its device declared lost, from the log."""
    gaps: Gaps = defaultdict(list)
    for name, change in state.changes.items():
        body = contents[name].body if name in contents else None
        if isinstance(body, Gap):
            gaps[change.device].append((body.first, body.last))
    return gaps


def _is_gone(change: Change | None) -> bool:
    """Say whether a change has no content because it was declared lost, or destroyed."""
    outcome = change.outcome if change else None
    return isinstance(outcome, Rejected) and outcome.problem in GONE


def _is_destroyed(change: Change | None) -> bool:
    return change is not None and change.outcome == DESTROYED


def _what_was_told_is_so(state: OfficeState, office: Office) -> None:
    """All that this office, in this history, has told is still so."""
    told = office.told
    for change, outcome in told.outcomes.items():
        there = state.changes.get(change)
        is_there = change in state.contents or _is_gone(there)
        _holds("a change that was answered is gone", is_there)
        _holds("an outcome that was told is gone", there is not None)
        # what waited may have got free, and what was lost may have turned up
        is_final = not isinstance(outcome, Held) and outcome != LOST
        if there is not None and is_final and not _is_destroyed(there):
            _holds("an outcome changed after it was told", there.outcome == outcome, outcome)
    for tip in told.tips:
        _holds("a known tip is gone", tip in state.links and state.links[tip].known)
    for blob, device in ((blob, device) for device, blobs in told.blobs.items() for blob in blobs):
        if blob in state.destroyed:
            _holds("a destroyed blob came back", blob not in office.files)
            continue
        _holds("a blob that was received is gone", sha256(office.files.get(blob, b"")).hexdigest() == blob)
        _holds("a receipt is gone", (blob, device) in state.received)


def _seqs_are_used_once(state: OfficeState) -> None:
    used = [
        *(change.seq for change in state.changes.values() if change.device),
        *(record.seq for record in state.records.values()),
        *(row.seq for row in state.rows.values()),
        *(gone.seq for gone in state.removed.values()),
    ]
    twice = [seq for seq, times in Counter(used).items() if times > 1]
    _holds("a seq was used twice", not twice, twice[:3])
    _holds("a seq lies beyond the last", max(used) <= state.last_seq)


def _has_given_everything(phone: Phone, state: OfficeState, office: Office) -> None:
    """Whatever a phone still holds, the office holds too; the phone knows so, and what became of it."""
    entries = phone.entries()
    for entry in entries:
        change, counter = entry.link.change, entry.link.counter
        there = state.links.get(entry.hash)
        _holds("a phone's change never arrived", there is not None and there.known, counter)
        _holds("a change has no outcome", change in state.changes)
        if entry.content is not None and not _is_destroyed(state.changes[change]):
            arrived_as = state.contents.get(change)
            _holds("a change that a phone holds never arrived", arrived_as == entry.content, counter)
        known = phone.outcome(change)
        _holds("a phone knows another outcome", known == state.changes[change].outcome, known)
    head = entries[-1].hash if entries else NO_LINK
    _holds("a phone does not know what was received", phone.store.acknowledged().hash == head)
    named = {blob for entry in entries for blob in _evidence(entry, state)}
    for blob, photo in phone.photos.items():
        if blob in state.destroyed or blob not in named:
            continue
        is_there = (blob, phone.device) in state.received and office.files.get(blob) == photo.data
        _holds("a photo never arrived", is_there)
        _holds("a phone does not know that a photo was received", photo.received)


def _evidence(entry: Entry, state: OfficeState) -> list[BlobId]:
    """Return what a change on a phone names, unless it was destroyed or declared lost."""
    change = state.changes.get(entry.link.change)
    if entry.content is None or change is None or _is_gone(change):
        return []
    return blobs_in(read(entry.content).body)


def _agrees(phone: Phone, state: OfficeState, office: Office) -> None:
    """A phone holds exactly the rows of its parts."""
    parts = office.parts_of(office.store, phone.device)
    _holds("a phone holds other parts than it may", set(phone.store.parts()) == parts)
    ours = {name: row for name, row in state.rows.items() if name[0] in parts}
    theirs = phone.rows()
    _same("a phone's rows differ from the office's", ours, theirs)
    digests = dict.fromkeys(parts, EMPTY)
    for row in ours.values():
        digests[row.part] = fold(digests[row.part], row_hash(row.part, row.id, row.seq, row.body))
    _holds("a phone's digests are wrong", phone.store.digests(parts) == digests)
    _holds("the office's digests are wrong", office.store.digests(parts) == digests)


def _happened_once(state: OfficeState, contents: dict[ChangeId, Content]) -> None:
    """Every visit's versions, every case's steps and every blob's mention are those of the log, once each."""
    versions = Counter[tuple[RecordId, str]]()
    steps = Counter[tuple[RecordId, str]]()
    named = Counter[tuple[ChangeId, BlobId]]()
    for name, change in state.changes.items():
        is_applied = isinstance(change.outcome, Applied)
        match contents[name].body if name in contents else None:
            case Submit(visit=visit, evidence=evidence):
                versions[visit, name.hex()] += is_applied
                blobs = {item.blob for item in evidence} - state.destroyed
                named.update((name, blob) for blob in blobs)
            case SealedSubmit(visit=visit, blob=blob):
                versions[visit, name.hex()] += is_applied
                named.update((name, one) for one in {blob} - state.destroyed)
            case Advance(kasus=kasus) | SealedAdvance(kasus=kasus):
                steps[kasus, name.hex()] += is_applied
            case _:
                pass
    held = Counter(
        (record.id, version["change"])
        for record in state.records.values()
        if record.kind == "kunjungan"
        for version in record.fields.get("versions", [])
    )
    _holds("a visit's versions are not those that were accepted", held == versions)
    moved = Counter(
        (record.id, entry["change"])
        for record in state.records.values()
        if record.kind == "kasus"
        for entry in record.fields.get("history", [])
    )
    _holds("a case's steps are not those that were accepted", moved == steps)
    refs = Counter((ref.change, ref.blob) for ref in state.refs)
    _holds("the blobs that visits name are not known once each", refs == named)


def _nothing_parked_is_lost(state: OfficeState, contents: dict[ChangeId, Content]) -> None:
    """What was parked waits with the newest value its author wrote, or a Resolve ended it."""
    resolved: set[RecordId] = set()
    newest: dict[tuple[RecordId, str], Any] = {}
    parked: set[RecordId] = set()
    for name, change in sorted(state.changes.items(), key=lambda item: item[1].seq):
        if name not in contents:
            continue
        body = contents[name].body
        if isinstance(change.outcome, Applied) and isinstance(body, Resolve):
            resolved.add(body.conflict)
        if not isinstance(change.outcome, Conflict):
            continue
        parked |= set(change.outcome.ids)
        for conflict in change.outcome.ids:
            record = state.records.get(conflict)
            _holds("a conflict is gone", record is not None and record.kind == "konflik")
            if record is not None and isinstance(body, Patch):
                own = body.new.keys() & record.fields["fields"].keys()
                newest |= {(conflict, field): body.new[field] for field in own}
    for conflict in parked:
        fields = state.records[conflict].fields
        if conflict in resolved:
            _holds("a conflict was resolved and is open", fields["state"] == "selesai")
            continue
        _holds("a conflict was closed by nobody", fields["state"] == "menunggu")
        for field, case in fields["fields"].items():
            if (conflict, field) in newest:
                _holds("a parked value is not what was written", case["mine"] == newest[conflict, field])
    for record in state.records.values():
        for conflict in record.parked.values():
            _holds("a record waits for a conflict that is closed", conflict in parked - resolved)


def _nothing_was_overwritten_unseen(state: OfficeState, contents: dict[ChangeId, Content]) -> None:
    """No value gave way to one whose author had not seen it. By value, field by field, from the log alone."""
    now: dict[RecordId, dict[str, Any]] = {}
    for name, change in sorted(state.changes.items(), key=lambda item: item[1].seq):
        if name not in contents:
            continue
        body = contents[name].body
        if isinstance(body, Resolve) and isinstance(change.outcome, Applied):
            about = state.records[body.conflict].fields
            if about["kind"] == "warga" and about["reason"] != "mundur":
                now.setdefault(RecordId(about["record"]), {}).update(body.values)
        if not isinstance(body, Patch) or body.kind != "warga" or isinstance(change.outcome, Rejected | Held):
            continue
        fields = now.get(body.record)
        if fields is None:
            if isinstance(change.outcome, Applied):
                now[body.record] = dict(body.new)
            continue
        parked = _parked_fields(state, change)
        for field, mine in body.new.items():
            before = fields.get(field)
            if field in parked or before == mine:
                continue
            if field in SETS["warga"]:
                base = set(body.base.get(field) or ())
                fields[field] = (set(before or ()) - (base - set(mine))) | (set(mine) - base)
                continue
            _holds("a value was overwritten unseen", before == body.base.get(field), field)
            fields[field] = mine
    for name, fields in now.items():
        there = state.records[name].fields
        for field, value in fields.items():
            held = there[field]
            is_so = set(held or ()) == set(value or ()) if field in SETS["warga"] else held == value
            _holds("a record is not what its changes say", is_so, field)


def _nothing_stale_took_effect(state: OfficeState, contents: dict[ChangeId, Content]) -> None:
    """A step of a case and a decision on a visit took effect only after the one that was then the newest."""
    heads: dict[RecordId, ChangeId] = {}
    went_on_without: set[ChangeId] = set()
    stubs = _stubs(contents)
    for name, change in sorted(state.changes.items(), key=lambda item: item[1].seq):
        content = stubs.get(name) or contents.get(name)
        if content is None or not (name in stubs or isinstance(change.outcome, Applied)):
            continue
        match content.body:
            case Patch(record=record, kind="kasus"):
                heads.setdefault(record, name)
            case Submit(visit=visit, follows=follows) | SealedSubmit(visit=visit, follows=follows):
                went_on_without |= {follows} if follows else set()
                if name not in went_on_without:
                    heads[visit] = name
            case (
                Advance(kasus=record, follows=follows)
                | SealedAdvance(kasus=record, follows=follows)
                | Decide(visit=record, follows=follows)
                | SealedDecide(visit=record, follows=follows)
            ):
                _holds("a step took effect after something old", follows == heads.get(record))
                heads[record] = name
            case _:
                pass


def _nothing_waits_for_what_is_there(state: OfficeState) -> None:
    for name, change in state.changes.items():
        if not isinstance(change.outcome, Held):
            continue
        waiting = change.outcome.waiting
        raw = bytes.fromhex(waiting)
        there = state.changes.get(ChangeId(raw))
        is_there = there is not None and isinstance(there.outcome, Applied | Conflict)
        is_there |= RecordId(waiting) in state.records
        link = state.links.get(LinkHash(raw))
        is_there |= link is not None and link.known
        _holds("a change waits for what is there", not is_there, name.hex())


def _parked_fields(state: OfficeState, change: Change) -> set[str]:
    if not isinstance(change.outcome, Conflict):
        return set()
    return {field for conflict in change.outcome.ids for field in state.records[conflict].fields["fields"]}


def _rows_show_the_records(state: OfficeState) -> None:
    shown = {
        (part, record.id): (record.kind, encode(fields))
        for record in state.records.values()
        for part, fields in views(record).items()
    }
    rows = {name: (row.kind, row.body) for name, row in state.rows.items()}
    _same("the rows are not what the records show", shown, rows)


def _replays(state: OfficeState, contents: dict[ChangeId, Content], office: Office) -> None:
    """All changes once more, by seq, into an empty store: the same outcomes and the same records."""
    again = MemoryOffice(lambda: bytes(8))
    rules = domain_rules()
    desk = Desk(again)
    stubs = _stubs(contents)
    for name, change in sorted(state.changes.items(), key=lambda item: item[1].seq):
        if name not in stubs and isinstance(change.outcome, Held | Rejected):
            continue
        content = stubs.get(name) or contents.get(name)
        if content is None or not change.device:
            continue  # destroyed before it ever came into this history
        arrival = arrived(content, name, change.device, change.received_ms, change.seq)
        outcome = apply(desk, arrival, _caller_then(desk, office, change), rules)
        is_same = name in stubs or outcome == change.outcome
        _holds("a change comes to another end when it is replayed", is_same, outcome)
    desk.flush(again)
    replayed = {name: _bare(record) for name, record in again.record_table.items()}
    ours = {name: _bare(record) for name, record in state.records.items()}
    _same("a replay gives other records", replayed, ours)


def _stubs(contents: dict[ChangeId, Content]) -> dict[ChangeId, Content]:
    """Return what was kept of the changes that were destroyed and had taken effect."""
    bodies = (content.body for content in contents.values())
    destroyed = [body.changes for body in bodies if isinstance(body, Destroyed)]
    return {name: read(raw) for stubs in destroyed for name, raw in stubs.items() if raw}


def _destroyed_stays_so(world: World, state: OfficeState, office: Office) -> None:
    """What was ever destroyed is so in this history too, whatever was restored since."""
    for body in world.destroyed:
        for name in body.changes:
            _holds("a destroyed content came back", name not in state.contents)
            _holds("a destroyed change is not said to be so", _is_destroyed(state.changes.get(name)))
        for blob in body.blobs:
            _holds("a destroyed photo came back", blob not in office.files)
        for name in body.records:
            _holds("a destroyed thing is not said to be so", is_destroyed(state.records.get(name)))
    for raw in state.contents.values():
        said = read(raw).body
        of = state.records.get(said.visit) if isinstance(said, Submit | SealedSubmit) else None
        _holds("something of a destroyed visit is kept", not is_destroyed(of))


def _forgotten_is_safe(world: World, state: OfficeState, office: Office) -> None:
    """What a phone forgot, because it was told that backups hold it, is at the office."""
    for blob, device in world.forgotten:
        is_there = (blob, device) in state.received and blob in office.files
        _holds("a photo was forgotten and is nowhere", is_there or blob in state.destroyed)


def _caller_then(desk: Desk, office: Office, change: Change) -> Caller:
    """Say who stood behind a device when a change was received."""
    if change.device == office.device:
        return office.caller(office.store, change.device)
    person: PersonId = office.people[change.device].person
    record = desk.get(RecordId(person))
    parts = frozenset()
    revoked_ms = office.revoked.get(DeviceId(change.device))
    is_revoked = revoked_ms is not None and change.received_ms >= revoked_ms
    if record is not None and record.fields.get("aktif", True) and not is_revoked:
        parts = parts_of_person(person, record.fields)
    key = office.people[change.device].key
    return Caller(device=change.device, person=person, parts=parts, verify=key.verify)


def _bare(record: Record) -> tuple[object, ...]:
    return (record.kind, record.fields, record.head, record.readers, record.parked)
