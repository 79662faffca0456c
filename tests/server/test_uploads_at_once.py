"""Photos that come with the creation of their upload: whole, cut anywhere, twice at once, on a full disk."""

import base64
import errno
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.ids import BlobId
from server.api import upload_body
from tests.server.conftest import Running
from tests.server.phones import Phone

DATA = random.Random(9).randbytes(200_000)
KEPT_BYTES = 16 * 1024
CHUNK = "application/offset+octet-stream"


def blob_of(data: bytes) -> BlobId:
    return BlobId(sha256(data).hexdigest())


def create(
    phone: Phone, data: bytes, content: bytes | Iterable[bytes] | None = None, **headers: str
) -> httpx.Response:
    """Begin the upload of `data` with all of it, or with other content."""
    body: Any = data if content is None else content
    return phone.begin_upload(data, content_type=CHUNK, content=body, **headers)


def rows(office: Running, sql: str) -> list[tuple[Any, ...]]:
    return office.deps.engine.read(lambda reader: reader.query(sql))


def nothing_is_left(office: Running) -> bool:
    files = [*office.deps.blobs.files(), *(office.data / "uploads").iterdir()]
    return files == [] and rows(office, "SELECT upload FROM uploads") == []


def at(office: Running) -> tuple[str, int]:
    host, port = office.address.removeprefix("http://").split(":")
    return host, int(port)


def head(phone: Phone, size_bytes: int) -> bytes:
    """The head of a creation of `DATA` that says how many bytes come with it."""
    named = base64.b64encode(blob_of(DATA).encode()).decode()
    return (
        f"POST /tus/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {phone.token}\r\nTus-Resumable: 1.0.0\r\n"
        f"Content-Type: {CHUNK}\r\nUpload-Length: {len(DATA)}\r\nUpload-Metadata: sha256 {named},begun\r\n"
        f"Content-Length: {size_bytes}\r\n\r\n"
    ).encode()


@contextmanager
def half_sent(office: Running, phone: Phone, data: bytes, size_bytes: int) -> Iterator[socket.socket]:
    """A line on which a creation is under way: its head has come, and `data` of its bytes is gone."""
    come, plan = threading.Event(), office.deps.uploads.plan

    def planned(*given: Any) -> Any:
        come.set()
        return plan(*given)

    with (
        socket.create_connection(at(office)) as line,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(office.deps.uploads, "plan", planned)
        line.sendall(head(phone, size_bytes) + data)
        assert come.wait(20)
        yield line


def kept_within(data: Path, size_bytes: int, tries: int = 3_000) -> bool:
    """Look until so much of an upload is on the disk but for what may be in memory; False if it never is."""
    for _ in range(tries):
        if sum(path.stat().st_size for path in (data / "uploads").iterdir()) >= size_bytes - KEPT_BYTES:
            return True
        time.sleep(0.01)
    return False


class Gate:
    """Something of the office that waits to be let through; `reached` is set when it is there."""

    def __init__(self, real: Callable[..., Any], beside: "Gate | None" = None) -> None:
        self._real = real
        self.reached = beside.reached if beside else threading.Event()
        self.open = beside.open if beside else threading.Event()

    def __call__(self, *given: Any) -> Any:
        self.reached.set()
        assert self.open.wait(20)
        return self._real(*given)


def test_a_photo_that_comes_whole_is_one_commit_and_no_part_file(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = office.phone()
    commits: list[object] = []
    real = office.deps.engine.write

    def write(work: Callable[..., Any]) -> Future[Any]:
        commits.append(work)
        return real(work)

    monkeypatch.setattr(office.deps.engine, "write", write)
    monkeypatch.setattr(office.deps.uploads, "open", lambda _: pytest.fail("a part file was opened"))
    answer = create(phone, DATA)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(DATA)))
    assert len(commits) == 1
    assert office.deps.blobs.check(blob_of(DATA)) == len(DATA)
    asked = phone.tus("HEAD", answer.headers["location"])
    assert asked.headers["upload-offset"] == str(len(DATA))


