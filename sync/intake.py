"""Taking in pushed links and contents. Rule: one bad change never blocks the rest.

The links of one request form an unbroken run, so one signature over the last covers them all. What follows
the known chain is applied; what stands above a gap is stored and held until the gap is filled, or declared
by a `Gap` never to be; what cannot be read or may not be done is kept as it came, with its reason, and counts
as known. What was declared lost and turns up all the same is taken in late.
"""

from collections.abc import Sequence

import msgspec

from schemas.base import UNREADABLE, Data
from schemas.ids import ChangeId, DeviceId, LinkHash
from schemas.wire import Declared, Held, Outcome
from sync.applying import Callers, Job, apply_jobs, change_of, readable
from sync.chain import START, Link, Tip, head_message, link_hash, read_link
from sync.change import Content, Gap, change_id, read
from sync.losses import LOST
from sync.rules import Rules
from sync.scope import Caller
from sync.store import Entry, Signed, Taking
from sync.visits import evidence_of


class Malformed(Data, frozen=True, kw_only=True):
    """The whole message was refused and nothing was stored; `problem` is a code of schemas/problem.py."""

    problem: str


class Hole(Data, frozen=True, kw_only=True):
    """A signed declaration: the places `first` to `last` of this chain can never be filled again."""

    first: int
    last: int
    entry: Entry
    signature: bytes


class Run(Data, frozen=True, kw_only=True):
    """What one request pushes, read and checked: entries in order, and the hole that they may rest on.

    The entries say `known` until their place in the chain is looked up. `read` has what the contents say,
    None for one that cannot be read: checking is work for many, and the writer is one.
    """

    entries: list[Entry]
    signature: bytes
    hole: Hole | None = None
    read: dict[ChangeId, Content | None] = {}


def read_run(
    raw_links: Sequence[bytes],
    raw_contents: Sequence[bytes],
    signature: bytes,
    declared: Declared | None,
    caller: Caller,
) -> Run | Malformed:
    """Decode what a request pushes and check that it is one signed run of the caller's chain."""
    contents = {change_id(raw): raw for raw in raw_contents}
    entries: list[Entry] = []
    for raw in raw_links:
        try:
            link = read_link(raw)
        except UNREADABLE:
            return Malformed(problem="tautan_tidak_terbaca")
        if link.device != caller.device:
            return Malformed(problem="tautan_perangkat_lain")
        if not _continues(entries, link):
            return Malformed(problem="rantai_putus")
        content = contents.get(link.change)
        entries.append(Entry(link=link, hash=link_hash(raw), raw_link=raw, content=content))
    if entries and not caller.verify(signature, head_message(entries[-1].hash)):
        return Malformed(problem="tanda_tangan_salah")
    hole = _read_hole(declared, caller) if declared else None
    if isinstance(hole, Malformed):
        return hole
    named = {entry.link.change: entry.content for entry in entries if entry.content is not None}
    understood = {change: readable(raw) for change, raw in named.items()}
    return Run(entries=entries, signature=signature, hole=hole, read=understood)


def take_in(
    store: Taking, run: Run, caller: Caller, callers: Callers, rules: Rules, now_ms: int
) -> dict[ChangeId, Outcome] | Malformed:
    """Store a run and apply what can be applied. Returns the outcome of each change as it now stands."""
    entries, first = run.entries, run.entries[0].link
    known = _stands_on(store, first, run.hole, caller.device)
    if isinstance(known, Malformed):
        return known
    # what came before, by this link or another, has its outcome
    there = store.changes([entry.link.change for entry in entries])
    outcomes = {change: found.outcome for change, found in there.items()}
    lost = [entry for entry in entries if entry.content is None and entry.link.change not in outcomes]
    if any(not _lies_in(entry.link, run.hole) for entry in lost):
        return Malformed(problem="isi_kurang")
    if run.hole is not None:
        _keep_hole(store, run.hole, now_ms)
    store.add_links(entries if known else [_known(entry, False) for entry in entries])
    store.add_signature(_signed(entries[-1], run.signature))
    outcomes |= _write_off(store, lost, now_ms)
    if not known:
        new = [entry for entry in entries if _is_new(entry, outcomes.get(entry.link.change))]
        return outcomes | _hold(store, new, first.prev, now_ms)
    # one that was held when it came first may be pushed by another than the one who waits for its outcome
    waiting = [entry for entry in entries if _is_open(entry, outcomes.get(entry.link.change))]
    jobs = [_job(entry, late=entry.link.change in outcomes) for entry in _with_contents(store, waiting)]
    filled = _fill_gaps(store, caller.device, entries)
    jobs += [_job(entry, late=True) for entry in filled if entry.content is not None]
    return outcomes | apply_jobs(store, jobs, callers, rules, now_ms, run.read)


def _is_new(entry: Entry, outcome: Outcome | None) -> bool:
    """Say whether a change comes for the first time, or at last with the content that was declared lost."""
    return outcome is None or (outcome == LOST and entry.content is not None)


