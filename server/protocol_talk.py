"""A phone and an office that talk in memory, for the examples of docs/protocol.md.

Rule: the code that serves and sends does all of it; keys, ids, salts and times are fixed.
"""

from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.form import load_forms
from schemas.ids import NO_LINK, DeviceId, PersonId, RecordId
from schemas.wire import PROTOCOL, Cursor, SyncRequest, SyncResponse
from schemas.workflow import load_workflows
from server.office import verifier
from sync.chain import START, Tip, head_message, next_link, seal_link
from sync.change import Body, Clock, Content, Patch, seal
from sync.intake import Run, take_in
from sync.memory import MemoryOffice
from sync.rules import DomainRules
from sync.scope import Caller, parts_of_person
from sync.server import receive
from sync.store import Entry

DEVICE, OFFICE = DeviceId("d1" * 16), DeviceId("0f" * 16)
PERSON, WARGA = PersonId("a1" * 16), RecordId("b1" * 16)
DEVICE_KEY, OFFICE_KEY = bytes(range(32)), bytes(range(32, 64))
NOW_MS = 1_764_000_000_000


def request(cursor: Cursor, **more: Any) -> SyncRequest:
    """Return a message of the phone of the examples."""
    return SyncRequest(protocol=PROTOCOL, device=DEVICE, cursor=cursor, **more)


class Speaker:
    """A device of the examples: it seals and signs as any other, with a fixed key and salts that count."""

    def __init__(self, device: DeviceId, person: PersonId, key: bytes) -> None:
        self.device, self.person = device, person
        self.key = Ed25519PrivateKey.from_private_bytes(key)
        self.tip, self._salts = START, 0

    def write(self, body: Body) -> Entry:
        """Make one own change and take its place in the chain."""
        self._salts += 1
        clock = Clock(wall_ms=NOW_MS, elapsed_ms=5000, boot="b1", server_ms=NOW_MS - 60_000)
        salt = bytes([self._salts]) * 16
        change, raw = seal(Content(salt=salt, author=self.person, clock=clock, body=body))
        link = next_link(self.tip, self.device, change, NO_LINK)
        name, raw_link = seal_link(link)
        self.tip = Tip(counter=link.counter, hash=name)
        return Entry(link=link, hash=name, raw_link=raw_link, content=raw)

    def sign(self, entry: Entry) -> bytes:
        """Sign a link as a head of this chain."""
        return self.key.sign(head_message(entry.hash))


class Talk:
    """A phone and an office, and what they say to each other."""

    def __init__(self) -> None:
        self.rules = DomainRules(load_forms(), load_workflows())
        tags = count(1)
        self.office = MemoryOffice(lambda: bytes([next(tags)]) * 8)
        self.phone = Speaker(DEVICE, PERSON, DEVICE_KEY)
        self.desk = Speaker(OFFICE, PersonId(OFFICE), OFFICE_KEY)
        person = {"nama": "Uji", "peran": ["pendamping"], "wilayah": ["33.14.01.2001"], "layanan": ["bpnt"]}
        self.act(Patch(record=RecordId(PERSON), kind="petugas", base={}, new=person))
        warga = {"nama": "Sutarmi", "pekerjaan": "Tani", "kode_desa": "33.14.01.2001", "layanan": ["bpnt"]}
        self.act(Patch(record=WARGA, kind="warga", base={}, new=warga))

    def caller(self, device: DeviceId) -> Caller:
        """Say who stands behind a device."""
        speaker, is_office = (self.desk, True) if device == OFFICE else (self.phone, False)
        found = self.office.records([RecordId(PERSON)]).get(RecordId(PERSON))
        parts = parts_of_person(PERSON, found.fields) if found and not is_office else frozenset[Any]()
        verify = verifier(speaker.key.public_key().public_bytes_raw())
        return Caller(device=device, person=speaker.person, parts=parts, verify=verify, office=is_office)

    def act(self, body: Body) -> None:
        """Let the office do something."""
        entry = self.desk.write(body)
        run = Run(entries=[entry], signature=self.desk.sign(entry))
        take_in(self.office, run, self.caller(OFFICE), self.caller, self.rules, NOW_MS)
        self.office.commit()

    def push(self, *entries: Entry) -> SyncResponse:
        """Let the phone send own changes, from the beginning of all that it may pull."""
        links = [entry.raw_link for entry in entries]
        contents = [entry.content or b"" for entry in entries]
        signature = self.phone.sign(entries[-1])
        return self.ask(request(Cursor(), links=links, contents=contents, signature=signature))

    def ask(self, asked: SyncRequest) -> SyncResponse:
        """Let the office answer the phone."""
        response = receive(
            self.office,
            asked,
            caller=self.caller(DEVICE),
            callers=self.caller,
            rules=self.rules,
            office_head=self.desk.tip.hash,
            now_ms=NOW_MS,
        )
        self.office.commit()
        if not isinstance(response, SyncResponse):
            raise RuntimeError("the examples are refused by the code that they are made by")
        return response
