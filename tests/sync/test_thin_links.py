"""What a run of links leaves out on the way, and that it is the same again on the other side."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.ids import NO_LINK, DeviceId, LinkHash
from schemas.wire import MAX_LINKS, PROTOCOL, Applied, Cursor, Result, SyncRequest, SyncResponse, WireTip
from sync import thin_links
from sync.chain import read_link
from sync.change import Patch
from sync.thin_links import EMPTY, UNNAMED, fill_request, fill_results, thin_request, thin_results
from tests.contract.people import Writer, record_id

DEVICE = DeviceId("d" * 32)
NOTHING = SyncResponse(
    protocol=PROTOCOL, results=[], known=[], wanted=[], rows=[], removed=[], start=Cursor(), cursor=Cursor(),
    more=False, parts=None, digest=bytes(16), resend=[], office_head=LinkHash(bytes(32)), server_ms=5,
)  # fmt: skip


def request(count: int, seen_changes_at: int = -1, after: int = 0) -> SyncRequest:
    """Return a push of so many links, which follow `after` links that were received."""
    writer = Writer(3)
    for number in range(after):
        writer.write(Patch(record=record_id(number), kind="warga", base={}, new={"nama": "b"}))
    before = writer.tip
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
        received=WireTip(counter=before.counter, hash=before.hash) if after else None,
    )


@pytest.mark.parametrize("count", [0, 1, 2, 30])
@pytest.mark.parametrize("after", [0, 3])
def test_filled_again_every_link_is_the_same(count: int, after: int) -> None:
    whole = request(count, after=after)
    sent = thin_request(whole)
    assert sent.device == ""
    assert sent.links == ([NO_LINK] + [EMPTY] * count)[:count]
    assert fill_request(sent, whole.device) == whole


def test_of_a_link_that_has_seen_another_head_only_that_travels() -> None:
    whole = request(6, seen_changes_at=3)
    sent = thin_request(whole)
    assert sent.links == [NO_LINK, EMPTY, EMPTY, b"s" * 32, EMPTY, EMPTY]
    assert fill_request(sent, whole.device) == whole


def test_a_link_that_does_not_follow_travels_whole_and_others_follow_it() -> None:
    """So it is with the first of a run that rests on a declared gap, or with one of another branch."""
    whole = replace(request(3, after=2), received=None)
    sent = thin_request(whole)
    assert sent.links == [whole.links[0], EMPTY, EMPTY]
    assert fill_request(sent, whole.device) == whole


def test_a_run_that_lacks_a_content_travels_whole() -> None:
    whole = request(3)
    lacking = replace(whole, contents=whole.contents[:2])
    assert thin_request(lacking).links == lacking.links


def test_a_whole_request_stays_as_it_is_whoever_it_names() -> None:
    whole = request(3)
    assert fill_request(whole, DeviceId("e" * 32)) is whole


def test_a_request_of_protocol_2_is_filled_as_before() -> None:
    """Then the first link always travelled, and the device's name."""
    whole = replace(request(4, after=2), protocol=2)
    assert fill_request(replace(whole, links=[whole.links[0], *[EMPTY] * 3]), whole.device) == whole


@pytest.mark.parametrize(
    "broken",
    [
        {"links": [EMPTY, EMPTY]},
        {"links": [b"garbage", EMPTY]},
        {"contents": []},
        {"received": WireTip(counter=2**64 - 1, hash=NO_LINK)},
    ],
)
def test_what_cannot_be_filled_is_told_apart(broken: dict[str, Any]) -> None:
    sent = thin_request(request(2))
    assert fill_request(replace(sent, **broken), DEVICE) is None


def test_what_is_filled_from_another_tip_is_another_link() -> None:
    whole = request(1, after=2)
    other = replace(thin_request(whole), received=WireTip(counter=2, hash=LinkHash(b"x" * 32)))
    filled = fill_request(other, whole.device)
    assert filled is not None and filled.links != whole.links


def test_too_many_links_are_left_to_be_refused_without_making_them() -> None:
    sent = replace(request(2), links=[EMPTY] * (MAX_LINKS + 1), contents=[b""] * (MAX_LINKS + 1))
    assert fill_request(sent, sent.device) is sent


def test_as_many_links_as_a_message_may_hold_are_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thin_links, "MAX_LINKS", 3)
    whole = request(3)
    assert fill_request(thin_request(whole), whole.device) == whole


def test_results_that_name_their_changes_keep_these_names() -> None:
    asked = request(3)
    changes = [read_link(raw).change for raw in asked.links]
    named = [Result(change=change, outcome=Applied(seq=1)) for change in changes[::-1]]
    for results in (named, named[:2]):
        answer = replace(NOTHING, results=results)
        assert fill_results(answer, asked) == answer
    unnamed = replace(named[1], change=UNNAMED)
    filled = fill_results(replace(NOTHING, results=[named[0], unnamed, named[2]]), asked)
    assert filled is not None and filled.results == named


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
