"""What the office refuses over HTTP: each with a status, a code and a sentence, and nothing stored."""

import errno
import zlib
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import get
from litestar.testing import TestClient

from schemas.base import decode, encode
from schemas.ids import DeviceId
from schemas.problem import Problem, ProblemDetails
from schemas.text import load_text
from schemas.wire import MAX_BODY_BYTES, EnrolRequest, Login, LoginRequest, Nonce, NonceRequest, SyncResponse
from server import devices, problems
from server.app import create_app
from server.compose import close_office
from server.engines.connecting import connect
from sync.chain import login_message
from sync.change import Patch
from tests.contract.people import record_id
from tests.server.conftest import DESA, Running, make_office
from tests.server.room_office import csrf, serving_cheaply
from tests.server.web_office import open_at, shut


def problem(answer: httpx.Response) -> ProblemDetails:
    assert answer.headers["content-type"] == "application/problem+json"
    details = msgspec.json.decode(answer.content, type=ProblemDetails)
    assert details.status == answer.status_code
    assert details.detail.endswith(".") and details.title
    return details


def refused(answer: httpx.Response) -> tuple[int, str]:
    details = problem(answer)
    return details.status, details.code


def changes(office: Running) -> int:
    return office.deps.engine.read(lambda reader: reader.query("SELECT count(*) FROM changes"))[0][0]


def test_every_code_has_a_sentence_and_every_status_a_title() -> None:
    text = load_text()
    for code, status in problems.STATUS.items():
        values = dict.fromkeys(text.fields(f"masalah.{code}"), "1")
        details = msgspec.json.decode(problems.problem_json(Problem(code=code, values=values), text))
        assert (details["status"], details["code"]) == (status, code)


def test_sync_messages_that_are_no_messages_are_refused_and_nothing_is_stored(office: Running) -> None:
    phone = office.phone()
    body = encode(phone.quiet_request())
    as_list: list[Any] = msgspec.msgpack.decode(body)
    mistyped = [
        [str(as_list[0]), *as_list[1:]],
        [*as_list[:3], "links", *as_list[4:]],
        [*as_list, "one too many"],
        as_list[:1],
        {"protocol": 1},
        5,
    ]
    no_text = body.replace(phone.device.encode(), b"\xff" * len(phone.device))
    bad = [b"", b"\xc1", body[:-1], b"<html>", no_text, *(msgspec.msgpack.encode(one) for one in mistyped)]
    before = changes(office)
    for one in bad:
        answer = phone.post("/api/sync", one, deflate=False)
        assert refused(answer) == (400, "pesan_tidak_terbaca"), one
    deep = phone.post("/api/sync", b"\x91" * 100_000, deflate=False)
    assert refused(deep) == (400, "pesan_tidak_terbaca")
    assert changes(office) == before


@pytest.mark.parametrize(
    ("place", "value", "member"),
    [
        (0, "3", "protocol"),
        (2, [0, b"", b"", {"desa": -1}], "cursor[3]"),
        (3, [b"", 5], "links[1]"),
        (6, {5: b""}, "check"),
        (9, "one too many", ""),
    ],
)
def test_what_cannot_be_read_of_a_message_is_named_by_its_member(
    office: Running, place: int, value: object, member: str
) -> None:
    """For whoever writes another client; nothing of what was said there is repeated."""
    phone = office.phone()
    said = list(msgspec.msgpack.decode(encode(phone.quiet_request())))
    said[place : place + 1] = [value]
    answer = phone.post("/api/sync", msgspec.msgpack.encode(said), deflate=False)
    assert refused(answer) == (400, "pesan_tidak_terbaca")
    assert problem(answer).member == member
    assert ("member" in answer.json()) == bool(member)


def test_oversized_messages_and_bombs_are_refused(office: Running) -> None:
    phone = office.phone()
    big = phone.post("/api/sync", bytes(MAX_BODY_BYTES + 1), deflate=False)
    assert refused(big) == (413, "pesan_terlalu_besar")
    bomb = zlib.compress(bytes(200 * 1024 * 1024), 9)
    answer = phone.post("/api/sync", bomb, deflate=False, **{"content-encoding": "deflate"})
    assert refused(answer) == (413, "pesan_terlalu_besar")
    half = zlib.compress(encode(phone.quiet_request()))[:-3]
    answer = phone.post("/api/sync", half, deflate=False, **{"content-encoding": "deflate"})
    assert refused(answer) == (400, "pesan_tidak_terbaca")
    answer = phone.post("/api/sync", b"x", deflate=False, **{"content-encoding": "br"})
    assert refused(answer) == (415, "jenis_isi_salah")


