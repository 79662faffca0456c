"""What each kind of event does in a world. Rule: one that no longer means anything does nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from schemas.ids import ChangeId, PersonId, RecordId
from sync.change import Advance, Decide, Evidence, FormAnswers, Patch, Resolve, Submit
from tests.simulation import handover, sealed, story
from tests.simulation.faults import Crash, Full
from tests.simulation.office import Office
from tests.simulation.phone import Photo
from tests.simulation.things import (
    ANSWERS,
    FORM,
    OFFICERS,
    REVIEWED,
    STEPS,
    WARGA_IN_DESA,
    chosen,
    edit_of,
    id_of,
    newest,
    officer,
    photos_of,
    recent,
    warga,
)

if TYPE_CHECKING:
    from tests.simulation.world import World


def visit(world: "World", event: story.Visit) -> None:
    phone = world.phones.get(event.phone)
    if phone is None:
        return
    subject = world.warga_at(event.pick)
    seen = phone.sees(subject)
    follows, name, tugas = None, id_of("kunjungan", event.n), None
    if event.again and phone.visits:
        name, follows = phone.visits[event.pick % len(phone.visits)]
    elif world.tugas:
        tugas = world.tugas[-1 - event.pick % min(len(world.tugas), REVIEWED)]
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
                taken_ms=world.now_ms,
            )
            for blob, photo in photos.items()
        ],
        place=None,
        tugas=tugas,
    )
    entry = world.write(phone, body, event.n, photos)
    if entry is not None:
        if follows is not None:
            phone.visits = [one for one in phone.visits if one[0] != name]
        else:
            world.visits.append(name)
        phone.visits.append((name, entry.link.change))
        world.counts["visits"] += 1
        world.counts["photos"] += len(photos)


def edit(world: "World", event: story.Edit) -> None:
    phone = world.phones.get(event.phone)
    if phone is None:
        return
    record = world.warga_at(event.pick)
    seen = phone.sees(record)
    if seen is None and event.pick % 5:
        return  # mostly she edits what she sees; a few edit what left the phone meanwhile
    world.write(phone, edit_of(record, seen or {}, event.field, event.value), event.n, {})


def clock(world: "World", event: story.Clock) -> None:
    phone = world.phones.get(event.phone)
    if phone is not None:
        phone.wall_ms = event.wall_ms or None
        world.count("clock")


def copy(world: "World", event: story.Copy) -> None:
    phone = world.phones.get(event.phone)
    if phone is not None and not phone.is_busy:
        world.copies[event.phone] = phone.copy(world.counts)


def put_back(world: "World", event: story.PutBack) -> None:
    if event.phone in world.copies and event.phone in world.phones:
        world.phones[event.phone].life += 1  # whatever it waits for goes nowhere
        world.phones[event.phone] = world.copies[event.phone].copy(world.counts)
        world.copied.add(world.phones[event.phone].device)
        world.count("phone_restored")


def clone(world: "World", event: story.Clone) -> None:
    if event.phone in world.copies and event.into not in world.phones:
        world.phones[event.into] = world.copies[event.phone].copy(world.counts)
        world.copied.add(world.phones[event.into].device)
        world.count("phone_cloned")


def sync(world: "World", event: story.Sync) -> None:
    phone = world.phones.get(event.phone)
    if phone is not None and not phone.is_busy:
        world.let_sync(phone, event.office, event.troubles)


def _patch(world: "World", n: int, record: RecordId, kind: str, new: dict[str, Any]) -> None:
    """Set fields as an officer does who sees what the office holds now."""
    office = world.any_office(n)
    found = office.record(record)
    if found is not None:
        base = {name: found.fields.get(name) for name in new}
        world.act(office, Patch(record=record, kind=kind, base=base, new=new), n % OFFICERS)


def amend(world: "World", event: story.Amend) -> None:
    record = world.warga_at(event.pick)
    found = world.any_office(event.n).record(record)
    if found is not None:
        world.act(world.any_office(event.n), edit_of(record, found.fields, event.field, event.value))


def move(world: "World", event: story.Move) -> None:
    kode = world.desa[event.desa % len(world.desa)]
    _patch(world, event.n, world.warga_at(event.pick), "warga", {"kode_desa": kode})


def remove(world: "World", event: story.Remove) -> None:
    record = world.warga_at(event.pick)
    new: dict[str, Any] = {"dihapus": not event.back}
    if event.into is not None:
        into = world.warga_at(event.into)
        new = {"digabung_ke": None if event.back or into == record else into}
    _patch(world, event.n, record, "warga", new)


def assign(world: "World", event: story.Assign) -> None:
    phone = world.phones.get(event.phone)
    if phone is None:
        return
    target = world.warga_at(event.pick)
    name = id_of("tugas", event.n)
    new = {"petugas": phone.person, "sasaran": target, "form": FORM, "state": "baru"}
    world.act(world.any_office(event.n), Patch(record=name, kind="tugas", base={}, new=new))
    world.tugas.append(name)


def task(world: "World", event: story.Task) -> None:
    if world.tugas:
        new: dict[str, Any] = {"state": event.state} if event.state else {}
        if event.phone is not None and event.phone in world.phones:
            new["petugas"] = world.phones[event.phone].person
        if new:
            _patch(world, event.n, newest(world.tugas, event.pick), "tugas", new)


def decide(world: "World", event: story.Decide) -> None:
    office = world.any_office(event.n)
    visit = office.record(newest(world.visits, event.pick)) if world.visits else None
    if visit is None or visit.head is None:
        return
    versions = visit.fields.get("versions", [])
    is_stale = event.stale and versions
    follows = ChangeId(bytes.fromhex(versions[0]["change"])) if is_stale else visit.head
    body = Decide(visit=visit.id, follows=follows, decision=event.decision, reasons={}, note="kurang jelas")
    world.act(office, body, event.n % OFFICERS)


def resolve(world: "World", event: story.Resolve) -> None:
    office = world.any_office(event.n)
    names = list(office.told.conflicts)
    conflict = office.record(newest(names, event.pick)) if names else None
    if conflict is None or conflict.head is None:
        return
    cases: dict[str, dict[str, Any]] = conflict.fields["fields"]
    values = {name: chosen(name, case, event.choice) for name, case in cases.items()}
    follows = ChangeId(bytes.fromhex(conflict.fields["change"])) if event.stale else conflict.head
    body = Resolve(conflict=conflict.id, follows=follows, values=values)
    world.act(office, body, event.n % OFFICERS)


def case(world: "World", event: story.Case) -> None:
    office = world.any_office(event.n)
    number = event.pick % (len(world.desa) * WARGA_IN_DESA)
    name = id_of("kasus", event.n)
    lost = [case for case in world.cases[-REVIEWED:] if office.record(case) is None]
    if event.pick % 2 and lost:
        name = lost[0]  # a case that a restored office lost is entered again, from its paper
    new = {
        "workflow": "bpnt_masalah",
        "service": "bpnt",
        "subjek": warga(number),
        "kode_desa": world.desa[number // WARGA_IN_DESA],
    }
    world.act(office, Patch(record=name, kind="kasus", base={}, new=new))
    if name not in world.cases:
        world.cases.append(name)


def step(world: "World", event: story.Step) -> None:
    if not world.cases:
        return
    name, office = newest(world.cases, event.pick), world.any_office(event.n)
    found = office.record(name)
    fields = found.fields if found else {"state": "dicatat"}
    history = fields.get("history", [])
    event_name, answers = STEPS[fields["state"]]
    is_stale = event.stale and len(history) > 1
    head = found.head if found else None
    follows = ChangeId(bytes.fromhex(history[0]["change"])) if is_stale else head
    body = Advance(kasus=name, follows=follows, event=event_name, answers=answers)
    phone = world.phones.get(event.phone) if event.phone is not None else None
    if phone is not None:
        world.write(phone, body, event.n, {})
    elif found is not None:
        world.act(office, body, event.n % OFFICERS)


def publish(world: "World", event: story.Publish) -> None:
    record = id_of("referensi", event.pick % 5)
    office = world.any_office(event.n)
    found = office.record(record)
    base = {"nilai": found.fields["nilai"]} if found else {}
    world.act(office, Patch(record=record, kind="referensi", base=base, new={"nilai": event.value}))


def area(world: "World", event: story.Area) -> None:
    if event.phone in world.phones:
        desa = [world.desa[number % len(world.desa)] for number in event.desa]
        person = RecordId(world.phones[event.phone].person)
        _patch(world, event.n, person, "petugas", {"wilayah": list(dict.fromkeys(desa))})
        world.count("area")


def duty(world: "World", event: story.Duty) -> None:
    if event.phone in world.phones:
        person = RecordId(world.phones[event.phone].person)
        _patch(world, event.n, person, "petugas", {"aktif": event.active})
        world.count("duty")


def revoke(world: "World", event: story.Revoke) -> None:
    if event.phone in world.phones:
        for office in world.offices:
            office.revoked.setdefault(world.phones[event.phone].device, world.now_ms)
        world.count("revoked")


def lose(world: "World", event: story.Lose) -> None:
    phone = world.phones.get(event.phone)
    if phone is not None and not phone.is_busy:
        phone.lose(event.pick, event.many, links=event.links)
        world.count("phone_damaged")


def forget(world: "World", event: story.Forget) -> None:
    phone = world.phones.get(event.phone)
    if phone is not None and not phone.is_busy:
        gone = phone.forget()
        world.forgotten.update((blob, phone.device) for blob in gone)
        world.counts["forgotten"] += len(gone)


def safe(world: "World", event: story.Safe) -> None:
    for office in world.offices:
        office.note_backups(world.backups)


def destroy(world: "World", event: story.Destroy) -> None:
    visits = world.sealed_visits if event.pick % 4 == 0 and world.sealed_visits else world.visits
    if visits and len(world.offices) == 1:
        visit = newest(visits, event.pick)
        body = world.offices[0].destroy(PersonId(officer(0)), visit, world.now_ms)
        if body is not None:
            world.destroyed.append(body)
            world.count("destroyed")


def write_file(world: "World", event: story.WriteFile) -> None:
    phone = world.phones.get(event.phone)
    if phone is None or phone.is_busy:
        return
    try:
        world.handed[phone.device].append(handover.write(phone, event.n))
        world.count("file_written")
    except (Crash, Full):
        phone.crash()


def take_file(world: "World", event: story.TakeFile) -> None:
    file = _file(world, event)
    if file is not None:
        handover.take(world.office_at(event.office), file, world.now_ms)
        world.count("file_taken")


def answer_file(world: "World", event: story.AnswerFile) -> None:
    file = _file(world, event)
    reply = handover.answer(world.office_at(event.office), file, world.now_ms) if file else None
    if reply is not None:
        world.replies[reply.device].append(reply)


def read_answer(world: "World", event: story.ReadAnswer) -> None:
    phone = world.phones.get(event.phone)
    mine = world.replies[phone.device] if phone else []
    if phone is None or phone.is_busy or not mine:
        return
    try:
        world.counts["answer_read"] += handover.read(phone, recent(mine, event.pick))
    except (Crash, Full):
        phone.crash()


def _file(world: "World", event: story.TakeFile | story.AnswerFile) -> handover.File | None:
    phone = world.phones.get(event.phone)
    files = world.handed[phone.device] if phone else []
    return recent(files, event.pick) if files else None


def backup(world: "World", event: story.Backup) -> None:
    world.backups.append(world.offices[event.office % len(world.offices)].copy(world.next_run()))
    del world.backups[:-6]


def restore(world: "World", event: story.Restore) -> None:
    place = event.office % len(world.offices)
    world.offices[place] = _from_backup(world, event.pick)
    world.count("office_restored")


def new_key(world: "World", event: story.NewKey) -> None:
    if len(world.offices) > 1:
        return  # of two that go on from one folder each would have a key file of its own
    office = world.offices[0]
    world.ring.keys.append(world.make_key(f"office/{world.story.seed}/{event.n}".encode()))
    office.read_keys()
    if event.crash is not None:
        office.fuse.light(Crash, event.crash)
    try:
        office.turn(world.now_ms)
    except Crash:
        office.read_keys()
        office.turn(world.now_ms)
    office.fuse.out()
    world.count("key_turned")


def fork(world: "World", event: story.Fork) -> None:
    if len(world.offices) == 1:
        world.offices.append(_from_backup(world, event.pick))
        world.count("office_forked")


def join(world: "World", event: story.Join) -> None:
    if len(world.offices) > 1:
        world.offices = [world.offices[event.keep % 2]]


def _from_backup(world: "World", pick: int) -> Office:
    """Begin a run from a copy, with the present keys: what was destroyed since is destroyed again.

    So before anybody is answered.
    """
    office = world.backups[pick % len(world.backups)].copy(world.next_run())
    office.turn(world.now_ms)
    office.forget_backups()
    author = PersonId(officer(0))
    for body in list(world.destroyed):
        if not office.has_destroyed(body):
            world.destroyed += office.destroy_besides(author, body, world.now_ms)
            office.carry_out(author, office.as_here(body), world.now_ms)
    return office


HAPPENS: dict[type, Callable[["World", Any], None]] = {
    story.Visit: visit,
    story.Edit: edit,
    story.Sync: sync,
    story.Clock: clock,
    story.Copy: copy,
    story.PutBack: put_back,
    story.Clone: clone,
    story.Amend: amend,
    story.Move: move,
    story.Remove: remove,
    story.Assign: assign,
    story.Task: task,
    story.Decide: decide,
    story.Resolve: resolve,
    story.Case: case,
    story.Step: step,
    story.Publish: publish,
    story.Area: area,
    story.Duty: duty,
    story.Revoke: revoke,
    story.Lose: lose,
    story.Forget: forget,
    story.Safe: safe,
    story.Destroy: destroy,
    story.WriteFile: write_file,
    story.TakeFile: take_file,
    story.AnswerFile: answer_file,
    story.ReadAnswer: read_answer,
    story.Backup: backup,
    story.Restore: restore,
    story.NewKey: new_key,
    story.Fork: fork,
    story.Join: join,
    **sealed.HAPPENS,
}
