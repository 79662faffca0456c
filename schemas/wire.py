"""The sync messages. Rule: one that does not decode exactly is refused whole, before anything is stored.

Links and contents travel as the bytes that were hashed and signed. Bodies are MessagePack arrays, deflated.

Protocol 1 (2026-11-22): the first field day.
Protocol 2 (2026-11-25): a phone may declare a gap in its chain; the office tells of outcomes that changed
since they were answered, and what is safe in backups. An older phone is answered in its own shape.
Joining (2026-11-26): in two steps, four words are compared between them; who joined before is not touched.
Protocol 3 (2026-11-25): a request need not name its device, nor a link that follows from the rest, the first
neither; it may travel packed with words that both ends know.
"""

from typing import Annotated, Any

import msgspec

from schemas.base import Message
from schemas.ids import BlobId, ChangeId, DeviceId, LinkHash, Part, RecordId

PROTOCOL = 3
OLDEST = 1
"""The oldest protocol that the office still answers."""
MEDIA_TYPE = "application/vnd.sambang.sync+msgpack"
MAX_BODY_BYTES = 8 * 1024 * 1024
"""Largest message after inflating, either way."""
MAX_CONTENT_BYTES = 4 * 1024 * 1024
"""Largest content of one change: it has to fit into a message with room to spare."""
MAX_LINKS = 2_000
"""Most changes in one request."""


Position = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A place in the office's history, small enough for any database."""


class Cursor(Message, frozen=True, kw_only=True):
    """How far a device has pulled: a position in the office's history, and who wrote it.

    `tag` is the 8 random bytes of the office's newest commit when it was given, at `seq` or beyond: an
    unknown tag means another history.
    `scope` is a hash over the parts the device holds; `catching` are parts still behind, each with its
    own seq.
    """

    seq: Position = 0
    tag: bytes = b""
    scope: bytes = b""
    catching: dict[Part, Position] = {}


class WireTip(Message, frozen=True, kw_only=True):
    """A tip of the device's chain that the office holds without a gap."""

    counter: int
    hash: LinkHash


class Declared(Message, frozen=True, kw_only=True):
    """A link with its content, a `Gap`, and the device's signature over the link: good by itself."""

    link: bytes
    content: bytes
    signature: bytes


class SyncRequest(Message, frozen=True, kw_only=True):
    """What a phone says: where it stands, what is new, and a signature over its newest link in here.

    `links[i]` is the i-th link's bytes; `contents` are the contents these links name, in any order. On
    the way `device` and links may be left out, see sync/thin_links.py.
    `check` holds part digests, sent only after a digest did not match. `gap` declares places of the chain
    that the links lack; it comes with every run that needs it. `received` is the link up to which the phone
    believes its chain received: a restored phone's stands below the tips that the office has.
    """

    protocol: int
    device: DeviceId
    cursor: Cursor
    links: list[bytes] = []
    contents: list[bytes] = []
    signature: bytes = b""
    check: dict[Part, bytes] = {}
    gap: Declared | None = None
    received: WireTip | None = None


class Applied(Message, frozen=True, kw_only=True, tag="applied"):
    """Done; `seq` is its place in the office's history. `merged` lists fields others had set meanwhile."""

    seq: int
    merged: list[str] = []


class Conflict(Message, frozen=True, kw_only=True, tag="conflict"):
    """What differed is parked until the office decides; each id is a record of kind `konflik`."""

    ids: list[RecordId]
    merged: list[str] = []


class Held(Message, frozen=True, kw_only=True, tag="held"):
    """Kept, and waiting for something that has not arrived: a link hash, a change or a record, as hex."""

    waiting: str


class Rejected(Message, frozen=True, kw_only=True, tag="rejected"):
    """Kept raw in quarantine and not applied; `problem` is a code of schemas/problem.py."""

    problem: str
    field: str = ""


Outcome = Applied | Conflict | Held | Rejected


class Result(Message, frozen=True, kw_only=True):
    """The outcome of one change as it stands now."""

    change: ChangeId
    outcome: Outcome


