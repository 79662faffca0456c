"""A whole regency in one process: phones, offices, and one event after another. Rule: only the story decides.

No clock, no randomness but what follows from the story: the same story gives the same end, byte for byte. An
event that no longer means anything (its phone or its visit is not there) is left out.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b, sha256
from typing import Any, Literal

from schemas.form import load_forms
from schemas.ids import BlobId, ChangeId, DeviceId, PersonId, RecordId
from schemas.workflow import load_workflows
from sync import client, server
from sync.change import Advance, Body, Decide, Destroyed, Evidence, FormAnswers, Patch, Resolve, Submit
from sync.merge import with_partners
from sync.rules import DomainRules
from tests.simulation import story
from tests.simulation.faults import Crash, Full, Violation
from tests.simulation.line import Line, Message
from tests.simulation.office import Enrolled, Office
from tests.simulation.phone import Phone, Photo
from tests.simulation.story import AnyEvent, Story
from tests.simulation.trust import MakeKey, fast_key

START_MS = 1_764_000_000_000
EVENT_MS = 20_000
SETTLING = 8
"""Rounds of syncs after which a regency with a good network must be quiet."""
WARGA_IN_DESA = 12
DEVICES_IN_DESA = 4
SERVICES = ("bpnt", "kis")
OFFICERS = 3
SHARED_PHOTOS = 5
"""Photos that several phones take alike, such as an empty page."""
REVIEWED = 40
"""Officers look at the newest so many of visits, conflicts, tugas and cases."""
FORM = "bpnt_kpm"


@contextmanager
def sizes(page_rows: int, message_bytes: int) -> Generator[None]:
    """Let pages and messages be of this size for a while."""
    before = server.PAGE_ROWS, server.PAGE_BYTES, client.PUSH_BYTES
    server.PAGE_ROWS, server.PAGE_BYTES, client.PUSH_BYTES = page_rows, message_bytes, message_bytes
    try:
        yield
    finally:
        server.PAGE_ROWS, server.PAGE_BYTES, client.PUSH_BYTES = before


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
        self.people: dict[DeviceId, Enrolled] = {}
        self.phones: dict[int, Phone] = {}
        self.copies: dict[int, Phone] = {}
        self.copied: set[DeviceId] = set()
        """Devices whose copy went on: as a clone, or in place of what had gone on meanwhile."""
        self.backups: list[Office] = []
        self.destroyed: list[Destroyed] = []
        """The list of what was destroyed: it lies apart from the office's folder, and is never restored."""
        self.forgotten: set[tuple[BlobId, DeviceId]] = set()
        self.runs = 0
        self.visits: list[RecordId] = []
        self.tugas: list[RecordId] = []
        self.cases: list[RecordId] = []
        self._late: list[tuple[int, Message]] = []
        self._waiting: list[tuple[int, int, Phone, Generator[int]]] = []
        self.offices = [self.new_office()]
        self._found()

    # what differs between kinds of worlds

    def new_office(self) -> Office:
        """Return an office that holds nothing yet."""
        return Office(self.story.seed, self.make_key(b"office"), self.people, domain_rules(), self.counts)

    def new_phone(self, device: DeviceId, person: PersonId) -> Phone:
        """Return a phone that has just joined."""
        return Phone(device, person, self.make_key(device.encode()), self.counts)

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
        before = None
        for _ in range(SETTLING):
            for number in sorted(self.phones):
                self._sync(self.phones[number], 0, ())
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
        for number in range(OFFICERS):
            fields = {"nama": f"Petugas {number}", "peran": ["verifikator"], "wilayah": [], "layanan": []}
            self._act(office, Patch(record=RecordId(officer(number)), kind="petugas", base={}, new=fields))
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
                self._act(office, Patch(record=warga(number), kind="warga", base={}, new=fields))
        self.backups.append(office.copy(self._next_run()))

    def _enrol(self, office: Office, number: int) -> None:
        device, person = DeviceId(f"{number + 1:032x}"), PersonId(f"{number + 1:016x}{'a' * 16}")
        phone = self.new_phone(device, person)
        self.phones[number] = phone
        self.people[device] = Enrolled(device, person, phone.key)
        desa = [self.desa[number % len(self.desa)], self.desa[(number * 7 + 1) % len(self.desa)]]
        fields = {
            "nama": f"Pendamping {number}",
            "kode": f"P{number}",
            "peran": ["pendamping"],
            "wilayah": list(dict.fromkeys(desa)),
            "layanan": list(SERVICES),
            "aktif": True,
        }
        self._act(office, Patch(record=RecordId(person), kind="petugas", base={}, new=fields))

    def _next_run(self) -> int:
        self.runs += 1
        return self.runs

    # phones

    def visit(self, event: story.Visit) -> None:
        phone = self.phones.get(event.phone)
        if phone is None:
            return
        subject = self._warga(event.pick)
        seen = phone.sees(subject)
        follows, name, tugas = None, id_of("kunjungan", event.n), None
        if event.again and phone.visits:
            name, follows = phone.visits[event.pick % len(phone.visits)]
        elif self.tugas:
            tugas = self.tugas[-1 - event.pick % min(len(self.tugas), REVIEWED)]
            tugas = tugas if phone.sees(tugas) else None
        photos = {blob: Photo(data) for blob, data in photos_of(event)}
        body = Submit(
            visit=name,
            follows=follows,
            subject=subject if seen else None,
            form=FORM,
            forms={FORM: FormAnswers(version=1, answers=ANSWERS)},
            evidence=[
                Evidence(
                    blob=blob,
                    form=FORM,
                    field="foto_rumah_depan",
                    size_bytes=len(photo.data),
                    media_type="image/jpeg",
                    camera_sha256=blob,
                    taken_ms=self.now_ms,
                )
                for blob, photo in photos.items()
            ],
            place=None,
            tugas=tugas,
        )
        entry = self._write(phone, body, event.n, photos)
        if entry is not None:
            if follows is not None:
                phone.visits = [one for one in phone.visits if one[0] != name]
            else:
                self.visits.append(name)
            phone.visits.append((name, entry.link.change))
            self.counts["visits"] += 1
            self.counts["photos"] += len(photos)

    def edit(self, event: story.Edit) -> None:
        phone = self.phones.get(event.phone)
        if phone is None:
            return
        record = self._warga(event.pick)
        seen = phone.sees(record)
        if seen is None and event.pick % 5:
            return  # mostly she edits what she sees; a few edit what left the phone meanwhile
        self._write(phone, edit_of(record, seen or {}, event.field, event.value), event.n, {})

    def clock(self, event: story.Clock) -> None:
        phone = self.phones.get(event.phone)
        if phone is not None:
            phone.wall_ms = event.wall_ms or None
            self.count("clock")

    def copy(self, event: story.Copy) -> None:
        phone = self.phones.get(event.phone)
        if phone is not None and not phone.is_busy:
            self.copies[event.phone] = phone.copy(self.counts)

    def put_back(self, event: story.PutBack) -> None:
        if event.phone in self.copies and event.phone in self.phones:
            self.phones[event.phone].life += 1  # whatever it waits for goes nowhere
            self.phones[event.phone] = self.copies[event.phone].copy(self.counts)
            self.copied.add(self.phones[event.phone].device)
            self.count("phone_restored")

    def clone(self, event: story.Clone) -> None:
        if event.phone in self.copies and event.into not in self.phones:
            self.phones[event.into] = self.copies[event.phone].copy(self.counts)
            self.copied.add(self.phones[event.into].device)
            self.count("phone_cloned")

    def sync(self, event: story.Sync) -> None:
        phone = self.phones.get(event.phone)
        if phone is not None and not phone.is_busy:
            self._sync(phone, event.office, event.troubles)

    def _sync(self, phone: Phone, place: int, troubles: tuple[story.Trouble, ...]) -> None:
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

    def _write(self, phone: Phone, body: Body, n: int, photos: dict[BlobId, Photo]) -> Any:
        try:
            return phone.write(body, n, self.now_ms, photos)
        except Crash:
            phone.crash()
        except Full:
            pass
        return None  # it was not saved, and she saw that

    # the office

    def _act(self, office: Office, body: Body, author: int = 0) -> None:
        office.act(PersonId(officer(author)), body, self.now_ms)

    def _warga(self, pick: int) -> RecordId:
        return warga(pick % (len(self.desa) * WARGA_IN_DESA))

    def _any_office(self, n: int) -> Office:
        return self.offices[n % len(self.offices)]

    def _patch(self, n: int, record: RecordId, kind: str, new: dict[str, Any]) -> None:
        """Set fields as an officer does who sees what the office holds now."""
        office = self._any_office(n)
        found = office.record(record)
        if found is not None:
            base = {name: found.fields.get(name) for name in new}
            self._act(office, Patch(record=record, kind=kind, base=base, new=new), n % OFFICERS)

    def amend(self, event: story.Amend) -> None:
        record = self._warga(event.pick)
        found = self._any_office(event.n).record(record)
        if found is not None:
            self._act(self._any_office(event.n), edit_of(record, found.fields, event.field, event.value))

    def move(self, event: story.Move) -> None:
        kode = self.desa[event.desa % len(self.desa)]
        self._patch(event.n, self._warga(event.pick), "warga", {"kode_desa": kode})

    def remove(self, event: story.Remove) -> None:
        record = self._warga(event.pick)
        new: dict[str, Any] = {"dihapus": not event.back}
        if event.into is not None:
            into = self._warga(event.into)
            new = {"digabung_ke": None if event.back or into == record else into}
        self._patch(event.n, record, "warga", new)

    def assign(self, event: story.Assign) -> None:
        phone = self.phones.get(event.phone)
        if phone is None:
            return
        target = self._warga(event.pick)
        name = id_of("tugas", event.n)
        new = {"petugas": phone.person, "sasaran": target, "form": FORM, "state": "baru"}
        self._act(self._any_office(event.n), Patch(record=name, kind="tugas", base={}, new=new))
        self.tugas.append(name)

    def task(self, event: story.Task) -> None:
        if self.tugas:
            new: dict[str, Any] = {"state": event.state} if event.state else {}
            if event.phone is not None and event.phone in self.phones:
                new["petugas"] = self.phones[event.phone].person
            if new:
                self._patch(event.n, newest(self.tugas, event.pick), "tugas", new)

    def decide(self, event: story.Decide) -> None:
        office = self._any_office(event.n)
        visit = office.record(newest(self.visits, event.pick)) if self.visits else None
        if visit is None or visit.head is None:
            return
        versions = visit.fields.get("versions", [])
        is_stale = event.stale and versions
        follows = ChangeId(bytes.fromhex(versions[0]["change"])) if is_stale else visit.head
        body = Decide(
            visit=visit.id, follows=follows, decision=event.decision, reasons={}, note="kurang jelas"
        )
        self._act(office, body, event.n % OFFICERS)

    def resolve(self, event: story.Resolve) -> None:
        office = self._any_office(event.n)
        names = list(office.told.conflicts)
        conflict = office.record(newest(names, event.pick)) if names else None
        if conflict is None or conflict.head is None:
            return
        cases: dict[str, dict[str, Any]] = conflict.fields["fields"]
        values = {name: chosen(name, case, event.choice) for name, case in cases.items()}
        follows = ChangeId(bytes.fromhex(conflict.fields["change"])) if event.stale else conflict.head
        body = Resolve(conflict=conflict.id, follows=follows, values=values)
        self._act(office, body, event.n % OFFICERS)

    def case(self, event: story.Case) -> None:
        office = self._any_office(event.n)
        number = event.pick % (len(self.desa) * WARGA_IN_DESA)
        name = id_of("kasus", event.n)
        lost = [case for case in self.cases[-REVIEWED:] if office.record(case) is None]
        if event.pick % 2 and lost:
            name = lost[0]  # a case that a restored office lost is entered again, from its paper
        new = {
            "workflow": "bpnt_masalah",
            "service": "bpnt",
            "subjek": warga(number),
            "kode_desa": self.desa[number // WARGA_IN_DESA],
        }
        self._act(office, Patch(record=name, kind="kasus", base={}, new=new))
        if name not in self.cases:
            self.cases.append(name)

    def step(self, event: story.Step) -> None:
        if not self.cases:
            return
        name, office = newest(self.cases, event.pick), self._any_office(event.n)
        found = office.record(name)
        fields = found.fields if found else {"state": "dicatat"}
        history = fields.get("history", [])
        event_name, answers = STEPS[fields["state"]]
        is_stale = event.stale and len(history) > 1
        head = found.head if found else None
        follows = ChangeId(bytes.fromhex(history[0]["change"])) if is_stale else head
        body = Advance(kasus=name, follows=follows, event=event_name, answers=answers)
        phone = self.phones.get(event.phone) if event.phone is not None else None
        if phone is not None:
            self._write(phone, body, event.n, {})
        elif found is not None:
            self._act(office, body, event.n % OFFICERS)

    def publish(self, event: story.Publish) -> None:
        record = id_of("referensi", event.pick % 5)
        office = self._any_office(event.n)
        found = office.record(record)
        base = {"nilai": found.fields["nilai"]} if found else {}
        self._act(office, Patch(record=record, kind="referensi", base=base, new={"nilai": event.value}))

    def area(self, event: story.Area) -> None:
        if event.phone in self.phones:
            desa = [self.desa[number % len(self.desa)] for number in event.desa]
            person = RecordId(self.phones[event.phone].person)
            self._patch(event.n, person, "petugas", {"wilayah": list(dict.fromkeys(desa))})
            self.count("area")

    def duty(self, event: story.Duty) -> None:
        if event.phone in self.phones:
            person = RecordId(self.phones[event.phone].person)
            self._patch(event.n, person, "petugas", {"aktif": event.active})
            self.count("duty")

    def revoke(self, event: story.Revoke) -> None:
        if event.phone in self.phones:
            for office in self.offices:
                office.revoked.setdefault(self.phones[event.phone].device, self.now_ms)
            self.count("revoked")

    def lose(self, event: story.Lose) -> None:
        phone = self.phones.get(event.phone)
        if phone is not None and not phone.is_busy:
            phone.lose(event.pick, event.many, links=event.links)
            self.count("phone_damaged")

    def forget(self, event: story.Forget) -> None:
        phone = self.phones.get(event.phone)
        if phone is not None and not phone.is_busy:
            gone = phone.forget()
            self.forgotten.update((blob, phone.device) for blob in gone)
            self.counts["forgotten"] += len(gone)

    def safe(self, event: story.Safe) -> None:
        for office in self.offices:
            office.note_backups(self.backups)

    def destroy(self, event: story.Destroy) -> None:
        if self.visits and len(self.offices) == 1:
            visit = newest(self.visits, event.pick)
            body = self.offices[0].destroy(PersonId(officer(0)), visit, self.now_ms)
            if body is not None:
                self.destroyed.append(body)
                self.count("destroyed")

    # the folder

    def backup(self, event: story.Backup) -> None:
        self.backups.append(self.offices[event.office % len(self.offices)].copy(self._next_run()))
        del self.backups[:-6]

    def restore(self, event: story.Restore) -> None:
        place = event.office % len(self.offices)
        self.offices[place] = self._from_backup(event.pick)
        self.count("office_restored")

    def fork(self, event: story.Fork) -> None:
        if len(self.offices) == 1:
            self.offices.append(self._from_backup(event.pick))
            self.count("office_forked")

    def join(self, event: story.Join) -> None:
        if len(self.offices) > 1:
            self.offices = [self.offices[event.keep % 2]]

    def _from_backup(self, pick: int) -> Office:
        """Begin a run from a copy: what was destroyed since is destroyed again before anybody is answered."""
        office = self.backups[pick % len(self.backups)].copy(self._next_run())
        office.forget_backups()
        for body in self.destroyed:
            if not office.has_destroyed(body):
                office.carry_out(PersonId(officer(0)), body, self.now_ms)
        return office


ANSWERS: dict[str, Any] = {"penyalur": "bni", "kks_ada": True, "jumlah": 3, "catatan": "ada di rumah"}
STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "dicatat": ("tangani", {}),
    "ditangani_pendamping": ("ajukan", {"tindakan_pendamping": "didampingi ke bank"}),
    "menunggu_dinas": ("kembalikan", {"alasan": "bukti kurang"}),
}
"""The step that is next from each state of the case's workflow: it goes round and round."""

