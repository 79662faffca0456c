"""What a run of links leaves out on the way, and that it is the same again on the other side."""

import msgspec
import pytest
from msgspec.structs import replace

from schemas.ids import DeviceId, LinkHash
from schemas.wire import MAX_LINKS, PROTOCOL, Applied, Cursor, Result, SyncRequest, SyncResponse
from sync.chain import read_link
from sync.change import Patch
from sync.thin_links import EMPTY, fill_links, fill_results, thin_links, thin_results
from tests.contract.people import Writer, record_id

NOTHING = SyncResponse(
    protocol=PROTOCOL, results=[], known=[], wanted=[], rows=[], removed=[], start=Cursor(), cursor=Cursor(),
    more=False, parts=None, digest=bytes(16), resend=[], office_head=LinkHash(bytes(32)), server_ms=5,
)  # fmt: skip


def request(count: int, seen_changes_at: int = -1) -> SyncRequest:
    writer = Writer(3)
    entries = []
    for number in range(count):
        if number == seen_changes_at:
            writer.seen = LinkHash(b"s" * 32)
        entries.append(
            writer.write(Patch(record=record_id(number), kind="warga", base={}, new={"nama": "a"}))
        )
    return SyncRequest(
        protocol=PROTOCOL,
        device=DeviceId(writer.device),
        cursor=Cursor(),
        links=[entry.raw_link for entry in entries],
        contents=[entry.content for entry in entries if entry.content],
    )


@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_filled_again_every_link_is_the_same(count: int) -> None:
    whole = request(count)
    sent = thin_links(whole)
    assert sent.links[1:] == [EMPTY] * max(0, count - 1)
    assert fill_links(sent) == whole


def test_a_link_that_says_something_of_its_own_travels(whole_at: int = 3) -> None:
    whole = request(6, seen_changes_at=whole_at)
    sent = thin_links(whole)
    assert [number for number, raw in enumerate(sent.links) if raw] == [0, whole_at]
    assert fill_links(sent) == whole


def test_a_run_that_lacks_a_content_travels_whole() -> None:
    whole = request(3)
    lacking = replace(whole, contents=whole.contents[:2])
    assert thin_links(lacking) is lacking


@pytest.mark.parametrize(
    "broken",
    [
        {"links": [EMPTY, EMPTY]},
        {"links": [b"garbage", EMPTY]},
        {"contents": []},
    ],
)
def test_what_cannot_be_filled_is_told_apart(broken: dict[str, list[bytes]]) -> None:
    sent = thin_links(request(2))
    assert fill_links(msgspec.structs.replace(sent, **broken)) is None


def test_too_many_links_are_left_to_be_refused_without_making_them() -> None:
    sent = thin_links(request(2))
    flood = replace(
        sent, links=sent.links[:1] + [EMPTY] * MAX_LINKS, contents=sent.contents[:1] * (MAX_LINKS + 1)
    )
    assert fill_links(flood) is flood


def test_results_in_the_order_of_the_links_need_no_names() -> None:
    asked = request(4)
    changes = [read_link(raw).change for raw in asked.links]
    results = [Result(change=change, outcome=Applied(seq=seq)) for seq, change in enumerate(changes)]
    answer = replace(NOTHING, results=results)
    sent = thin_results(answer, changes)
    assert all(not result.change for result in sent.results)
    assert fill_results(sent, asked) == answer
    other = replace(NOTHING, results=results[::-1])
    assert thin_results(other, changes) is other
    assert fill_results(replace(sent, results=sent.results[:3]), asked) is None
