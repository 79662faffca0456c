"""One upload over a link that answers as it is told: how large its steps are, which answers it believes."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from field_app.link import UNREACHABLE, Failure, Reply
from field_app.tus import LEAST_STEP_BYTES, SHRINK, UNTOLD, Received, Upload
from schemas.ids import BlobId

DATA = bytes(range(256)) * 800
SIZE = len(DATA)
STEP = 100_000
BLOB, OTHER = (BlobId(sha256(data).hexdigest()) for data in (DATA, DATA[::-1]))
URL = "/tus/ini"
CUT = Failure(kind="jaringan", say="lapangan.sambungan_putus")
AWAY = Failure(kind="jaringan", say=UNREACHABLE)
STRANGER = Failure(kind="kantor", say="masalah.sesi", status=401)
CONFLICT = Failure(kind="kantor", say="masalah.letak", status=409)
TOO_LARGE = Failure(kind="rusak", say="lapangan.jawaban_rusak", status=413)
NONSENSE = Failure(kind="rusak", say="lapangan.jawaban_rusak")


class Line:
    """Answers each request in turn, and remembers it: method, path, headers, how many bytes came."""

    def __init__(self, *says: Reply | Failure) -> None:
        self._says: Iterator[Reply | Failure] = iter(says)
        self.asked: list[tuple[str, str, int]] = []
        self.headers: list[dict[str, str]] = []
        self.confirmed: list[tuple[int, str]] = []

    def send(self, method: str, path: str, headers: dict[str, str], content: Any = None) -> Reply | Failure:
        came = b"".join(content) if content is not None else b""
        assert headers.get("content-length", "0") == str(len(came)) and bool(came) == (content is not None)
        self.asked.append((method, path, len(came)))
        self.headers.append(dict(headers))
        return next(self._says)

    def then(self, *says: Reply | Failure) -> None:
        self._says, self.asked = iter(says), []

    def heard(self, sent_bytes: int, url: str) -> None:
        self.confirmed.append((sent_bytes, url))


def at(offset: int | str, **headers: str) -> Reply:
    return Reply(status=204, headers={"upload-offset": str(offset), **headers})


def made(offset: int) -> Reply:
    return at(offset, location=URL)


def run(upload: Upload, line: Line, url: str = URL, blob: BlobId = BLOB) -> Received | Failure:
    return upload.run(blob, DATA, url, line.heard)


def begun(*says: Reply | Failure, step_bytes: int = STEP) -> tuple[Upload, Line]:
    line = Line(*says)
    return Upload(line, step_bytes), line  # type: ignore[arg-type]


# steps ------------------------------------------------------------------------------------------------------


def test_a_step_of_which_nothing_arrived_is_made_smaller_and_grows_again_after_a_photo() -> None:
    upload, line = begun(at(0), CUT)
    assert run(upload, line) == CUT
    line.then(at(0), at(STEP // SHRINK), at(2 * STEP // SHRINK), at(SIZE))
    assert run(upload, line) == Received()
    assert line.asked[1:] == [("PATCH", URL, STEP // SHRINK)] * 3
    for step in (STEP // 2, STEP, STEP):
        line.then(at(0), at(SIZE))
        assert run(upload, line) == Received()
        assert line.asked[1] == ("PATCH", URL, step)


def test_no_step_is_smaller_than_what_the_office_keeps_of_a_cut_one() -> None:
    upload, line = begun()
    for step in (STEP, STEP // SHRINK, LEAST_STEP_BYTES, LEAST_STEP_BYTES):
        line.then(at(0), CUT)
        assert run(upload, line) == CUT
        assert line.asked[1] == ("PATCH", URL, step)
    upload, line = begun(step_bytes=1000)
    for _ in range(3):
        line.then(at(0), CUT)
        assert run(upload, line) == CUT
        assert line.asked[1] == ("PATCH", URL, 1000)


def test_the_end_of_a_photo_is_made_smaller_from_what_it_was() -> None:
    upload, line = begun(at(SIZE - 80_000), CUT)
    assert run(upload, line) == CUT
    line.then(at(SIZE - 80_000), CUT)
    assert run(upload, line) == CUT
    assert line.asked[1] == ("PATCH", URL, 80_000 // SHRINK)


@pytest.mark.parametrize("failure", [AWAY, STRANGER])
def test_a_step_that_never_went_or_was_answered_keeps_its_size(failure: Failure) -> None:
    upload, line = begun(at(0), failure)
    assert run(upload, line) == failure
    line.then(at(0), CUT)
    assert run(upload, line) == CUT
    assert line.asked[1] == ("PATCH", URL, STEP)


@pytest.mark.parametrize(("offset", "blob"), [(1, BLOB), (0, OTHER)], ids=["some arrived", "another photo"])
def test_a_step_of_which_some_arrived_keeps_its_size_and_so_do_those_of_other_photos(
    offset: int, blob: BlobId
) -> None:
    upload, line = begun(at(0), CUT)
    assert run(upload, line) == CUT
    line.then(at(offset), CUT)
    assert run(upload, line, blob=blob) == CUT
    assert line.asked[1] == ("PATCH", URL, STEP)


def test_a_step_that_was_lost_is_remembered_while_other_photos_go() -> None:
    upload, line = begun()
    for blob, step in ((BLOB, STEP), (OTHER, STEP), (BLOB, STEP // SHRINK)):
        line.then(at(0), CUT)
        assert run(upload, line, blob=blob) == CUT
        assert line.asked[1] == ("PATCH", URL, step)


def test_a_step_that_somebody_on_the_way_finds_too_large_is_made_smaller_at_once() -> None:
    upload, line = begun(TOO_LARGE, TOO_LARGE, made(LEAST_STEP_BYTES), at(SIZE))
    assert run(upload, line, "") == Received()
    steps = [STEP, STEP // SHRINK, LEAST_STEP_BYTES]
    assert line.asked[:3] == [("POST", UNTOLD, step) for step in steps]
    line.then(at(0), TOO_LARGE, TOO_LARGE)
    assert run(upload, line) == TOO_LARGE, "it can be no smaller"
    assert line.asked[1:] == [("PATCH", URL, 2 * LEAST_STEP_BYTES), ("PATCH", URL, LEAST_STEP_BYTES)]
    said = Failure(kind="kantor", say="masalah.unggah_terlalu_besar", status=413)
    upload, line = begun(said)
    assert run(upload, line, "") == said, "the office itself means the photo"


def test_the_step_that_goes_with_the_creation_is_made_smaller_too() -> None:
    upload, line = begun(CUT)
    assert run(upload, line, "") == CUT
    assert line.asked == [("POST", UNTOLD, STEP)] and line.confirmed == [(0, UNTOLD)]
    line.then(made(0), CUT)
    assert run(upload, line, UNTOLD) == CUT
    assert line.asked == [("POST", UNTOLD, 0), ("PATCH", URL, STEP // SHRINK)]


def test_asking_for_an_address_sends_no_bytes_and_names_no_kind_of_any() -> None:
    upload, line = begun(CUT, made(0), CUT)
    assert run(upload, line, UNTOLD) == CUT
    assert run(upload, line, UNTOLD) == CUT
    assert line.asked[-1] == ("PATCH", URL, STEP), "no byte had gone, so none was lost"
    assert [("content-type" in headers) for headers in line.headers] == [False, False, True]
    assert line.headers[0]["upload-length"] == str(SIZE)
    line.then(made(STEP), at(SIZE))
    assert run(upload, line, "") == Received()
    assert line.headers[-2]["content-type"] == "application/offset+octet-stream"


# answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["", "-1", "1.0", "٣", "²", str(SIZE + 1)])
def test_an_offset_that_is_none_ends_the_upload_without_a_receipt(said: str) -> None:
    upload, line = begun(at(0), at(said))
    found = run(upload, line)
    assert isinstance(found, Failure) and found.kind == "rusak"
    assert line.confirmed == [(0, URL)]


@pytest.mark.parametrize("offset", [0, 5])
def test_a_step_that_was_taken_and_brought_nothing_is_nonsense(offset: int) -> None:
    upload, line = begun(at(5), at(offset))
    found = run(upload, line)
    assert isinstance(found, Failure) and found.kind == "rusak"


def test_a_step_from_the_wrong_place_goes_on_from_the_right_one() -> None:
    for place in (5, STEP // 2):
        upload, line = begun(at(STEP // 4), CONFLICT, at(place), at(SIZE))
        assert run(upload, line) == Received()
        assert [method for method, _, _ in line.asked] == ["HEAD", "PATCH", "HEAD", "PATCH"]
        assert line.confirmed == [(STEP // 4, URL), (place, URL), (SIZE, URL)]


def test_a_place_that_is_wrong_and_right_at_once_is_tried_later() -> None:
    upload, line = begun(at(5), CONFLICT, at(5))
    found = run(upload, line)
    assert isinstance(found, Failure) and found.kind == "jaringan"
    upload, line = begun(at(5), CONFLICT, CUT)
    assert run(upload, line) == CUT


@pytest.mark.parametrize(
    "first",
    [
        Failure(kind="kantor", say="masalah.tidak_ada", status=404),
        Failure(kind="kantor", say="masalah.tidak_ada", status=410),
        NONSENSE,
        at(SIZE + 1),
        at("banyak"),
    ],
)
def test_an_upload_that_the_office_knows_no_more_is_begun_again(first: Reply | Failure) -> None:
    upload, line = begun(first, made(SIZE))
    assert run(upload, line) == Received()
    assert line.asked == [("HEAD", URL, 0), ("POST", UNTOLD, STEP)]


@pytest.mark.parametrize("first", [CUT, STRANGER])
def test_an_upload_that_could_not_be_asked_for_is_not_begun_again(first: Failure) -> None:
    upload, line = begun(first)
    assert run(upload, line) == first


def test_an_upload_without_an_address_is_none_and_one_without_an_offset_is_empty() -> None:
    upload, line = begun(Reply(status=201, headers={"upload-offset": "0"}))
    found = run(upload, line, "")
    assert isinstance(found, Failure) and (found.kind, found.status) == ("rusak", 201)
    upload, line = begun(at("banyak", location=URL))
    found = run(upload, line, "")
    assert isinstance(found, Failure) and found.kind == "rusak"
    upload, line = begun(Reply(status=201, headers={"location": URL}), at(SIZE))
    assert run(upload, line, "") == Received()
    assert line.confirmed == [(0, UNTOLD), (0, URL), (SIZE, URL)]


# a proxy that lets no PATCH through -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 405, 501])
def test_where_no_patch_passes_a_post_goes_in_its_place_from_then_on(status: int) -> None:
    upload, line = begun(at(0), Failure(kind="jaringan", say="x", status=status), at(STEP), at(SIZE))
    assert run(upload, line) == Received()
    assert [method for method, _, _ in line.asked] == ["HEAD", "PATCH", "POST", "POST"]
    overrides = [headers.get("x-http-method-override") for headers in line.headers]
    assert overrides == [None, None, "PATCH", "PATCH"]
    assert line.headers[-1]["upload-offset"] == str(STEP)


@pytest.mark.parametrize(
    "failure",
    [
        Failure(kind="kantor", say="masalah.dicabut", status=403),
        Failure(kind="jaringan", say="x", status=502),
    ],
)
def test_what_the_office_itself_refuses_is_not_asked_in_another_way(failure: Failure) -> None:
    upload, line = begun(at(0), failure)
    assert run(upload, line) == failure
    assert len(line.asked) == 2