HAPPENS: dict[type, Callable[[World, Any], None]] = {
    story.Visit: World.visit,
    story.Edit: World.edit,
    story.Sync: World.sync,
    story.Clock: World.clock,
    story.Copy: World.copy,
    story.PutBack: World.put_back,
    story.Clone: World.clone,
    story.Amend: World.amend,
    story.Move: World.move,
    story.Remove: World.remove,
    story.Assign: World.assign,
    story.Task: World.task,
    story.Decide: World.decide,
    story.Resolve: World.resolve,
    story.Case: World.case,
    story.Step: World.step,
    story.Publish: World.publish,
    story.Area: World.area,
    story.Duty: World.duty,
    story.Revoke: World.revoke,
    story.Lose: World.lose,
    story.Forget: World.forget,
    story.Safe: World.safe,
    story.Destroy: World.destroy,
    story.Backup: World.backup,
    story.Restore: World.restore,
    story.Fork: World.fork,
    story.Join: World.join,
}


def officer(number: int) -> str:
    """Return an officer's id."""
    return f"{number + 1:016x}{'f' * 16}"


def warga(number: int) -> RecordId:
    """Return the id of a warga who was there from the beginning."""
    return RecordId(f"{number + 1:032x}")


def id_of(kind: str, n: int) -> RecordId:
    """Return the id of what an event makes."""
    return RecordId(blake2b(f"{kind}/{n}".encode(), digest_size=16).hexdigest())


