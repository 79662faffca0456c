"""What is asked at each showing goes by the index made for it, however much there is beside."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from schemas.ids import DeviceId, RecordId
from server import lost_store, quarantine_store, subject_store
from server.engine import Reader
from server.store import SqlOfficeStore
from sync.scope import desa_part
from tests.server.asked import listening
from tests.server.web_office import DESA, Office, open_at, shut

SOMEBODY = RecordId("a" * 32)
QUERIES: dict[str, tuple[Callable[[Reader], Any], str]] = {
    "changes that wait for long": (lambda tx: quarantine_store.held(tx, 1, 9), "changes_waiting"),
    "how many they are": (lambda tx: quarantine_store.held_count(tx, 1), "changes_waiting"),
    "how many wait of each phone": (quarantine_store.waits_by_device, "changes_waiting"),
    "what waits for names": (lambda tx: quarantine_store.waiting_for(tx, ["x", "y"]), "changes_waiting"),
    "what waits of a phone": (
        lambda tx: SqlOfficeStore.reading(tx).waiting_of(DeviceId("d" * 32)),
        "changes_waiting",
    ),
    "what waits for a record": (
        lambda tx: SqlOfficeStore.reading(tx).waiting_on([SOMEBODY]),
        "changes_waiting",
    ),
    "who lives on in somebody": (
        lambda tx: subject_store.lives_on_in(tx, [SOMEBODY]),
        "subjects_by_survivor",
    ),
    "what was written about somebody": (
        lambda tx: lost_store.contents_about(tx, SOMEBODY, 0),
        "sqlite_autoindex_changes_1",
    ),
    "whom a phone could show": (
        lambda tx: lost_store.ids_by_part(tx, [desa_part(DESA, "bpnt")], ["warga"], 0),
        "rows_by_seq",
    ),
}


@pytest.fixture(name="office", scope="module")
def office_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = open_at(tmp_path_factory.mktemp("plans"))
    office.add_visit()
    yield office
    shut(office)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_goes_by_its_index_and_reads_no_table_through(office: Office, name: str) -> None:
    ask, index = QUERIES[name]
    with listening() as asked:
        office.deps.engine.read(ask)
    plan = [line for each in asked for line in each.plan]
    assert any(index in line for line in plan), plan
    for table in ("changes", "subjects", "rows", "records", "trail_about", "kunjungan"):
        assert not any(each.reads_all_of(table) for each in asked), plan
