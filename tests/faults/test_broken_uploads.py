"""Photos on bad lines: cut, cancelled, split, of no bytes, of one name, of one content."""

import base64
import random
from hashlib import sha256

import httpx
import pytest

from field_app.link import Failure
from field_app.transport import TIMEOUT, HttpLink
from field_app.tus import Received, Upload
from schemas.ids import BlobId, ChangeId, RecordId
from sync.change import Decide, Evidence, FormAnswers, Submit
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.line import UP
from tests.faults.world import (
    FORM,
    FORMS,
    TEXT,
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
from tests.server.phones import Phone as WirePhone

KEPT_BYTES = 16 * 1024
"""The office keeps what arrived before a cut to within so much."""


def named(data: bytes) -> BlobId:
    return BlobId(sha256(data).hexdigest())


def submit(visit_id: RecordId, *photos: tuple[str, bytes], follows: ChangeId | None = None) -> Submit:
    """A visit of a bare phone, with photos by field."""
    evidence = [
        Evidence(
            blob=named(data),
            form=FORM,
            field=field,
            size_bytes=len(data),
            media_type="image/jpeg",
            camera_sha256="0" * 64,
            taken_ms=1,
        )
        for field, data in photos
    ]
    forms = {FORM: FormAnswers(version=FORMS.get(FORM).version, answers={})}
    return Submit(
        visit=visit_id,
        follows=follows,
        subject=None,
        form=FORM,
        forms=forms,
        evidence=evidence,
        place=None,
        tugas=None,
    )


def send(phone: WirePhone, data: bytes) -> None:
    place = phone.begin_upload(data).headers["location"]
    assert phone.send(place, data, 0).status_code == 204


def wanted(phone: WirePhone) -> list[BlobId]:
    """What the office still asks this phone for."""
    return phone.sync()[-1].wanted


def uploader(world: World, phone: WirePhone) -> Upload:
    """The real phone's uploading, under the name of a bare phone."""
    http = httpx.Client(timeout=TIMEOUT, trust_env=False, verify=False)
    world.clients.append(http)
    link = HttpLink(world.line.address, TEXT.__contains__, http)
    assert link.login(phone.device, phone.key.sign) is None
    return Upload(link)


def upload(up: Upload, data: bytes) -> int:
    """Upload as the worker does, again after each cut; return the number of tries."""
    url = [""]
    for tries in range(1, 100):
        done = up.run(named(data), data, url[0], lambda offset, at: url.__setitem__(0, at))
        if isinstance(done, Received):
            return tries
        assert isinstance(done, Failure) and done.kind == "jaringan", done
    raise AssertionError("the upload never ended")


def test_an_upload_broken_off_before_a_correction_mixes_nothing_up(regency: Make) -> None:
    """Row 6. Cut, sent back, corrected under the same visit with another photo, then sent: both stand."""
    world = regency()
    phone = world.phone()
    sync(phone)
    first = visit(phone, world.beats[0], 1)
    world.line.die(UP, 9_000)
    assert phone.worker.run_once() is not None
    world.line.mend()
    assert world.lacks(), "the photo did not arrive"
    reasons = {f"{FORM}.foto_rumah_depan": "Kurang jelas"}
    world.act(
        Decide(visit=first.visit, follows=first.change, decision="kembalikan", reasons=reasons, note="")
    )
    world.line.die(UP, 9_000)
    assert phone.worker.run_once() is not None
    world.line.mend()
    assert words(phone) == ["dikembalikan"]

    draft = phone.visits.start_correction(first.visit)
    (old,) = phone.visits.draft(draft.id).photos  # type: ignore[union-attr]
    phone.visits.drop_photo(draft.id, FORM, "foto_rumah_depan", old.number)  # type: ignore[union-attr]
    photograph(phone, draft.id, 2)  # type: ignore[union-attr]
    second = finish(phone, draft.id)  # type: ignore[union-attr]
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(first.visit) == [first.change.hex(), second.change.hex()]
    assert len(world.rows("SELECT DISTINCT blob FROM blob_refs")) == 2
    assert (world.lacks(), world.faults()) == ([], [])


def test_photos_in_several_sessions_one_of_no_bytes_are_asked_for_until_all_are_there(regency: Make) -> None:
    """Row 8. A visit is whole only when each of its photos is; which are missing is known on both sides."""
    world = regency()
    phone = world.wire_phone()
    front, inside, card = (random.Random(seed).randbytes(9_000) for seed in range(3))
    photos = [("foto_rumah_depan", front), ("foto_rumah_dalam", inside), ("foto_kk", card)]
    phone.write(submit(record_id(50), *photos))
    assert sorted(wanted(phone)) == sorted(map(named, (front, inside, card)))
    send(phone, front)
    empty = phone.tus(
        "POST",
        "/tus/",
        upload_length="0",
        upload_metadata=f"sha256 {base64.b64encode(named(inside).encode()).decode()}",
    )
    assert (empty.status_code, empty.json()["code"]) == (400, "unggah_kosong")
    assert sorted(wanted(phone)) == sorted(map(named, (inside, card)))
    phone.login()
    send(phone, card)
    assert wanted(phone) == [named(inside)]
    assert world.lacks() == [(named(inside),)]
    send(phone, inside)
    assert wanted(phone) == []
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_hundred_photos_over_a_line_that_is_cut_again_and_again_go_little_more_than_once(
    regency: Make,
) -> None:
    """Row 9. Every byte up counts, requests and repeats included: at most a tenth more than the photos."""
    world = regency()
    phone = world.wire_phone()
    up = uploader(world, phone)
    photos = [random.Random(seed).randbytes(60_000) for seed in range(100)]
    total = sum(map(len, photos))
    phone.write(submit(record_id(50), *((f"foto_{number}", data) for number, data in enumerate(photos))))
    phone.sync()
    begun = world.line.carried[UP]
    world.line.cut(UP, *[200_000] * (total // 200_000 - 1))
    tries = sum(upload(up, data) for data in photos)
    assert world.line.cuts >= total // 200_000 - 2 and tries >= 100 + world.line.cuts // 2
    assert wanted(phone) == []
    assert world.line.carried[UP] - begun <= 1.1 * total
    assert world.lacks() == []


@pytest.mark.parametrize("percent", [1, 50, 97, 100])
def test_an_upload_goes_on_from_where_it_was_cut_wherever_that_was(regency: Make, percent: int) -> None:
    """Row 10. Also near the end, and when all arrived but the answer did not: no byte range is sent twice
    but the last 16 KB, and it never hangs.
    """
    world = regency()
    phone = world.wire_phone()
    up = uploader(world, phone)
    data = random.Random(percent).randbytes(300_000)
    phone.write(submit(record_id(50), ("foto_rumah_depan", data)))
    phone.sync()
    begun = world.line.carried[UP]
    if percent == 100:
        # the last answer of the upload is lost: it is finished at the office and not known here
        world.line.when_up(len(data), world.line.lose_answer)
    else:
        world.line.cut(UP, len(data) * percent // 100)
    assert upload(up, data) == 2
    assert world.line.carried[UP] - begun <= len(data) + KEPT_BYTES + 4_000
    assert (wanted(phone), world.lacks(), world.faults()) == ([], [], [])


def test_an_offset_that_is_not_the_offices_is_refused_with_the_right_one(regency: Make) -> None:
    """Row 10. Behind it and beyond it alike; what is there stays, and the upload ends by going on from it."""
    world = regency()
    phone = world.wire_phone()
    data = random.Random(3).randbytes(50_000)
    place = phone.begin_upload(data).headers["location"]
    assert phone.send(place, data[:20_000], 0).status_code == 204
    for offset in (0, 19_999, 20_001, 50_000):
        refused = phone.send(place, data[offset : offset + 5_000] or b"x", offset)
        assert (refused.status_code, refused.headers["upload-offset"]) == (409, "20000")
    assert phone.send(place, data[20_000:], 20_000).status_code == 204
    assert world.rows("SELECT blob FROM blobs") == [(named(data),)]


def test_two_photos_of_one_field_and_a_retake_all_arrive(regency: Make) -> None:
    """Row 11. What a photo is called never decides what it replaces: its content is its name."""
    world = regency()
    phone = world.phone()
    sync(phone)
    draft = start(phone, world.beats[0])
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian")
    blobs = [photograph(phone, draft.id, seed) for seed in (1, 2)]
    (number, *_) = [photo.number for photo in phone.visits.draft(draft.id).photos]
    phone.visits.drop_photo(draft.id, FORM, "foto_rumah_depan", number)
    blobs.append(photograph(phone, draft.id, 3))
    done = finish(phone, draft.id)
    sync(phone)
    held = world.rows("SELECT blob FROM blob_refs WHERE visit = :visit", visit=done.visit)
    assert sorted(held) == sorted((blob,) for blob in blobs)
    assert (len(set(blobs)), world.lacks(), words(phone)) == (3, [], ["diterima"])


def test_photos_of_one_content_in_two_fields_two_visits_and_two_phones_are_all_received(
    regency: Make,
) -> None:
    """Row 12. One blob, as many places as name it; each phone sends the bytes that it says it has."""
    world = regency(2)
    one, other = world.wire_phone(0), world.wire_phone(1)
    data = random.Random(4).randbytes(30_000)
    one.write(submit(record_id(50), ("foto_rumah_depan", data), ("foto_rumah_dalam", data)))
    one.write(submit(record_id(51), ("foto_rumah_depan", data)))
    other.write(submit(record_id(52), ("foto_rumah_depan", data)))
    assert (wanted(one), wanted(other)) == ([named(data)], [named(data)])
    send(one, data)
    assert wanted(one) == []
    assert wanted(other) == [named(data)], "naming a hash gives nothing: the other shows that it has it"
    send(other, data)
    assert wanted(other) == []
    assert world.rows("SELECT count(*), sum(received) FROM blob_refs") == [(4, 4)]
    assert world.rows("SELECT count(*) FROM blobs") == [(1,)]
    assert world.faults() == []


def test_one_shot_taken_twice_by_a_real_phone_is_two_pieces_of_evidence(regency: Make) -> None:
    """Row 12. The same picture for two fields of one visit: both fields have it, and it goes once."""
    world = regency()
    phone = world.phone()
    sync(phone)
    draft = start(phone, world.beats[0])
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian")
    photograph(phone, draft.id, 1, "foto_rumah_depan")
    photograph(phone, draft.id, 1, "foto_rumah_dalam")
    done = finish(phone, draft.id)
    sync(phone)
    fields = world.rows("SELECT field FROM blob_refs WHERE visit = :visit ORDER BY field", visit=done.visit)
    assert fields == [("foto_rumah_dalam",), ("foto_rumah_depan",)]
    assert (world.lacks(), words(phone), pending(phone)) == ([], ["diterima"], (0, 0))
