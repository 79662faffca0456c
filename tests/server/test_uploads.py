"""Uploads over HTTP: tus 1.0 as any client speaks it, and what is refused."""

import base64
import hashlib
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import pytest

from schemas.format import LAST_MS
from schemas.ids import BlobId, ChangeId
from server import tus
from server.api.tus_headers import CHUNK_TYPE
from server.part_file import PartFile
from server.store import SqlOfficeStore
from server.upload_store import Upload
from sync.store import BlobRef
from tests.contract.people import record_id
from tests.server.conftest import Running
from tests.server.phones import Phone

DATA = random.Random(8).randbytes(200_000)


def blob_of(data: bytes) -> BlobId:
    return BlobId(sha256(data).hexdigest())


def offset(phone: Phone, place: str) -> int:
    answer = phone.tus("HEAD", place)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return int(answer.headers["upload-offset"])


@contextmanager
def half_sent(office: Running, phone: Phone, place: str, data: bytes, start: int = 0) -> Iterator[None]:
    """While a PATCH of all that is left has its turn, and `data` of it is sent; then the line breaks."""
    host, port = office.address.removeprefix("http://").split(":")
    its_turn, part = threading.Event(), office.deps.uploads.part

    def begun(upload: Upload) -> PartFile | None:
        its_turn.set()
        return part(upload)

    with socket.create_connection((host, int(port))) as line, pytest.MonkeyPatch.context() as patched:
        patched.setattr(office.deps.uploads, "part", begun)
        head = (
            f"PATCH {place} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {phone.token}\r\n"
            "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
            f"Upload-Offset: {start}\r\nContent-Length: {len(DATA) - start}\r\n\r\n"
        )
        line.sendall(head.encode() + data)
        assert its_turn.wait(30)
        yield


def test_options_tell_what_is_spoken(office: Running) -> None:
    answer = office.client().options("/tus/")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert set(answer.headers["tus-extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "checksum",
        "expiration",
        "termination",
    }
    assert answer.headers["tus-max-size"] == str(tus.MAX_UPLOAD_BYTES)
    assert "sha1" in answer.headers["tus-checksum-algorithm"]


@pytest.mark.parametrize("arrived", [1, 16_000, 70_000, 150_000])
def test_what_arrived_before_the_line_was_cut_is_kept(office: Running, arrived: int) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    with half_sent(office, phone, place, DATA[:arrived]):
        pass
    kept = offset(phone, place)
    assert arrived - kept <= 16 * 1024
    with half_sent(office, phone, place, DATA[kept : kept + 9_000], kept):
        pass
    kept = offset(phone, place)
    assert phone.send(place, DATA[kept:], kept).status_code == 204
    assert b"".join(office.deps.blobs.read(blob_of(DATA))) == DATA


def test_a_line_that_hangs_gives_way_to_the_one_that_follows(office: Running) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    with half_sent(office, phone, place, DATA[:5_000]):
        kept = offset(phone, place)
        assert kept == 5_000
        assert phone.send(place, DATA[kept:], kept).status_code == 204


def test_creation_may_carry_the_first_bytes_or_all(office: Running) -> None:
    phone = office.phone()
    digest = base64.b64encode(blob_of(DATA).encode()).decode()
    answer = phone.tus(
        "POST",
        "/tus/",
        content=DATA,
        upload_length=str(len(DATA)),
        upload_metadata=f"filename {base64.b64encode(b'x.jpg').decode()},sha256 {digest}",
        content_type="application/offset+octet-stream",
    )
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(DATA)))
    assert office.deps.blobs.check(blob_of(DATA)) == len(DATA)
    assert offset(phone, answer.headers["location"]) == len(DATA)


@pytest.mark.parametrize("named", [{}, {"content_type": CHUNK_TYPE}], ids=["no-type", "as-before"])
def test_a_lost_answer_to_a_creation_makes_no_second_upload(office: Running, named: dict[str, str]) -> None:
    """Also where the second creation has the type of the first, whose bytes it leaves out."""
    phone = office.phone()
    first = phone.begin_upload(DATA).headers["location"]
    phone.send(first, DATA[:1000], 0)
    again = phone.begin_upload(DATA, **named)
    assert (again.headers["location"], again.headers["upload-offset"]) == (first, "1000")


@pytest.mark.parametrize("came", [1000, len(DATA)], ids=["some-came", "all-came"])
def test_a_client_that_knows_of_no_begun_upload_begins_at_the_first_byte(office: Running, came: int) -> None:
    """Most take a creation for a new file, go on at 0 whatever it answers, and are refused there for ever."""
    phone = office.phone()
    first = phone.begin_upload(DATA).headers["location"]
    phone.send(first, DATA[:came], 0)
    digest = base64.b64encode(blob_of(DATA).encode()).decode()
    again = phone.begin_upload(DATA, upload_metadata=f"sha256 {digest}")
    place = again.headers["location"]
    assert (place != first, again.headers["upload-offset"]) == (True, "0")
    assert phone.send(place, DATA[:500], 0).headers["upload-offset"] == "500"
    assert phone.send(place, DATA[500:], 500).headers["upload-offset"] == str(len(DATA))
    assert office.deps.blobs.check(blob_of(DATA)) == len(DATA)
    assert list((office.data / "uploads").iterdir()) == []


