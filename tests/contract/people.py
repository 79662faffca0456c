"""Devices, keys and changes for the tests of the sync core: real signatures, seeded randomness."""

import random
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schemas.ids import NO_LINK, ChangeId, DeviceId, LinkHash, Part, PersonId, RecordId
from schemas.wire import Rejected
from sync.chain import START, Tip, next_link, seal_link
from sync.change import Advance, Body, Clock, Content, Submit, seal
from sync.rules import Step, Today
from sync.scope import Caller
from sync.store import Entry, Fields

CLOCK = Clock(wall_ms=1_700_000_000_000, elapsed_ms=5_000, boot="b1", server_ms=0)


def key_of(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(random.Random(seed).randbytes(32))


def checker(key: Ed25519PublicKey):
    def verify(signature: bytes, message: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify


@dataclass
class Writer:
    """One device that writes changes: its key, its person, its chain so far."""

    seed: int
    parts: frozenset[Part] = frozenset()
    office: bool = False
    tip: Tip = START
    seen: LinkHash = NO_LINK
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.key = key_of(self.seed)
        self.device = DeviceId(f"{self.seed:032x}")
        self.person = PersonId(f"{self.seed + 1000:032x}")

    def content(self, body: Body, author: PersonId | None = None) -> tuple[ChangeId, bytes]:
        salt = self.rng.randbytes(16)
        return seal(Content(salt=salt, author=author or self.person, clock=CLOCK, body=body))

    def write(self, body: Body, author: PersonId | None = None, known: bool = True) -> Entry:
        return self.entry(*self.content(body, author), known=known)

    def entry(self, change: ChangeId, content: bytes, known: bool = True) -> Entry:
        link = next_link(self.tip, self.device, change, self.seen)
        name, raw = seal_link(link)
        self.tip = Tip(counter=link.counter, hash=name)
        return Entry(link=link, hash=name, raw_link=raw, content=content, known=known)

    def caller(self) -> Caller:
        return Caller(
            device=self.device,
            person=self.person,
            parts=self.parts,
            verify=checker(self.key.public_key()),
            office=self.office,
        )


class OpenRules:
    """Forms and workflows for tests of the core: form `tertutup` is sealed, two workflows have two steps."""

    def check_submit(self, body: Submit) -> Rejected | None:
        return Rejected(problem="harus_tersegel", field="tertutup") if "tertutup" in body.forms else None

    def is_sealed_form(self, form: str) -> bool:
        return form == "tertutup"

    def service_of(self, workflow: str) -> str | None:
        return {"bpnt_masalah": "bpnt", "ktkpm": "ktkpm"}.get(workflow)

    def begin(self, workflow: str, version: object, today: Today) -> Step | None:
        return Step(version=1, state="dicatat", due=None) if self.service_of(workflow) else None

    def step(
        self, fields: Fields, body: Advance, author: PersonId, roles: frozenset[str], today: Today
    ) -> Step | Rejected:
        return self.sealed_step(fields, body.event, author, roles, today)

    def sealed_step(
        self, fields: Fields, event: str, author: PersonId, roles: frozenset[str], today: Today
    ) -> Step | Rejected:
        if (fields["state"], event) == ("dicatat", "tangani"):
            return Step(version=1, state="ditangani", due="2026-12-01")
        return Rejected(problem="langkah_tidak_boleh", field=event)


def record_id(number: int) -> RecordId:
    return RecordId(f"a{number:031x}")
