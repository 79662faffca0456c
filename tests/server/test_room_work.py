"""Work inside the sealed room, by rules that no page shows: which visit is decided, and who gets a task."""

import secrets
from collections.abc import Iterator
from datetime import date

import pytest

from schemas.ids import RecordId
from server import device_store
from server.access import Role
from server.passwords import Passwords
from server.sealed_store import late_by_case
from server.services.room_opening import OpenCase
from server.services.room_reading import Fact, load_case
from server.services.room_views import RoomCase
from server.services.room_work import Key, RoomWork, reachable
from server.store import SqlOfficeStore
from server.web.building import build_site
from sync.change import Patch, SealedDecide
from sync.sealed_case import Container
from sync.store import Record
from tests.server.room_office import BUDI, CHEAP_KIB, FIELD, SITI, Sealer
from tests.server.room_parts import SESSION, Parts, why
from tests.server.web_office import Phone, shut


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = Parts(tmp_path_factory.mktemp("ruang"))
    yield parts
    shut(parts.office)


def work_of(room: Parts) -> RoomWork:
    deps = room.office.deps
    return RoomWork(
        deps.engine,
        deps.office,
        room.openings,
        deps.forms,
        deps.workflows,
        now_ms=deps.now_ms,
        randomness=deps.randomness,
    )


def key_to(room: Parts, kasus: RecordId) -> Key:
    """Open a case as Siti."""
    token = room.open(kasus)
    opened = room.openings.current(token, SESSION, room.office.people[SITI], kasus)
    assert opened is not None
    return Key(token=token, session=SESSION, opened=opened)


def inside(room: Parts, kasus: RecordId) -> RoomCase:
    """Read a case as Siti, who opens it anew."""
    cases = build_site(room.office.deps, Passwords(secrets.token_bytes, memory_kib=CHEAP_KIB)).room.cases
    opened = key_to(room, kasus).opened.case
    found = cases.inside(room.person(SITI), opened, None, "cap", date(2026, 11, 20))
    assert found is not None
    return found


def record(room: Parts, name: RecordId) -> Record:
    return room.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([name]))[name]


def head(room: Parts, name: RecordId) -> str:
    found = record(room, name).head
    assert found is not None
    return found.hex()


def test_each_visit_of_a_case_is_decided_by_itself(room: Parts) -> None:
    kasus, other = room.case(), room.sealer.case()[0]
    visits = [room.sealer.visit(kasus, photos=0)[0] for _ in range(2)]
    foreign, _ = room.sealer.visit(other, photos=0)
    work, siti, key = work_of(room), room.person(SITI), key_to(room, kasus)

    def decide(visit: RecordId) -> str:
        return why(work.decide(siti, key, visit, head(room, visit), "setujui", {}, ""))

    assert decide(foreign) == "belum_terbaca", "it is of a case that is not open"
    for visit in visits:
        assert decide(visit) == "None" and record(room, visit).fields["state"] == "disetujui"
        assert decide(visit) == "usang"
    assert record(room, foreign).fields["state"] == "diterima"


