"""Uploads by rules that hold on every way in: over HTTP at once, in pieces, and in a hand-over file."""

import random
from hashlib import sha256

import pytest

from schemas.ids import BlobId
from schemas.problem import Problem
from server import tus
from server.store import SqlOfficeStore
from server.tus import Upload
from tests.server.conftest import Running

DATA = random.Random(9).randbytes(50_000)
OTHER = DATA[::-1]


def blob_of(data: bytes) -> BlobId:
    return BlobId(sha256(data).hexdigest())


def code(found: object) -> str:
    return found.code if isinstance(found, Problem) else repr(found)


def begun(office: Running, device: str, data: bytes, arrived: int = 0) -> Upload:
    """Begin an upload of which so many bytes arrived."""
    uploads = office.deps.uploads
    found = uploads.begin(device, len(data), blob_of(data), "")  # type: ignore[arg-type]
    assert isinstance(found, Upload)
    if arrived:
        part = uploads.open(found)
        part.append(data[:arrived])
        part.close()
    return found


def test_what_was_destroyed_is_taken_in_no_way(office: Running) -> None:
    uploads, device, blob = office.deps.uploads, office.phone().device, blob_of(DATA)
    upload = begun(office, device, DATA, len(DATA))
    office.deps.engine.write(lambda tx: SqlOfficeStore.writing(tx).destroy([], [blob])).result()
    ways = [
        uploads.plan(device, len(DATA), blob, ""),
        uploads.begin(device, len(DATA), blob, ""),
        uploads.keep(upload),
        uploads.take(device, blob, len(DATA), [DATA]),
        uploads.finish(upload, [DATA]),
    ]
    assert {code(found) for found in ways} == {"berkas_dimusnahkan"}
    assert not office.deps.blobs.has(blob) and list(uploads.folder.iterdir()) == []
    assert code(uploads.find(device, upload.id)) == code(uploads.offset(upload)) == "unggah_tidak_ada"


def test_what_comes_in_a_file_is_judged_as_what_comes_over_the_line(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, device, blob = office.deps.uploads.take, office.phone().device, blob_of(DATA)
    assert code(take(device, blob, 0, [])) == "unggah_kosong"
    assert code(take(device, blob, len(DATA), [OTHER])) == "unggah_isi_berbeda"
    assert not office.deps.blobs.has(blob)
    assert take(device, blob, len(DATA), [DATA]) is True
    assert take(device, blob, len(DATA), [DATA]) is False, "it was here"
    monkeypatch.setattr(tus, "MOST_UNNAMED_BYTES", 2 * len(DATA) - 1)
    assert code(take(device, blob_of(OTHER), len(OTHER), [OTHER])) == "unggah_tanpa_catatan"
    monkeypatch.setattr(tus, "MOST_UNNAMED_BYTES", 2 * len(DATA))
    assert take(device, blob_of(OTHER), len(OTHER), [OTHER]) is True


def test_a_start_keeps_what_is_under_way_and_clears_the_rest(office: Running) -> None:
    uploads, device = office.deps.uploads, office.phone().device
    upload = begun(office, device, DATA, 30_000)
    (uploads.folder / "ab").write_bytes(b"of an upload that nobody knows")
    uploads.tidy()
    assert [path.name for path in uploads.folder.iterdir()] == [upload.id]
    assert uploads.offset(upload) == 30_000
    assert uploads.finish(upload, [DATA]) is None
    (uploads.folder / upload.id).write_bytes(b"left by a crash after the receipt")
    uploads.tidy()
    assert list(uploads.folder.iterdir()) == []


def test_what_is_under_way_beside_a_photo_that_ends_goes_on(office: Running) -> None:
    uploads, device = office.deps.uploads, office.phone().device
    one, other = begun(office, device, DATA, len(DATA)), begun(office, device, OTHER, 20_000)
    assert uploads.offset(one) == len(DATA)
    assert uploads.find(device, other.id) == other and uploads.offset(other) == 20_000


def test_an_upload_that_rested_too_long_leaves_nothing(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads, device = office.deps.uploads, office.phone().device
    monkeypatch.setattr(tus, "EXPIRY_MS", -1)
    upload = begun(office, device, DATA, 20_000)
    assert code(uploads.find(device, upload.id)) == "unggah_kedaluwarsa"
    assert code(uploads.find(device, upload.id)) == "unggah_tidak_ada"
    assert list(uploads.folder.iterdir()) == []
