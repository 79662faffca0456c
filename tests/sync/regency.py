"""A small regency in one process: an office, its phones, a link that can lose answers. No I/O at all."""

from dataclasses import dataclass, field

from msgspec.structs import replace

from schemas.base import decode
from schemas.ids import NO_LINK, BlobId, DeviceId, Part, PersonId, RecordId
from schemas.wire import Outcome, SyncRequest, SyncResponse
from sync.chain import Tip, head_message
from sync.change import Body, Evidence, FormAnswers, Gap, Patch, Submit, change_id
from sync.client import Broken, Effects, Missing, Session, next_request, receive
from sync.intake import Run, take_in
from sync.memory import MemoryDevice, MemoryOffice
from sync.rules import Rules
from sync.scope import Caller, parts_of_person
from sync.server import receive as answer
from tests.contract.people import OpenRules, Writer, record_id

KEDEN, TROBAYAN = "33.14.01.2001", "33.14.01.2002"
NOW = 1_764_000_000_000


@dataclass
class Phone:
    writer: Writer
    store: MemoryDevice

    def do(self, body: Body, author: PersonId | None = None):
        """Make one own change, offline."""
        return self.store.append(*self.writer.content(body, author))

    def sees(self, number: int | RecordId) -> dict | None:
        """Return what this phone holds of a record: the fullest row."""
        name = number if isinstance(number, str) else record_id(number)
        rows = sorted(self.store.rows([name]), key=lambda row: row.part.startswith("mine/"))
        return decode(rows[-1].body, dict) if rows else None


@dataclass
class Regency:
    office: MemoryOffice = field(init=False)
    desk: Writer = field(default_factory=lambda: Writer(1, office=True))
    phones: dict[DeviceId, Phone] = field(default_factory=dict)
    now: int = NOW
    revoked: set[DeviceId] = field(default_factory=set)
    rules: Rules = field(default_factory=OpenRules)

    def __post_init__(self) -> None:
        rng = Writer(99).rng
        self.office = MemoryOffice(lambda: rng.randbytes(8))

    def act(self, body: Body, author: PersonId | None = None) -> Outcome:
        """Do something at the office, in the office's own chain."""
        entry = self.desk.write(body, author)
        signature = self.desk.key.sign(head_message(entry.hash))
        run = Run(entries=[entry], signature=signature)
        outcomes = take_in(self.office, run, self.desk.caller(), self.caller, self.rules, self.now)
        assert isinstance(outcomes, dict)
        self.office.commit()
        return outcomes[entry.link.change]

    def enrol(self, seed: int, *desa: str, layanan: tuple[str, ...] = ("bpnt",)) -> Phone:
        """A new pendamping with a phone and an area."""
        writer = Writer(seed)
        phone = Phone(writer, MemoryDevice(writer.device, writer.key.sign))
        self.phones[writer.device] = phone
        person = {"nama": "Uji", "kode": f"P{seed}", "peran": ["pendamping"]}
        area = {"wilayah": list(desa), "layanan": list(layanan)}
        self.act(
            Patch(record=RecordId(writer.person), kind="petugas", base={}, new={**person, **area}),
        )
        return phone

    def caller(self, device: DeviceId) -> Caller:
        if device == self.desk.device:
            return self.desk.caller()
        writer = self.phones[device].writer
        person = self.office.record_table[RecordId(writer.person)]
        parts = parts_of_person(writer.person, person.fields)
        writer.parts = frozenset() if device in self.revoked else parts
        return writer.caller()

    def answer(self, request: SyncRequest) -> SyncResponse:
        head: Tip | None = next(iter(self.office.tips(self.desk.device)), None)
        response = answer(
            self.office,
            request,
            caller=self.caller(request.device),
            callers=self.caller,
            rules=self.rules,
            office_head=head.hash if head else NO_LINK,
            now_ms=self.now,
        )
        self.office.commit()
        assert isinstance(response, SyncResponse), response
        return response

    def sync(self, phone: Phone, *, lose_answers: int = 0) -> list[Effects]:
        """Sync until quiet, with a bound; the first `lose_answers` answers never arrive."""
        session, effects = Session(), list[Effects]()
        for _ in range(50):
            request = next_request(phone.store, session)
            if request is None:
                return effects
            if isinstance(request, Missing):
                phone.do(Gap(first=request.first, last=request.last))
                continue
            response = self.answer(request)
            if lose_answers > 0:
                lose_answers -= 1
                continue
            effect = receive(phone.store, session, request, response)
            assert not isinstance(effect, Broken), effect
            session = effect.session
            effects.append(effect)
        raise AssertionError("this sync never ends")

    def warga(self, number: int, desa: str = KEDEN, **fields: object) -> RecordId:
        base = {"nama": f"Warga {number}", "nik": f"331499410790{number:04d}", "layanan": ["bpnt"]}
        new = {**base, "kode_desa": desa, **fields}
        self.act(Patch(record=record_id(number), kind="warga", base={}, new=new))
        return record_id(number)

    def tugas(self, number: int, phone: Phone, target: RecordId) -> RecordId:
        new = {"petugas": phone.writer.person, "sasaran": target, "form": "bpnt_kpm", "state": "baru"}
        self.act(Patch(record=record_id(number), kind="tugas", base={}, new=new))
        return record_id(number)


def change_fields(number: int, base: dict, **new: object) -> Patch:
    return Patch(record=record_id(number), kind="warga", base=base, new=new)


def visit(
    number: int,
    subject: RecordId | None = None,
    tugas: RecordId | None = None,
    follows: bytes | None = None,
    blobs: tuple[str, ...] = (),
    form: str = "bpnt_kpm",
) -> Submit:
    return Submit(
        visit=record_id(number),
        follows=follows,
        subject=subject,
        form=form,
        forms={form: FormAnswers(version=1, answers={"penyalur": "bni"})},
        evidence=[
            Evidence(
                blob=BlobId(blob),
                form=form,
                field="foto_rumah_depan",
                size_bytes=10,
                media_type="image/jpeg",
                camera_sha256="0" * 64,
                taken_ms=NOW,
            )
            for blob in blobs
        ],
        place=None,
        tugas=tugas,
    )


def mine_part(phone: Phone) -> Part:
    return Part(f"mine/{phone.writer.person}")


def outcome_of(town: Regency, entry) -> object:
    return town.office.change_table[entry.link.change].outcome


def garbage() -> tuple[bytes, bytes]:
    raw = b"\xc1 this is no content"
    return change_id(raw), raw


def request_of(phone, entries):
    request = next_request(phone.store, Session())
    assert request is not None
    head = phone.writer.key.sign(b"sambang head v1\0" + entries[-1].hash) if entries else b""
    return replace(
        request,
        links=[entry.raw_link for entry in entries],
        contents=[entry.content for entry in entries],
        signature=head,
    )


def push_of(town: Regency, phone, entries):
    return town.answer(request_of(phone, entries))


def refusal(town: Regency, request) -> object:
    return answer(
        town.office,
        request,
        caller=town.caller(request.device),
        callers=town.caller,
        rules=OpenRules(),
        office_head=bytes(32),
        now_ms=NOW,
    )


def held_on(phone: Phone) -> bytes:
    """Return all that a phone has been given, as one run of bytes to search."""
    return b"".join(row.body for row in phone.store.table.values())
