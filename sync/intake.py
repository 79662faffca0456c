"""Taking in pushed links and contents. Rule: one bad change never blocks the rest.

The links of one request form an unbroken run, so one signature over the last covers them all. What follows
the known chain is applied; what stands above a gap is stored and held until the gap is filled; what cannot be
read or may not be done is kept as it came, with its reason, and counts as known.
"""

from collections.abc import Callable, Sequence

import msgspec

from schemas.base import Data
from schemas.ids import NO_LINK, ChangeId, DeviceId, LinkHash
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected
from sync.apply import apply, needs
from sync.arrival import arrived
from sync.chain import Link, head_message, link_hash, read_link
from sync.change import Advance, Content, Decide, Patch, Resolve, Submit, change_id, read
from sync.desk import Desk
from sync.rules import Rules
from sync.scope import Caller
from sync.store import Change, Entry, OfficeStore, Signed

Callers = Callable[[DeviceId], Caller]
"""Who stands behind a device: needed when a change that was held is applied later."""


class Malformed(Data, frozen=True, kw_only=True):
    """The whole message was refused and nothing was stored; `problem` is a code of schemas/problem.py."""

    problem: str


def read_run(
    raw_links: Sequence[bytes], raw_contents: Sequence[bytes], signature: bytes, caller: Caller
) -> list[Entry] | Malformed:
    """Decode the links of one request and check that they are one signed run of the caller's chain.

    The entries say `known` until their place in the chain is looked up.
    """
    contents = {change_id(raw): raw for raw in raw_contents}
    entries: list[Entry] = []
    for raw in raw_links:
        try:
            link = read_link(raw)
        except msgspec.DecodeError:
            return Malformed(problem="tautan_tidak_terbaca")
        if link.device != caller.device:
            return Malformed(problem="tautan_perangkat_lain")
        if link.change not in contents:
            return Malformed(problem="isi_kurang")
        if not _continues(entries, link):
            return Malformed(problem="rantai_putus")
        entries.append(Entry(link=link, hash=link_hash(raw), raw_link=raw, content=contents[link.change]))
    if entries and not caller.verify(signature, head_message(entries[-1].hash)):
        return Malformed(problem="tanda_tangan_salah")
    return entries


def take_in(
    store: OfficeStore,
    run: Sequence[Entry],
    signature: bytes,
    caller: Caller,
    callers: Callers,
    rules: Rules,
    now_ms: int,
) -> dict[ChangeId, Outcome] | Malformed:
    """Store a run and apply what can be applied. Returns the outcome of each change as it now stands."""
    first = run[0].link
    before = store.entries_by_hash([first.prev]).get(first.prev)
    if before is not None and before.link.counter + 1 != first.counter:
        return Malformed(problem="rantai_putus")
    known = before.known if before else first.prev == NO_LINK and first.counter == 1
    entries = run if known else [_known(entry, False) for entry in run]
    is_all_new = store.add_entries(entries) == len(run)
    store.add_signature(Signed(device=caller.device, head=run[-1].hash, signature=signature))
    # What came before, by this link or another, has its outcome; most runs have none of these.
    there = {} if is_all_new else store.changes([entry.link.change for entry in run])
    stored = {change: found.outcome for change, found in there.items()}
    if known:
        new = [entry for entry in run if isinstance(stored.get(entry.link.change), Held | None)]
        new += _fill_gaps(store, caller.device, [entry.hash for entry in run])
        return {**stored, **apply_entries(store, new, callers, rules, now_ms)}
    new = [entry for entry in entries if entry.link.change not in stored]
    return {**stored, **_hold(store, new, first.prev, now_ms)}


def apply_entries(
    store: OfficeStore, entries: Sequence[Entry], callers: Callers, rules: Rules, now_ms: int
) -> dict[ChangeId, Outcome]:
    """Apply changes in order, and then, until quiet, those that waited for them."""
    outcomes: dict[ChangeId, Outcome] = {}
    work = [(entry.link.change, entry.link.device, entry.content) for entry in entries if entry.content]
    while work:
        desk = Desk(store)
        read_work = [(change, device, _read(raw)) for change, device, raw in work]
        desk.fetch(name for _, _, content in read_work if content for name in needs(content))
        done: list[Change] = []
        freed: list[str] = []
        for change, device, content in read_work:
            if change in outcomes and not isinstance(outcomes[change], Held):
                continue  # one change named by two links happens once
            seq = store.take_seq()
            if content is None:
                outcome: Outcome = Rejected(problem="isi_tidak_terbaca")
            else:
                arrival = arrived(content, change, device, now_ms, seq)
                outcome = apply(desk, arrival, callers(device), rules)
                freed += _frees(change, content, outcome)
            outcomes[change] = outcome
            done.append(_change(change, device, outcome, now_ms, seq))
        desk.flush()
        store.put_changes(done)
        waiting = store.waiting_on(freed) if freed else []
        raws = store.contents([change.id for change in waiting])
        work = [(change.id, change.device, raws[change.id]) for change in waiting]
    return outcomes


def _continues(entries: Sequence[Entry], link: Link) -> bool:
    if not entries:
        return link.counter >= 1
    last = entries[-1]
    return link.prev == last.hash and link.counter == last.link.counter + 1


def _known(entry: Entry, known: bool) -> Entry:
    return msgspec.structs.replace(entry, known=known)


def _fill_gaps(store: OfficeStore, device: DeviceId, hashes: Sequence[LinkHash]) -> list[Entry]:
    """Mark as known what was stored above the gap that has just been filled."""
    filled: list[Entry] = []
    while held := store.held_after(device, hashes):
        held = [_known(entry, True) for entry in held]
        store.add_entries(held)
        filled += held
        hashes = [entry.hash for entry in held]
    return filled


def _hold(
    store: OfficeStore, entries: Sequence[Entry], prev: LinkHash, now_ms: int
) -> dict[ChangeId, Outcome]:
    held = Held(waiting=prev.hex())
    store.put_changes(
        [_change(entry.link.change, entry.link.device, held, now_ms, store.take_seq()) for entry in entries]
    )
    return {entry.link.change: held for entry in entries}


def _read(raw: bytes) -> Content | None:
    try:
        return read(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def _change(change: ChangeId, device: DeviceId, outcome: Outcome, now_ms: int, seq: int) -> Change:
    waiting = outcome.waiting if isinstance(outcome, Held) else ""
    return Change(id=change, device=device, outcome=outcome, received_ms=now_ms, seq=seq, waiting=waiting)


def _frees(change: ChangeId, content: Content, outcome: Outcome) -> list[str]:
    """Return the names that a held change may have waited for."""
    if not isinstance(outcome, Applied | Conflict):
        return []
    match content.body:
        case Patch(kind=kind) if kind != "kasus":
            return []
        case Submit(visit=name) | Patch(record=name, kind="kasus"):
            return [change.hex(), name]
        case Advance() | Decide() | Resolve():
            return [change.hex()]
        case _:
            return []
