"""The phone against the real office, over real HTTP."""

import random
from pathlib import Path

import pytest

from field_app.phone import Phone
from field_app.rehearsal import Rehearsal
from field_app.views import DraftView, Finalised
from schemas.ids import ChangeId, RecordId
from sync.change import Decide, Destroyed, Patch, Place, Resolve
from tests.contract.people import record_id
from tests.field_app.conftest import SetTime, make_phone
from tests.server.conftest import DESA, Running, office  # noqa: F401 - the running office as a fixture
from tests.server.letting_in import let_in

PIN = "280945"
WARGA, TUGAS = record_id(1), record_id(2)
PLACE = Place(lat=-7.42, lng=111.02, accuracy_m=8.0, at_ms=1)


@pytest.fixture
def enrolled(office: Running, tmp_path: Path, time: SetTime):  # noqa: F811
    person = office.person()
    fields = {
        "nama": "Warga Uji",
        "nik": "3314990101900001",
        "kode_desa": DESA,
        "layanan": ["bpnt"],
        "alamat": "Dukuh Uji",
        "rt": "001",
        "rw": "002",
    }
    task = {
        "petugas": person,
        "sasaran": WARGA,
        "sasaran_kind": "warga",
        "form": "bpnt_kpm",
        "state": "baru",
        "jatuh_tempo": "2026-11-21",
        "alasan": "Daftar SIKS-NG November",
        "kode_desa": DESA,
    }
    office.deps.office.act_all(
        office.deps.office.person,
        [
            Patch(record=WARGA, kind="warga", base={}, new=fields),
            Patch(record=TUGAS, kind="tugas", base={}, new=task),
        ],
    )
    phone = make_phone(tmp_path / "phone", time)
    let_in(phone, office.deps, office.address, office.code(person), PIN)
    yield phone
    phone.lock()


def record_visit(phone: Phone, draft: DraftView) -> Finalised:
    played = Rehearsal(
        phone.visits,
        phone.forms,
        PLACE,
        random.Random(1),
        "2026-11-21",
        lambda what, values: None,
        (640, 480),
    )
    played.fill(draft.id)
    done = phone.visits.finalise(draft.id)
    assert isinstance(done, Finalised), done
    return done


def status(phone: Phone) -> list[str]:
    home = phone.visits.home()
    return [card.status for card in (*home.returned, *home.sent)]


def decide(office: Running, visit: RecordId, change: ChangeId, decision: str, **reasons: str) -> None:  # noqa: F811
    body = Decide(visit=visit, follows=change, decision=decision, reasons=reasons, note="")  # type: ignore[arg-type]
    office.deps.office.act(office.deps.office.person, body)


def test_a_field_day_from_task_to_decision(enrolled: Phone, office: Running) -> None:  # noqa: F811
    assert enrolled.worker.run_once() is None
    home = enrolled.visits.home()
    assert [(card.nama, card.status) for card in home.today] == [("Warga Uji", "tugas")]
    task = enrolled.visits.task(TUGAS)
    assert task.why == "Daftar SIKS-NG November" and task.subject["nik"] == "3314990101900001"

    started = enrolled.visits.start("bpnt_kpm", WARGA, TUGAS)
    assert isinstance(started, DraftView)
    done = record_visit(enrolled, started)
    assert done.number.startswith("P900-2026-0001-")
    assert status(enrolled) == ["menunggu_kirim"]
    before = enrolled.worker.status()
    assert (before.data_pending, before.photos_pending > 0) == (1, True)

    assert enrolled.worker.run_once() is None
    assert status(enrolled) == ["diterima"]
    after = enrolled.worker.status()
    assert (after.data_pending, after.photos_pending, after.state) == (0, 0, "diam")
    assert enrolled.visits.home().today == ()

    decide(office, done.visit, done.change, "setujui")
    assert enrolled.worker.run_once() is None
    assert status(enrolled) == ["disetujui"]


def start_visit(phone: Phone) -> DraftView:
    assert phone.worker.run_once() is None
    started = phone.visits.start("bpnt_kpm", WARGA, TUGAS)
    assert isinstance(started, DraftView)
    return started