def test_a_message_of_another_device_version_or_signature_is_refused_whole(office: Running) -> None:
    phone, other = office.phone(901), office.phone(902)
    quiet = phone.quiet_request()
    foreign = msgspec.structs.replace(quiet, device=other.device)
    assert refused(phone.post("/api/sync", encode(foreign))) == (403, "perangkat_berbeda")
    newer = msgspec.structs.replace(quiet, protocol=99)
    assert refused(phone.post("/api/sync", encode(newer))) == (400, "versi_protokol")
    new = {"nama": "X", "kode_desa": DESA, "layanan": ["bpnt"]}
    phone.write(Patch(record=record_id(1), kind="warga", base={}, new=new))
    push = phone.quiet_request()
    before = changes(office)
    forged = msgspec.structs.replace(push, signature=bytes(64))
    assert refused(phone.post("/api/sync", encode(forged))) == (403, "tanda_tangan_salah")
    bare = msgspec.structs.replace(push, contents=[])
    assert refused(phone.post("/api/sync", encode(bare))) == (400, "isi_kurang")
    assert changes(office) == before
    phone.sync()
    assert changes(office) == before + 1


def test_who_is_not_logged_in_is_refused(office: Running) -> None:
    phone = office.phone()
    body = encode(phone.quiet_request())
    for header in ("", "Bearer", "Bearer x", f"Basic {phone.token}"):
        answer = phone.post("/api/sync", body, authorization=header)
        assert refused(answer) == (401, "perlu_masuk")


def open_nonces(office: Running) -> int:
    return office.deps.engine.read(lambda reader: reader.query("SELECT count(*) FROM nonces"))[0][0]


def test_asking_for_nonces_fills_nothing(office: Running) -> None:
    phone = office.phone()
    for number in range(devices.MOST_NONCES + 4):
        phone.call("/api/login/nonce", NonceRequest(device=DeviceId(f"{number:032x}")), Nonce)
    assert open_nonces(office) == 0
    own = NonceRequest(device=phone.device)
    newest = [phone.call("/api/login/nonce", own, Nonce) for _ in range(devices.MOST_NONCES + 4)][-1]
    assert open_nonces(office) == devices.MOST_NONCES
    signature = phone.key.sign(login_message(newest.nonce, phone.device, newest.server))
    request = LoginRequest(device=phone.device, nonce=newest.nonce, signature=signature)
    assert phone.call("/api/login", request, Login).token


@pytest.mark.parametrize(
    "name", ["", "x", "A" * 32, "a" * 31, "a" * 33, "a" * 4000, "a" * 31 + "\n", "٣" * 32]
)
def test_what_is_no_device_gets_no_nonce_and_reaches_no_database(office: Running, name: str) -> None:
    phone, device = office.phone(), DeviceId(name)
    request = LoginRequest(device=device, nonce=bytes(32), signature=bytes(64))
    # a queue that is closed would answer anything that asks it with "berhenti"
    office.deps.engine.close()
    for path, message in (("/api/login/nonce", NonceRequest(device=device)), ("/api/login", request)):
        assert refused(phone.post(path, encode(message)))[1] in (
            "perangkat_tidak_dikenal",
            "pesan_terlalu_besar",
        )


def test_a_nonce_is_good_once_for_its_device_and_its_key(office: Running) -> None:
    phone, other = office.phone(901), office.phone(902)

    def nonce(device: DeviceId) -> Nonce:
        return phone.call("/api/login/nonce", NonceRequest(device=device), Nonce)

    def login(device: DeviceId, given: Nonce, key: Ed25519PrivateKey) -> httpx.Response:
        signature = key.sign(login_message(given.nonce, device, given.server))
        return phone.post(
            "/api/login", encode(LoginRequest(device=device, nonce=given.nonce, signature=signature))
        )

    given = nonce(phone.device)
    assert login(phone.device, given, phone.key).status_code == 200
    assert refused(login(phone.device, given, phone.key)) == (403, "nonce_tidak_berlaku")
    assert refused(login(other.device, nonce(phone.device), other.key)) == (403, "nonce_tidak_berlaku")
    assert refused(login(phone.device, nonce(phone.device), other.key)) == (403, "tanda_tangan_salah")
    stranger = DeviceId("0" * 32)
    assert refused(login(stranger, nonce(stranger), phone.key)) == (403, "perangkat_tidak_dikenal")


