"""A whole regency in one process: phones, offices, and one event after another. Rule: only the story decides.

No clock, no randomness but what follows from the story: the same story gives the same end, byte for byte. An
event that no longer means anything (its phone or its visit is not there) is left out.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from typing import Any

from schemas.form import load_forms
from schemas.ids import BlobId, DeviceId, PersonId, RecordId
from schemas.workflow import load_workflows
from sync import client, sealed_case, server
from sync.change import Body, Destroyed, Patch
from sync.rules import DomainRules
from tests.simulation import handover, seals, story
from tests.simulation.faults import Crash, Full, Violation
from tests.simulation.happenings import HAPPENS
from tests.simulation.line import Line, Message
from tests.simulation.office import Joined, Office
from tests.simulation.phone import Phone, Photo
from tests.simulation.ring import Ring
from tests.simulation.story import AnyEvent, Story
from tests.simulation.things import (
    DEVICES_IN_DESA,
    OFFICERS,
    SERVICES,
    WARGA_IN_DESA,
    officer,
    warga,
)
from tests.simulation.trust import MakeKey, fast_key

START_MS = 1_764_000_000_000
EVENT_MS = 20_000
SETTLING = 8
"""Rounds of syncs after which a regency with a good network must be quiet."""


@contextmanager
def sizes(page_rows: int, message_bytes: int) -> Generator[None]:
    """Let pages and messages be of this size for a while, and containers small."""
    before = server.PAGE_ROWS, server.PAGE_BYTES, client.PUSH_BYTES, sealed_case.STEP_BYTES
    server.PAGE_ROWS, server.PAGE_BYTES, client.PUSH_BYTES = page_rows, message_bytes, message_bytes
    sealed_case.STEP_BYTES = seals.STEP_BYTES
    try:
        yield
    finally:
        server.PAGE_ROWS, server.PAGE_BYTES, client.PUSH_BYTES, sealed_case.STEP_BYTES = before


@cache
def domain_rules() -> DomainRules:
    """Return the real forms and workflows, read once."""
    return DomainRules(load_forms(), load_workflows())


class World:
    """A regency as its story goes on."""

    def __init__(self, told: Story, make_key: MakeKey = fast_key) -> None:
        self.story, self.make_key = told, make_key
        self.counts = Counter[str]()
        self.now_ms = START_MS
        self.turn = 0
        many = 1 + told.devices // DEVICES_IN_DESA
        self.desa = [f"33.14.{1 + number // 9:02d}.{2001 + number % 9}" for number in range(many)]
        self.ring = Ring(DeviceId(f"{0:032x}"), make_key(b"office"))
        self.people: dict[DeviceId, Joined] = {}
        self.phones: dict[int, Phone] = {}
        self.copies: dict[int, Phone] = {}
        self.copied: set[DeviceId] = set()
        """Devices whose copy went on: as a clone, or in place of what had gone on meanwhile."""
        self.backups: list[Office] = []
        self.destroyed: list[Destroyed] = []
        """The list of what was destroyed: it lies apart from the office's folder, and is never restored."""
        self.handed: dict[DeviceId, list[handover.File]] = defaultdict(list)
        self.replies: dict[DeviceId, list[handover.Reply]] = defaultdict(list)
        self.forgotten: set[tuple[BlobId, DeviceId]] = set()
        self.runs = 0
        self.visits: list[RecordId] = []
        self.tugas: list[RecordId] = []
        self.cases: list[RecordId] = []
        self.sealed_cases: list[RecordId] = []
        self.sealed_visits: list[RecordId] = []
        self.sealed_tugas: list[RecordId] = []
        self.blurted: dict[int, RecordId] = {}
        """Of which sealed thing each event said something in plaintext."""
        self._late: list[tuple[int, Message]] = []
        self._waiting: list[tuple[int, int, Phone, Generator[int]]] = []
        self.offices = [self.new_office()]
        self._found()

    # what differs between kinds of worlds

    def new_office(self) -> Office:
        """Return an office that holds nothing yet."""
        return Office(self.story.seed, self.ring, self.people, domain_rules(), self.counts)

    def new_phone(self, device: DeviceId, person: PersonId) -> Phone:
        """Return a phone that has just joined."""
        return Phone(device, person, self.make_key(device.encode()), self.ring, self.counts)

    # the course of things

    def run(self) -> None:
        """Tell the whole story, and then let everything come to rest. Raises Violation."""
        with sizes(self.story.page_rows, self.story.message_bytes):
            for event in self.story.events:
                self.do(event)
            self.settle()

    def do(self, event: AnyEvent) -> None:
        """Let one event happen, and after it all that was under way until now."""
        self.turn += 1
        self.now_ms += EVENT_MS
        HAPPENS[type(event)](self, event)
        while self._waiting and self._waiting[0][0] <= self.turn:
            _, _, phone, sync = heapq.heappop(self._waiting)
            self._go_on(phone, sync)

    def settle(self) -> None:
        """Let the network be good, and everybody sync until nothing moves any more. Raises Violation."""
        while self._waiting:
            _, _, phone, sync = heapq.heappop(self._waiting)
            self._go_on(phone, sync)
        while len(self.offices) > 1:
            self.offices.pop()
        self._late = [(0, message) for _, message in self._late]
        for phone in self.phones.values():
            phone.close()
        before = None
        for _ in range(SETTLING):
            for number in sorted(self.phones):
                self.let_sync(self.phones[number], 0, ())
            self.destroyed += self.offices[0].destroy_late(PersonId(officer(0)), self.now_ms)
            now = self._standing()
            if now == before:
                return
            before = now
        raise Violation("the regency never comes to rest")

    def _standing(self) -> list[object]:
        """Return what still changes as long as anything moves."""
        standing: list[object] = [self.offices[0].store.last_seq()]
        for _, phone in sorted(self.phones.items()):
            standing += [phone.store.cursor(), phone.store.acknowledged(), sorted(phone.unsent)]
        return standing

    def fingerprint(self) -> str:
        """Return a hash over all that offices and phones hold."""
        from tests.simulation.state import everything

        return sha256(everything(self)).hexdigest()[:16]

    # what a line asks of the world

    def office_at(self, place: int) -> Office:
        """See `Post`."""
        return self.offices[place % len(self.offices)]

    def late(self, message: Message) -> None:
        """See `Post`."""
        self._late.append((self.turn + 1 + len(message[1]) % 90, message))

    def due(self) -> list[Message]:
        """See `Post`."""
        if not self._late:
            return []
        due = [message for turn, message in self._late if turn <= self.turn]
        self._late = [(turn, message) for turn, message in self._late if turn > self.turn]
        return due

    def count(self, kind: str) -> None:
        """See `Post`."""
        self.counts[kind] += 1

    # the beginning

    def _found(self) -> None:
        office = self.offices[0]
        office.begin(self.now_ms)
        for number in range(OFFICERS):
            fields = {"nama": f"Petugas {number}", "peran": ["verifikator"], "wilayah": [], "layanan": []}
            self.act(office, Patch(record=RecordId(officer(number)), kind="petugas", base={}, new=fields))
        for number in range(self.story.devices):
            self._enrol(office, number)
        for desa, kode in enumerate(self.desa):
            for place in range(WARGA_IN_DESA):
                number = desa * WARGA_IN_DESA + place
                fields = {
                    "nama": f"Warga {number}",
                    "nik": f"331499{number:010d}",
                    "kode_desa": kode,
                    "layanan": [SERVICES[number % 2]],
                }
                self.act(office, Patch(record=warga(number), kind="warga", base={}, new=fields))
        self.backups.append(office.copy(self.next_run()))

    def _enrol(self, office: Office, number: int) -> None:
        device, person = DeviceId(f"{number + 1:032x}"), PersonId(f"{number + 1:016x}{'a' * 16}")
        phone = self.new_phone(device, person)
        self.phones[number] = phone
        self.people[device] = Joined(device, person, phone.key)
        desa = [self.desa[number % len(self.desa)], self.desa[(number * 7 + 1) % len(self.desa)]]
        fields = {
            "nama": f"Pendamping {number}",
            "kode": f"P{number}",
            "peran": ["pendamping"],
            "wilayah": list(dict.fromkeys(desa)),
            "layanan": [*SERVICES, *(["ktkpm"] if number % 3 else [])],
            "aktif": True,
        }
        self.act(office, Patch(record=RecordId(person), kind="petugas", base={}, new=fields))

    def next_run(self) -> int:
        """Return the number of one more run of an office."""
        self.runs += 1
        return self.runs

    # phones

    def let_sync(self, phone: Phone, place: int, troubles: tuple[story.Trouble, ...]) -> None:
        """Let a phone begin a sync with the office at an address, and go on until it has to wait."""
        self.counts["syncs"] += 1
        line = Line(self, place, phone.device, phone.fuse, troubles)
        self._go_on(phone, phone.sync(line))

    def _go_on(self, phone: Phone, sync: Generator[int]) -> None:
        try:
            turns = next(sync)
        except Crash:
            phone.crash()
            return
        except (StopIteration, Full):
            return
        self.counts["waits"] += 1
        heapq.heappush(self._waiting, (self.turn + turns, self.counts["waits"], phone, sync))

    def write(self, phone: Phone, body: Body, n: int, photos: dict[BlobId, Photo]) -> Any:
        """Let a phone write one change; return its entry, None if it could not be saved."""
        try:
            return phone.write(body, n, self.now_ms, photos)
        except Crash:
            phone.crash()
        except Full:
            pass
        return None  # it was not saved, and she saw that

    # the office

    def act(self, office: Office, body: Body, author: int = 0) -> None:
        """Let an officer do something."""
        office.act(PersonId(officer(author)), body, self.now_ms)

    def devices_of(self, person: PersonId) -> list[DeviceId]:
        """Return the devices that joined as a person's."""
        return [device for device, enrolled in self.people.items() if enrolled.person == person]

    def warga_at(self, pick: int) -> RecordId:
        """Return one of the warga who were there from the beginning."""
        return warga(pick % (len(self.desa) * WARGA_IN_DESA))

    def any_office(self, n: int) -> Office:
        """Return the office that an event's number falls to."""
        return self.offices[n % len(self.offices)]
