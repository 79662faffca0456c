"""What may come back from an address: each gets a message or a sentence, and never an exception."""

import gzip
import json
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest
from msgspec.structs import replace

from field_app.link import Failure
from field_app.transport import HttpLink
from schemas.base import decode, encode
from schemas.device_word import DeviceOrders, DeviceReport
from schemas.ids import NO_LINK, DeviceId
from schemas.packing import PACKED_TYPE, Packing, load_packing
from schemas.text import load_text
from schemas.wire import (
    MAX_BODY_BYTES,
    MEDIA_TYPE,
    Cursor,
    EnrolRequest,
    JoinedRequest,
    Login,
    LoginRequest,
    Nonce,
    SyncRequest,
    SyncResponse,
)
from server.certificates import Authority, Certificates, make_authority
from sync.chain import START, Tip, login_message, next_link, seal_link
from sync.change import change_id
from sync.thin_links import thin_request

NOW_MS, YEAR_MS = time.time_ns() // 1_000_000, 365 * 86_400_000
TEXT = load_text()
PACKING = load_packing()
ASK = SyncRequest(protocol=1, device=DeviceId("d" * 32), cursor=Cursor())
BIG_ASK = SyncRequest(protocol=1, device=DeviceId("d" * 32), cursor=Cursor(), links=[bytes(4000)])
ANSWER = SyncResponse(
    protocol=1, results=[], known=[], wanted=[], rows=[], removed=[], start=Cursor(), cursor=Cursor(seq=3),
    more=False, parts=None, digest=bytes(16), resend=[], office_head=bytes(32), server_ms=5,  # type: ignore[arg-type]
)  # fmt: skip
Handler = Callable[[httpx.Request], httpx.Response]


def link(handler: Handler, address: str = "http://kantor.test") -> HttpLink:
    return HttpLink(address, TEXT.__contains__, httpx.Client(transport=httpx.MockTransport(handler)))


def answering(status: int = 200, content: bytes = b"", **headers: str) -> HttpLink:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return link(lambda _: httpx.Response(status, stream=httpx.ByteStream(content), headers=named))


def failing(error: Exception) -> HttpLink:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    return link(fail)


def failed(line: HttpLink) -> Failure:
    outcome = line.sync(ASK)
    assert isinstance(outcome, Failure)
    assert outcome.say in TEXT
    return outcome


def packed(message: SyncRequest | SyncResponse) -> bytes:
    return PACKING.pack(encode(message), PACKING.newest)


def test_a_message_goes_packed_and_comes_back_packed() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        body = httpx.ByteStream(packed(ANSWER))
        return httpx.Response(200, stream=body, headers={"content-type": PACKED_TYPE})

    assert link(answer).sync(BIG_ASK) == ANSWER
    assert seen[0].headers["content-type"] == PACKED_TYPE
    assert seen[0].content == packed(thin_request(BIG_ASK))


def run_of(count: int) -> SyncRequest:
    """Return a request that pushes so many changes, each a link behind the last."""
    tip, links, contents = START, list[bytes](), list[bytes]()
    for number in range(count):
        contents.append(encode(["a visit", number, "x" * 90]))
        name, raw = seal_link(next_link(tip, ASK.device, change_id(contents[-1]), NO_LINK))
        links.append(raw)
        tip = Tip(counter=tip.counter + 1, hash=name)
    return replace(ASK, links=links, contents=contents, signature=bytes(64))


def refusal(status: int, code: str) -> httpx.Response:
    body = httpx.ByteStream(json.dumps({"code": code}).encode())
    return httpx.Response(status, stream=body, headers={"content-type": "application/problem+json"})


@pytest.mark.parametrize("code", ["kamus_tidak_dikenal", "pesan_tidak_terbaca"])
def test_an_office_that_cannot_unpack_gets_it_plain_and_all_that_follows(code: str) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.headers["content-type"] == PACKED_TYPE:
            return refusal(415, code)
        body = httpx.ByteStream(zlib.compress(encode(ANSWER)))
        return httpx.Response(200, stream=body, headers={"content-encoding": "deflate"})

    line = link(answer)
    assert line.sync(BIG_ASK) == ANSWER == line.sync(BIG_ASK)
    assert [request.headers["content-type"] for request in seen] == [PACKED_TYPE, MEDIA_TYPE, MEDIA_TYPE]
    assert seen[1].headers["content-encoding"] == "deflate"
    assert zlib.decompress(seen[1].content) == encode(thin_request(BIG_ASK))
    assert len(seen[1].content) < 500


