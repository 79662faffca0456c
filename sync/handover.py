"""What a phone puts into a hand-over file, and which answer it takes. Rule: as online, only later.

It writes the messages that it would have sent; nothing counts as sent by that. The office (sync/answering.py)
takes them in by the same check and push, and answers with the messages that a phone standing where this one
stood would have been given. An answer may come late, twice, or after another: it is taken only if it reaches
at least as far as the phone already is, for every part, and shows no other history of the office; see `fits`.
"""

from collections.abc import Iterator

from schemas.handover import Answering, Asked, Mark
from schemas.ids import Part
from schemas.wire import Cursor, SyncRequest, SyncResponse, WireTip
from sync.chain import START, Tip
from sync.client import Broken, Effects, Missing, Outgoing, Session, message_after, receive
from sync.store import DeviceStore


def asked(store: DeviceStore, answer_key: bytes) -> Asked:
    """Say where this phone stands, and to which key (X25519, 32 bytes) the answer is to be sealed."""
    head = max(store.tips(store.device()), key=lambda tip: tip.counter, default=START)
    return Asked(
        acknowledged=_wire(store.acknowledged()),
        head=_wire(head),
        parts=store.parts(),
        answer_key=answer_key,
    )


def messages(store: DeviceStore, *, check: bool) -> Iterator[Outgoing | Missing]:
    """Give all messages that this phone has for the office, at least one; `check` after a digest differed.

    After a `Missing` this ends: a gap has to be declared first, and all asked for again.
    """
    message = message_after(store, store.acknowledged(), check=check)
    yield message
    while isinstance(message, Outgoing) and message.request.links:
        message = message_after(store, message.ends, check=False)
        if isinstance(message, Missing) or message.request.links:
            yield message


def fits(store: DeviceStore, answering: Answering, first: SyncResponse, heard_ms: int) -> bool:
    """Say whether an answer brings this phone forward from where it stands by now, and leaves nothing out.

    It does if nothing newer came since the question; or if the phone's cursor lies in the history that the
    answer tells, and every part begins in the answer no later than the phone has it. Only the newest commits
    of that history are named, and a phone may be behind them all: an answer to no question, from zero, fits
    it too if it was made after the phone last heard its office, at `heard_ms` of the office's clock. Whether
    so old a cursor lies in that history nothing in it can say: there the office's key and clock alone count.
    """
    now = store.cursor()
    if now == answering.asked:
        return first.start in (now, Cursor())
    is_behind_all = now.seq < min((mark.seq for mark in answering.marks), default=0)
    is_whole = not answering.file and not first.start.seq and first.server_ms > heard_ms
    if (
        not (is_whole and is_behind_all)
        and now.seq
        and not any(_lies_in(now, mark) for mark in answering.marks)
    ):
        return False
    here = set(store.parts())
    return all(_begins(answering, first.start, part) <= _has(now, here, part) for part in first.parts or ())


def take(
    store: DeviceStore, session: Session, before: SyncResponse | None, response: SyncResponse
) -> Effects | Broken:
    """Store one message of an answer that fits, as if it had just been asked for; `before` came before it."""
    if before is not None and response.start != before.cursor:
        return Broken(problem="jawaban_tidak_cocok")
    request = SyncRequest(protocol=response.protocol, device=store.device(), cursor=response.start)
    return receive(store, session, request, response)


def _lies_in(now: Cursor, mark: Mark) -> bool:
    return mark.tag == now.tag and mark.seq >= now.seq


def _begins(answering: Answering, start: Cursor, part: Part) -> int:
    """Return beyond which seq an answer tells of a part."""
    if not start.seq or part not in answering.held:
        return 0
    return start.catching.get(part, start.seq)


def _has(now: Cursor, here: set[Part], part: Part) -> int:
    """Return up to which seq a phone has a part."""
    return now.catching.get(part, now.seq) if part in here else 0


def _wire(tip: Tip) -> WireTip:
    return WireTip(counter=tip.counter, hash=tip.hash)
