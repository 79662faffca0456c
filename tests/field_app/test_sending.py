"""Photos on their way: in which order, over what lines, and past what cannot be sent."""

import base64
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from field_app.blobs import TERKIRIM, Blobs
from field_app.forgetting import Forgetting, Keeping
from field_app.link import Failure, Reply
from field_app.rehearsal import drawn_photo
from field_app.vault import StorageFailedError
from field_app.views import SyncStatus
from schemas.ids import BlobId
from tests.field_app.conftest import SetTime
from tests.field_app.field import DEVICE, PLACE, SMALL, Field
from tests.field_app.near_office import NearOffice
from tests.field_app.test_worker import EXPIRED, Sending

CUT = Failure(kind="jaringan", say="lapangan.sambungan_putus")
BROKEN = Failure(kind="jaringan", say="lapangan.kantor_bermasalah", status=500)
REFUSED = Failure(kind="kantor", say="masalah.unggah_terlalu_besar", status=413)
BUSY = Failure(kind="jaringan", say="lapangan.kantor_sibuk", status=503, retry_s=60)


@pytest.fixture
def near(field: Field, time: SetTime) -> Iterator[Sending]:
    made = Sending(field, time, office=NearOffice())
    yield made
    made.worker.close()


def visit(near: Sending, *sizes: tuple[int, int]) -> list[BlobId]:
    """A visit with a photo of each size; returns their names, smallest first."""
    field, view = near.field, near.field.start()
    field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "terisi_sebagian")
    for number, size in enumerate(sizes):
        near.time.pass_s(1)
        name = ("foto_rumah_depan", "foto_kk", "foto_rumah_dalam")[number % 3]
        field.visits.add_photo(view.id, "bpnt_kpm", name, drawn_photo(Random(number), size), PLACE)
    field.finish(view.id)
    assert len(field.bench.drafts.blobs_of(view.id)) == len(sizes)
    stored = field.bench.blobs.of(field.bench.drafts.blobs_of(view.id))
    return sorted(stored, key=lambda blob: stored[blob].size_bytes)


def test_the_first_visit_goes_first_and_its_small_photos_before_the_large(near: Sending) -> None:
    first = visit(near, (640, 480), SMALL)
    second = visit(near, (320, 240))
    assert near.worker.run_once() is None
    assert near.office.received == [*first, *second]


def test_each_photo_is_sent_once(near: Sending) -> None:
    visit(near, SMALL, (320, 240))
    assert near.worker.run_once() is None
    assert near.worker.run_once() is None
    assert len(near.office.received) == len(set(near.office.received)) == 2


@pytest.mark.parametrize(("photo_s", "looks"), [(1, 0), (15, 1)], ids=["quick", "slow"])
def test_only_photos_that_took_long_are_followed_by_a_look_for_decisions(
    near: Sending, photo_s: int, looks: int
) -> None:
    """Each photo that went was answered with its receipt already."""
    visit(near, SMALL, (320, 240))
    send, before = near.office.send, list[int]()

    def in_so_long(*arguments: Any, **more: Any) -> Any:
        before.append(len(near.office.requests))
        near.time.pass_s(photo_s)
        return send(*arguments, **more)

    near.office.send = in_so_long
    assert near.worker.run_once() is None
    assert near.field.status() == ["diterima"]
    assert len(before) == 2
    assert len(near.office.requests) - before[0] == looks


def test_a_photo_that_the_office_did_not_say_it_lacks_is_asked_for_before_a_byte_goes(near: Sending) -> None:
    """So it is on a phone that was restored from before its photos went."""
    there, lacking = visit(near, SMALL, (320, 240))
    near.office.office.blob_received(there, near.field.bench.blobs.of([there])[there].size_bytes, DEVICE, 1)
    assert near.worker.run_once() is None
    assert near.office.received == [lacking]
    assert near.field.status() == ["diterima"]
    assert near.worker.status().photos_pending == 0