def test_what_an_office_refuses_plain_as_well_is_told_as_it_says_then() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        code = "pesan_tidak_terbaca" if request.headers["content-type"] == PACKED_TYPE else "versi_protokol"
        return refusal(400, code)

    assert failed(link(answer)).say == "masalah.versi_protokol"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not packed at all",
        zlib.compress(encode(ANSWER)),
        packed(ANSWER)[:-3],
        packed(ANSWER) + b"tail",
        Packing([b"other words"]).pack(encode(ANSWER), zlib.adler32(b"other words")),
        PACKING.pack(bytes(3 * MAX_BODY_BYTES), PACKING.newest),
    ],
    ids=["nothing", "garbage", "without a dictionary", "cut", "with a tail", "other words", "bomb"],
)
def test_a_packed_answer_that_cannot_be_unpacked_gets_a_sentence(content: bytes) -> None:
    assert failed(answering(content=content, content_type=PACKED_TYPE)).say == "lapangan.jawaban_rusak"


@pytest.mark.parametrize(
    ("status", "said", "waits_s", "say"),
    [
        (503, "120", 120, "lapangan.kantor_sibuk"),
        (429, "5", 5, "lapangan.kantor_sibuk"),
        (429, "", 0, "lapangan.kantor_sibuk"),
        (503, "", 0, "lapangan.kantor_bermasalah"),
        (503, "9" * 30, 3600, "lapangan.kantor_sibuk"),
        (503, "-5", 0, "lapangan.kantor_bermasalah"),
        (503, "besok", 0, "lapangan.kantor_bermasalah"),
        (503, "Wed, 25 Nov 99999999999999999999 10:01:00 GMT", 0, "lapangan.kantor_bermasalah"),
        (503, "Wed, 25 Nov 2026 10:01:00 GMT", 60, "lapangan.kantor_sibuk"),
        (503, "Wed, 25 Nov 2026 09:00:00 GMT", 0, "lapangan.kantor_bermasalah"),
    ],
)
def test_how_long_the_office_asks_to_be_left_alone(status: int, said: str, waits_s: int, say: str) -> None:
    failure = failed(answering(status, retry_after=said, date="Wed, 25 Nov 2026 10:00:00 GMT"))
    assert (failure.retry_s, failure.say, failure.status) == (waits_s, say, status)


def test_a_plain_answer_is_taken() -> None:
    assert answering(content=encode(ANSWER)).sync(ASK) == ANSWER


GARBAGE = [
    b"",
    b"<html>Masuk ke Wi-Fi hotel</html>",
    b"\xc1\xff\x00",
    encode(ANSWER)[:-3],
    encode(ANSWER) + b"\x00",
    encode({"protocol": 1}),
    b"\x91" * 20_000,
]


@pytest.mark.parametrize("content", GARBAGE)
@pytest.mark.parametrize("encoding", ["identity", "deflate"])
def test_garbage_gets_a_sentence(content: bytes, encoding: str) -> None:
    sent = zlib.compress(content) if encoding == "deflate" else content
    assert failed(answering(content=sent, content_encoding=encoding)).say == "lapangan.jawaban_rusak"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"not deflate at all", "deflate"),
        (zlib.compress(encode(ANSWER))[:-4], "deflate"),
        (zlib.compress(encode(ANSWER)) + b"tail", "deflate"),
        (encode(ANSWER), "br"),
        (encode(ANSWER), "gzip"),
        (gzip.compress(encode(ANSWER), mtime=0)[:-4], "gzip"),
        (zlib.compress(encode(ANSWER)), "gzip"),
        (gzip.compress(encode(ANSWER), mtime=0), "deflate, gzip"),
    ],
)
def test_a_broken_encoding_gets_a_sentence(content: bytes, encoding: str) -> None:
    assert failed(answering(content=content, content_encoding=encoding)).kind == "rusak"