def test_a_decision_that_another_overtook_leaves_no_trace(
    room: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    kasus = room.case()
    visit, change = room.sealer.visit(kasus, photos=0)
    work, siti, key = work_of(room), room.person(SITI), key_to(room, kasus)
    office, read = room.office.deps.office, room.openings.container

    def overtaken(opened: OpenCase, fact: Fact) -> Container | None:
        office.act(
            room.office.people[BUDI], SealedDecide(visit=visit, follows=change, decision="setujui", notes=[])
        )
        return read(opened, fact)

    monkeypatch.setattr(room.openings, "container", overtaken)
    assert why(work.decide(siti, key, visit, head(room, visit), "tahan", {}, "Menunggu desa")) == "usang"
    assert record(room, visit).fields["state"] == "disetujui"
    assert room.engine.read(late_by_case) == {}, "nor is it parked: who decided reads that it is too late"


def test_a_step_is_one_of_the_workflows_and_follows_what_is_current(room: Parts) -> None:
    kasus = room.case()
    work, siti, key = work_of(room), room.person(SITI), key_to(room, kasus)
    seen, letter = head(room, kasus), {"nomor_surat_desa": "1", "tanggal_surat_desa": "2026-11-02"}
    assert why(work.advance(siti, key, seen, "tidak_ada", {})) == "problem.workflow_event_unknown"
    assert work.advance(siti, key, seen, "ke_kecamatan", letter) is None
    assert why(work.advance(siti, key, seen, "ke_kecamatan", letter)) == "usang"
    assert record(room, kasus).fields["state"] == "kecamatan"


def test_a_task_says_what_to_do_in_ten_letters(room: Parts) -> None:
    kasus, field = room.case(), room.office.people[FIELD]
    work, siti, key = work_of(room), room.person(SITI), key_to(room, kasus)
    assert why(work.assign(siti, key, field, "ktk", f" {'a' * 9} ", None)) == "perlu_tugas"
    assert why(work.assign(siti, key, field, "bpnt_kpm", "a" * 10, None)) == "perlu_form"
    assert work.assign(siti, key, field, "ktk", "a" * 10, None) is None


def test_a_task_is_called_off_once_and_from_its_own_case(room: Parts) -> None:
    kasus, other, field = room.case(), room.case(), room.office.people[FIELD]
    work, siti, key = work_of(room), room.person(SITI), key_to(room, kasus)
    assert work.assign(siti, key, field, "ktk", "Temui di balai desa", None) is None
    facts = room.engine.read(lambda tx: load_case(tx, kasus))
    assert facts is not None
    [tugas] = [task.id for task in facts.tugas]
    assert why(work.call_off(siti, key_to(room, other), tugas)) == "usang", "not from another case"
    key = key_to(room, kasus)
    assert work.call_off(siti, key, tugas) is None
    assert record(room, tugas).fields["state"] == "batal"
    assert why(work.call_off(siti, key, tugas)) == "usang"


def test_a_task_is_not_called_off_while_its_visit_waits_for_a_decision(room: Parts) -> None:
    """The visit says how it goes on; and one that is returned afterwards has to be asked for on the phone."""
    kasus = room.case()
    work, siti, key = work_of(room), room.person(SITI), key_to(room, kasus)
    assert work.assign(siti, key, room.office.people[FIELD], "ktk", "Temui di balai desa", None) is None
    facts = room.engine.read(lambda tx: load_case(tx, kasus))
    assert facts is not None
    [tugas] = [task.id for task in facts.tugas]

    def stands(before: str, after: str) -> None:
        moved = Patch(record=tugas, kind="tugas", base={"state": before}, new={"state": after})
        room.office.deps.office.act(room.office.people[BUDI], moved)

    stands("baru", "dikirim")
    assert why(work.call_off(siti, key, tugas)) == "usang"
    stands("dikirim", "dikembalikan")
    assert work.call_off(siti, key, tugas) is None


@pytest.mark.parametrize(("by", "decided", "after"), [
    ("another", "", "baru"), ("another", "setujui", "selesai"), ("same", "", "dikirim"),
    ("same", "kembalikan", "dikembalikan"), ("nobody", "", "selesai"),
])  # fmt: skip
def test_a_rejected_visit_closes_no_task_that_is_anothers_or_waits_for_another_visit(
    room: Parts, by: str, decided: str, after: str
) -> None:
    kasus, field = room.case(), room.office.people[FIELD]
    colleague = room.office.add_person(
        "rekan", "Rekan Uji", "RU", ("pendamping", "verifikator"), (), ("ktkpm",)
    )
    second = Sealer(room.office, colleague)
    work, siti, key = work_of(room), room.person(SITI), key_to(room, kasus)
    whose = colleague if by == "another" else field
    assert work.assign(siti, key, whose, "ktk", "Temui di balai desa", None) is None
    facts = room.engine.read(lambda tx: load_case(tx, kasus))
    assert facts is not None
    [tugas] = [task.id for task in facts.tugas]
    visit, _ = room.sealer.visit(kasus, photos=0, tugas=tugas)
    sender = second if by == "another" else room.sealer
    other = sender.visit(kasus, photos=0, tugas=tugas)[0] if by == "same" or decided else None
    key = key_to(room, kasus)

    def decide(name: RecordId, decision: str) -> str:
        return why(work.decide(siti, key, name, head(room, name), decision, {}, "Bukan yang diminta"))

    if other and decided:
        assert decide(other, decided) == "None"
    assert decide(visit, "tolak") == "None"
    assert record(room, tugas).fields["state"] == after


def test_a_case_goes_to_another_petugas_with_its_story_and_from_the_first_phones(room: Parts) -> None:
    kasus, first = room.case(), room.office.people[FIELD]
    whom = room.office.add_person("rekan", "Rekan Uji", "RU", ("verifikator",), (), ("ktkpm",))
    work, siti, key = work_of(room), room.person(SITI), key_to(room, kasus)
    assert why(work.give(siti, key, whom)) == "tanpa_hp"
    Sealer(room.office, whom)
    assert why(work.give(siti, key, first)) == "sudah_petugasnya"
    for each in (whom, first, whom):
        assert work.give(siti, key_to(room, kasus), each) is None
        assert record(room, kasus).fields["petugas"] == each
    told = [event.title for event in inside(room, kasus).timeline if "diserahkan" in event.title]
    named = ("Rekan Uji", "Lapangan Uji", "Rekan Uji")
    assert told == [f"Kasus diserahkan kepada {each} oleh Siti Uji" for each in named]


def test_no_task_goes_to_somebody_whose_role_does_not_fill_its_form(room: Parts) -> None:
    kasus, person = room.case(), room.office.add_person("dampingi", "Dampingi Uji", "DU", ("pendamping",))
    Sealer(room.office, room.office.add_person("sosial", "Sosial Uji", "SU", ("pendamping",), (), ("ktkpm",)))
    work, siti, key = work_of(room), room.person(SITI), key_to(room, kasus)
    assert "Sosial Uji" in [each.nama for each in room.engine.read(reachable)]
    assert [each.nama for each in work.reachable()] == ["Lapangan Uji"], "no form of sealed cases is theirs"
    social = room.office.people["sosial"]
    assert why(work.assign(siti, key, social, "ktk", "a" * 10, None)) == "bukan_perannya"
    assert why(work.assign(siti, key, person, "ktk", "a" * 10, None)) == "tanpa_hp"


def test_tasks_go_to_those_who_serve_sealed_cases_and_have_a_phone_that_reads(room: Parts) -> None:
    def add(name: str, role: Role, *services: str) -> Sealer:
        person = room.office.add_person(name, f"{name.title()} Uji", name, (role,), services=services)
        return Sealer(room.office, person)

    able = [add("dua", "verifikator", "bpnt", "ktkpm"), add("semua", "pendamping"), add("meja", "petugas")]
    add("lain", "pendamping", "bpnt")
    add("atasan", "kabid", "ktkpm")
    room.office.add_person("tanpa", "Tanpa Uji", "TU", ("pendamping",), services=("ktkpm",))
    blind = room.office.add_person("polos", "Polos Uji", "PU", ("pendamping",), services=("ktkpm",))
    assert Phone(room.office.deps, blind).device
    lost = add("hilang", "pendamping", "ktkpm").phone.device
    room.engine.write(lambda tx: device_store.revoke(tx, lost, 1)).result()
    found = {each.id for each in room.engine.read(reachable)}
    assert found == {sealer.person for sealer in (*able, room.sealer)}
