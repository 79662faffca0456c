"""Sealed cases in a world: what people do with them, and what nobody may. Rule: as in happenings.py."""

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from schemas.ids import BlobId, ChangeId, RecordId
from schemas.sealed import SEALED_FORM, STEP_BYTES, Note, Opening, kode_of
from sync.change import (
    Accessed,
    Advance,
    Body,
    Decide,
    FormAnswers,
    Patch,
    SealedAccess,
    SealedAdvance,
    SealedDecide,
    SealedNote,
    SealedSubmit,
    Submit,
)
from sync.sealed_case import name_of
from sync.store import Record
from tests.simulation import seals, story
from tests.simulation.phone import Photo
from tests.simulation.seals import MARK, REGENCY, SAID, UNIT
from tests.simulation.things import FORM, OFFICERS, id_of, newest

if TYPE_CHECKING:
    from tests.simulation.world import World

STEPS = {"desa": "ke_kecamatan", "kecamatan": "ke_dinsos", "verifikasi": "kembali_ke_desa"}
"""The step that is next from each state of the sealed workflow: it goes round and round."""


def open_case(world: "World", event: story.SealedCase) -> None:
    phone = world.phones.get(event.phone)
    name = id_of("kasus rahasia", event.n)
    seed = sha256(str(event.n).encode()).digest()[:8]
    new: dict[str, Any] = {"workflow": "ktkpm", "service": "ktkpm", "kode": kode_of(2026, seed)}
    body = Patch(record=name, kind="kasus", base={}, new=new)
    if phone is None:
        world.act(world.any_office(event.n), body, event.n % OFFICERS)
    elif world.write(phone, body, event.n, {}) is None:
        return
    world.sealed_cases.append(name)


def visit(world: "World", event: story.SealedVisit) -> None:
    phone = world.phones.get(event.phone)
    if phone is None or not world.sealed_cases:
        return
    own = [each for each in phone.sealed if each[0] in world.sealed_cases]
    follows, number, name = None, 1, id_of("kunjungan rahasia", event.n)
    if event.again and own:
        kasus, name, follows, number = own[event.pick % len(own)]
        number += 1
    else:
        kasus = newest(world.sealed_cases, event.pick)
    tugas = next(
        (each for each in world.sealed_tugas if (phone.sees(each) or {}).get("kasus") == kasus), None
    )
    opening = Opening(
        regency=REGENCY, visit=name, number=number, follows=follows, kasus=kasus, author=phone.person,
        device=phone.device, form="ktk", forms={"ktk": 1}, made_ms=world.now_ms,
    )  # fmt: skip
    data, opened = seals.container(opening, f"{MARK}{event.n}")
    blob = BlobId(sha256(data).hexdigest())
    body = SealedSubmit(
        visit=name, follows=follows, kasus=kasus, number=number, blob=blob, size_bytes=STEP_BYTES,
        key=name_of(UNIT), opened=opened, tugas=tugas,
    )  # fmt: skip
    entry = world.write(phone, body, event.n, {blob: Photo(data)})
    if entry is not None:
        phone.sealed = [each for each in phone.sealed if each[1] != name]
        phone.sealed.append((kasus, name, entry.link.change, number))
        if name not in world.sealed_visits:
            world.sealed_visits.append(name)
        world.counts["sealed_visits"] += 1


def step(world: "World", event: story.SealedStep) -> None:
    office = world.any_office(event.n)
    kasus = office.record(newest(world.sealed_cases, event.pick)) if world.sealed_cases else None
    if kasus is None or kasus.fields.get("state") not in STEPS:
        return
    history = kasus.fields.get("history", [])
    is_stale = event.stale and len(history) > 1
    follows = ChangeId(bytes.fromhex(history[0]["change"])) if is_stale else kasus.head
    said = _to_unit(f"{MARK}{event.n}", "langkah", kasus.id)
    body = SealedAdvance(kasus=kasus.id, follows=follows, event=STEPS[kasus.fields["state"]], note=said)
    phone = world.phones.get(event.phone) if event.phone is not None else None
    if phone is not None:  # no phone may, and its role would keep it from most steps already
        letter = _to_unit(f"{MARK}{event.n}", "surat", kasus.id)
        note = SealedNote(record=kasus.id, name="surat.f", follows=None, notes=[letter])
        world.write(phone, note if event.n % 2 else body, event.n, {})
    else:
        world.act(office, body, event.n % OFFICERS)


def decide(world: "World", event: story.SealedDecision) -> None:
    office = world.any_office(event.n)
    found = office.record(newest(world.sealed_visits, event.pick)) if world.sealed_visits else None
    if found is None or found.head is None or not found.fields.get("versions"):
        return
    if found.fields["form"] != SEALED_FORM:
        return  # somebody took its id for a plain one, at an office that had lost it
    versions = found.fields["versions"]
    follows = ChangeId(bytes.fromhex(versions[0]["change"])) if event.stale else found.head
    said, number = f"{MARK}{event.n}", versions[-1]["number"]
    readers = [UNIT, *(seals.reader(device) for device in world.devices_of(found.fields["petugas"]))]
    notes = [seals.note(said, "alasan", found.id, number, key) for key in readers]
    body = SealedDecide(visit=found.id, follows=follows, decision=event.decision, notes=notes)
    world.act(office, body, event.n % OFFICERS)