@pytest.mark.parametrize(("pack", "encoding"), [(zlib.compress, "deflate"), (gzip.compress, "gzip")])
def test_a_bomb_is_not_inflated(pack: Callable[[bytes, int], bytes], encoding: str) -> None:
    bomb = pack(bytes(3 * MAX_BODY_BYTES), 1)
    assert failed(answering(content=bomb, content_encoding=encoding)).kind == "rusak"


@pytest.mark.parametrize(
    ("error", "say"),
    [
        (httpx.ConnectError("x"), "tanpa_jaringan"),
        (httpx.ConnectTimeout("x"), "tanpa_jaringan"),
        (httpx.ReadTimeout("x"), "kantor_lambat"),
        (httpx.ReadError("x"), "sambungan_putus"),
        (httpx.WriteError("x"), "sambungan_putus"),
        (httpx.RemoteProtocolError("x"), "jawaban_rusak"),
    ],
)
def test_the_networks_trouble_is_told_apart_and_may_be_tried_again(error: Exception, say: str) -> None:
    assert failed(failing(error)) == Failure(kind="jaringan", say=f"lapangan.{say}")


@pytest.mark.parametrize(
    "address", ["", "kantor", "ftp://kantor", "http://", "http://[", "http://kan tor:99999"]
)
def test_a_wrong_address_gets_a_sentence(address: str) -> None:
    outcome = HttpLink(address, TEXT.__contains__).sync(ASK)
    assert isinstance(outcome, Failure) and outcome.say in TEXT


def problem(code: object, content_type: str = "application/problem+json", status: int = 409) -> HttpLink:
    details = {"type": "about:blank", "title": "x", "status": status, "detail": "…", "code": code}
    return answering(status, json.dumps(details).encode(), content_type=content_type)


def test_the_offices_own_word_is_shown_by_its_sentence() -> None:
    assert "masalah.kode_salah" in TEXT
    outcome = problem("kode_salah").enrol(EnrolRequest(code="x", public_key=bytes(32), model="x"))
    assert outcome == Failure(kind="kantor", say="masalah.kode_salah", status=409)


@pytest.mark.parametrize("code", ["tidak_kita_kenal", "../../x", "A" * 500, 7, None])
def test_a_problem_that_we_do_not_know_still_gets_a_sentence(code: object) -> None:
    assert failed(problem(code)).say == "lapangan.jawaban_rusak"


def test_a_problem_that_is_no_json_still_gets_a_sentence() -> None:
    line = answering(500, b"\xff{", content_type="application/problem+json")
    assert failed(line) == Failure(kind="jaringan", say="lapangan.kantor_bermasalah", status=500)
    assert failed(answering(404, b"<html>")).kind == "rusak"
    assert failed(answering(302, b"", location="http://lain.test/")).kind == "rusak"


def test_login_signs_nonce_device_and_server_and_the_token_goes_along() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization", ""))
        match request.url.path:
            case "/api/login/nonce":
                content = encode(Nonce(nonce=b"n" * 32, server="dinas"))
            case "/api/login":
                expected = LoginRequest(
                    device=ASK.device,
                    nonce=b"n" * 32,
                    signature=login_message(b"n" * 32, ASK.device, "dinas")[::-1],
                )
                assert request.content == encode(expected)
                content = encode(Login(token="rahasia", expires_ms=9))
            case _:
                content = encode(ANSWER)
        return httpx.Response(200, stream=httpx.ByteStream(content))

    line = link(answer)
    assert line.login(ASK.device, lambda message: message[::-1]) is None
    line.sync(ASK)
    assert seen == ["", "", "Bearer rahasia"]


def test_the_token_never_goes_to_another_address() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(204, headers={"upload-offset": "0"})

    line = link(answer)
    for other in ("http://lain.test/tus/1", "//lain.test/tus/1", "http://kantor.test.lain/tus/1"):
        assert isinstance(line.send("HEAD", other, {}), Failure)
    line.send("HEAD", "/tus/1", {})
    line.send("HEAD", "http://kantor.test/tus/1", {})
    assert seen == ["http://kantor.test/tus/1"] * 2


