"""The phone's session: what to ask next, and what to do with an answer. Rule: the cursor moves with its page.

`next_request` and `receive` are repeated until the first returns None. A phone that believed something
acknowledged and finds that the office does not know it simply sends it again; it never deletes own work.
"""

from collections.abc import Iterable, Iterator, Set

from msgspec.structs import replace

from schemas.base import Data
from schemas.ids import BlobId, ChangeId, LinkHash, Part
from schemas.wire import MAX_LINKS, PROTOCOL, Cursor, Declared, Outcome, SyncRequest, SyncResponse, WireTip
from sync.chain import START, Link, Tip, head_message, link_hash, read_link
from sync.change import Gap, read
from sync.digest import combine
from sync.store import Answered, DeviceStore, Entry
from sync.thin import fill

PUSH_BYTES = 1024 * 1024
"""Contents in one request, before deflating; at least one change goes."""
MAX_STALLED = 3
"""Rounds in a row that may bring neither side further; then the session ends without being quiet."""


class Session(Data, frozen=True, kw_only=True):
    """One sync from the first request to quiet. `check` asks the office to compare part by part.

    `again` are places of the own chain to send once more, so that the office says how they stand now.
    `most_bytes` bounds a run further than PUSH_BYTES does, where the line is bad.
    """

    stalled: int = 0
    quiet: bool = False
    check: bool = False
    repaired: bool = False
    again: tuple[int, ...] = ()
    most_bytes: int | None = None


class Missing(Data, frozen=True, kw_only=True):
    """This phone lacks what the office should get next: a `Gap` over these places must be declared first."""

    first: int
    last: int


class Outgoing(Data, frozen=True, kw_only=True):
    """A message, and the tip of the own chain that it reaches."""

    request: SyncRequest
    ends: Tip


class _Declaration(Data, frozen=True, kw_only=True):
    """A gap of this chain, and the entry that declares it."""

    entry: Entry
    body: Gap


class Broken(Data, frozen=True, kw_only=True):
    """The answer does not fit the request; nothing of it was stored. `problem` is a code."""

    problem: str


class Effects(Data, frozen=True, kw_only=True):
    """What an answer brought, for showing: outcomes, blobs the office wants, how the session goes on."""

    session: Session
    outcomes: dict[ChangeId, Outcome]
    wanted: list[BlobId]
    rows: int
    diverged: bool = False


def next_request(store: DeviceStore, session: Session) -> SyncRequest | Missing | None:
    """Return the next message to the office, None when there is nothing left to say.

    `Missing` asks to declare first what this phone can no longer send.
    """
    if session.quiet or session.stalled >= MAX_STALLED:
        return None
    after, most_bytes = store.acknowledged(), session.most_bytes
    message = message_after(store, after, check=session.check, again=session.again, most_bytes=most_bytes)
    return message if isinstance(message, Missing) else message.request


def message_after(
    store: DeviceStore,
    after: Tip,
    *,
    check: bool,
    again: tuple[int, ...] = (),
    most_bytes: int | None = None,
) -> Outgoing | Missing:
    """Return the message with the next run of own changes beyond a tip, and the tip that it ends at.

    When nothing is new, the first of the places `again` is said once more.
    """
    entries = store.entries(store.device(), after.counter, MAX_LINKS)
    gap = _gap(store, after, next(iter(entries), None)) if _is_broken(store, entries, after) else None
    if isinstance(gap, Missing):
        return gap
    unbroken = _unbroken(entries, gap.body.last if gap else 0)
    push = _bounded(unbroken, min(most_bytes or PUSH_BYTES, PUSH_BYTES)) or _repeated(store, again)
    request = SyncRequest(
        protocol=PROTOCOL,
        device=store.device(),
        cursor=store.cursor(),
        links=[entry.raw_link for entry in push],
        contents=[entry.content for entry in push if entry.content is not None],
        signature=store.sign(head_message(push[-1].hash)) if push else b"",
        check=store.digests(store.parts()) if check else {},
        gap=_declared(store, gap.entry) if gap else None,
        received=WireTip(counter=after.counter, hash=after.hash) if after != START else None,
    )
    ends = Tip(counter=push[-1].link.counter, hash=push[-1].hash) if push else after
    return Outgoing(request=request, ends=ends)


def receive(
    store: DeviceStore, session: Session, request: SyncRequest, response: SyncResponse
) -> Effects | Broken:
    """Store an answer, whole, and say how the session goes on."""
    if response.protocol != PROTOCOL:
        return Broken(problem="versi_protokol")
    if response.start not in (request.cursor, Cursor()):
        return Broken(problem="jawaban_tidak_cocok")
    rows = fill(response.rows)
    if rows is None:
        return Broken(problem="jawaban_tidak_cocok")
    held = store.parts()
    parts = held if response.parts is None else response.parts
    cursor = caught_up(response, held, parts)
    outcomes = {result.change: result.outcome for result in (*response.results, *response.news)}
    acknowledged = _answered(store, request, _acknowledged(store, response), set(outcomes))
    # a run of new changes takes the place of what was to be said again, which then is still to be said
    is_new = bool(request.links) and read_link(request.links[-1]).counter > store.acknowledged().counter
    # rows alone are no progress: an office that answers from a store of old answers would never end
    moved = cursor != request.cursor or acknowledged != store.acknowledged()
    page = Answered(
        rows=rows,
        removed=response.removed,
        cursor=cursor,
        parts=response.parts,
        acknowledged=acknowledged,
        outcomes=outcomes,
        cleared=response.resend,
        wanted=response.wanted,
        backed_up=_own(store, [response.backed_up] if response.backed_up else []),
        office_head=response.office_head,
        server_ms=response.server_ms,
    )
    store.store_page(page)
    head = max(store.tips(store.device()), key=lambda tip: tip.counter, default=START)
    pulled = not response.more and not cursor.catching
    is_even = pulled and acknowledged == head
    agrees = not is_even or combine(list(store.digests(parts).values())) == response.digest
    if session.again and not is_new:
        session, moved = replace(session, again=session.again[1:]), True
    return Effects(
        session=_go_on(session, is_even, agrees, moved),
        outcomes=outcomes,
        wanted=response.wanted,
        rows=len(rows),
        diverged=is_even and not agrees,
    )


