"""The page and the command Serah-terima: who may, what is said, what is kept of a file that is no good."""

import fcntl
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from schemas.handover import Asked, BlobHead, BlobPiece, Header, Record, Sent
from schemas.ids import NO_LINK, BlobId
from schemas.problem import Problem
from schemas.wire import PROTOCOL, SyncRequest, WireTip
from server.sealing import Gcm, seal_key
from server.services.handover import Taken, sentences
from server.store import SqlOfficeStore
from sync import handover
from sync.change import FormAnswers, Patch, Submit
from sync.client import Outgoing
from sync.sealed_file import key_name, seal_info, write_file
from tests.contract.people import record_id
from tests.server.conftest import DESA, Running, office  # noqa: F401 - the running office as a fixture
from tests.server.phones import Phone
from tests.server.test_web_pages import Site, csrf, site  # noqa: F401 - a served office with people

KEY = bytes(range(32))


def written(phone: Phone, office_key: bytes, photos: tuple[bytes, ...] = (), number: int = 1) -> bytes:
    """Write a phone's hand-over file as docs/protocol.md says, with nothing of the phone's own program."""
    header = Header(
        direction="to_office",
        office=phone.enrolment.office_device,
        key=key_name(office_key),
        device=phone.device,
        file=bytes([number]) * 16,
        number=number,
        made_ms=1,
    )
    header = replace(header, sealed=seal_key(KEY, office_key, seal_info(header)))
    return b"".join(write_file(header, Gcm(KEY), records(phone, photos), phone.key.sign))


def records(phone: Phone, photos: tuple[bytes, ...]) -> Iterator[Record]:
    yield handover.asked(phone.store, KEY)
    for message in handover.messages(phone.store, check=False):
        assert isinstance(message, Outgoing)
        yield Sent(request=message.request)
    for photo in photos:
        yield BlobHead(blob=sha256(photo).hexdigest(), size_bytes=len(photo))  # type: ignore[arg-type]
        yield BlobPiece(data=photo)


def change(phone: Phone, number: int) -> None:
    """Record a visit of somebody new: two changes, which the phone calls one thing of data."""
    new = {"nama": f"Warga {number}", "kode_desa": DESA, "layanan": ["bpnt"], "nik": "3314990101900001"}
    phone.write(Patch(record=record_id(number), kind="warga", base={}, new=new))
    phone.write(
        Submit(
            visit=record_id(number + 1000),
            follows=None,
            subject=record_id(number),
            form="bpnt_kpm",
            forms={"bpnt_kpm": FormAnswers(version=1, answers={})},
            evidence=[],
            place=None,
            tugas=None,
        )
    )


@pytest.fixture
def joined(site: Site) -> Iterator[Phone]:  # noqa: F811
    phone = Phone(httpx.Client(base_url=site.address, timeout=20))
    code = site.office.deps.joinings.new_code(site.office.people["pendamping"])
    phone.enrol(code.code, site.office.deps)  # type: ignore[union-attr]
    yield phone
    phone.http.close()


def upload(client: httpx.Client, *files: tuple[str, bytes], token: str | None = None) -> httpx.Response:
    token = csrf(client.get("/serah-terima")) if token is None else token
    parts = [("csrf", (None, token)), *(("berkas", (name, data)) for name, data in files)]
    return client.post("/serah-terima", files=parts)


@pytest.mark.parametrize("username", ["verifikator", "petugas", "kabid", "admin"])
def test_office_people_may_take_files(site: Site, username: str) -> None:  # noqa: F811
    with site.log_in(username) as client:
        assert client.get("/serah-terima").status_code == 200


@pytest.mark.parametrize("username", ["pendamping", "pengawas"])
def test_others_may_neither_see_nor_take_nor_answer(site: Site, joined: Phone, username: str) -> None:  # noqa: F811
    data = written(joined, site.office.deps.handovers.public_key)
    with site.log_in(username) as client:
        assert client.get("/serah-terima").status_code == 403
        token = csrf(client.get("/"))
        assert upload(client, ("a.smb", data), token=token).status_code == 403
        answer = f"/serah-terima/{joined.device}/{'01' * 16}/jawaban"
        assert client.get(answer).status_code == 403
    with site.visitor() as client:
        assert client.get("/serah-terima").status_code == 303


