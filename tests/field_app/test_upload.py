"""Uploading over a line that is cut, against the real office behind a proxy that cuts."""

import random
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

import httpx
import pytest

from field_app.link import Failure, Reply
from field_app.transport import HttpLink
from field_app.tus import UNTOLD, Received, Upload
from schemas.ids import BlobId
from tests.faults.line import UP, Line
from tests.server.conftest import Running, office  # noqa: F401 - the running office as a fixture

KEEP = 16 * 1024


@pytest.fixture
def line(office: Running) -> Iterator[tuple[Line, HttpLink]]:  # noqa: F811
    url, cutting = httpx.URL(office.address), Line()
    cutting.office = (url.host, url.port or 80)
    phone = office.phone()
    client = httpx.Client(timeout=30, trust_env=False)
    over = HttpLink(cutting.address, lambda _: True, client)
    assert over.login(phone.device, phone.key.sign) is None
    yield cutting, over
    over._client.close()  # a test may have put another in its place
    over.close()
    cutting.close()


def blob_of(data: bytes) -> BlobId:
    return BlobId(sha256(data).hexdigest())


class Told:
    def __init__(self) -> None:
        self.offset, self.url, self.seen = 0, "", list[tuple[int, str]]()

    def __call__(self, offset: int, url: str) -> None:
        self.offset, self.url = offset, url
        self.seen.append((offset, url))


def test_a_photo_arrives_whole_over_a_line_that_is_cut_often(
    line: tuple[Line, HttpLink],
    office: Running,  # noqa: F811
) -> None:
    cutting, over = line
    data = random.Random(4).randbytes(300_000)
    cuts = (0, 40_000, 1_000, 90_000, 17_000, 120_000)
    begun = cutting.carried[UP]
    cutting.cut(UP, *cuts)
    over._client.close()  # the first cut is for a new connection
    over._client = httpx.Client(timeout=30, trust_env=False)
    told, before, failures = Told(), 0, 0
    for _ in range(20):
        outcome = Upload(over).run(blob_of(data), data, told.url, told)
        if isinstance(outcome, Received):
            break
        assert outcome.kind == "jaringan", outcome
        assert told.offset >= before
        before, failures = told.offset, failures + 1
    assert isinstance(outcome, Received)
    assert cutting.cuts == len(cuts) and failures >= 5
    assert b"".join(office.deps.blobs.read(blob_of(data))) == data
    twice = cutting.carried[UP] - begun - len(data)
    assert twice < len(cuts) * KEEP + 30 * 2_000, f"{twice} bytes went twice or were headers"


def test_an_upload_that_the_office_forgot_is_begun_again(
    line: tuple[Line, HttpLink],
    office: Running,  # noqa: F811
) -> None:
    _, over = line
    data = random.Random(5).randbytes(50_000)
    told = Told()
    assert isinstance(Upload(over).run(blob_of(data), data, "/tus/" + "0" * 32, told), Received)
    assert told.offset == len(data)


def test_a_receipt_that_was_lost_is_asked_for_again_without_sending_twice(
    line: tuple[Line, HttpLink],
) -> None:
    cutting, over = line
    data = random.Random(6).randbytes(60_000)
    told = Told()
    assert isinstance(Upload(over).run(blob_of(data), data, "", told), Received)
    carried = cutting.carried[UP]
    assert isinstance(Upload(over).run(blob_of(data), data, told.url, told), Received)
    assert isinstance(Upload(over).run(blob_of(data), data, UNTOLD, told), Received)
    assert cutting.carried[UP] - carried < 3_000


def test_bytes_that_are_not_what_was_announced_get_no_receipt(line: tuple[Line, HttpLink]) -> None:
    _, over = line
    data = random.Random(7).randbytes(20_000)
    outcome = Upload(over).run(blob_of(data), data[:-1] + b"x", "", Told())
    assert isinstance(outcome, Failure) and outcome.kind == "kantor"


class Scripted:
    """A link that answers from a script; `asked` is method, offset and how many bytes came with it."""

    def __init__(self, *replies: Reply | Failure, before: Callable[[], None] = lambda: None) -> None:
        self.replies, self.asked, self.before = list(replies), list[str](), before

    def send(
        self, method: str, path: str, headers: dict[str, str], content: Iterable[bytes] | None = None
    ) -> Reply | Failure:
        self.before()
        sent = b"".join(content or ())
        assert headers.get("content-length", "0") == str(len(sent))
        self.asked.append(" ".join((method, headers.get("upload-offset", "-"), str(len(sent)))))
        return self.replies.pop(0)


