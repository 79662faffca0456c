"""Blobs and unfinished uploads on disk: encrypted, durable, and unforgiving of a changed byte."""

import random
from hashlib import sha256
from pathlib import Path

import pytest

from schemas.ids import BlobId
from server.blobs import PIECE_BYTES, BlobStore, DamagedBlobError
from server.part_file import DamagedPartError, PartFile

MASTER = bytes(range(32))


def blob_of(data: bytes) -> BlobId:
    return BlobId(sha256(data).hexdigest())


@pytest.mark.parametrize("size", [1, 1000, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_a_blob_comes_back_as_it_went_in_and_is_not_readable_on_disk(tmp_path: Path, size: int) -> None:
    store, data = BlobStore(tmp_path / "blobs", MASTER), random.Random(size).randbytes(size)
    blob = blob_of(data)
    assert store.put(blob, [data[:7], data[7:]], "x")
    assert b"".join(store.read(blob)) == data
    assert store.check(blob) == size
    [path] = store.files()
    assert data[:16] not in path.read_bytes() or size < 16
    assert blob not in path.name


def test_bytes_that_are_not_those_of_the_name_are_not_kept(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "blobs", MASTER)
    assert not store.put(blob_of(b"a"), [b"b"], "x")
    assert list(store.files()) == []


def test_any_changed_missing_or_added_byte_of_a_blob_is_found(tmp_path: Path) -> None:
    store, data = BlobStore(tmp_path / "blobs", MASTER), random.Random(1).randbytes(2 * PIECE_BYTES + 9)
    blob = blob_of(data)
    store.put(blob, [data], "x")
    path = store.path(blob)
    whole = path.read_bytes()
    for place in [0, 1, PIECE_BYTES, PIECE_BYTES + 16, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DamagedBlobError):
            store.check(blob)
    for changed in (whole[:-1], whole + b"\0", whole[: PIECE_BYTES + 16], b""):
        path.write_bytes(changed)
        with pytest.raises(DamagedBlobError):
            store.check(blob)
    path.unlink()
    with pytest.raises(DamagedBlobError):
        store.check(blob)


def part(path: Path) -> PartFile:
    return PartFile(path, MASTER, "u1", random.Random(3).randbytes)


def test_an_upload_goes_on_where_its_durable_bytes_end(tmp_path: Path) -> None:
    path = tmp_path / "u1"
    first = part(path)
    first.append(b"a" * 100_000)
    first.append(b"b" * 10)
    first.close()
    second = part(path)
    assert second.offset == 100_010
    second.append(b"c")
    assert b"".join(second.chunks()) == b"a" * 100_000 + b"b" * 10 + b"c"
    assert b"aaaa" not in path.read_bytes()
    second.close()


@pytest.mark.parametrize("lost", [1, 16, 20, 36, 41])
def test_a_segment_torn_by_a_crash_is_cut_off(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "u1"
    first = part(path)
    first.append(b"a" * 50)
    first.append(b"b" * 10)
    first.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - lost])
    second = part(path)
    assert second.offset == 50
    second.append(b"B" * 10)
    assert b"".join(second.chunks()) == b"a" * 50 + b"B" * 10
    second.close()


def test_a_last_segment_whose_bytes_never_reached_the_disk_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "u1"
    first = part(path)
    first.append(b"a" * 50)
    first.append(b"b" * 10)
    first.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-26] + bytes(26))
    second = part(path)
    assert second.offset == 50
    second.close()


def test_a_changed_byte_in_an_unfinished_upload_is_found(tmp_path: Path) -> None:
    path = tmp_path / "u1"
    first = part(path)
    first.append(b"a" * 50)
    first.append(b"b" * 10)
    first.close()
    whole = bytearray(path.read_bytes())
    whole[30] ^= 1
    path.write_bytes(whole)
    second = part(path)
    with pytest.raises(DamagedPartError):
        list(second.chunks())
    second.close()