def newest(names: list[RecordId], pick: int) -> RecordId:
    """Return one of the newest."""
    return names[-1 - pick % min(len(names), REVIEWED)]


def photos_of(event: story.Visit) -> list[tuple[BlobId, bytes]]:
    """Return a visit's photos; now and then one that looks like another phone's."""
    photos: list[tuple[BlobId, bytes]] = []
    for number in range(event.photos):
        about = f"{event.n}/{number}"
        if number == 0 and event.pick % 7 == 0:
            about = f"shared/{event.pick % SHARED_PHOTOS}"
        data = blake2b(about.encode()).digest() * (1 + (event.pick + number) % 3)
        photos.append((BlobId(sha256(data).hexdigest()), data))
    return photos


def edit_of(record: RecordId, seen: dict[str, Any], field: str, value: str) -> Patch:
    """Return an edit by someone who sees `seen`, as field_app/finalise.py makes it."""
    new: dict[str, Any] = {field: value}
    if field == "layanan":
        now = set(seen.get("layanan") or ())
        new[field] = sorted(now ^ {SERVICES[ord(value) % 2]}) or [SERVICES[0]]
    base = {name: seen[name] for name in sorted(with_partners("warga", new)) if name in seen}
    return Patch(record=record, kind="warga", base=base, new=new)


def chosen(name: str, case: dict[str, Any], choice: Literal["mine", "theirs", "third"]) -> Any:
    """Return what an officer sets for one field of a conflict."""
    if choice == "third" and name not in ("layanan", "kode_desa", "state", "digabung_ke", "dihapus"):
        return "ketiga"
    return case["theirs" if choice == "theirs" else "mine"]