def test_a_checksum_is_checked_and_a_broken_piece_is_not_kept(office: Running) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    right = base64.b64encode(hashlib.sha1(DATA[:500]).digest()).decode()
    wrong = phone.send(place, DATA[1:501], 0, upload_checksum=f"sha1 {right}")
    assert (wrong.status_code, wrong.json()["code"]) == (460, "unggah_checksum_salah")
    assert offset(phone, place) == 0
    assert phone.send(place, DATA[:500], 0, upload_checksum=f"sha1 {right}").status_code == 204
    right = base64.b64encode(sha256(DATA[500:900]).digest()).decode()
    assert phone.send(place, DATA[500:900], 500, upload_checksum=f"sha256 {right}").status_code == 204
    unknown = phone.send(place, DATA[900:], 900, upload_checksum="crc32 AAAA")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unggah_checksum_tidak_dikenal")
    assert offset(phone, place) == 900


def test_a_patch_elsewhere_than_at_the_offset_is_told_where_to_go_on(office: Running) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    phone.send(place, DATA[:100], 0)
    for wrong in (0, 99, 101):
        answer = phone.send(place, DATA[:10], wrong)
        assert (answer.status_code, answer.headers["upload-offset"]) == (409, "100")
        assert "100" in answer.json()["detail"]


def test_longer_than_announced_is_refused_and_nothing_of_it_counts(office: Running) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    answer = phone.send(place, DATA + b"x", 0)
    assert (answer.status_code, answer.json()["code"]) == (413, "unggah_lebih_panjang")
    answer = phone.send(place, iter([DATA, b"x"]), 0)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (413, "unggah_lebih_panjang")
    assert offset(phone, place) == 0
    assert not office.deps.blobs.has(blob_of(DATA))


def test_shorter_than_announced_never_counts(office: Running) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    assert phone.send(place, DATA[:-1], 0).headers["upload-offset"] == str(len(DATA) - 1)
    assert not office.deps.blobs.has(blob_of(DATA))