def _is_open(entry: Entry, outcome: Outcome | None) -> bool:
    return isinstance(outcome, Held) or _is_new(entry, outcome)


def _with_contents(store: Taking, entries: Sequence[Entry]) -> list[Entry]:
    """Return those whose content came, now or before: a link may name what another place brought and held."""
    # an empty content is one too, if none that can be read
    lacking = [entry.link.change for entry in entries if entry.content is None]
    there = store.contents(lacking) if lacking else {}
    found = [
        entry
        if entry.content is not None
        else msgspec.structs.replace(entry, content=there.get(entry.link.change))
        for entry in entries
    ]
    return [entry for entry in found if entry.content is not None]


def _continues(entries: Sequence[Entry], link: Link) -> bool:
    if not entries:
        return (link.counter == 1) == (link.prev == START.hash)
    last = entries[-1]
    return link.prev == last.hash and link.counter == last.link.counter + 1


def _read_hole(declared: Declared, caller: Caller) -> Hole | Malformed:
    """Read a declared gap; it speaks for itself, so that it may come before its place in the chain does."""
    try:
        link, content = read_link(declared.link), read(declared.content)
    except UNREADABLE:
        return Malformed(problem="celah_salah")
    body, name = content.body, link_hash(declared.link)
    is_whole = link.device == caller.device and link.change == change_id(declared.content)
    if not is_whole or not isinstance(body, Gap) or not body.first <= body.last < link.counter:
        return Malformed(problem="celah_salah")
    if not caller.verify(declared.signature, head_message(name)):
        return Malformed(problem="tanda_tangan_salah")
    entry = Entry(link=link, hash=name, raw_link=declared.link, content=declared.content, known=False)
    return Hole(first=body.first, last=body.last, entry=entry, signature=declared.signature)


def _stands_on(store: Taking, first: Link, hole: Hole | None, device: DeviceId) -> bool | Malformed:
    """Say whether what a run follows is known without a gap, or with a declared one."""
    place = Tip(counter=first.counter - 1, hash=first.prev)
    if place == START or place in store.tips(device):
        return True
    before = store.entries_at(device, [place]).get(place.hash)
    if before is not None and before.known:
        return True
    if before is None and store.counter_of(device, place.hash) is not None:
        return Malformed(problem="rantai_putus")
    if hole is None or not hole.first <= place.counter <= hole.last:
        return False
    reached = max((tip.counter for tip in store.tips(device)), default=0)
    return reached >= hole.first - 1


def _lies_in(link: Link, hole: Hole | None) -> bool:
    return hole is not None and hole.first <= link.counter <= hole.last


def _keep_hole(store: Taking, hole: Hole, now_ms: int) -> None:
    """Keep the declaration at once: what it lets through must be explained even if its link never comes."""
    link = hole.entry.link
    if link.change not in store.changes([link.change]):
        store.add_links([hole.entry])
        store.add_signature(_signed(hole.entry, hole.signature))
        _hold(store, [hole.entry], link.prev, now_ms)


def _write_off(store: Taking, lost: Sequence[Entry], now_ms: int) -> dict[ChangeId, Outcome]:
    """Note that these contents will never come."""
    if not lost:
        return {}
    changes = [change_of(_job(entry), LOST, now_ms, store.take_seq()) for entry in lost]
    store.put_changes(changes, {})
    return {change.id: LOST for change in changes}


def _fill_gaps(store: Taking, device: DeviceId, entries: Sequence[Entry]) -> list[Entry]:
    """Mark as known what was stored above the gap that has just been filled."""
    filled: list[Entry] = []
    below = {entry.hash: entry.link.counter for entry in entries}
    while held := store.held_after(device, below):
        held = [_known(entry, True) for entry in held if entry.link.counter == below[entry.link.prev] + 1]
        if not held:
            break
        store.add_links(held)
        filled += held
        below = {entry.hash: entry.link.counter for entry in held}
    return filled


def _hold(store: Taking, entries: Sequence[Entry], prev: LinkHash, now_ms: int) -> dict[ChangeId, Outcome]:
    held: Outcome = Held(waiting=prev.hex())
    changes = [change_of(_job(entry), held, now_ms, store.take_seq()) for entry in entries]
    contents = {entry.link.change: entry.content for entry in entries if entry.content is not None}
    store.put_changes(changes, contents)
    for name, raw in contents.items():
        content = readable(raw)
        store.add_blob_refs(evidence_of(content, name, entries[0].link.device) if content else [])
    return {change.id: held for change in changes}


def _known(entry: Entry, known: bool) -> Entry:
    return msgspec.structs.replace(entry, known=known)


def _job(entry: Entry, *, late: bool = False) -> Job:
    link = entry.link
    return Job(
        change=link.change, device=link.device, counter=link.counter, content=entry.content or b"", late=late
    )


def _signed(entry: Entry, signature: bytes) -> Signed:
    link = entry.link
    return Signed(device=link.device, counter=link.counter, head=entry.hash, signature=signature)
