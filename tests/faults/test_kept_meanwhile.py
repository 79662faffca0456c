"""What changes at the office while a phone is away: conflicts, deletions, areas, clocks, people, roles."""

import pytest

from schemas.ids import RecordId
from schemas.published import KIND, Published
from server.compose import now_ms
from server.store import SqlOfficeStore
from sync.change import Patch, Resolve
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.world import (
    FORM,
    FORMS,
    World,
    answer,
    finish,
    pending,
    photograph,
    start,
    sync,
    visit,
    words,
)
from tests.field_app.conftest import SetTime
from tests.server.conftest import DESA

ELSEWHERE = "33.14.02.2001"
DAY_MS = 24 * 3600 * 1000
YEAR_MS = 365 * DAY_MS


def officer(world: World, base: dict[str, object], **new: object) -> None:
    """Let the office change what the first officer is."""
    world.act(Patch(record=RecordId(world.beats[0].person), kind="petugas", base=base, new=new))


def rename(world: World, now: str, new: str) -> None:
    world.act(Patch(record=world.beats[0].warga, kind="warga", base={"nama": now}, new={"nama": new}))


def only_conflict(world: World) -> RecordId:
    ((conflict, state),) = world.rows("SELECT conflict, state FROM konflik")
    assert state == "menunggu"
    return RecordId(conflict)


def test_a_form_published_meanwhile_is_what_the_next_visit_is_filled_with(regency: Make) -> None:
    """A draft that was begun before keeps its version; both arrive, and the office still verifies."""
    world = regency()
    phone = world.phone()
    sync(phone)
    early = start(phone, world.beats[0])
    answer(phone, early.id, hasil_kunjungan="terisi_sebagian")
    text = FORMS.text_of(FORM, 1).replace("version = 1", "version = 2", 1)
    made = Published(form=FORM, version=2, text=text, made_ms=1)
    world.kill()
    world.act(Patch(record=record_id(77), kind=KIND, base={}, new=made.fields()))
    world.serve()
    sync(phone)
    finish(phone, early.id)
    late = start(phone, None)
    assert {draft.forms[FORM].version for draft in (early, late)} == {1, 2}
    answer(phone, late.id, hasil_kunjungan="terisi_sebagian")
    finish(phone, late.id)
    sync(phone)
    phone.lock()
    assert world.rows("SELECT state FROM kunjungan") == [("diterima",), ("diterima",)]
    assert world.faults() == []
    FORMS.forget_taken()


def test_an_open_conflict_outlives_clean_syncs_restarts_and_further_visits(regency: Make) -> None:
    """Row 17. It stays on the author's phone and at the office until somebody decides it."""
    world = regency()
    phone = world.phone()
    sync(phone)
    draft = start(phone, world.beats[0])
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", nama="Warga Benar")
    rename(world, "Warga 0", "Warga Kantor")
    finish(phone, draft.id)
    sync(phone)
    conflict = only_conflict(world)
    visit(phone, None, 1)
    for _ in range(2):
        world.kill()
        world.serve()
        sync(phone)
    phone.lock()
    phone = world.again(world.folder / "hp-0")
    sync(phone)
    assert sorted(words(phone)) == ["diterima", "konflik"]
    assert only_conflict(world) == conflict
    assert world.record(world.beats[0].warga)["nama"] == "Warga Kantor"

    with world.look() as reader:
        head = SqlOfficeStore.reading(reader).records([conflict])[conflict].head
    world.act(Resolve(conflict=conflict, follows=head, values={"nama": "Warga Benar"}))
    sync(phone)
    assert words(phone) == ["diterima"] * 2
    assert world.record(world.beats[0].warga)["nama"] == "Warga Benar"
    assert world.faults() == []


def test_somebody_deleted_at_the_office_does_not_come_back_with_late_work(regency: Make) -> None:
    """Row 18. The visit stands, its change of the person is parked; neither end shows the person again."""
    world = regency()
    phone = world.phone()
    sync(phone)
    draft = start(phone, world.beats[0])
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", alamat="Dukuh Baru")
    world.act(Patch(record=world.beats[0].warga, kind="warga", base={}, new={"dihapus": True}))
    done = finish(phone, draft.id)
    sync(phone)
    sync(phone)
    assert world.record(world.beats[0].warga)["dihapus"] is True
    assert phone.visits.search("Warga") == ()
    assert (words(phone), world.versions(done.visit)) == (["konflik"], [done.change.hex()])
    only_conflict(world)
    fresh = world.phone(0, "hp-lain")
    sync(fresh)
    assert fresh.visits.search("Warga") == ()
    assert world.faults() == []