def test_other_bytes_than_announced_are_thrown_away(office: Running) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    answer = phone.send(place, bytes(len(DATA)), 0)
    assert (answer.status_code, answer.json()["code"]) == (422, "unggah_isi_berbeda")
    assert not office.deps.blobs.has(blob_of(DATA))
    assert phone.tus("HEAD", place).status_code == 404
    assert list((office.data / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("length", "status", "code"),
    [
        ("0", 400, "unggah_kosong"),
        (str(60 * 1024 * 1024), 413, "unggah_terlalu_besar"),
        ("-1", 400, "unggah_ukuran_tidak_disebut"),
        ("x", 400, "unggah_ukuran_tidak_disebut"),
        ("9" * 30, 400, "unggah_ukuran_tidak_disebut"),
    ],
)
def test_an_empty_a_huge_and_an_unclear_length_are_refused(
    office: Running, length: str, status: int, code: str
) -> None:
    answer = office.phone().begin_upload(DATA, upload_length=length)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("metadata", ["", "sha256", "sha256 !!", "sha256 YWJj", "filename eA=="])
def test_a_file_without_a_hash_is_refused(office: Running, metadata: str) -> None:
    answer = office.phone().begin_upload(DATA, upload_metadata=metadata)
    assert (answer.status_code, answer.json()["code"]) == (400, "unggah_sidik_tidak_disebut")


def test_naming_a_hash_that_another_sent_gives_nothing(office: Running) -> None:
    owner, stranger = office.phone(901), office.phone(902)
    place = owner.begin_upload(DATA).headers["location"]
    owner.send(place, DATA, 0)
    assert offset(owner, owner.begin_upload(DATA).headers["location"]) == len(DATA)
    mine = stranger.begin_upload(DATA)
    assert mine.headers["upload-offset"] == "0"
    for method in ("HEAD", "PATCH", "DELETE"):
        assert stranger.tus(method, place).status_code == 404
    assert stranger.send(mine.headers["location"], DATA, 0).status_code == 204


def test_an_upload_can_be_ended_and_leaves_nothing(office: Running) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    phone.send(place, DATA[:1000], 0)
    assert phone.tus("DELETE", place).status_code == 204
    assert phone.tus("HEAD", place).status_code == 404
    assert list((office.data / "uploads").iterdir()) == []


def test_an_upload_that_rested_too_long_is_gone(office: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tus, "EXPIRY_MS", -1)
    phone = office.phone()
    answer = phone.begin_upload(DATA)
    assert answer.headers["upload-expires"].endswith("GMT")
    assert phone.send(answer.headers["location"], DATA, 0).status_code == 410


def test_an_upload_begins_at_an_office_whose_clock_stands_at_the_end_of_the_calendar(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.deps.uploads, "_now_ms", lambda: LAST_MS)
    begun = office.phone().begin_upload(DATA)
    assert begun.status_code == 201 and " 9999 " in begun.headers["upload-expires"]


def test_other_versions_strangers_and_other_types_are_refused(office: Running) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    assert phone.tus("HEAD", place, tus_resumable="0.2.2").status_code == 412
    assert phone.tus("HEAD", place, authorization="Bearer x").status_code == 401
    assert phone.tus("PATCH", place, content=b"x", upload_offset="0").status_code == 415
    assert phone.tus("PUT", place).status_code == 405
    override = phone.tus(
        "POST",
        place,
        content=DATA[:10],
        x_http_method_override="PATCH",
        content_type="application/offset+octet-stream",
        upload_offset="0",
    )
    assert (override.status_code, override.headers["upload-offset"]) == (204, "10")


def test_an_upload_that_a_crash_kept_from_finishing_is_finished_when_asked(office: Running) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    upload = office.deps.uploads.find(phone.device, place.rpartition("/")[2])
    part = office.deps.uploads.open(upload)  # type: ignore[arg-type]
    part.append(DATA)
    part.close()
    assert offset(phone, place) == len(DATA)
    assert office.deps.blobs.check(blob_of(DATA)) == len(DATA)


def test_an_upload_that_a_crash_kept_from_finishing_is_finished_when_it_is_begun_again(
    office: Running,
) -> None:
    """A restored phone no longer knows the upload's address, and takes a full offset for a receipt."""
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    upload = office.deps.uploads.find(phone.device, place.rpartition("/")[2])
    part = office.deps.uploads.open(upload)  # type: ignore[arg-type]
    part.append(DATA)
    part.close()
    again = phone.begin_upload(DATA)
    assert (again.status_code, again.headers["upload-offset"]) == (201, str(len(DATA)))
    assert office.deps.blobs.check(blob_of(DATA)) == len(DATA)


def test_one_device_cannot_fill_the_disk_with_what_it_never_finishes(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tus, "MOST_UNFINISHED_BYTES", 2 * len(DATA) + 1)
    phone, other = office.phone(), office.phone(901)
    first = phone.begin_upload(DATA)
    assert (first.status_code, phone.begin_upload(DATA[::-1]).status_code) == (201, 201)
    third = phone.begin_upload(DATA[1:] + b"x")
    assert third.status_code == 429 and third.json()["code"] == "unggah_terlalu_banyak"
    # the same one again is no further one, and others are not held up
    assert phone.begin_upload(DATA).headers["location"] == first.headers["location"]
    assert other.begin_upload(DATA).status_code == 201
    assert phone.send(first.headers["location"], DATA, 0).status_code == 204
    assert phone.begin_upload(DATA[1:] + b"x").status_code == 201


def test_one_device_cannot_fill_the_disk_with_what_no_change_names(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tus, "MOST_UNNAMED_BYTES", len(DATA) + 1)
    phone = office.phone()
    assert phone.send(phone.begin_upload(DATA).headers["location"], DATA, 0).status_code == 204
    second = DATA[::-1]
    refused = phone.begin_upload(second)
    assert refused.status_code == 429 and refused.json()["code"] == "unggah_tanpa_catatan"
    name_in_a_change(office, phone, blob_of(second))
    assert phone.begin_upload(second).status_code == 201


def name_in_a_change(office: Running, phone: Phone, blob: BlobId) -> None:
    ref = BlobRef(
        blob=blob, change=ChangeId(bytes(32)), device=phone.device, visit=record_id(1), form="f", field="g"
    )
    office.deps.engine.write(lambda writer: SqlOfficeStore.writing(writer).add_blob_refs([ref])).result()


def test_announcing_what_was_sent_again_and_again_leaves_one_row(office: Running) -> None:
    phone = office.phone()
    assert phone.send(phone.begin_upload(DATA).headers["location"], DATA, 0).status_code == 204
    places = {phone.begin_upload(DATA).headers["location"] for _ in range(5)}
    assert len(places) == 1
    rows = office.deps.engine.read(lambda reader: reader.query("SELECT count(*) FROM uploads"))
    assert rows[0][0] == 1


def test_a_start_clears_away_what_a_crash_left_among_the_uploads(office: Running) -> None:
    """`rescue kept` works in a folder of its own there."""
    left = office.deps.uploads.folder / "tmpabc"
    left.mkdir()
    (left / "brankas.db").write_bytes(b"x")
    office.deps.uploads.tidy()
    assert not left.exists()
