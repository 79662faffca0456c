"""What an office does with a hand-over file, and what its answer says. Rule: it is answered as if just asked.

A file may be answered long after it was taken in, and more than once: what is answered is what holds by then.
"""

from collections.abc import Iterator
from itertools import chain

from msgspec.structs import replace

from schemas.base import Data
from schemas.handover import (
    MOST_MARKS,
    Answered,
    Answering,
    Asked,
    BlobHead,
    BlobPiece,
    Mark,
    Question,
    Record,
    Sent,
)
from schemas.ids import BlobId, DeviceId, LinkHash
from schemas.wire import MAX_LINKS, Result, SyncRequest
from sync.chain import Tip
from sync.client import caught_up
from sync.scope import Caller
from sync.sealed_file import UnfitFileError
from sync.server import pull
from sync.store import OfficeStore

LAST_COUNTER = 2**63 - 1


class Photo(Data, frozen=True, kw_only=True):
    """One blob out of a file; what of its `pieces` is not taken is passed over."""

    blob: BlobId
    size_bytes: int
    pieces: Iterator[bytes]


def question(records: Iterator[Record]) -> Asked:
    """Take where the phone stands off the records of a file to the office. Raises UnfitFileError."""
    first = next(records, None)
    if not isinstance(first, Asked) or max(first.acknowledged.counter, first.head.counter) > LAST_COUNTER:
        raise UnfitFileError("serah_berubah")
    return first


def incoming(records: Iterator[Record], device: DeviceId) -> Iterator[SyncRequest | Photo]:
    """Give what follows: messages of this device, then blobs. Raises UnfitFileError for any other order."""
    first = next(records, None)
    if not isinstance(first, Sent):
        raise UnfitFileError("serah_berubah")
    for record in chain([first], records):
        match record:
            case Sent(request=request) if request.device == device:
                yield request
            case BlobHead(blob=blob, size_bytes=size_bytes):
                pieces = _pieces(records, size_bytes)
                yield Photo(blob=blob, size_bytes=size_bytes, pieces=pieces)
                for _ in pieces:
                    pass
            case _:
                raise UnfitFileError("serah_berubah")


def answer(
    store: OfficeStore,
    asking: Question,
    *,
    file: bytes,
    caller: Caller,
    office_head: LinkHash,
    now_ms: int,
) -> Iterator[Answering | Answered]:
    """Give the records of an answer, out of one snapshot of the office: what `Answering` says, then messages.

    The outcomes are those of all that the phone did not know as received, as they stand now.
    """
    request, standing = asking.request, asking.asked
    marks = [Mark(seq=seq, tag=tag) for seq, tag in store.commits(MOST_MARKS)]
    yield Answering(file=file, asked=request.cursor, held=standing.parts, marks=marks)
    tip = Tip(counter=standing.head.counter, hash=standing.head.hash)
    head = store.entries_at(caller.device, [tip]).get(tip.hash)
    # As if the phone had just sent its newest link: it is told of it also below the tip of another branch.
    request = replace(request, links=[head.raw_link] if head else [], contents=[], signature=b"")
    held, parts = standing.parts, sorted(caller.parts)
    outcomes = _outcomes(store, caller, standing.acknowledged.counter)
    results = next(outcomes, None)
    while True:
        response = pull(store, request, results or [], caller=caller, office_head=office_head, now_ms=now_ms)
        cursor = caught_up(response, held, parts)
        yield Answered(response=replace(response, cursor=cursor, parts=parts))
        results = next(outcomes, None)
        if not response.more and not cursor.catching and results is None:
            return
        request, held = replace(request, cursor=cursor, check={}), parts


def _pieces(records: Iterator[Record], size_bytes: int) -> Iterator[bytes]:
    while size_bytes:
        record = next(records, None)
        if not isinstance(record, BlobPiece) or not 0 < len(record.data) <= size_bytes:
            raise UnfitFileError("serah_berubah")
        size_bytes -= len(record.data)
        yield record.data


def _outcomes(store: OfficeStore, caller: Caller, after: int) -> Iterator[list[Result]]:
    while entries := store.entries(caller.device, after, MAX_LINKS):
        changes = store.changes(entry.link.change for entry in entries)
        yield [Result(change=change.id, outcome=change.outcome) for change in changes.values()]
        last = entries[-1].link.counter
        # two branches have links of one counter, and a page may end between them: then it is asked again
        after = last - 1 if len(entries) == MAX_LINKS and last - 1 > after else last
