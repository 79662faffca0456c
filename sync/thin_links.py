"""A request without what follows from the rest. Rule: filled again, it is the same, byte for byte.

The device is that of the session. Within a run each link names the hash of the one before it and of its
content; the first one follows what the phone believes received. All of it can be had on the other side, and
hashes are all that does not deflate: a link that follows so is only the office head that it has seen, or left
empty where the one before it had seen the same. The answer leaves out the changes that its results are of.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from schemas.base import UNREADABLE
from schemas.ids import NO_LINK, ChangeId, DeviceId, LinkHash
from schemas.wire import MAX_LINKS, SyncRequest, SyncResponse, WireTip
from sync.chain import START, Tip, link_hash, next_link, read_link, seal_link
from sync.change import change_id

EMPTY = b""
SEEN_BYTES = len(NO_LINK)
UNNAMED = ChangeId(b"")
SESSIONS_DEVICE = DeviceId("")


def thin_request(request: SyncRequest) -> SyncRequest:
    """Return a request without its device, and without the links that the office can make itself."""
    return replace(request, device=SESSIONS_DEVICE, links=_thin_links(request))


def fill_request(request: SyncRequest, device: DeviceId) -> SyncRequest | None:
    """Return a request whole, as that of the device whose session it came in.

    None where a link cannot be made. What travelled whole stays as it is, the name of a device too.
    """
    if not request.device:
        request = replace(request, device=device)
    if not any(map(_is_thin, request.links)) or len(request.links) > MAX_LINKS:
        return request  # too many are refused further on, and must not cost the time to make them
    if len(request.links) != len(request.contents):
        return None
    links: list[bytes] = []
    tip, seen = _stands(request.received), EMPTY
    try:
        for raw, content in zip(request.links, request.contents, strict=True):
            if _is_thin(raw):
                seen = raw or seen
                if not seen:
                    return None
                name, whole = _following(tip, request.device, content, seen)
                tip = Tip(counter=tip.counter + 1, hash=name)
            else:
                link, whole = read_link(raw), raw
                tip, seen = Tip(counter=link.counter, hash=link_hash(raw)), link.seen
            links.append(whole)
    except (*UNREADABLE, OverflowError):
        return None
    return replace(request, links=links)


def thin_results(response: SyncResponse, changes: Sequence[ChangeId]) -> SyncResponse:
    """Return an answer whose results do not name their changes, if they are those of a run, in its order."""
    if [result.change for result in response.results] != list(changes):
        return response
    return replace(response, results=[replace(result, change=UNNAMED) for result in response.results])


def fill_results(response: SyncResponse, request: SyncRequest) -> SyncResponse | None:
    """Return an answer whose results name their changes; None if they do not fit the request."""
    if all(result.change for result in response.results):
        return response
    if len(response.results) != len(request.links):
        return None
    results = [
        result if result.change else replace(result, change=read_link(raw).change)
        for result, raw in zip(response.results, request.links, strict=True)
    ]
    return replace(response, results=results)


def _thin_links(request: SyncRequest) -> list[bytes]:
    if len(request.links) != len(request.contents):
        return request.links
    sent: list[bytes] = []
    tip, seen = _stands(request.received), EMPTY
    for raw, content in zip(request.links, request.contents, strict=True):
        link = read_link(raw)
        name, whole = _following(tip, request.device, content, link.seen)
        follows = whole == raw
        sent.append(raw if not follows else EMPTY if link.seen == seen else link.seen)
        tip, seen = Tip(counter=link.counter, hash=name if follows else link_hash(raw)), link.seen
    return sent


def _is_thin(raw: bytes) -> bool:
    return len(raw) in (len(EMPTY), SEEN_BYTES)


def _stands(received: WireTip | None) -> Tip:
    return Tip(counter=received.counter, hash=received.hash) if received else START


def _following(tip: Tip, device: DeviceId, content: bytes, seen: bytes) -> tuple[LinkHash, bytes]:
    """Return hash and bytes of the link that follows a tip and says nothing new but its content."""
    return seal_link(next_link(tip, device, change_id(content), LinkHash(seen)))