def test_files_are_taken_and_answered_each_in_its_own_words(site: Site, joined: Phone) -> None:  # noqa: F811
    key = site.office.deps.handovers.public_key
    change(joined, 300)
    first = written(joined, key)
    with site.log_in("petugas") as client:
        page = upload(client, ("satu.smb", first), ("rusak.smb", first[:-5]), ("foto.jpg", b"\xff\xd8"))
        assert page.status_code == 200
        assert "1 data baru (0 sudah ada)" in page.text
        assert "rusak.smb" in page.text and "terpotong" in page.text
        assert "bukan berkas serah-terima" in page.text
        again = upload(client, ("satu.smb", first))
        assert "Tidak ada yang baru: 1 data" in again.text
        [address] = set(re.findall(r'href="(/serah-terima/[^"]+/jawaban)"', again.text))
        answer = client.get(address)
        assert answer.status_code == 200
        assert re.fullmatch(
            rf'attachment; filename="sambang-{joined.device[:8]}-jawaban-\d+\.smb"',
            answer.headers["content-disposition"],
        )
        assert answer.headers["cache-control"] == "no-store"
        assert answer.content.startswith(b"SAMBANG\0")
        assert client.get(address.replace(joined.device, "0" * 32)).status_code == 422
        assert client.get(f"/serah-terima/{joined.device}/bukan-hex/jawaban").status_code == 404


def test_news_for_a_phone_need_no_file_of_it(site: Site) -> None:  # noqa: F811
    phone = Phone(httpx.Client(base_url=site.address, timeout=20), handover_key=KEY)
    code = site.office.deps.joinings.new_code(site.office.people["pendamping"])
    phone.enrol(code.code, site.office.deps)  # type: ignore[union-attr]
    phone.http.close()
    with site.log_in("petugas") as client:
        assert f'value="{phone.device}"' in client.get("/serah-terima").text
        assert f'value="{site.office.phone.device}"' not in client.get("/serah-terima").text
        answer = client.get("/serah-terima/kabar", params={"hp": phone.device})
        assert answer.content.startswith(b"SAMBANG\0")
        unknown = client.get("/serah-terima/kabar", params={"hp": "0" * 32})
        assert unknown.status_code == 422 and "tidak terdaftar" in unknown.text
        silent = client.get("/serah-terima/kabar", params={"hp": site.office.phone.device})
        assert silent.status_code == 422 and "belum memberi tahu kunci" in silent.text


def test_a_form_of_another_session_leaves_nothing(site: Site, joined: Phone) -> None:  # noqa: F811
    change(joined, 301)
    data = written(joined, site.office.deps.handovers.public_key)
    with site.log_in("petugas") as client:
        assert upload(client, ("a.smb", data), token="0" * 64).status_code == 403
        late = [("berkas", ("a.smb", data)), ("csrf", (None, csrf(client.get("/serah-terima"))))]
        assert client.post("/serah-terima", files=late).status_code == 403
        assert client.post("/serah-terima", data={"csrf": csrf(client.get("/"))}).status_code == 400
        assert upload(client).status_code in (400, 422)
    with BytesIO(data) as file:
        taken = site.office.deps.handovers.take(file, site.office.deps.office.person)
    assert isinstance(taken, Taken) and taken.counts.visits == 1