def _go_on(session: Session, is_even: bool, agrees: bool, moved: bool) -> Session:
    repaired = session.repaired or session.check
    stalled = 0 if moved else session.stalled + 1
    session = replace(session, stalled=stalled, repaired=repaired, check=False)
    if not is_even or session.again:
        return session
    return replace(session, quiet=True) if agrees or repaired else replace(session, check=True)


def _repeated(store: DeviceStore, again: tuple[int, ...]) -> list[Entry]:
    """Return the next place to send once more; none if it cannot be read."""
    place = again[0] if again else 0
    entries = store.entries(store.device(), place - 1, 1) if place else []
    return [entry for entry in entries if entry.link.counter == place and entry.content is not None]


def _is_broken(store: DeviceStore, entries: list[Entry], after: Tip) -> bool:
    """Say whether what should follow `after` is not there: something else comes first, or nothing at all."""
    if entries:
        return not _follows(entries[0], after)
    return any(tip.counter > after.counter for tip in store.tips(store.device()))


def _follows(entry: Entry, before: Tip) -> bool:
    return entry.content is not None and entry.link.prev == before.hash


def _unbroken(entries: list[Entry], lost: int) -> list[Entry]:
    """Return the links up to the first break; up to the counter `lost` they may lack their contents."""
    for number, entry in enumerate(entries):
        is_next = number == 0 or entry.link.prev == entries[number - 1].hash
        if not is_next or (entry.content is None and entry.link.counter > lost):
            return entries[:number]
    return entries


def _gap(store: DeviceStore, after: Tip, there: Entry | None) -> _Declaration | Missing:
    """Find this chain's declaration that covers what should follow `after`, or say what it must cover.

    `there` is the next entry that is left, if any. A declaration that ends before it is of no use: the hole
    grew since, and the office could go no step further.
    """
    first, last = after.counter + 1, 0
    needed = first
    if there is not None:
        next_counter = there.link.counter
        needed = max(first, next_counter - 1 if there.content is not None else next_counter)
    for entry in _chain(store, after.counter):
        if entry.content is None:
            continue
        last = last or entry.link.counter - 1
        body = read(entry.content).body
        if isinstance(body, Gap) and body.first <= first and body.last >= needed:
            return _Declaration(entry=entry, body=body)
    return Missing(first=first, last=last or max(tip.counter for tip in store.tips(store.device())))


def _chain(store: DeviceStore, after: int) -> Iterator[Entry]:
    while entries := store.entries(store.device(), after, MAX_LINKS):
        yield from entries
        after = entries[-1].link.counter


def _declared(store: DeviceStore, entry: Entry) -> Declared:
    signature = store.sign(head_message(entry.hash))
    return Declared(link=entry.raw_link, content=entry.content or b"", signature=signature)


def _bounded(entries: list[Entry], most_bytes: int) -> list[Entry]:
    total = 0
    for count, entry in enumerate(entries):
        total += len(entry.raw_link) + len(entry.content or b"")
        if total > most_bytes and count:
            return entries[:count]
    return entries


def caught_up(response: SyncResponse, held: list[Part], parts: list[Part]) -> Cursor:
    """Return the cursor to keep: new parts and parts to repair are caught up from their beginning."""
    behind = set(response.resend)
    if response.start.seq:
        behind |= set(parts) - set(held)
    catching = {part: seq for part, seq in response.cursor.catching.items() if part in parts}
    return replace(response.cursor, catching=catching | dict.fromkeys(sorted(behind), 0))


def _acknowledged(store: DeviceStore, response: SyncResponse) -> Tip:
    """Return the highest tip that the office holds on this phone's own chain; the start if there is none."""
    return _own(store, response.known) or START


def _answered(store: DeviceStore, request: SyncRequest, received: Tip, answered: Set[ChangeId]) -> Tip:
    """Return the tip up to which this phone also knows what became of its changes: all after it go again.

    The office may have got them another way: by a twin of this phone, or out of a file.
    """
    after = store.acknowledged()
    if received.counter <= after.counter:
        return received
    for link, name in _links_between(store, request, after, received.counter):
        if link.change not in answered:
            break
        after = Tip(counter=link.counter, hash=name)
    return after


def _links_between(
    store: DeviceStore, request: SyncRequest, after: Tip, last: int
) -> Iterator[tuple[Link, LinkHash]]:
    """Give the own links behind `after` up to the counter `last`, first those that the request holds."""
    for raw in request.links:
        link = read_link(raw)
        if link.prev == after.hash and link.counter <= last:
            after = Tip(counter=link.counter, hash=link_hash(raw))
            yield link, after.hash
    if after.counter < last:
        for entry in store.entries(store.device(), after.counter, last - after.counter):
            yield entry.link, entry.hash


def _own(store: DeviceStore, known: Iterable[WireTip]) -> Tip | None:
    """Return the highest of these tips that stands on this phone's own chain."""
    tips = [Tip(counter=tip.counter, hash=tip.hash) for tip in known]
    there = store.entries_at(store.device(), tips)
    return max((tip for tip in tips if tip.hash in there), key=lambda tip: tip.counter, default=None)
