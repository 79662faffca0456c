"""Answers out of a file: which one fits a phone that catches up meanwhile, and whom it tells of what."""

from dataclasses import dataclass
from typing import cast

import pytest

from schemas.handover import Answered, Answering, Mark
from schemas.ids import NO_LINK, Part
from schemas.wire import PROTOCOL, Cursor, SyncResponse
from sync import answering, handover
from sync.memory import MemoryDevice
from sync.store import DeviceStore
from tests.sync.regency import KEDEN, NOW, Regency, visit
from tests.sync.test_handover import answer, hand_over, take_in


@dataclass
class Standing:
    """Where a phone stands."""

    at: Cursor
    held: list[Part]

    def cursor(self) -> Cursor:
        return self.at

    def parts(self) -> list[Part]:
        return self.held


@pytest.mark.parametrize(
    ("asked", "here", "fits"),
    [
        ({}, {}, True),
        ({}, {"desa": 5}, False),
        ({"desa": 3}, {"desa": 5}, True),
        ({"desa": 6}, {"desa": 5}, False),
        ({"desa": 3}, {}, True),
    ],
)
def test_an_answer_begins_in_each_part_where_the_phone_has_it_or_before(
    asked: dict[Part, int], here: dict[Part, int], fits: bool
) -> None:
    """Between the question, at 8, and now, at 10, a desa was caught up: here and there so far as is named."""
    desa = Part("desa")
    start = Cursor(seq=8, tag=b"8" * 8, catching=asked)
    now = Cursor(seq=10, tag=b"10" * 4, catching=here)
    said = Answering(file=b"", asked=start, held=[desa], marks=[Mark(seq=10, tag=now.tag)])
    first = SyncResponse(
        protocol=PROTOCOL,
        results=[],
        known=[],
        wanted=[],
        rows=[],
        removed=[],
        start=start,
        cursor=now,
        more=False,
        parts=[desa],
        digest=b"",
        resend=[],
        office_head=NO_LINK,
        server_ms=NOW,
    )
    assert handover.fits(cast("DeviceStore", Standing(now, [desa])), said, first, NOW) is fits


def test_links_of_two_branches_at_one_place_are_both_told_of_where_a_message_ends_between_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answering, "MAX_LINKS", 2)
    town = Regency()
    phone = town.enrol(7, KEDEN)
    done = [phone.do(visit(100))]
    restored = MemoryDevice(phone.writer.device, phone.writer.key.sign)
    restored.add_entries(done)
    done.append(phone.do(visit(101)))
    town.sync(phone)
    phone.store = restored
    done.append(phone.do(visit(102)))
    assert [entry.link.counter for entry in done] == [1, 2, 2]
    written = hand_over(phone)
    take_in(town, written)
    told = [each.response.results for each in answer(town, written) if isinstance(each, Answered)]
    assert {result.change for results in told for result in results} == {one.link.change for one in done}