def test_a_file_beyond_the_limit_is_refused_without_the_others_suffering(
    site: Site,  # noqa: F811
    joined: Phone,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change(joined, 302)
    data = written(joined, site.office.deps.handovers.public_key)
    monkeypatch.setattr("server.web.handover.LARGEST_FILE_BYTES", 200_000)
    with site.log_in("petugas") as client:
        page = upload(client, ("besar.smb", bytes(3_000_000)), ("kecil.smb", data))
    assert "Berkas ini lebih dari" in page.text and "1 data baru" in page.text


def test_a_full_disk_is_said_and_nothing_of_the_file_is_lost(
    site: Site,  # noqa: F811
    joined: Phone,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change(joined, 304)
    data = written(joined, site.office.deps.handovers.public_key, (b"a photo for a full disk",))

    def full(*_: object) -> bool:
        raise OSError(28, "no space left")

    monkeypatch.setattr(site.office.deps.blobs, "put", full)
    with site.log_in("petugas") as client:
        page = upload(client, ("a.smb", data))
        assert page.status_code == 507 and "Penyimpanan kantor penuh" in page.text
        monkeypatch.undo()
        again = upload(client, ("a.smb", data))
        assert "1 foto baru" in again.text and "1 sudah ada" in again.text


def test_a_key_that_nothing_can_be_sealed_to_gets_no_answer(site: Site) -> None:  # noqa: F811
    phone = Phone(httpx.Client(base_url=site.address, timeout=20), handover_key=bytes(32))
    code = site.office.deps.joinings.new_code(site.office.people["pendamping"])
    phone.enrol(code.code, site.office.deps)  # type: ignore[union-attr]
    phone.http.close()
    with site.log_in("petugas") as client:
        assert client.get("/serah-terima/kabar", params={"hp": phone.device}).status_code == 422


def test_nothing_is_left_in_the_uploads_folder(site: Site, joined: Phone) -> None:  # noqa: F811
    folder = site.office.deps.uploads._folder
    with site.log_in("petugas") as client:
        upload(client, ("a.smb", written(joined, site.office.deps.handovers.public_key)))
    assert list(folder.iterdir()) == []


def test_a_photo_that_is_not_what_it_is_called_is_told_and_the_rest_is_taken(
    site: Site,  # noqa: F811
    joined: Phone,
) -> None:
    change(joined, 303)
    key = site.office.deps.handovers.public_key
    good = b"a photo that no change names yet"

    def swapped() -> Iterator[Record]:
        for record in records(joined, (good,)):
            if isinstance(record, BlobPiece):
                record = BlobPiece(data=record.data[::-1])
            yield record

    header = Header(
        direction="to_office", office=joined.enrolment.office_device, key=key_name(key), device=joined.device,
        file=b"x" * 16, number=9, made_ms=1,
    )  # fmt: skip
    header = replace(header, sealed=seal_key(KEY, key, seal_info(header)))
    data = b"".join(write_file(header, Gcm(KEY), swapped(), joined.key.sign))
    with site.log_in("petugas") as client:
        page = upload(client, ("a.smb", data))
    assert "1 data baru" in page.text and "Isi berkas berbeda dari sidiknya" in page.text


class CutWhenReadAgain(BytesIO):
    """A file on a stick that is pulled after the office has checked it, before it has taken all of it in."""

    def seek(self, place: int, whence: int = os.SEEK_SET, /) -> int:
        self.truncate(max(600, len(self.getvalue()) - 1000))
        return super().seek(place, whence)


def test_of_a_file_that_is_cut_while_it_is_taken_in_it_is_said_what_is_in_and_what_is_not(
    site: Site,  # noqa: F811
    joined: Phone,
) -> None:
    change(joined, 309)
    handovers, by = site.office.deps.handovers, site.office.people["petugas"]
    photos = (b"\x01" * 200_000, b"\x02" * 200_000)
    data = written(joined, handovers.public_key, photos)
    taken = handovers.take(CutWhenReadAgain(data), by)
    assert isinstance(taken, Taken) and (taken.counts.visits, taken.counts.photos) == (1, 1)
    said = " ".join(sentences(site.office.deps.text, taken))
    assert said.startswith("Diambil: 1 data baru (0 sudah ada), 1 foto baru") and "sisanya belum" in said
    assert "sama sekali" not in said
    again = handovers.take(BytesIO(data), by)
    assert isinstance(again, Taken) and not again.problems
    assert (again.counts.visits_before, again.counts.photos_before, again.counts.photos) == (1, 1, 1)
    early = handovers.take(CutWhenReadAgain(written(joined, handovers.public_key, number=7)), by)
    assert early == Problem(code="serah_terpotong"), "nothing of it was taken"


def test_a_photo_that_was_destroyed_does_not_come_back_by_file(
    site: Site,  # noqa: F811
    joined: Phone,
) -> None:
    photo = b"a photo that the office destroyed"
    blob = BlobId(sha256(photo).hexdigest())
    engine = site.office.deps.engine
    engine.write(lambda tx: SqlOfficeStore.writing(tx).destroy([], [blob])).result()
    with site.log_in("petugas") as client:
        page = upload(client, ("a.smb", written(joined, site.office.deps.handovers.public_key, (photo,))))
    assert "sudah dimusnahkan" in page.text
    assert not site.office.deps.blobs.has(blob)


def test_a_file_signed_by_another_device_is_refused(site: Site, joined: Phone) -> None:  # noqa: F811
    key = site.office.deps.handovers.public_key
    joined.key = Ed25519PrivateKey.generate()
    with site.log_in("petugas") as client:
        assert "rusak atau diubah" in upload(client, ("a.smb", written(joined, key))).text


def test_messages_of_another_device_inside_a_file_are_refused(site: Site, joined: Phone) -> None:  # noqa: F811
    key = site.office.deps.handovers.public_key
    other = site.office.phone.device
    header = Header(
        direction="to_office", office=joined.enrolment.office_device, key=key_name(key), device=joined.device,
        file=b"y" * 16, number=9, made_ms=1,
    )  # fmt: skip
    header = replace(header, sealed=seal_key(KEY, key, seal_info(header)))
    start = WireTip(counter=0, hash=NO_LINK)
    asked = Asked(acknowledged=start, head=start, parts=[], answer_key=KEY)
    foreign = Sent(request=SyncRequest(protocol=PROTOCOL, device=other, cursor=joined.quiet_request().cursor))
    data = b"".join(write_file(header, Gcm(KEY), [asked, foreign], joined.key.sign))
    with site.log_in("petugas") as client:
        assert "rusak atau diubah" in upload(client, ("a.smb", data)).text


def command(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "server", "handover", *map(str, arguments)],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_the_command_takes_and_answers_while_no_server_runs(
    office: Running,  # noqa: F811
    tmp_path: Path,
) -> None:
    phone = office.phone()
    change(phone, 1)
    good, bad = tmp_path / "baik.smb", tmp_path / "rusak.smb"
    good.write_bytes(written(phone, office.deps.handovers.public_key))
    bad.write_bytes(good.read_bytes()[:-1])
    done = command("--data", office.data, "take", good, bad, tmp_path / "tidak-ada.smb")
    assert done.returncode == 1
    assert "1 data baru" in done.stdout and "terpotong" in done.stderr and "tidak-ada.smb" in done.stderr
    out = tmp_path / "jawaban.smb"
    done = command("--data", office.data, "answer", "--device", phone.device, "--out", out)
    assert (done.returncode, out.read_bytes()[:8]) == (0, b"SAMBANG\0"), done.stderr
    done = command("--data", office.data, "answer", "--device", "0" * 32, "--out", tmp_path / "x.smb")
    assert done.returncode == 1 and "tidak terdaftar" in done.stderr
    assert not (tmp_path / "x.smb").exists() and not list(tmp_path.glob(".*.tmp"))


DIES_AT_A_PHOTO = """
import os, signal, sys
from itertools import count
from server.__main__ import main
from server.blobs import BlobStore

numbers, put = count(), BlobStore.put

def dies(*given):
    if next(numbers) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return put(*given)

BlobStore.put = dies
main(sys.argv[1:])
"""


def test_a_command_that_is_killed_half_way_is_simply_run_again(
    office: Running,  # noqa: F811
    tmp_path: Path,
) -> None:
    phone = office.phone()
    change(phone, 1)
    path = tmp_path / "besar.smb"
    photos = tuple(sha256(bytes([number])).digest() * 8_000 for number in range(40))
    path.write_bytes(written(phone, office.deps.handovers.public_key, photos))
    given = ["handover", "--data", str(office.data), "take", str(path)]
    killed = subprocess.run([sys.executable, "-c", DIES_AT_A_PHOTO, *given], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    done = command("--data", office.data, "take", path)
    assert done.returncode == 0, done.stderr
    new, before = map(int, re.findall(r"(\d+) foto baru \((\d+) sudah ada\)", done.stdout)[0])
    assert new + before == len(photos) and before == 5
    assert all(office.deps.blobs.check(blob) for blob in map(name_of, photos))
    assert office.faults() == []


def name_of(photo: bytes) -> BlobId:
    return BlobId(sha256(photo).hexdigest())


def test_the_command_points_to_the_page_while_the_server_holds_the_folder(
    office: Running,  # noqa: F811
    tmp_path: Path,
) -> None:
    handle = os.open(office.data, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        done = command("--data", office.data, "take", tmp_path / "x.smb")
    finally:
        os.close(handle)
    assert done.returncode == 1 and "halaman Serah-terima" in done.stderr


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE handovers SET question = x'00'",
        "UPDATE handovers SET question = substr(question, 1, length(question) - 1)",
        "UPDATE handovers SET device = 'somebody'",
        "UPDATE handovers SET changes = -1",
        "UPDATE handovers SET file = x'01'",
        "UPDATE devices SET handover_key = zeroblob(32)",
    ],
)
def test_verify_says_when_an_answer_would_go_to_another_or_say_something_else(
    office: Running,  # noqa: F811
    sql: str,
) -> None:
    phone = office.phone()
    change(phone, 1)
    file = BytesIO(written(phone, office.deps.handovers.public_key))
    assert isinstance(office.deps.handovers.take(file, office.person()), Taken)
    assert office.faults() == []
    assert office.deps.engine.write(lambda writer: writer.execute(sql)).result()
    assert [fault for fault in office.faults() if phone.device in fault or "somebody" in fault]