def test_two_photos_that_the_office_stumbles_over_hold_up_no_other(near: Sending) -> None:
    made = visit(near, SMALL, (320, 240), (400, 300))
    near.office.cut = [BROKEN] * 4
    failure = near.worker.run_once()
    assert failure is not None
    assert near.office.received == made[2:]
    assert near.worker.run_once() is None
    assert set(near.office.received) == set(made)


def failing(near: Sending, blobs: list[BlobId], failure: Failure) -> None:
    """Let each request about these photos come to this."""
    send = near.office.send
    named = {base64.b64encode(blob.encode()).decode() for blob in blobs}

    def some(method: str, path: str, headers: dict[str, str], content: Any = None) -> Any:
        about = headers.get("upload-metadata", "").removeprefix("sha256 ").partition(",")[0]
        return failure if about in named else send(method, path, headers, content)

    near.office.send = some


def test_photos_that_fail_among_others_that_arrive_hold_up_none(near: Sending) -> None:
    made = visit(near, *((200 + 60 * number, 200) for number in range(6)))
    failing(near, made[::2], BROKEN)
    assert near.worker.run_once() == BROKEN
    assert near.office.received == made[1::2]


def test_photos_that_the_office_refuses_hold_up_no_other_however_many(near: Sending) -> None:
    made = visit(near, *((200 + 60 * number, 200) for number in range(4)))
    failing(near, made[:3], REFUSED)
    assert near.worker.run_once() == REFUSED
    assert near.office.received == made[3:]


def test_a_line_that_begins_to_cost_makes_no_success_of_what_failed_before(near: Sending) -> None:
    made = visit(near, SMALL, (320, 240))
    near.wifi_only = True
    send = near.office.send

    def fails_and_costs(*_: object) -> Failure:
        near.network._metered = True
        return BROKEN

    near.office.send = fails_and_costs
    assert near.worker.run_once() == BROKEN
    assert near.worker.status().problem == BROKEN.say
    near.office.send, near.network._metered = send, False
    assert near.worker.run_once() is None
    assert set(near.office.received) == set(made)