def test_a_returned_visit_is_corrected_and_approved(enrolled: Phone, office: Running) -> None:  # noqa: F811
    first = record_visit(enrolled, start_visit(enrolled))
    assert enrolled.worker.run_once() is None
    decide(office, first.visit, first.change, "kembalikan", **{"bpnt_kpm.catatan": "Tulis lebih jelas"})
    assert enrolled.worker.run_once() is None
    assert status(enrolled) == ["dikembalikan"]
    assert enrolled.visits.standing(first.visit).reasons == {"bpnt_kpm.catatan": "Tulis lebih jelas"}

    draft = enrolled.visits.start_correction(first.visit)
    assert isinstance(draft, DraftView)
    enrolled.visits.save(draft.id, "bpnt_kpm", "catatan", "Rumah di belakang mushala")
    second = enrolled.visits.finalise(draft.id)
    assert isinstance(second, Finalised)
    assert (status(enrolled), enrolled.visits.home().returned) == (["menunggu_kirim"], ())
    items = enrolled.worker.items()
    assert [item.status for item in items if item.kind == "data"] == ["menunggu_kirim"], (
        "not also the old one"
    )
    photos = [item.id for item in items if item.kind == "foto"]
    assert photos and len(set(photos)) == len(photos), "a photo of both versions is listed once"
    assert enrolled.worker.run_once() is None
    assert status(enrolled) == ["diterima"], "photos that the office has are not sent again"
    decide(office, second.visit, second.change, "setujui")
    assert enrolled.worker.run_once() is None
    assert status(enrolled) == ["disetujui"]


def test_what_the_office_changed_meanwhile_becomes_a_conflict_that_she_sees(
    enrolled: Phone,
    office: Running,  # noqa: F811
) -> None:
    draft = start_visit(enrolled)
    enrolled.visits.save(draft.id, "bpnt_kpm", "hasil_kunjungan", "terisi_sebagian")
    enrolled.visits.save(draft.id, "bpnt_kpm", "nama", "Warga Uji Benar")
    body = Patch(record=WARGA, kind="warga", base={"nama": "Warga Uji"}, new={"nama": "Warga Uji Kantor"})
    office.deps.office.act(office.deps.office.person, body)
    done = enrolled.visits.finalise(draft.id)
    assert isinstance(done, Finalised)
    assert enrolled.worker.run_once() is None
    assert status(enrolled) == ["konflik"]
    [open_still] = enrolled.visits.conflicts()
    assert (open_still.open, open_still.reason, open_still.shown) == (True, "nilai", True)
    assert (open_still.nama, open_still.visit) == ("Warga Uji Kantor", done.visit)
    [field] = open_still.fields
    assert (field.name, field.base) == ("nama", "Warga Uji")
    assert (field.mine, field.theirs) == ("Warga Uji Benar", "Warga Uji Kantor")

    # neither a decision nor a clean sync lets it be forgotten
    decide(office, done.visit, done.change, "setujui")
    for _ in range(2):
        assert enrolled.worker.run_once() is None
    assert status(enrolled) == ["disetujui"]
    assert [card.conflicts for card in enrolled.visits.home().sent] == [1]
    assert enrolled.worker.status().conflicts == 1

    conflict = office.deps.office.act
    head = ChangeId(bytes.fromhex(enrolled_conflict_change(enrolled)))
    conflict(
        office.deps.office.person,
        Resolve(conflict=open_still.id, follows=head, values={"nama": "Warga Uji Benar"}),
    )
    assert enrolled.worker.run_once() is None
    [closed] = enrolled.visits.visit(done.visit).conflicts
    assert (closed.open, closed.fields[0].chosen, closed.fields[0].now) == (False, "mine", "Warga Uji Benar")
    assert closed.resolved_ms > 0
    assert [card.conflicts for card in enrolled.visits.home().sent] == [0]


def enrolled_conflict_change(phone: Phone) -> str:
    """The change that raised the one conflict: what a resolution follows."""
    patch = phone._opened().visits._bench.history.latest(0, 9)[0].patch
    assert patch is not None
    return patch.hex()


def test_what_the_office_destroyed_is_gone_from_the_phone(enrolled: Phone, office: Running) -> None:  # noqa: F811
    done = record_visit(enrolled, start_visit(enrolled))
    assert enrolled.worker.run_once() is None
    body = Destroyed(changes={done.change: b""}, blobs=[], records=[done.visit], basis="BA 1/2026")
    office.deps.office.act(office.deps.office.person, body)
    assert enrolled.worker.run_once() is None
    assert status(enrolled) == ["dimusnahkan"]
    view = enrolled.visits.visit(done.visit)
    assert (view.photos, view.number) == ((), done.number)
    assert enrolled.visits._bench.drafts.answers(view.version) == {}


def test_a_visit_waits_in_a_locked_phone_and_goes_when_it_is_opened(enrolled: Phone) -> None:
    draft = start_visit(enrolled)
    record_visit(enrolled, draft)
    enrolled.lock()
    assert enrolled.state() == "terkunci"
    assert enrolled.unlock(PIN) is None
    assert status(enrolled) == ["menunggu_kirim"]
    assert enrolled.worker.run_once() is None
    assert enrolled.worker.run_once() is None
    assert status(enrolled) == ["diterima"]