def test_an_area_that_changes_while_she_is_away_loses_none_of_her_work(regency: Make) -> None:
    """Row 19. Her old desa leaves the phone, the new one comes; pending visit and draft of the old stay."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    draft = start(phone, None)
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", nama="Warga Lama", kode_desa=DESA)
    kept = photograph(phone, draft.id, 2)
    there = {"nama": "Warga Sana", "kode_desa": ELSEWHERE, "layanan": ["bpnt"]}
    world.act(Patch(record=record_id(80), kind="warga", base={}, new=there))
    world.act(Patch(record=record_id(81), kind="warga", base={}, new={**there, "kode_desa": DESA}))
    officer(world, {"wilayah": [DESA]}, wilayah=[ELSEWHERE])
    sync(phone)
    # the one whom she has a task for stays until the office takes the task away
    assert [hit.id for hit in phone.visits.search("Warga")] == [world.beats[0].warga, record_id(80)]
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert phone.visits.draft(draft.id).forms[FORM].answers["nama"] == "Warga Lama"
    assert phone.visits.photo_bytes(kept)
    late = finish(phone, draft.id)
    sync(phone)
    assert world.versions(done.visit) == [done.change.hex()]
    assert world.versions(late.visit) == [late.change.hex()]
    assert words(phone) == ["konflik", "diterima"], "outside her area it waits for the office's word"
    assert (world.lacks(), world.faults()) == ([], [])


@pytest.mark.parametrize("years", [-56, 60], ids=["1970", "ahead"])
def test_a_wrong_clock_neither_wins_nor_loses_anything(regency: Make, years: int) -> None:
    """Row 22. Who is right is decided by values: a change is taken or parked alike, at 1970 and in 2086."""
    world = regency()
    time = SetTime()
    phone = world.phone(time=time)
    sync(phone)
    time.wall_ms = max(0, time.wall_ms + years * YEAR_MS)
    taken = visit(phone, world.beats[0], 1, alamat="Dukuh Baru")
    sync(phone)
    assert words(phone) == ["diterima"]
    assert world.record(world.beats[0].warga)["alamat"] == "Dukuh Baru"
    draft = start(phone, world.beats[0].warga)
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", nama="Warga Hape")
    rename(world, "Warga 0", "Warga Kantor")
    parked = finish(phone, draft.id)
    time.wall_ms += 3 * YEAR_MS  # and it jumps once more before it is sent
    sync(phone)
    assert sorted(words(phone)) == ["diterima", "konflik"]
    assert world.record(world.beats[0].warga)["nama"] == "Warga Kantor"
    assert [len(world.versions(one.visit)) for one in (taken, parked)] == [1, 1]
    status = phone.worker.status()
    assert (status.state, pending(phone), status.last_ms) == ("diam", (0, 0), time.wall_ms)
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_date_that_is_set_back_in_an_open_visit_does_not_keep_it_from_being_finished(
    regency: Make,
) -> None:
    """Row 49. Its day has come, whatever the clock says now, and she is told that it is wrong."""
    world = regency()
    time = SetTime()
    time.wall_ms = now_ms()
    phone = world.phone(time=time)
    sync(phone)
    draft = start(phone, world.beats[0])
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", alamat="Dukuh Baru")
    kept = [photograph(phone, draft.id, 1)]
    time.pass_s(60)
    time.wall_ms -= 3 * DAY_MS
    answer(phone, draft.id, alamat="Dukuh Lain")
    kept.append(photograph(phone, draft.id, 2))
    phone.lock()
    time.boot_name, time.running_ms = "boot-2", 500  # she starts the phone anew, and it stays so
    phone = world.again(world.folder / "hp-0", time)
    view = phone.visits.draft(draft.id)
    assert ([photo.blob for photo in view.photos], view.forms[FORM].answers["alamat"]) == (kept, "Dukuh Lain")
    done = finish(phone, draft.id)
    assert phone.worker.status().clock_off_ms < -2 * DAY_MS, "she is told that her clock is wrong"
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(done.visit) == [done.change.hex()]
    assert world.record(world.beats[0].warga)["alamat"] == "Dukuh Lain"
    assert (world.lacks(), world.faults()) == ([], [])


def test_an_offices_clock_that_is_set_back_a_day_stops_no_phone_and_loses_nothing(regency: Make) -> None:
    """Row 52. Who is logged in goes on, and who logs in; before it is right again and after."""
    world = regency(2)
    phone, other = world.phone(0), world.phone(1)
    for each in (phone, other):
        sync(each)
    done = [visit(phone, world.beats[0], 1)]
    sync(phone)
    off_ms = phone.worker.status().clock_off_ms
    world.set_clock(-DAY_MS)
    done.append(visit(phone, world.beats[0].warga, 2, alamat="Dukuh Baru"))
    rename(world, "Warga 0", "Warga Kantor")
    sync(phone)
    assert phone.worker.status().clock_off_ms - off_ms > DAY_MS // 2, "it is a day further behind hers"
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    phone.lock()
    phone = world.again(world.folder / "hp-0")
    sync(phone)
    done.append(visit(other, world.beats[1], 3))
    sync(other)
    world.set_clock(0)
    for each in (phone, other):
        sync(each)
        assert set(words(each)) == {"diterima"} and pending(each) == (0, 0)
        assert abs(each.worker.status().clock_off_ms - off_ms) < DAY_MS // 2, "it is right again"
    assert [hit.nama for hit in phone.visits.search("Warga Kantor")] == ["Warga Kantor"]
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])


def test_work_stays_its_authors_whoever_has_the_task_or_syncs_later(regency: Make) -> None:
    """Row 28. The task moved to a colleague, who visits too; each version names the one who wrote it."""
    world = regency(2)
    author, colleague = world.phone(0), world.phone(1)
    for phone in (author, colleague):
        sync(phone)
    done = visit(author, world.beats[0], 1)
    moved = {"petugas": world.beats[1].person}
    world.act(
        Patch(
            record=world.beats[0].tugas,
            kind="tugas",
            base={"petugas": world.beats[0].person},
            new=moved,
        )
    )
    sync(colleague)
    theirs = visit(colleague, world.beats[0], 2)
    for phone in (colleague, author):
        sync(phone)
    for one, beat in ((done, world.beats[0]), (theirs, world.beats[1])):
        found = world.record(one.visit)
        assert found["petugas"] == beat.person
        assert [version["author"] for version in found["versions"]] == [beat.person]
    assert world.rows(
        "SELECT count(*) FROM changes JOIN devices USING (device) WHERE id = :id AND person = :person",
        id=done.change,
        person=world.beats[0].person,
    ) == [(1,)]
    assert world.faults() == []


def test_unsent_work_of_somebody_who_left_is_received_and_changes_nothing_by_itself(regency: Make) -> None:
    """Row 29. Not on duty any more: the visit and its photo come in for review, the address waits."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, alamat="Dukuh Baru")
    officer(world, {"aktif": True}, aktif=False)
    sync(phone)
    assert pending(phone) == (0, 0)
    assert world.versions(done.visit) == [done.change.hex()]
    assert world.record(world.beats[0].warga)["alamat"] == "Dukuh Uji"
    only_conflict(world)
    assert phone.visits.search("Warga") == (), "and nothing of the office's is shown any more"
    assert (world.lacks(), world.faults()) == ([], [])


def test_unsent_work_of_a_phone_that_was_revoked_is_received_for_review(regency: Make) -> None:
    """Row 29. Reported lost, found again, opened: it hands over what it has, and is shown nothing."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, 2, alamat="Dukuh Baru")
    with world.hand() as deps:
        assert deps.devices.revoke(phone.owner.device)
    sync(phone)
    assert pending(phone) == (0, 0)
    found = world.record(done.visit)
    assert found["flags"] == ["perangkat_dicabut"] and world.versions(done.visit) == [done.change.hex()]
    assert world.record(world.beats[0].warga)["alamat"] == "Dukuh Uji"
    only_conflict(world)
    assert phone.visits.search("Warga") == ()
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_role_taken_away_leaves_finished_work_on_its_way(regency: Make) -> None:
    """Row 29. She may begin no further visit of the service; what she finished before is received."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    officer(world, {"layanan": ["bpnt"]}, layanan=["kis"])
    officer(world, {"peran": ["pendamping"]}, peran=[])
    sync(phone)
    assert pending(phone) == (0, 0)
    assert world.versions(done.visit) == [done.change.hex()]
    assert (world.lacks(), world.faults()) == ([], [])