def test_a_patch_that_brings_the_whole_needs_no_part_file_either(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    monkeypatch.setattr(office.deps.uploads, "open", lambda _: pytest.fail("a part file was opened"))
    assert phone.send(place, DATA, 0).headers["upload-offset"] == str(len(DATA))
    assert office.deps.blobs.check(blob_of(DATA)) == len(DATA)
    assert rows(office, "SELECT done FROM uploads") == [(1,)]


@pytest.mark.parametrize("arrived", [1, 16_000, 70_000, 150_000, len(DATA) - 1])
@pytest.mark.parametrize("hangs", [False, True], ids=["cut", "hangs"])
def test_a_creation_cut_at_any_byte_is_gone_on_with(office: Running, arrived: int, hangs: bool) -> None:
    """Its address was never told: a creation without bytes asks where the upload stands."""
    phone = office.phone()
    with half_sent(office, phone, DATA[:arrived], len(DATA)) as line:
        if not hangs:
            line.shutdown(socket.SHUT_RDWR)
        again = phone.begin_upload(DATA)
    kept = int(again.headers["upload-offset"])
    assert again.status_code == 201 and arrived - kept <= KEPT_BYTES
    assert phone.send(again.headers["location"], DATA[kept:], kept).status_code == 204
    assert b"".join(office.deps.blobs.read(blob_of(DATA))) == DATA
    assert office.faults() == []


def test_a_creation_of_which_no_byte_arrived_leaves_nothing(office: Running) -> None:
    phone = office.phone()
    with half_sent(office, phone, b"", len(DATA)):
        pass
    with half_sent(office, phone, DATA, len(DATA)) as line:  # its turn comes after that of the one before
        assert line.recv(12) == b"HTTP/1.1 201"
    assert rows(office, "SELECT done FROM uploads") == [(1,)]


def test_a_creation_may_bring_the_first_bytes_only(office: Running) -> None:
    phone = office.phone()
    for first in (b"", DATA[:5_000]):
        answer = create(phone, DATA, first)
        assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(first)))
        asked = phone.tus("HEAD", answer.headers["location"])
        assert asked.headers["upload-offset"] == str(len(first))
    done = phone.send(answer.headers["location"], DATA[5_000:], 5_000)
    assert done.headers["upload-offset"] == str(len(DATA))
    assert office.deps.blobs.check(blob_of(DATA)) == len(DATA)


