"""A run of links without what follows from the rest. Rule: filled again, each is the same, byte for byte.

Within a run each link names the hash of the one before it and of its content. Both can be had on the other
side, and hashes are all that does not deflate: so the first link of a run travels, and each other one that
says nothing of its own is left empty. The answer leaves out the changes that its results are of.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from schemas.ids import ChangeId
from schemas.wire import MAX_LINKS, SyncRequest, SyncResponse
from sync.chain import Tip, link_hash, next_link, read_link, seal_link
from sync.change import change_id

EMPTY = b""
UNNAMED = ChangeId(b"")


def thin_links(request: SyncRequest) -> SyncRequest:
    """Return a request without the links that the office can make itself."""
    links = request.links
    if len(links) < 2 or len(links) != len(request.contents):
        return request
    sent = links[:1]
    for before, content, raw in zip(links, request.contents[1:], links[1:], strict=False):
        sent.append(EMPTY if raw == _following(before, content) else raw)
    return replace(request, links=sent)


def fill_links(request: SyncRequest) -> SyncRequest | None:
    """Return a request with all its links; None where one cannot be made. A whole one stays as it is."""
    if EMPTY not in request.links or len(request.links) > MAX_LINKS:
        return request  # too many are refused further on, and must not cost the time to make them
    if len(request.links) != len(request.contents):
        return None
    links: list[bytes] = []
    try:
        for raw, content in zip(request.links, request.contents, strict=True):
            links.append(raw or _following(links[-1], content))
    except (IndexError, msgspec.DecodeError):
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


def _following(before: bytes, content: bytes) -> bytes:
    """Return the bytes of the link that follows another one and says nothing new but its content."""
    link = read_link(before)
    tip = Tip(counter=link.counter, hash=link_hash(before))
    return seal_link(next_link(tip, link.device, change_id(content), link.seen))[1]
