"""Where a finished visit stands: sent, received, decided, returned and corrected."""

import random

import pytest

from field_app.rehearsal import drawn_photo
from field_app.views import DraftView, Refused
from schemas.ids import RecordId
from schemas.wire import Conflict, Held, Outcome, Rejected
from sync.chain import START
from tests.field_app.field import NIK, PERSON, PLACE, SMALL, TUGAS, Field, answers


def test_sent_is_said_only_as_far_as_the_office_confirmed(field: Field) -> None:
    field.visit()
    assert field.status() == ["menunggu_kirim"]
    field.acknowledge()
    assert field.status() == ["terkirim"]
    unsent = field.bench.blobs.unsent()
    field.receive_photos()
    assert field.status() == ["diterima"]
    field.acknowledge(wanted=[unsent[0].id])
    assert field.status() == ["terkirim"] and [blob.id for blob in field.bench.blobs.unsent()] == [
        unsent[0].id
    ]
    field.receive_photos()
    field.pull({}, acknowledged=START)  # the office was restored from an older copy
    assert field.status() == ["menunggu_kirim"]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Held(waiting="x"), "terkirim"),
        (Conflict(ids=[RecordId("c" * 32)]), "konflik"),
        (Rejected(problem="harus_tersegel"), "tidak_diterima"),
    ],
)
def test_each_outcome_has_its_word(field: Field, outcome: Outcome, status: str) -> None:
    field.visit()
    field.receive_photos()
    field.acknowledge(outcome)
    assert field.status() == [status]


def test_a_conflict_that_was_settled_is_no_longer_shown(field: Field) -> None:
    field.visit()
    field.receive_photos()
    field.acknowledge(Conflict(ids=[RecordId("c" * 32)]))
    field.pull({RecordId("c" * 32): ("konflik", {"petugas": PERSON, "state": "selesai"})})
    assert field.status() == ["diterima"]


def test_a_return_shows_its_reasons_and_its_correction_is_the_next_version(field: Field) -> None:
    done = field.visit()
    field.acknowledge()
    field.decided(done, "dikembalikan", reasons={"bpnt_kpm.foto_kk": "Tidak terbaca"}, note="Foto lagi")
    [card] = field.visits.home().returned
    assert card.status == "dikembalikan" and field.visits.task(TUGAS).reasons == {
        "bpnt_kpm.foto_kk": "Tidak terbaca"
    }
    corrected = field.visits.start_correction(done.visit)
    assert isinstance(corrected, DraftView)
    assert (corrected.returned, corrected.note) == ({"bpnt_kpm.foto_kk": "Tidak terbaca"}, "Foto lagi")
    assert answers(corrected)["nik"] == NIK and corrected.photos
    again = field.visits.start_correction(done.visit)
    assert isinstance(again, DraftView) and again.id == corrected.id
    assert field.visits.home().returned[0].draft == corrected.id and field.visits.home().drafts == ()
    old = next(photo for photo in corrected.photos if photo.field == "foto_kk")
    field.visits.add_photo(
        corrected.id, "bpnt_kpm", "foto_kk", drawn_photo(random.Random(5), SMALL), PLACE, replaces=old.number
    )
    second = field.finish(corrected.id)
    assert (second.visit, second.number) == (done.visit, done.number)
    assert field.bodies()[-1].follows == done.change
    assert field.status() == ["menunggu_kirim"]


def test_only_what_was_returned_can_be_corrected(field: Field) -> None:
    done = field.visit()
    field.decided(done, "disetujui")
    assert field.status() == ["disetujui"]
    assert field.visits.start_correction(done.visit) == Refused(say="lapangan.tidak_dikembalikan")
    assert field.visits.start_correction(RecordId("e" * 32)) == Refused(
        say="lapangan.versi_lama_tidak_di_sini"
    )
