"""What the office itself did after the copy that it comes back from, and phones that know of it.

Rule: a phone's work of then is kept and told of, and counts as soon as the office does its part once more.
"""

from collections.abc import Iterator

import pytest

from field_app.phone import Phone
from field_app.views import Finalised
from schemas.published import KIND, Published
from server.destruction import destroyed_path
from server.keys import default_path
from server.store import SqlOfficeStore
from sync.change import Patch, Resolve
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.test_kept_meanwhile import ELSEWHERE, officer, only_conflict, rename
from tests.faults.test_two_at_once import all_is_there, copied, put_aside, put_back, restore
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
    visited,
    words,
)
from tests.server.conftest import DESA

NEWER = FORMS.text_of(FORM, 1).replace("version = 1", "version = 2", 1)


@pytest.fixture
def _forms_of_one_office() -> Iterator[None]:
    """Phones and tests share the forms: what one office published is forgotten before the next."""
    yield
    FORMS.forget_taken()


def publish(world: World) -> None:
    """Send out the form's second version; the server takes it in as it starts."""
    world.kill()
    made = Published(form=FORM, version=2, text=NEWER, made_ms=1)
    world.act(Patch(record=record_id(77), kind=KIND, base={}, new=made.fields()))
    world.serve()


def why_refused(phone: Phone) -> list[str]:
    return [item.problem for item in phone.worker.items() if item.kind == "data" and item.problem]


@pytest.mark.usefixtures("_forms_of_one_office")
def test_visits_of_a_form_that_a_restore_lost_wait_until_it_is_published_once_more(regency: Make) -> None:
    """Row 102. One was received and told so, one was open when the office came back without the form."""
    world = regency()
    phone = world.phone()
    disk = copied(world)
    publish(world)
    sync(phone)
    done = [visit(phone, world.beats[0], 1)]
    draft = start(phone, None)
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", nama="Warga Baru", kode_desa=DESA)
    photograph(phone, draft.id, 2)
    sync(phone)
    assert words(phone) == ["diterima"]

    restore(world, disk)
    phone.lock()
    FORMS.forget_taken()
    phone = world.again(world.folder / "hp-0")
    done.append(finish(phone, draft.id))
    sync(phone)
    assert (words(phone), pending(phone)) == (["tidak_diterima"] * 2, (0, 0))
    assert why_refused(phone) == ["masalah.form_tidak_dikenal"] * 2
    assert world.rows("SELECT count(*) FROM blobs") == [(2,)], "photos are kept with what waits"
    assert world.faults() == []

    publish(world)
    sync(phone)
    assert (words(phone), why_refused(phone)) == (["diterima"] * 2, [])
    all_is_there(world, *done)


def in_conflict(world: World, phone: Phone, nama: str) -> Finalised:
    """Let the phone and the office write two names of one person."""
    draft = start(phone, world.beats[0])
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", nama=nama)
    rename(world, "Warga 0", "Warga Kantor")
    done = finish(phone, draft.id)
    sync(phone)
    return done


def decide(world: World, nama: str) -> None:
    """Let the office write the name for which a conflict waits."""
    conflict = only_conflict(world)
    with world.look() as reader:
        head = SqlOfficeStore.reading(reader).records([conflict])[conflict].head
    assert head is not None
    world.act(Resolve(conflict=conflict, follows=head, values={"nama": nama}))


def test_a_decision_that_a_restore_lost_is_open_again_on_a_phone_that_saw_it(regency: Make) -> None:
    """Row 103. She works on by what was decided; it is decided once more, and her phone is put back too."""
    world = regency()
    phone = world.phone()
    sync(phone)
    first = in_conflict(world, phone, "Warga Benar")
    disk = copied(world)
    decide(world, "Warga Benar")
    sync(phone)
    assert words(phone) == ["diterima"]
    backup = put_aside(world, phone)
    phone = world.again(world.folder / "hp-0")
    later = visit(phone, world.beats[0].warga, 2, alamat="Dukuh Baru")

    restore(world, disk)
    sync(phone)
    assert sorted(words(phone)) == ["diterima", "konflik"], "only what was decided is open again"
    assert world.record(world.beats[0].warga)["nama"] == "Warga Kantor"
    assert world.record(world.beats[0].warga)["alamat"] == "Dukuh Baru"
    phone.lock()
    phone = put_back(world, backup)
    sync(phone)
    assert words(phone) == ["konflik"]
    decide(world, "Warga Benar")
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.record(world.beats[0].warga)["nama"] == "Warga Benar"
    all_is_there(world, first, later)


def test_an_area_that_a_restore_took_back_costs_no_work_of_the_new_one(regency: Make) -> None:
    """Row 104. What she wrote there waits for the office's word; who is there comes back with the area."""
    world = regency()
    phone = world.phone()
    there = record_id(80)
    new = {"nama": "Warga Sana", "kode_desa": ELSEWHERE, "layanan": ["bpnt"], "alamat": "Lama"}
    world.act(Patch(record=there, kind="warga", base={}, new=new))
    disk = copied(world)
    officer(world, {"wilayah": [DESA]}, wilayah=[ELSEWHERE])
    sync(phone)
    done = [visit(phone, there, 1, alamat="Baru")]
    sync(phone)
    assert words(phone) == ["diterima"]
    done.append(visit(phone, there, 2))
    restore(world, disk)
    sync(phone)
    assert (sorted(words(phone)), pending(phone)) == (["diterima", "konflik"], (0, 0))
    assert world.record(there)["alamat"] == "Lama"
    assert "Warga Sana" not in {hit.nama for hit in phone.visits.search("Warga")}
    officer(world, {"wilayah": [DESA]}, wilayah=[ELSEWHERE])
    sync(phone)
    assert "Warga Sana" in {hit.nama for hit in phone.visits.search("Warga")}
    all_is_there(world, *done)


def test_somebody_who_was_destroyed_after_the_copy_comes_back_from_no_phone_either(regency: Make) -> None:
    """Row 105. One phone has unsent work about them, and is put back to when it had all."""
    world = regency()
    phone, first = visited(world)
    disk = copied(world)
    backup = put_aside(world, phone)
    phone = world.again(world.folder / "hp-0")
    gone = [world.beats[0].warga, first.visit, world.beats[0].tugas]
    with world.hand() as deps:
        deps.destruction.destroy(deps.office.person, [first.change], gone, "BA 7/2026")
    assert destroyed_path(default_path(world.office)).exists()
    late = [visit(phone, world.beats[0].warga, 2, alamat="Dukuh Baru")]
    restore(world, disk)
    sync(phone)
    phone.lock()
    phone = put_back(world, backup)
    late.append(visit(phone, world.beats[0].warga, 3, alamat="Dukuh Lain"))
    sync(phone)
    sync(phone)
    assert phone.visits.search("Warga") == () and pending(phone) == (0, 0)
    assert all(set(world.record(one)) == {"dihapus", "dimusnahkan"} for one in gone)
    assert len(world.versions(late[0].visit)) == len(world.versions(late[1].visit)) == 1
    assert (world.lacks(), world.faults()) == ([], [])
