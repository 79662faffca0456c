"""A page ends at its last item that fits, and holds one at least."""

import pytest

from schemas.ids import Part, RecordId
from schemas.wire import Removed, Row
from sync.paging import cut

PART = Part("p")
FOUND = [
    Row(part=PART, id=RecordId("a"), seq=1, kind="warga", body=bytes(10)),
    Removed(part=PART, id=RecordId("b"), seq=2),
    Row(part=PART, id=RecordId("c"), seq=3, kind="warga", body=bytes(10)),
]


@pytest.mark.parametrize(
    ("limit", "max_bytes", "last"),
    [(3, 20, 3), (3, 19, 2), (3, 10, 2), (3, 9, 1), (2, 20, 2), (1, 20, 1)],
)
def test_a_page_ends_before_what_is_too_much(limit: int, max_bytes: int, last: int) -> None:
    page = cut(FOUND, limit, max_bytes, 99)
    assert (page.last, page.more) == (last, last < 3)
    assert sorted(item.seq for item in (*page.rows, *page.removed)) == list(range(1, last + 1))


def test_where_nothing_was_found_a_page_ends_at_what_is_newest() -> None:
    page = cut([], 3, 20, 99)
    assert (page.rows, page.removed, page.last, page.more) == ([], [], 99, False)
