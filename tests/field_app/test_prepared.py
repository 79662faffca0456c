"""A run that is packed before its turn: the office reads what it would have read of one packed late."""

import zlib
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from field_app.prepared import prepare
from schemas.base import encode
from schemas.ids import NO_LINK
from schemas.packing import PACKED_TYPE, Refused
from schemas.wire import MAX_BODY_BYTES, Cursor, WireTip
from sync.thin_links import thin_request
from tests.field_app.test_transport import ANSWER, PACKING, link, refusal, run_of


@pytest.mark.parametrize("count", [300, 3])
def test_a_run_that_was_prepared_reads_as_one_packed_late_whatever_its_cursor(count: int) -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(200, stream=httpx.ByteStream(encode(ANSWER)))

    line, run = link(answer), run_of(count)
    line.prepare(run)
    for moved in (run, replace(run, cursor=Cursor(seq=2**40, tag=b"t" * 8, scope=b"s" * 8)), run_of(2)):
        assert line.sync(moved) == ANSWER
        read = PACKING.unpack(seen[-1], MAX_BODY_BYTES)
        assert not isinstance(read, Refused) and read.data == encode(thin_request(moved))
    assert (prepare(run, PACKING) is not None) == (count == 300), "a little run goes quicker with the rest"


@pytest.mark.parametrize(
    "other",
    [{"received": WireTip(counter=7, hash=NO_LINK)}, {"signature": b"other"}, {"contents": [b"c"]}],
    ids=["received", "signature", "contents"],
)
def test_what_was_prepared_goes_for_no_other_message(other: dict[str, Any]) -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(200, stream=httpx.ByteStream(encode(ANSWER)))

    line, run = link(answer), run_of(300)
    line.prepare(run)
    moved = replace(run, **other)
    assert moved.links is run.links and line.sync(moved) == ANSWER
    read = PACKING.unpack(seen[-1], MAX_BODY_BYTES)
    assert not isinstance(read, Refused) and read.data == encode(thin_request(moved))


def test_what_was_prepared_is_used_though_the_cursor_moved_meanwhile() -> None:
    run = run_of(300)
    prepared = prepare(run, PACKING)
    assert prepared is not None and prepared.fits(replace(run, cursor=Cursor(seq=9, tag=b"t" * 8)))


def test_an_office_that_cannot_unpack_gets_a_prepared_run_plain() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.headers["content-type"] == PACKED_TYPE:
            return refusal(415, "kamus_tidak_dikenal")
        return httpx.Response(200, stream=httpx.ByteStream(encode(ANSWER)))

    line, run = link(answer), run_of(300)
    line.prepare(run)
    assert line.sync(run) == ANSWER
    assert zlib.decompress(seen[-1].content) == encode(thin_request(run))