def test_a_photo_that_the_storage_does_not_give_back_holds_up_no_other_and_is_not_called_lost(
    near: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, read = visit(near, SMALL, (320, 240)), Blobs.read

    def broken(blobs: Blobs, blob: BlobId) -> bytes:
        if blob == made[0]:
            raise StorageFailedError
        return read(blobs, blob)

    monkeypatch.setattr(Blobs, "read", broken)
    failure = near.worker.run_once()
    assert failure is not None and failure.say == "lapangan.penyimpanan_rusak"
    assert near.office.received == made[1:]
    monkeypatch.setattr(Blobs, "read", read)
    assert near.worker.run_once() is None
    assert near.office.received == [made[1], made[0]]


def test_photos_that_failed_by_themselves_go_after_the_others_next_time(near: Sending) -> None:
    made = visit(near, SMALL, (320, 240), (400, 300))
    blobs = near.field.bench.blobs
    blobs.progress(made[0], sent_bytes=0, upload_url="", problem=BROKEN.say)
    blobs.progress(made[1], sent_bytes=0, upload_url="", problem=CUT.say)
    assert [blob.id for blob in blobs.unsent()] == [made[1], made[2], made[0]]


def test_a_busy_office_is_left_alone_at_once(near: Sending) -> None:
    visit(near, SMALL, (320, 240))
    asked: list[int] = []

    def busy(*_: object) -> Failure:
        asked.append(len(near.office.requests))
        return BUSY

    near.office.send = busy
    assert near.worker.run_once() == BUSY
    assert asked == [len(near.office.requests)], "it was asked nothing more, neither by tus nor by sync"


def test_a_line_that_is_always_cut_is_given_up_after_a_few_photos(near: Sending) -> None:
    visit(near, SMALL, (320, 240), (400, 300), (500, 300), (300, 300))
    near.office.cut = [CUT] * 100
    assert near.worker.run_once() == CUT
    assert 100 - len(near.office.cut) == 6


def test_an_upload_that_wants_a_login_right_after_one_is_given_up(near: Sending) -> None:
    visit(near, SMALL)
    asked: list[str] = []

    def send(method: str, *_: object) -> Failure:
        asked.append(method)
        assert len(asked) < 9
        return EXPIRED

    near.office.send = send
    failure = near.worker.run_once()
    assert failure is not None and failure.say == "lapangan.masuk_tertahan"
    assert len(asked) == 2


def test_a_photo_goes_on_through_cuts_that_bring_it_further_and_no_byte_goes_twice(near: Sending) -> None:
    [blob] = visit(near, (320, 240))
    size = near.field.bench.blobs.of([blob])[blob].size_bytes
    step, held, arrives = size // 6 + 1, 0, iter([True, True, False, False, False])

    def send(method: str, path: str, headers: dict[str, str], content: Any = None) -> Reply | Failure:
        nonlocal held
        data = b"".join(content or ())
        if data:
            assert int(headers.get("upload-offset", "0")) == held
            held += min(step, len(data)) if next(arrives, True) else 0
            if held < size:
                return CUT
            near.office.office.blob_received(blob, size, DEVICE, 1)
        return Reply(status=204, headers={"upload-offset": str(held), "location": "/tus/ini"})

    near.office.send = send
    assert near.worker.run_once() == CUT and held == 2 * step
    assert near.worker.run_once() is None and held == size
    assert near.field.status() == ["diterima"]


def test_a_photo_that_went_whole_is_still_so_when_the_line_fails_before_the_receipt(near: Sending) -> None:
    [blob] = visit(near, SMALL)
    blobs = near.field.bench.blobs
    size = blobs.of([blob])[blob].size_bytes
    blobs.progress(blob, state=TERKIRIM, sent_bytes=size, upload_url="")
    near.office.office.blob_received(blob, size, DEVICE, 1)
    near.office.cut = [CUT] * 9
    assert near.worker.run_once() == CUT
    stored = blobs.of([blob])[blob]
    assert (stored.state, stored.sent_bytes) == (TERKIRIM, size)


def test_progress_is_told_in_bytes(near: Sending) -> None:
    made = visit(near, SMALL, (320, 240))
    stored = near.field.bench.blobs.of(made)
    total = sum(blob.size_bytes for blob in stored.values())
    seen: list[SyncStatus] = []
    near.worker.listener = seen.append
    assert near.worker.run_once() is None
    done = [status.done for status in seen if status.total]
    assert done == sorted(done) and done[-1] == total
    assert {status.total for status in seen if status.total} == {total}


def test_a_line_that_begins_to_cost_ends_the_photos_and_is_no_failure(near: Sending) -> None:
    visit(near, SMALL, (320, 240))
    near.wifi_only = True
    sent = near.office.send

    def and_then_mobile(*arguments: object, **more: object) -> object:
        near.network._metered = True
        return sent(*arguments, **more)

    near.office.send = and_then_mobile
    assert near.worker.run_once() is None
    status = near.worker.status()
    assert (status.photos_pending, status.problem) == (1, "lapangan.menunggu_wifi")


def test_old_visits_are_forgotten_only_while_room_is_short_and_after_a_sync_that_went_well(
    near: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(near, SMALL)
    looked: list[Keeping] = []
    monkeypatch.setattr(Forgetting, "step", lambda _self, keeping: looked.append(keeping) or False)
    assert near.worker.run_once() is None
    assert looked == [], "there is room"
    near.keeping = Keeping(most_bytes=0, keep_days=30)
    visit(near, SMALL)
    near.office.cut = [CUT] * 9
    assert near.worker.run_once() == CUT
    assert looked == []
    near.office.cut = []
    assert near.worker.run_once() is None
    assert looked == [near.keeping]
