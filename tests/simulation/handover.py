"""Hand-over files of the simulation: sync/handover.py and sync/answering.py between stores, less the sealing.

Rule: a file is bytes that may be taken in any number of times, at any office, at any time; so is its answer.
"""

from dataclasses import dataclass, replace

from field_app.office_word import OFFICE_KEY
from schemas.base import decode, encode
from schemas.handover import Answered, Answering, Asked, Question, Turned
from schemas.ids import NO_LINK, BlobId, DeviceId
from schemas.wire import Cursor, SyncRequest, SyncResponse
from sync import answering, handover
from sync.client import Broken, Missing, Outgoing, Session
from tests.simulation.faults import Violation
from tests.simulation.office import Office, Upload
from tests.simulation.phone import Phone

ANSWER_KEY = bytes(32)


@dataclass(frozen=True)
class File:
    """What one phone wrote: where it stood, its messages, its photos, and to which key it is sealed."""

    n: int
    device: DeviceId
    asked: bytes
    messages: tuple[bytes, ...]
    photos: tuple[tuple[BlobId, bytes], ...]
    sealed_to: bytes


@dataclass(frozen=True)
class Reply:
    """What an office wrote for one phone, under its key of then."""

    device: DeviceId
    turned: Turned
    signed_by: bytes
    signature: bytes
    opening: bytes
    messages: tuple[bytes, ...]
    receipts: tuple[BlobId, ...]


def write(phone: Phone, n: int) -> File:
    """Write all that the office is not known to have. Nothing counts as sent by that."""
    while isinstance(gap := _first_gap(phone), Missing):
        phone.declare(gap.first, gap.last, f"file/{n}")
    photos = tuple((blob, phone.photos[blob].data) for blob in phone.unsent)
    asked = handover.asked(phone.store, ANSWER_KEY)
    messages = [each for each in handover.messages(phone.store, check=False) if isinstance(each, Outgoing)]
    return File(
        n=n,
        device=phone.device,
        asked=encode(asked),
        messages=tuple(encode(message.request) for message in messages),
        photos=photos,
        sealed_to=phone.kept().get(OFFICE_KEY, bytes, b""),
    )


def take(office: Office, file: File, now_ms: int) -> None:
    """Take a file in: its messages by the way of a sync, its photos by that of an upload."""
    if not office.ring.opens(file.sealed_to):
        raise Violation("a file is sealed to a key that the office never had")
    requests = [decode(message, SyncRequest) for message in file.messages]
    for request, message in zip(requests, file.messages, strict=True):
        if request.links:
            office.receive([(file.device, message)], now_ms)
    for blob, data in file.photos:
        if office.is_destroyed(blob) or office.holds(blob, file.device):
            continue
        path = f"/file/{file.n}/{blob}"
        office.uploads[path] = Upload(device=file.device, blob=blob, size_bytes=len(data), data=data)
        if not office.finish(path, now_ms):
            raise Violation("a photo out of a file was refused")
    asking = replace_request(requests[0])
    office.questions[file.n] = Question(request=asking, asked=decode(file.asked, Asked))


def replace_request(request: SyncRequest) -> SyncRequest:
    """Return what of a request an office keeps to answer it: all but the changes."""
    return SyncRequest(
        protocol=request.protocol,
        device=request.device,
        cursor=request.cursor,
        check=request.check,
        received=request.received,
    )


def answer(office: Office, file: File, now_ms: int) -> Reply | None:
    """Answer a file as if it had just been asked; None if this office never took it in."""
    question = office.questions.get(file.n)
    if question is None:
        return None
    tips = office.store.tips(office.device)
    records = list(
        answering.answer(
            office.store,
            question,
            file=file.n.to_bytes(16, "big"),
            caller=office.caller(office.store, file.device),
            office_head=tips[0].hash if tips else NO_LINK,
            now_ms=now_ms,
        )
    )
    responses = [record.response for record in records if isinstance(record, Answered)]
    for response in responses:
        office.sent(response)
    opening, word = encode(records[0]), office.office_key()
    return Reply(
        device=file.device,
        turned=Turned(turns=office.office_keys().turns, public_key=word.public_key, signature=word.signature),
        signed_by=office.ring.keys[-1].public,
        signature=office.sign(opening),
        opening=opening,
        messages=tuple(encode(response) for response in responses),
        receipts=tuple(office.told.blobs.get(file.device, {})),
    )


def read(phone: Phone, reply: Reply) -> bool:
    """Read an answer, if it is not older than what the phone has; return whether it was taken."""
    opening = decode(reply.opening, Answering)
    if not _believes(phone, reply):
        return False
    before, session = None, Session()
    for message in reply.messages:
        response = decode(message, SyncResponse)
        if before is None and not handover.fits(phone.store, opening, response, phone.store_server_ms()):
            return False
        phone.is_of_another_history |= response.start == Cursor() != phone.store.cursor()
        effects = handover.take(phone.store, session, before, response)
        if isinstance(effects, Broken):
            raise Violation("an answer does not fit itself", effects.problem)
        phone.learn(response)
        before, session = response, effects.session
        if effects.diverged and not phone.is_of_another_history:
            raise Violation("the digests differ at the end of an answer")
    for blob in reply.receipts:
        if blob in phone.photos:
            phone.photos[blob] = replace(phone.photos[blob], received=True, url="")
            phone.unsent.pop(blob, None)
    return True


def _believes(phone: Phone, reply: Reply) -> bool:
    """Follow an answer to the office's key of then; only what an ended key signed is not believed."""
    known, turned = phone.word.key, reply.turned
    if not phone.word.believes(turned.turns, reply.signature, reply.opening):
        if phone.ring.number(reply.signed_by) >= phone.ring.number(known):
            raise Violation("an answer by the office's present key is not believed")
        return False
    if turned.turns:
        phone.word.take(turned)
        phone.followed(known)
    return True


def _first_gap(phone: Phone) -> Missing | None:
    found = handover.messages(phone.store, check=False)
    return next((each for each in found if isinstance(each, Missing)), None)
