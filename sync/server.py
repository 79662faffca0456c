"""The office's session: one request in, one response out. Rule: a push is answered only once it is durable.

A request may push (links and contents) and always pulls: the state of the caller's parts beyond its cursor.
See docs/protocol.md; the client's side is sync/client.py.
"""

from collections.abc import Mapping, Sequence

from schemas.ids import DeviceId, LinkHash, Part
from schemas.wire import (
    MAX_LINKS,
    OLDEST,
    PROTOCOL,
    Cursor,
    Result,
    SyncRequest,
    SyncResponse,
    WireTip,
)
from sync.applying import Callers
from sync.chain import Tip, link_hash, read_link
from sync.digest import EMPTY, combine
from sync.glance import Glance
from sync.intake import Malformed, Run, read_run, take_in
from sync.losses import holes_of
from sync.rules import Rules
from sync.scope import Caller, scope_hash
from sync.store import OfficeStore, Page, Taking, Telling
from sync.thin import thin
from sync.tray import Tray

PAGE_ROWS = 2_000
FIRST_ROWS = 1_200
"""Rows of a phone's very first page: it stores them while the office reads the next, which is larger."""
PAGE_BYTES = 512 * 1024
MAX_WANTED = 500
MAX_OUTCOMES = 5_000
"""Most outcomes that are told to a phone that begins at zero, 50 bytes each: those of its newest changes."""


def receive(
    store: OfficeStore,
    request: SyncRequest,
    *,
    caller: Caller,
    callers: Callers,
    rules: Rules,
    office_head: LinkHash,
    now_ms: int,
) -> SyncResponse | Malformed:
    """Answer one request in one transaction: `check`, `push` and `pull` in turn."""
    run = check(request, caller)
    if isinstance(run, Malformed):
        return run
    results = push(store, run, caller=caller, callers=callers, rules=rules, now_ms=now_ms)
    if isinstance(results, Malformed):
        return results
    return pull(store, request, results, caller=caller, office_head=office_head, now_ms=now_ms)


def check(request: SyncRequest, caller: Caller) -> Run | Malformed:
    """Read the run of links that a request pushes, before any store is asked."""
    if not OLDEST <= request.protocol <= PROTOCOL:
        return Malformed(problem="versi_protokol")
    if request.device != caller.device:
        return Malformed(problem="perangkat_berbeda")
    if len(request.links) > MAX_LINKS:
        return Malformed(problem="pesan_terlalu_besar")
    return read_run(request.links, request.contents, request.signature, request.gap, caller)


def push(
    store: Taking,
    run: Run,
    *,
    caller: Caller,
    callers: Callers,
    rules: Rules,
    now_ms: int,
) -> list[Result] | Malformed:
    """Take in a checked run, in a writing transaction.

    `callers` says who stands behind another device whose held changes get free by it.
    """
    if not run.entries:
        return []
    outcomes = take_in(store, run, caller, callers, rules, now_ms)
    if isinstance(outcomes, Malformed):
        return outcomes
    return [Result(change=entry.link.change, outcome=outcomes[entry.link.change]) for entry in run.entries]


def push_all(
    store: OfficeStore,
    runs: Sequence[tuple[Run, Caller]],
    *,
    callers: Callers,
    rules: Rules,
    now_ms: int,
) -> list[list[Result] | Malformed]:
    """Take in the checked runs of several callers, in order, in one writing transaction.

    What is stored and what became of each change is as if `push` had been called for one after another; only
    the store is asked and written once for all.
    """
    tray = Tray(store)
    devices = {caller.device for _, caller in runs}
    tray.fetch([run for run, _ in runs if run.entries], store.standings(devices, 0))
    results = [
        push(tray, run, caller=caller, callers=callers, rules=rules, now_ms=now_ms) for run, caller in runs
    ]
    tray.settle()
    return results


def pull_all(
    store: OfficeStore,
    asked: Sequence[tuple[SyncRequest, list[Result], Caller]],
    *,
    office_head: LinkHash,
    now_ms: int,
    most_rows: int | None = None,
) -> list[SyncResponse]:
    """Answer several callers, each as `pull` does, with one set of questions to the store."""
    glance = Glance(store, [(caller, request.cursor) for request, _, caller in asked], MAX_WANTED)
    return [
        pull(
            glance,
            request,
            results,
            caller=caller,
            office_head=office_head,
            now_ms=now_ms,
            most_rows=most_rows,
        )
        for request, results, caller in asked
    ]