class Row(Message, frozen=True, kw_only=True):
    """One thing as one part may see it: the state of a record, not its history."""

    part: Part
    id: RecordId
    seq: int
    kind: str
    body: bytes


class Removed(Message, frozen=True, kw_only=True):
    """A thing that left a part, or ceased to be."""

    part: Part
    id: RecordId
    seq: int


class SyncResponse(Message, frozen=True, kw_only=True):
    """What the office answers. `cursor` replaces `start` when the page was stored, and only then.

    `parts` is given when the device's scope hash is not the present one: the parts it may hold from now on.
    `digest` is given with the last page; `resend` names parts whose digest differed. `news` are outcomes
    that changed after they had been answered. All up to `backed_up` is safe in backups, blobs too.
    """

    protocol: int
    results: list[Result]
    known: list[WireTip]
    wanted: list[BlobId]
    rows: list[Row]
    removed: list[Removed]
    start: Cursor
    cursor: Cursor
    more: bool
    parts: list[Part] | None
    digest: bytes
    resend: list[Part]
    office_head: LinkHash
    server_ms: int
    news: list[Result] = []
    backed_up: WireTip | None = None


def for_protocol(response: SyncResponse) -> SyncResponse | tuple[Any, ...]:
    """Return a response in the shape of the protocol it answers: an older one has fewer members."""
    if response.protocol >= 2:
        return response
    return msgspec.structs.astuple(response)[:-2]


class EnrolRequest(Message, frozen=True, kw_only=True):
    """A phone asks to join with a one-use code; `public_key` is its Ed25519, `handover_key` its X25519 key.

    `authority` is the SHA-256 of the certificate that it pins, empty for none. `commitment` settles the
    secret that it will open (schemas/joining.py); a phone of before says none and cannot join any more.
    """

    code: str
    public_key: bytes
    model: str
    handover_key: bytes = b""
    authority: bytes = b""
    commitment: bytes = b""


class Joining(Message, frozen=True, kw_only=True):
    """The keys to compare by four words, and nothing else: the office's chain key and a random number, 32
    bytes each.
    """

    office_key: bytes
    challenge: bytes


class JoinedRequest(Message, frozen=True, kw_only=True):
    """A phone that waits asks whether it has joined: its opened secret, and its signature over all."""

    code: str
    opening: bytes
    signature: bytes


class Enrolment(Message, frozen=True, kw_only=True):
    """What a phone that joined needs to know of its office and owner.

    `handover_key` is the office's X25519 key (32 bytes), to which hand-over files are sealed; `unit_identity`
    the Ed25519 key (32 bytes) that signs the keys of sealed cases, empty before there is one.
    """

    regency: str
    office_name: str
    office_device: DeviceId
    office_key: bytes
    device: DeviceId
    person: str
    person_name: str
    person_code: str
    roles: list[str]
    server_ms: int
    handover_key: bytes = b""
    unit_identity: bytes = b""


class JoinedAnswer(Message, frozen=True, kw_only=True):
    """Null as long as the officer has not compared the words."""

    enrolment: Enrolment | None = None


class SignedAuthority(Message, frozen=True, kw_only=True):
    """The certificate (DER) of the office's authority, signed by the key of the office's chain."""

    certificate: bytes
    signature: bytes


class NonceRequest(Message, frozen=True, kw_only=True):
    """Ask for a nonce to sign."""

    device: DeviceId


class Nonce(Message, frozen=True, kw_only=True):
    """32 random bytes, good for one login within a minute; `server` goes into what is signed."""

    nonce: bytes
    server: str


class LoginRequest(Message, frozen=True, kw_only=True):
    """The signed nonce."""

    device: DeviceId
    nonce: bytes
    signature: bytes


class Login(Message, frozen=True, kw_only=True):
    """An opaque token for the Authorization header, and until when it is good (UTC ms)."""

    token: str
    expires_ms: int


RowBody = dict[str, Any]
