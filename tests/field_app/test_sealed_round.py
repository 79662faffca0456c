"""A sealed case between a real phone and the real office: assigned, recorded, returned, mended, approved.

What the officers of the room do is done here with the keys in hand; how they hold them is not this test's.
"""

import pytest

from field_app.sealing import exchange_bytes, seal_key
from field_app.views import DraftView, Finalised, Refused
from schemas.base import encode
from schemas.ids import ChangeId, PersonId, RecordId, Regency
from schemas.sealed import Note, Role
from schemas.sealed_notes import Assignment, Reasons
from sync.change import Patch, SealedDecide, SealedNote, SealedSubmit, read
from sync.sealed_case import info_of, seal_note
from tests.contract.people import record_id
from tests.faults.conftest import Make, nursery, regency  # noqa: F401 - fixtures
from tests.faults.nursery import Nursery
from tests.faults.test_sealed_deaths import SealedVictim, inside
from tests.faults.world import PIN, sync, words

TUGAS = record_id(777)


@pytest.fixture
def case(regency: Make, nursery: Nursery) -> SealedVictim:  # noqa: F811 - the fixtures above
    return SealedVictim(regency(), nursery)


def note(case: SealedVictim, plain: object, role: Role, subject: RecordId, number: int = 0) -> Note:
    public = exchange_bytes(case.phone.owner.private_key)
    return seal_note(
        encode(plain), seal_key, public, info_of(Regency("33.14"), role, subject, number, public)
    )


def submits(case: SealedVictim) -> list[SealedSubmit]:
    store = case.phone.visits._bench.store
    found = [read(entry.content or b"").body for entry in store.entries(store.device(), 0, 50)]
    return [body for body in found if isinstance(body, SealedSubmit)]


def test_a_sealed_visit_goes_to_the_office_comes_back_and_goes_again(case: SealedVictim) -> None:
    phone, world = case.phone, case.world
    done = phone.visits.finalise(case.begin())
    assert isinstance(done, Finalised)
    sync(phone)
    assert words(phone) == ["diterima"] and world.lacks() == []
    held = world.record(done.visit)
    assert (held["form"], held["petugas"]) == ("tersegel", phone.owner.person)

    reasons = Reasons(form="ktk", reasons={"ktk.alasan_hasil": "Tulis lebih jelas"}, note="")
    said = note(case, reasons, "alasan", done.visit, 1)
    world.act(SealedDecide(visit=done.visit, follows=done.change, decision="kembalikan", notes=[said]))
    sync(phone)
    (card,) = phone.visits.home().returned
    assert (card.nama, card.desa) == (done.number, "")
    phone.sealed.lock()
    assert isinstance(phone.sealed.reasons(done.visit), Refused)
    assert phone.sealed.unlock(PIN) is None
    assert phone.sealed.reasons(done.visit) == reasons
    again = phone.visits.start_correction(done.visit)
    assert isinstance(again, DraftView) and again.returned == reasons.reasons
    phone.visits.save(again.id, "ktk", "alasan_hasil", "Kurang surat kuasa")
    second = phone.visits.finalise(again.id)
    assert isinstance(second, Finalised)
    sync(phone)
    first, corrected = submits(case)
    assert (corrected.visit, corrected.follows, corrected.number) == (first.visit, done.change, 2)
    assert inside(phone, corrected)["ktk"]["alasan_hasil"] == "Kurang surat kuasa"
    newest = ChangeId(bytes.fromhex(world.versions(done.visit)[-1]))
    assert newest == second.change
    world.act(SealedDecide(visit=done.visit, follows=newest, decision="setujui", notes=[]))
    sync(phone)
    assert words(phone) == ["disetujui"]
    assert world.faults() == []


def test_an_assigned_case_is_known_by_its_code_and_opens_for_this_phone_alone(case: SealedVictim) -> None:
    phone, world = case.phone, case.world
    person = PersonId(phone.owner.person)
    kasus, kode = record_id(776), "KS-2026-BCDFGH"
    about = Assignment(forms=["ktk"], text="Temui di balai desa")
    task = {"kasus": kasus, "kode": kode, "petugas": person, "due": "2026-11-21", "state": "baru"}
    world.act(
        Patch(
            record=kasus, kind="kasus", base={},
            new={"workflow": "ktkpm", "service": "ktkpm", "kode": kode, "petugas": person},
        ),
        Patch(record=TUGAS, kind="tugas", base={}, new=task),
        SealedNote(record=TUGAS, name="tugas", follows=None, notes=[note(case, about, "tugas", TUGAS)]),
    )  # fmt: skip
    sync(phone)
    (card,) = [each for each in phone.visits.home().today if each.tugas == TUGAS]
    assert (card.nama, card.title, card.due) == (kode, "Kasus tertutup KTKPM", "2026-11-21")
    assert phone.sealed.assignment(TUGAS) == about
    draft = phone.visits.start("ktk", None, TUGAS)
    assert isinstance(draft, DraftView)
    assert draft.forms["ktk"].answers["kode_kasus"] == kode
    phone.visits.save(draft.id, "ktk", "hasil_kunjungan", "terisi_sebagian")
    assert isinstance(phone.visits.finalise(draft.id), Finalised)
    sync(phone)
    (submit,) = submits(case)
    assert (submit.kasus, submit.tugas) == (kasus, TUGAS)
    assert words(phone) == ["diterima"] and world.record(TUGAS)["state"] == "dikirim"
    assert world.faults() == []


def test_a_forgotten_pin_loses_no_sealed_draft(case: SealedVictim) -> None:
    draft = case.begin()
    phone = case.phone
    code = phone._keys.renew(PIN, *_keys(case))
    phone.lock()
    fresh = case.world.phone_at(case.folder)
    assert isinstance(fresh.rescue(code, "710362"), str)
    assert fresh.sealed.unlock("710362") is None
    assert fresh.visits.draft(draft).forms["ktk"].answers["nama"] == "Penanda Rahasia"


def _keys(case: SealedVictim) -> tuple[bytes, bytes]:
    """Both keys of the phone, as its office's code opens them."""
    keys = case.phone._keys
    first, second = keys.unlock(PIN), keys.second(PIN)
    return first.key, second.key  # type: ignore[union-attr]