def pull(
    store: Telling,
    request: SyncRequest,
    results: list[Result],
    *,
    caller: Caller,
    office_head: LinkHash,
    now_ms: int,
    most_rows: int | None = None,
) -> SyncResponse:
    """Answer with what the caller's parts hold beyond its cursor, in any transaction after the push.

    `most_rows` bounds the page further than usual, where others wait for this transaction.
    """
    parts = sorted(caller.parts)
    scope = scope_hash(parts)
    start = _start(store, request.cursor)
    resend = _differing(store, request.check, parts)
    limit = most_rows or (PAGE_ROWS if start.seq else min(FIRST_ROWS, PAGE_ROWS))
    page = store.page({part: start.catching.get(part, start.seq) for part in parts}, limit, PAGE_BYTES)
    cursor = _advance(store, start, page, scope)
    backed_up = store.backed_up(caller.device)
    return SyncResponse(
        protocol=request.protocol,
        results=results,
        known=_known(store, request, caller, start),
        wanted=store.wanted(caller.device, MAX_WANTED),
        rows=thin(page.rows),
        removed=page.removed,
        start=start,
        cursor=cursor,
        more=page.more,
        parts=None if start.scope == scope else parts,
        digest=combine(list(store.digests(parts).values())) if not page.more else EMPTY,
        resend=resend,
        office_head=office_head,
        server_ms=now_ms,
        news=_news(store, caller.device, start, cursor, results),
        backed_up=WireTip(counter=backed_up.counter, hash=backed_up.hash) if backed_up else None,
    )


def _news(
    store: Telling, device: DeviceId, start: Cursor, cursor: Cursor, results: Sequence[Result]
) -> list[Result]:
    """Return the outcomes that this device was told otherwise, and that this answer does not hold already.

    Whoever begins at zero may come from another history, where any of its changes fared otherwise.
    """
    names = store.news(device, start.seq, cursor.seq)
    if not start.seq:
        names += store.newest_changes(device, MAX_OUTCOMES)
    if not names:
        return []
    answered = {result.change for result in results}
    found = store.changes(names)
    return [
        Result(change=name, outcome=found[name].outcome)
        for name in dict.fromkeys(names)
        if name not in answered and name in found
    ]


def _known(store: Telling, request: SyncRequest, caller: Caller, start: Cursor) -> list[WireTip]:
    """Return the tips of the caller's chain, and where the phone itself stands if that is below one: a phone
    that was restored would not find itself among the tips, and send all it has again and again.

    Whoever begins at zero is told nothing from the first declared hole on: it may be a copy of the phone that
    declared it, and hold what was lost. So it sends all from there once more.
    """
    tips = {tip.hash: tip.counter for tip in store.tips(caller.device)}
    tips |= _standing_below(store, request, caller.device, tips)
    first_hole = 0 if start.seq else _first_hole(store, caller.device)
    if first_hole:
        tips = {name: counter for name, counter in tips.items() if counter < first_hole}
        tips |= _known_at(store, caller.device, first_hole - 1)
    return [WireTip(counter=counter, hash=name) for name, counter in tips.items()]


def _standing_below(
    store: Telling, request: SyncRequest, device: DeviceId, tips: Mapping[LinkHash, int]
) -> dict[LinkHash, int]:
    """Return the known links by which a phone says where it stands, as far as they are no tips themselves."""
    said = [Tip(counter=tip.counter, hash=tip.hash) for tip in (request.received,) if tip]
    if request.links:
        last = Tip(counter=read_link(request.links[-1]).counter, hash=link_hash(request.links[-1]))
        if last.hash in tips:  # by this it finds itself, beyond what it believed received
            return {}
        said.append(last)
    below = [tip for tip in said if tip.hash not in tips]
    found = store.entries_at(device, below) if below else {}
    return {name: entry.link.counter for name, entry in found.items() if entry.known}


def _known_at(store: Telling, device: DeviceId, counter: int) -> dict[LinkHash, int]:
    """Return the known links at one place of a chain, one for each branch; none before the first place."""
    there = store.entries(device, counter - 1, MAX_LINKS) if counter else []
    return {each.hash: counter for each in there if each.known and each.link.counter == counter}


def _first_hole(store: Telling, device: DeviceId) -> int:
    """Return the lowest place that a device ever declared lost, 0 where it lost none."""
    _, chain = holes_of(device, lambda name: store.records([name]).get(name))
    return chain.fields["awal"] if chain else 0


def _start(store: Telling, cursor: Cursor) -> Cursor:
    """Return the cursor to pull from: the caller's, or zero if it was written in another history.

    Its tag is that of the newest commit of then, however far behind that its page ended: so what this history
    shares with another ends where they part, also in the midst of a pull.
    """
    end = store.commit_end(cursor.tag)
    return cursor if end is not None and end >= cursor.seq else Cursor()


def _advance(store: Telling, start: Cursor, page: Page, scope: bytes) -> Cursor:
    """Return where the caller stands once it has stored this page."""
    newest = store.last_seq()
    reached = page.last if page.more else newest
    seq = max(start.seq, reached)
    catching = dict.fromkeys(start.catching, reached) if reached < start.seq else {}
    return Cursor(seq=seq, tag=store.tag_at(newest) or b"", scope=scope, catching=catching)


def _differing(store: Telling, check: dict[Part, bytes], parts: list[Part]) -> list[Part]:
    if not check:
        return []
    ours = store.digests(parts)
    return [part for part in parts if ours[part] != check.get(part, EMPTY)]