def note(world: "World", event: story.SealedNote) -> None:
    office = world.any_office(event.n)
    kasus = office.record(newest(world.sealed_cases, event.pick)) if world.sealed_cases else None
    if kasus is None:
        return
    name = f"surat.{event.pick % 3:x}"
    seen = None if event.stale else kasus.fields.get("notes_from", {}).get(name)
    body = SealedNote(
        record=kasus.id,
        name=name,
        follows=ChangeId(bytes.fromhex(seen)) if seen else None,
        notes=[_to_unit(f"{MARK}{event.n}", "surat", kasus.id)],
    )
    world.act(office, body, event.n % OFFICERS)
    look = SealedAccess(kasus=kasus.id, action="buka", note=_to_unit(f"{MARK}{event.n}", "tujuan", kasus.id))
    world.act(office, look, event.n % OFFICERS)


def assign(world: "World", event: story.SealedTask) -> None:
    """A case gets a task for someone, or goes over to them."""
    office, phone = world.any_office(event.n), world.phones.get(event.phone)
    kasus = office.record(newest(world.sealed_cases, event.pick)) if world.sealed_cases else None
    if kasus is None or phone is None or "kode" not in kasus.fields:
        return
    if event.over:
        base = {"petugas": kasus.fields.get("petugas")}
        over = Patch(record=kasus.id, kind="kasus", base=base, new={"petugas": phone.person})
        world.act(office, over, event.n % OFFICERS)
        return
    name = id_of("tugas rahasia", event.n)
    new = {"kasus": kasus.id, "kode": kasus.fields["kode"], "petugas": phone.person, "state": "baru"}
    world.act(office, Patch(record=name, kind="tugas", base={}, new=new), event.n % OFFICERS)
    said, readers = f"{MARK}{event.n}", [seals.reader(device) for device in world.devices_of(phone.person)]
    notes = [seals.note(said, "tugas", name, 0, key) for key in readers]
    world.act(office, SealedNote(record=name, name="tugas", follows=None, notes=notes), event.n % OFFICERS)
    world.sealed_tugas.append(name)


def blurt(world: "World", event: story.Blurt) -> None:
    """Someone says something of a sealed case in plaintext, on a phone or at the office."""
    office = world.any_office(event.n)
    things = [*world.sealed_cases[-9:], *world.sealed_visits[-9:], *world.sealed_tugas[-9:]]
    record = office.record(things[event.pick % len(things)]) if things else None
    if record is None or not record.fields.get("service"):
        return
    world.blurted[event.n] = record.id
    ways = _ways(record, f"{SAID}{event.n}")
    body = ways[event.way % len(ways)]
    phone = world.phones.get(event.phone) if event.phone is not None else None
    if phone is None:
        world.act(office, body, event.n % OFFICERS)
    elif phone.sees(record.id) is not None:  # nobody else knows its id
        world.write(phone, body, event.n, {})


def _ways(record: Record, said: str) -> list[Body]:
    name, head = record.id, record.head or ChangeId(bytes(32))
    plain = Submit(
        visit=id_of("kunjungan", int.from_bytes(sha256(said.encode()).digest()[:4], "big")),
        follows=None,
        subject=None,
        form=FORM,
        forms={FORM: FormAnswers(version=1, answers={"catatan": said})},
        evidence=[],
        place=None,
        tugas=None,
    )
    ways: list[Body] = [
        Patch(record=name, kind=record.kind, base={}, new={"catatan": said}),
        Patch(record=name, kind="warga", base={}, new={"nama": said}),
        Accessed(subject=name, purpose=said),
    ]
    if record.kind == "kasus":
        ways += [
            replace(plain, subject=name),
            Advance(
                kasus=name, follows=head, event=STEPS.get(record.fields["state"], "x"), answers={"a": said}
            ),
        ]
    if record.kind == "kunjungan":
        ways += [
            replace(plain, visit=name),
            Decide(visit=name, follows=head, decision="tolak", reasons={}, note=said),
        ]
    if record.kind == "tugas":
        ways.append(replace(plain, tugas=name))
    return ways


def _to_unit(said: str, role: Any, subject: RecordId) -> Note:
    return seals.note(said, role, subject, 0, UNIT)


HAPPENS: dict[type, Callable[["World", Any], None]] = {
    story.SealedCase: open_case,
    story.SealedVisit: visit,
    story.SealedStep: step,
    story.SealedDecision: decide,
    story.SealedNote: note,
    story.SealedTask: assign,
    story.Blurt: blurt,
}
