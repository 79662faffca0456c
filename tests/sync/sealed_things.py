"""Sealed cases in the small regency: what phones and the office say of them. The seals are stand-ins."""

from hashlib import sha256

from schemas.ids import BlobId, ChangeId, RecordId
from schemas.sealed import SEALED_KEY_BYTES, STEP_BYTES, Note
from schemas.wire import Outcome
from sync.change import (
    Patch,
    SealedAccess,
    SealedAdvance,
    SealedDecide,
    SealedNote,
    SealedSubmit,
)
from sync.store import Fields
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, Phone, Regency

CASE, VISIT, TASK = 60, 61, 62
KODE = "KS-2026-BCDFGH"
UNIT = b"u" * 16


def note(said: bytes = b"tersegel") -> Note:
    return Note(key=UNIT, data=said)


def case(number: int = CASE, **other: object) -> Patch:
    new = {"workflow": "ktkpm", "service": "ktkpm", "kode": KODE, **other}
    return Patch(record=record_id(number), kind="kasus", base={}, new=new)


def task(phone: Phone, number: int = TASK, **other: object) -> Patch:
    new = {"kasus": record_id(CASE), "kode": KODE, "petugas": phone.writer.person, "state": "baru", **other}
    return Patch(record=record_id(number), kind="tugas", base={}, new=new)


def container(about: str = "satu") -> BlobId:
    return BlobId(sha256(about.encode()).hexdigest())


def submit(
    number: int = VISIT,
    kasus: int = CASE,
    follows: ChangeId | None = None,
    tugas: int | None = None,
    version: int = 1,
    about: str = "satu",
) -> SealedSubmit:
    return SealedSubmit(
        visit=record_id(number),
        follows=follows,
        kasus=record_id(kasus),
        number=version,
        blob=container(about),
        size_bytes=STEP_BYTES,
        key=UNIT,
        opened=bytes(SEALED_KEY_BYTES),
        tugas=record_id(tugas) if tugas else None,
    )


def advance(town: Regency, follows: ChangeId | None, event: str = "tangani") -> Outcome:
    return town.act(SealedAdvance(kasus=record_id(CASE), follows=follows, event=event, note=note()))


def decide(
    town: Regency, follows: ChangeId, decision: str = "setujui", author=None, notes=(), number: int = VISIT
) -> Outcome:
    body = SealedDecide(visit=record_id(number), follows=follows, decision=decision, notes=list(notes))
    return town.act(body, author)


def notes(number: int, name: str, *said: bytes, follows: ChangeId | None = None) -> SealedNote:
    return SealedNote(record=record_id(number), name=name, follows=follows, notes=[note(one) for one in said])


def look() -> SealedAccess:
    return SealedAccess(kasus=record_id(CASE), action="buka", note=note())


def worker(town: Regency, seed: int = 10) -> Phone:
    return town.enrol(seed, KEDEN, layanan=("bpnt", "ktkpm"))


def worked(town: Regency) -> tuple[Phone, ChangeId]:
    """A phone has opened a case, visited it, and synced; return it with the change of the visit."""
    phone = worker(town)
    phone.do(case())
    entry = phone.do(submit())
    town.sync(phone)
    return phone, entry.link.change


def fields_of(town: Regency, number: int | RecordId) -> Fields:
    name = number if isinstance(number, str) else record_id(number)
    return town.office.record_table[name].fields


def head_of(town: Regency, number: int) -> ChangeId | None:
    return town.office.record_table[record_id(number)].head