def test_a_report_without_closed_drafts_is_one_that_an_office_of_before_them_takes() -> None:
    seen: list[bytes] = []

    def hear(request: httpx.Request) -> httpx.Response:
        seen.append(
            zlib.decompress(request.content) if "content-encoding" in request.headers else request.content
        )
        return httpx.Response(200, stream=httpx.ByteStream(encode(DeviceOrders())))

    report = DeviceReport(changes=1, photos=2, drafts=0, lock="berkas", letter=b"l")
    telling = replace(report, closed=("KS-2026-7K2M",))
    for said in (report, telling):
        assert link(hear).report(said) == DeviceOrders()
    assert [decode(body, list[object])[6:] for body in seen] == [[], [["KS-2026-7K2M"]]]
    assert decode(seen[0], DeviceReport) == report, "and today's office too"


def test_an_enrolment_is_decoded_strictly() -> None:
    loose = answering(content=encode(["33.14"] * 10))
    outcome = loose.enrol(EnrolRequest(code="x", public_key=bytes(32), model="x"))
    assert isinstance(outcome, Failure)
    asked = loose.joined(JoinedRequest(code="x", opening=bytes(32), signature=bytes(64)))
    assert isinstance(asked, Failure)


@pytest.mark.parametrize("server", ["lain", "", "dinas\0"])
def test_a_nonce_of_another_office_is_not_signed(server: str) -> None:
    signed: list[bytes] = []

    def sign(message: bytes) -> bytes:
        signed.append(message)
        return bytes(64)

    def answer(_request: httpx.Request) -> httpx.Response:
        body = encode(Nonce(nonce=b"n" * 32, server=server))
        return httpx.Response(200, stream=httpx.ByteStream(body))

    client = httpx.Client(transport=httpx.MockTransport(answer))
    line = HttpLink("http://kantor.test", TEXT.__contains__, client, office="dinas")
    outcome = line.login(ASK.device, sign)
    assert outcome is not None and outcome.say == "lapangan.kantor_lain" and outcome.say in TEXT
    assert signed == [] and not line.logged_in


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_authority("Dinas Uji", NOW_MS - 20 * YEAR_MS)


@pytest.mark.parametrize(
    ("made_ms", "names", "say"),
    [
        (NOW_MS + YEAR_MS, ("127.0.0.1",), "tanggal_sertifikat"),
        (NOW_MS - YEAR_MS, ("127.0.0.1",), "tanggal_sertifikat"),
        (NOW_MS, ("lain.test",), "kantor_lain"),
    ],
    ids=["to-come", "run-out", "another-name"],
)
def test_a_certificate_of_another_day_is_told_from_that_of_somebody_else(
    authority: Authority, made_ms: int, names: tuple[str, ...], say: str
) -> None:
    """Where a phone trusts what its system trusts, a wrong date must not be taken for a trap."""
    context = Certificates(authority, names, made_ms).context
    trusting = ssl.create_default_context(cadata=authority.certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as end:
                end.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        client = httpx.Client(verify=trusting, timeout=20)
        line = HttpLink(f"https://127.0.0.1:{listener.getsockname()[1]}", TEXT.__contains__, client)
        outcome = line.login(ASK.device, lambda _: b"")
        line.close()
        thread.join(20)
    assert outcome == Failure(kind="jaringan", say=f"lapangan.{say}") and outcome.say in TEXT


@pytest.mark.parametrize("address", ["https://a..b", "https://xn--a.test", "https://" + "a" * 64])
def test_a_name_that_no_host_can_have_is_a_wrong_address(address: str) -> None:
    line = HttpLink(address, TEXT.__contains__)
    wrong = Failure(kind="rusak", say="lapangan.alamat_salah")
    assert line.login(ASK.device, lambda _: b"") == wrong
    assert line.signed_authority() == wrong and line.send("HEAD", "/tus/x", {}) == wrong
    line.close()


def test_a_request_says_only_what_the_office_reads() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=encode(ANSWER))

    link(answer).sync(ASK)
    assert set(asked[0].headers) == {"host", "content-type", "content-length"}
