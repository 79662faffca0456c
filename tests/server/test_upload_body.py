"""The body of an upload as it comes in: how much of it is taken, and when it is given on."""

import asyncio
from typing import Any

from server.api.upload_body import MOST_OF_STRANGERS, MOST_WAITING, UploadBody

PIECE = bytes(16 * 1024)


class Line:
    """Pieces without end; `taken` is how many bytes were read."""

    def __init__(self) -> None:
        self.taken = 0

    async def receive(self) -> dict[str, Any]:
        await asyncio.sleep(0)
        self.taken += len(PIECE)
        return {"type": "http.request", "body": PIECE, "more_body": True}


async def quiet(line: Line) -> int:
    """Wait until no more is read; return how much was."""
    before = -1
    while before != line.taken:
        before = line.taken
        for _ in range(5):
            await asyncio.sleep(0)
    return line.taken


def test_little_is_read_before_it_is_known_who_sends_and_no_more_than_may_wait_after() -> None:
    async def run() -> None:
        line = Line()
        body = UploadBody(line.receive)
        assert await quiet(line) == MOST_OF_STRANGERS
        body.admit()
        assert await quiet(line) == MOST_WAITING
        assert len(await body.take()) == MOST_WAITING
        assert await quiet(line) == 2 * MOST_WAITING
        await body.close()

    asyncio.run(run())


def test_a_body_that_is_whole_is_given_at_once_and_a_cut_one_with_all_that_came() -> None:
    async def run(last: dict[str, Any]) -> UploadBody:
        events = [{"type": "http.request", "body": PIECE, "more_body": True}, last]

        async def receive() -> dict[str, Any]:
            return events.pop(0)

        body = UploadBody(receive)
        body.admit()
        assert await body.take() == PIECE + last.get("body", b"")
        assert body.is_over
        await body.close()
        return body

    whole = asyncio.run(run({"type": "http.request", "body": b"end", "more_body": False}))
    assert (whole.is_whole, whole.is_cut) == (True, False)
    cut = asyncio.run(run({"type": "http.disconnect"}))
    assert (cut.is_whole, cut.is_cut) == (False, True)
