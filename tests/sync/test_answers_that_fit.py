"""Which answer out of a file a phone takes that catches up parts of its area meanwhile."""

from dataclasses import dataclass
from typing import cast

import pytest

from schemas.handover import Answering, Mark
from schemas.ids import NO_LINK, Part
from schemas.wire import PROTOCOL, Cursor, SyncResponse
from sync import handover
from sync.store import DeviceStore
from tests.sync.regency import NOW


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
    answering = Answering(file=b"", asked=start, held=[desa], marks=[Mark(seq=10, tag=now.tag)])
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
    assert handover.fits(cast("DeviceStore", Standing(now, [desa])), answering, first) is fits
