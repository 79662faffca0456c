"""What a phone says next before it has stored the last answer. Rule: the same as it would say afterwards.

While the office works on one run, the phone reads the run behind it; when the answer comes, that run goes at
once and the answer is stored meanwhile. There is one request under way at a time, and each begins where the
answer to the one before it ended. None goes ahead where what follows depends on more than that: another
history, a gap to declare, a difference to repair, changes that the office did not take. Dying in between is
like losing an answer: the phone begins again at what it stored, and hears of its changes as they then stand.
"""

from msgspec.structs import replace

from schemas.wire import SyncRequest, SyncResponse, WireTip
from sync.chain import START, Tip, link_hash, read_link
from sync.client import Outgoing, Session, caught_up, message_after
from sync.store import DeviceStore


def read_ahead(store: DeviceStore, session: Session, request: SyncRequest) -> SyncRequest | None:
    """Return what to push behind a request that is under way, for `follow_up`; None if it is open."""
    if session.check or session.again:
        return None
    message = message_after(store, _end(request), check=False, most_bytes=session.most_bytes)
    return message.request if isinstance(message, Outgoing) else None


def follow_up(
    store: DeviceStore, request: SyncRequest, response: SyncResponse, ahead: SyncRequest | None
) -> SyncRequest | None:
    """Return what was read `ahead` as the request that follows an answer; None if the answer must be stored
    to know what does, or nothing may be left to say.
    """
    fits = response.protocol == request.protocol and response.start == request.cursor
    if ahead is None or not fits or response.resend:
        return None
    end = _end(request)
    is_taken = end == START or WireTip(counter=end.counter, hash=end.hash) in response.known
    is_newest = all(tip.counter <= end.counter for tip in response.known)
    if not (is_taken and is_newest and len(response.results) == len(request.links)):
        return None
    held = store.parts()
    cursor = caught_up(response, held, held if response.parts is None else response.parts)
    is_last = not (ahead.links or response.more or cursor.catching)
    return None if is_last else replace(ahead, cursor=cursor)


def _end(request: SyncRequest) -> Tip:
    """Return the tip up to which the office holds this phone's chain if it takes a request in."""
    if request.links:
        last = request.links[-1]
        return Tip(counter=read_link(last).counter, hash=link_hash(last))
    return Tip(counter=request.received.counter, hash=request.received.hash) if request.received else START