def test_what_does_not_come_at_once_is_kept_while_it_comes(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An office that dies in the middle of a slow body has the rest of it on the disk."""
    phone = office.phone()
    monkeypatch.setattr(upload_body, "HOLD_S", 0)
    with half_sent(office, phone, DATA[:100_000], len(DATA)) as line:
        assert kept_within(office.data, 100_000)
        line.sendall(DATA[100_000:])
        assert line.recv(12) == b"HTTP/1.1 201"
    assert office.deps.blobs.check(blob_of(DATA)) == len(DATA)
    assert list((office.data / "uploads").iterdir()) == []


def test_what_came_before_a_cut_stays_however_long_the_office_looks_who_sends_it(office: Running) -> None:
    """The line is down before the office, which is busy, knows whose upload it is."""
    phone = office.phone()
    looks, may_know, device_of = threading.Event(), threading.Event(), office.deps.devices.device_of

    def looked(token: str) -> Any:
        looks.set()
        assert may_know.wait(20)
        return device_of(token)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(office.deps.devices, "device_of", looked)
        with socket.create_connection(at(office)) as line:
            line.sendall(head(phone, len(DATA)) + DATA[:70_000])
            assert looks.wait(20)
            for begin in range(70_000, 130_000, 1_000):
                line.sendall(DATA[begin : begin + 1_000])
            time.sleep(0.1)  # the office has read what it reads before it knows
        time.sleep(0.1)  # and would have seen the end
        may_know.set()
    assert kept_within(office.data, 130_000 + KEPT_BYTES)
    asked = phone.begin_upload(DATA)
    assert asked.headers["upload-offset"] == "130000"


def test_who_asks_where_an_upload_stands_hears_it_with_what_was_sent_before_though_that_is_looked_up_later(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The phone is back before the office, which is busy, knows whose the first bytes are."""
    phone = office.phone()
    again = Phone(office.client(), key=phone.key, token=phone.token)
    place = phone.begin_upload(DATA).headers["location"]
    slow, device_of = Gate(office.deps.devices.device_of), office.deps.devices.device_of
    looks = iter([slow])
    monkeypatch.setattr(office.deps.devices, "device_of", lambda token: next(looks, device_of)(token))
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(phone.send, place, DATA[:150_000], 0)
        assert slow.reached.wait(20)
        asked = pool.submit(again.tus, "HEAD", place)
        time.sleep(0.1)  # and would have been answered
        slow.open.set()
        assert asked.result().headers["upload-offset"] == "150000"
        assert sent.result().status_code == 204


def test_more_than_was_announced_is_refused_and_nothing_of_it_counts(office: Running) -> None:
    phone = office.phone()
    for content in (DATA + b"x", iter([DATA, b"x"])):
        answer = create(phone, DATA, content)
        assert (answer.status_code, answer.json()["code"]) == (413, "unggah_lebih_panjang")
        assert nothing_is_left(office)


def test_other_bytes_than_announced_leave_nothing(office: Running) -> None:
    answer = create(office.phone(), DATA, bytes(len(DATA)))
    assert (answer.status_code, answer.json()["code"]) == (422, "unggah_isi_berbeda")
    assert nothing_is_left(office)


def test_a_checksum_is_checked_before_anything_is_stored(office: Running) -> None:
    phone = office.phone()
    wrong = base64.b64encode(sha256(b"").digest()).decode()
    answer = create(phone, DATA, upload_checksum=f"sha256 {wrong}")
    assert (answer.status_code, answer.json()["code"]) == (460, "unggah_checksum_salah")
    assert nothing_is_left(office)
    right = base64.b64encode(sha256(DATA).digest()).decode()
    assert create(phone, DATA, upload_checksum=f"sha256 {right}").status_code == 201


def test_a_stranger_and_a_device_with_too_much_leave_nothing(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = office.phone()
    assert create(phone, DATA, authorization="Bearer x").status_code == 401
    monkeypatch.setattr("server.tus.MOST_UNNAMED_BYTES", len(DATA) - 1)
    answer = create(phone, DATA)
    assert (answer.status_code, answer.json()["code"]) == (429, "unggah_tanpa_catatan")
    assert nothing_is_left(office)


def test_one_photo_from_two_connections_at_once_is_stored_once(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, other = office.phone(), office.phone(901)
    again = Phone(office.client(), key=phone.key, token=phone.token)
    put = Gate(office.deps.blobs.put)
    monkeypatch.setattr(office.deps.blobs, "put", put)
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(create, one, DATA) for one in (phone, again, other)]
        assert put.reached.wait(20)
        put.open.set()
        found = [answer.result() for answer in answers]
    assert [(one.status_code, one.headers["upload-offset"]) for one in found] == [(201, str(len(DATA)))] * 3
    mine, same, theirs = (one.headers["location"] for one in found)
    assert mine == same != theirs
    assert rows(office, "SELECT count(*) FROM blobs") == [(1,)]
    assert rows(office, "SELECT count(*) FROM blob_senders") == [(2,)]
    assert office.faults() == []


def test_what_was_begun_on_a_slow_line_is_forgotten_when_the_photo_comes_whole(office: Running) -> None:
    phone = office.phone()
    place = create(phone, DATA, DATA[:150_000]).headers["location"]
    whole = create(phone, DATA)
    assert whole.headers["upload-offset"] == str(len(DATA))
    assert phone.tus("HEAD", place).status_code == 404
    assert list((office.data / "uploads").iterdir()) == []
    assert rows(office, "SELECT done FROM uploads") == [(1,)]


def test_what_was_begun_on_a_slow_line_is_forgotten_when_the_photo_comes_in_a_file(office: Running) -> None:
    phone = office.phone()
    place = create(phone, DATA, DATA[:150_000]).headers["location"]
    assert office.deps.uploads.take(phone.device, blob_of(DATA), len(DATA), [DATA]) is True
    assert phone.tus("HEAD", place).status_code == 404
    assert list((office.data / "uploads").iterdir()) == []
    assert create(phone, DATA).headers["upload-offset"] == str(len(DATA))


ASK: dict[str, Callable[[Phone, str], httpx.Response]] = {
    "HEAD": lambda phone, place: phone.tus("HEAD", place),
    "POST": lambda phone, _: phone.begin_upload(DATA),
    "PATCH": lambda phone, place: phone.send(place, DATA[9:], 9),
}


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK.keys())
def test_who_asks_while_the_last_bytes_are_stored_hears_that_all_is_there(
    office: Running, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Phone, str], httpx.Response]
) -> None:
    """The line died after the last byte, and the phone is back before the office is through; it logged in
    anew.
    """
    phone = office.phone()
    again = Phone(office.client(), key=phone.key)
    again.device = phone.device
    again.login()
    place = phone.begin_upload(DATA).headers["location"]
    put, find = Gate(office.deps.blobs.put), Gate(office.deps.uploads.find)
    find.open.set()
    monkeypatch.setattr(office.deps.blobs, "put", put)
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(phone.send, place, DATA, 0)
        assert put.reached.wait(20)
        monkeypatch.setattr(office.deps.uploads, "find", find)
        monkeypatch.setattr(office.deps.uploads, "begin", Gate(office.deps.uploads.begin, find))
        asked = pool.submit(ask, again, place)
        assert find.reached.wait(20)
        put.open.set()
        assert asked.result().headers["upload-offset"] == str(len(DATA))
        assert sent.result().status_code == 204


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
@pytest.mark.parametrize("which", [1, 2], ids=["file", "folder"])
def test_a_disk_that_fails_at_the_end_gives_no_receipt(
    office: Running, monkeypatch: pytest.MonkeyPatch, number: int, which: int
) -> None:
    phone = office.phone()
    office.deps.blobs.path(blob_of(DATA)).parent.mkdir(parents=True)
    calls: list[int] = []

    def fsync(handle: int) -> None:
        calls.append(handle)
        if len(calls) == which:
            raise OSError(number, "no")
        real(handle)

    real = os.fsync
    monkeypatch.setattr(os, "fsync", fsync)
    answer = create(phone, DATA)
    assert answer.status_code == (507 if number == errno.ENOSPC else 500)
    assert len(calls) == which
    assert rows(office, "SELECT 1 FROM blobs UNION ALL SELECT 1 FROM uploads") == []
    assert create(phone, DATA).status_code == 201
    assert office.deps.blobs.check(blob_of(DATA)) == len(DATA)
    assert office.faults() == []