def test_a_revoked_device_hands_over_its_work_and_is_shown_nothing(office: Running) -> None:
    phone = office.phone()
    new = {"nama": "X", "kode_desa": DESA, "layanan": ["bpnt"]}
    office.deps.office.act(
        office.deps.office.person, Patch(record=record_id(1), kind="warga", base={}, new=new)
    )
    phone.sync()
    assert phone.store.rows([record_id(1)])
    assert office.deps.devices.revoke(phone.device)
    assert refused(phone.post("/api/sync", encode(phone.quiet_request()))) == (401, "perlu_masuk")
    phone.login()
    phone.write(Patch(record=record_id(2), kind="warga", base={}, new=new))
    phone.sync()
    assert phone.store.table == {}
    kinds = office.deps.engine.read(lambda reader: reader.query("SELECT state, reason FROM konflik"))
    assert kinds == [("menunggu", "wilayah")]
    assert office.faults() == []


def test_unknown_addresses_methods_and_bodies_are_problems_too(office: Running) -> None:
    client = office.client()
    assert refused(client.get("/api/none")) == (404, "tidak_ada")
    assert refused(client.get("/api/sync")) == (405, "cara_salah")
    for path in ("/api/enrol", "/api/login", "/api/login/nonce"):
        assert refused(client.post(path, content=b"\xc1")) == (400, "pesan_tidak_terbaca")
        assert refused(client.post(path, content=bytes(5000))) == (413, "pesan_terlalu_besar")
    assert client.get("/api/health").text == "ok"
    assert client.get("/schema").status_code == 404


def test_what_breaks_inside_is_a_problem_without_a_word_of_its_cause(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    deps = make_office(tmp_path)

    @get("/breaks", sync_to_thread=False)
    def breaks() -> None:
        raise ValueError("Sutarmi 3314990101900001")

    @get("/full", sync_to_thread=False)
    def full() -> None:
        raise OSError(28, "No space left on device")

    @get("/fails", sync_to_thread=False)
    def fails() -> None:
        raise OSError(errno.EIO, "Input/output error")

    with TestClient(create_app(deps, [breaks, full, fails]), raise_server_exceptions=False) as client:
        answer = client.get("/breaks")
        assert (answer.status_code, answer.json()["code"]) == (500, "gangguan")
        assert client.get("/full").json()["code"] == "penyimpanan_penuh"
        assert client.get("/fails").json()["code"] == "disk_gagal"
    assert "Sutarmi" not in answer.text + caplog.text
    assert "ValueError" in caplog.text
    close_office(deps)


def test_while_another_program_holds_the_database_phones_and_people_are_told_to_come_again(
    tmp_path: Path,
) -> None:
    office = open_at(tmp_path)
    engine = cast(Any, office.deps.engine)
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        form = {"csrf": csrf(client.get("/masuk")), "nama": "petugas", "sandi": "salah sekali lagi"}
        engine._connection.execute("PRAGMA busy_timeout = 1")
        other = cast(Any, connect(engine._path, engine._key).conn)
        other.execute("BEGIN IMMEDIATE")
        page = client.post("/masuk", data=form)
        assert page.status_code == 503 and "Kantor sedang dipakai program lain" in page.text
        assert int(page.headers["retry-after"]) > 0
        enrol = {"content": encode(EnrolRequest(code="x", public_key=bytes(32), model=""))}
        answer = client.post("/api/enrol", **enrol)
        assert refused(answer) == (503, "basis_data_terkunci") and answer.headers["retry-after"] == "30"
        other.execute("ROLLBACK")
        other.close()
        assert client.post("/masuk", data=form).status_code == 401
        assert client.post("/api/enrol", **enrol).status_code == 400, "for its own key, no more"
    shut(office)


def test_answers_are_deflated_where_that_pays_and_is_taken(office: Running) -> None:
    phone = office.phone()
    body = encode(EnrolRequest(code="x", public_key=b"", model=""))
    assert "content-encoding" not in phone.post("/api/enrol", body).headers
    request = encode(phone.quiet_request())
    plain = phone.post("/api/sync", request, **{"accept-encoding": "identity"})
    for takes in ("deflate", "gzip, Deflate;q=0.5", "br, *"):
        small = phone.post("/api/sync", request, **{"accept-encoding": takes})
        assert small.headers["content-encoding"] == "deflate", takes
    for refuses in ("identity", "", "gzip", "deflate;q=0", "deflate; q=0.0, *", "*;q=0"):
        answer = phone.post("/api/sync", request, **{"accept-encoding": refuses})
        assert "content-encoding" not in answer.headers, refuses
    del phone.http.headers["accept-encoding"]
    assert "content-encoding" not in phone.post("/api/sync", request).headers, (
        "who says nothing may not inflate"
    )
    assert decode(small.content, SyncResponse).rows == decode(plain.content, SyncResponse).rows != []
