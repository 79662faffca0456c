"""What a batch writes: the rows whose bytes are others, and no other."""

from typing import Any

import pytest
from msgspec.structs import replace

from sync.desk import Desk
from sync.memory import MemoryOffice
from sync.scope import bodies, desa_part, views
from sync.store import Record
from tests.contract.people import record_id

PART = desa_part("33.14.01.2001", "bpnt")
FIELDS: dict[str, Any] = {
    "nik": "3314994107900001",
    "kode_desa": "33.14.01.2001",
    "layanan": ["bpnt"],
    "rt": 1,
}
SITI = Record(id=record_id(1), kind="warga", fields=FIELDS)


@pytest.fixture
def store() -> MemoryOffice:
    return MemoryOffice(lambda: bytes(8))


def put(store: MemoryOffice, fields: dict[str, Any]) -> tuple[int, bytes]:
    """Let the record have these fields; return seq and body of the desa's row."""
    desk = Desk(store)
    desk.put(replace(SITI, fields=fields))
    desk.flush(store)
    row = store.table[PART, SITI.id]
    assert {PART: row.body} == bodies(views(store.record_table[SITI.id]))
    return row.seq, row.body


def test_a_row_stays_where_only_what_its_part_may_not_see_is_other(store: MemoryOffice) -> None:
    before = put(store, FIELDS)
    assert put(store, {**FIELDS, "nik": "3314995107900001"}) == before
    assert put(store, {**FIELDS, "nik": "3314995107900002"})[0] > before[0]


@pytest.mark.parametrize(
    "fields",
    [{**FIELDS, "rt": True}, {**FIELDS, "rt": 1.0}, dict(reversed(FIELDS.items()))],
    ids=["truth", "fraction", "order"],
)
def test_a_row_is_written_where_what_is_equal_is_written_otherwise(
    store: MemoryOffice, fields: dict[str, Any]
) -> None:
    before = put(store, FIELDS)
    after = put(store, fields)
    assert fields == FIELDS and after[0] > before[0] and after[1] != before[1]
