"""Where a finished visit stands: sent, received, decided, returned and corrected."""

import random

import pytest

from field_app.blobs import DITERIMA, LOKAL, TERKIRIM
from field_app.rehearsal import drawn_photo
from field_app.views import DraftView, Refused
from schemas.ids import ChangeId, RecordId
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected
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


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (None, "terkirim"),
        (Held(waiting="x"), "terkirim"),
        (Rejected(problem="isi_tidak_terbaca"), "tidak_diterima"),
    ],
    ids=["not told", "held", "refused"],
)
def test_a_visit_is_received_only_when_what_it_changes_of_somebody_is_too(
    field: Field, outcome: Outcome | None, status: str
) -> None:
    field.visit()
    field.receive_photos()
    [version] = field.bench.history.latest(0, 9)
    assert version.patch is not None and version.change is not None
    told = {version.change: Applied(seq=1)} | ({version.patch: outcome} if outcome else {})
    field.pull({}, acknowledged=field.store.head(), outcomes=told)
    assert field.status() == [status]
    field.pull({}, outcomes={version.patch: Applied(seq=2)})
    assert field.status() == ["diterima"]


def test_a_visit_to_somebody_who_was_destroyed_meanwhile_is_there_and_says_what_became_of_them(
    field: Field,
) -> None:
    done = field.visit()
    [version] = field.bench.history.latest(0, 9)
    assert version.patch is not None
    told: dict[ChangeId, Outcome] = {
        version.patch: Rejected(problem="dimusnahkan"),
        done.change: Applied(seq=1),
    }
    field.pull({}, acknowledged=field.store.head(), outcomes=told)
    assert field.status() == ["terkirim"], "its photos are still on their way"
    field.receive_photos()
    view = field.visits.visit(done.visit)
    assert (view.status, view.problem, view.again) == ("diterima", "lapangan.sasaran_dimusnahkan", False)
    field.pull({}, outcomes={done.change: Rejected(problem="isi_tidak_terbaca")})
    assert field.status() == ["tidak_diterima"], "what is said of the visit itself goes before"


def test_of_two_conflicts_it_is_said_which_is_open_and_that_one_was_chosen(field: Field) -> None:
    field.visit()
    settled, other = RecordId("c" * 32), RecordId("d" * 32)
    field.acknowledge(Conflict(ids=[settled, other]))
    field.pull({settled: ("konflik", {"petugas": PERSON, "state": "selesai"})})
    standing = field.bench.standings.of(field.bench.history.latest(0, 9)[0])
    assert (standing.status, standing.conflicts, standing.chosen) == ("konflik", (other,), 1)


@pytest.mark.parametrize("state", [LOKAL, TERKIRIM, DITERIMA])
def test_a_photo_that_the_office_lacks_is_begun_anew_unless_it_is_on_its_way(
    field: Field, state: str
) -> None:
    field.visit()
    field.acknowledge()
    blob = field.bench.blobs.unsent()[0]
    field.bench.blobs.progress(blob.id, state=state, sent_bytes=1000, upload_url="/tus/ini")
    field.pull({}, wanted=[blob.id])
    now = field.bench.blobs.of([blob.id])[blob.id]
    on_its_way = (LOKAL, 1000, "/tus/ini")
    assert (now.state, now.sent_bytes, now.upload_url) == (on_its_way if state == LOKAL else (LOKAL, 0, ""))


def test_an_office_that_was_restored_takes_back_the_receipts_of_what_it_lost_alone(field: Field) -> None:
    field.visit()
    between = field.store.head()
    field.visit()
    field.receive_photos()
    field.acknowledge()
    newest, _ = field.bench.history.latest(0, 9)
    lost = set(field.bench.drafts.blobs_of(newest.id))
    field.pull({}, acknowledged=between)
    assert field.status() == ["menunggu_kirim", "diterima"]
    assert {blob.id for blob in field.bench.blobs.unsent()} == lost
    assert {blob.state for blob in field.bench.blobs.of(lost).values()} == {TERKIRIM}
    field.receive_photos()
    field.acknowledge()
    field.pull({}, acknowledged=field.store.head())
    assert field.status() == ["diterima", "diterima"] and field.bench.blobs.unsent() == []


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
    assert field.visits.visit(done.visit).note == "Foto lagi"
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


def test_a_correction_that_came_after_the_return_is_not_called_returned_itself(field: Field) -> None:
    done = field.visit()
    field.acknowledge()
    came = [{"change": done.change.hex(), "received_ms": 7}]
    field.decided(done, "dikembalikan", decided_ms=5, versions=came)
    assert field.visits.home().returned == () and field.status() == ["terkirim"]
    field.decided(done, "dikembalikan", decided_ms=9, versions=came)
    assert [card.status for card in field.visits.home().returned] == ["dikembalikan"]


def test_a_version_that_the_office_passed_over_is_told_as_that(field: Field) -> None:
    done = field.visit()
    field.receive_photos()
    field.acknowledge()
    came = [{"change": done.change.hex(), "received_ms": 7}]
    for left_ms, said in ((0, ""), (6, ""), (8, "lapangan.versi_dilewati")):
        field.decided(done, "disetujui", decided_ms=5, left_ms=left_ms, versions=came)
        view = field.visits.visit(done.visit)
        assert (view.status, view.problem) == ("diterima", said)
    newer = [*came, {"change": "f" * 64, "received_ms": 9}]
    field.decided(done, "disetujui", decided_ms=5, left_ms=8, versions=newer)
    assert field.visits.visit(done.visit).problem == "", "that was said of an older one"
    field.decided(done, "disetujui", decided_ms=9, left_ms=8, versions=came)
    assert field.status() == ["disetujui"]


def test_only_what_was_returned_can_be_corrected(field: Field) -> None:
    done = field.visit()
    field.decided(done, "disetujui")
    assert field.status() == ["disetujui"]
    assert field.visits.start_correction(done.visit) == Refused(say="lapangan.tidak_dikembalikan")
    assert field.visits.start_correction(RecordId("e" * 32)) == Refused(
        say="lapangan.versi_lama_tidak_di_sini"
    )