def reply(status: int = 204, **headers: str) -> Reply:
    return Reply(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    "replies",
    [
        [reply(201)],
        [reply(201, location="/tus/1", upload_offset="banyak")],
        [reply(201, location="/tus/1", upload_offset="999999")],
        [reply(201, location="/tus/1"), reply(upload_offset="0")],
        [reply(201, location="/tus/1"), reply()],
        [reply(201, location="/tus/1"), reply(upload_offset="999999")],
        [
            reply(201, location="/tus/1"),
            Failure(kind="kantor", say="x", status=409),
            reply(upload_offset="999999"),
        ],
    ],
)
@pytest.mark.parametrize("url", ["", UNTOLD])
def test_an_office_that_talks_nonsense_ends_the_upload_without_a_receipt(
    replies: list[Reply | Failure], url: str
) -> None:
    outcome = Upload(Scripted(*replies)).run(BlobId("0" * 64), bytes(100), url, Told())  # type: ignore[arg-type]
    assert isinstance(outcome, Failure) and outcome.kind == "rusak"


def test_an_offset_that_does_not_match_is_asked_for_and_taken() -> None:
    script = Scripted(
        reply(201, location="/tus/1"),
        Failure(kind="kantor", say="x", status=409),
        reply(200, upload_offset="60"),
        reply(upload_offset="100"),
    )
    outcome = Upload(script).run(BlobId("0" * 64), bytes(100), "", Told())  # type: ignore[arg-type]
    assert isinstance(outcome, Received)
    assert script.asked == ["POST - 100", "PATCH 0 100", "HEAD - 0", "PATCH 60 40"]


@pytest.mark.parametrize("place", ["https://kantor.lokal:99/tus/1", "//lain/tus/1", "1", "http://[/tus/1"])
def test_how_the_office_calls_itself_behind_a_proxy_is_not_asked_for(place: str) -> None:
    """Only the path counts, at the address that this phone knows; what has none is nonsense."""
    script = Scripted(reply(201, location=place, upload_offset="60"), reply(upload_offset="100"))
    told = Told()
    outcome = Upload(script).run(BlobId("0" * 64), bytes(100), "", told)  # type: ignore[arg-type]
    assert isinstance(outcome, Received) == ("[" not in place)
    assert told.url == ("/tus/1" if isinstance(outcome, Received) else UNTOLD)


def test_a_photo_that_the_office_lacks_goes_in_one_request() -> None:
    script = Scripted(reply(201, location="/tus/1", upload_offset="100"))
    outcome = Upload(script).run(BlobId("0" * 64), bytes(100), "", Told())  # type: ignore[arg-type]
    assert isinstance(outcome, Received)
    assert script.asked == ["POST - 100"]


def test_a_large_file_goes_in_steps_of_which_the_first_is_its_creation() -> None:
    script = Scripted(
        reply(201, location="/tus/1", upload_offset="40"),
        reply(upload_offset="80"),
        reply(upload_offset="100"),
    )
    told = Told()
    outcome = Upload(script, 40).run(BlobId("0" * 64), bytes(100), "", told)  # type: ignore[arg-type]
    assert isinstance(outcome, Received)
    assert script.asked == ["POST - 40", "PATCH 40 40", "PATCH 80 20"]
    assert told.seen == [(0, UNTOLD), (40, "/tus/1"), (80, "/tus/1"), (100, "/tus/1")]


def test_that_an_upload_was_begun_is_remembered_before_its_first_byte_goes() -> None:
    """Whoever dies in the middle of it must ask how far it came, and not send all of it again."""
    told, known = Told(), list[str]()
    script = Scripted(
        Failure(kind="jaringan", say="lapangan.sambungan_putus"), before=lambda: known.append(told.url)
    )
    outcome = Upload(script).run(BlobId("0" * 64), bytes(100), "", told)  # type: ignore[arg-type]
    assert isinstance(outcome, Failure)
    assert known == [told.url] == [UNTOLD]


def test_an_upload_whose_address_was_never_told_is_asked_for_without_a_byte() -> None:
    script = Scripted(reply(201, location="/tus/1", upload_offset="60"), reply(upload_offset="100"))
    outcome = Upload(script).run(BlobId("0" * 64), bytes(100), UNTOLD, Told())  # type: ignore[arg-type]
    assert isinstance(outcome, Received)
    assert script.asked == ["POST - 0", "PATCH 60 40"]
