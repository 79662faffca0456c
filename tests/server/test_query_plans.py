"""What is asked at each showing goes by the index made for it, however much there is beside."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from schemas.ids import DeviceId, PersonId, RecordId
from server import (
    about_store,
    assign_store,
    handover_store,
    letter_store,
    likeness_store,
    lost_store,
    page_store,
    quarantine_store,
    sign_store,
    subject_store,
    upload_store,
)
from server.engine import Reader, Writer
from server.page_store import QueueFilter
from server.services.belongings import members
from server.store import SqlOfficeStore
from server.web.building import build_site
from sync.scope import desa_part
from tests.server.asked import listening
from tests.server.test_letters import add_case
from tests.server.web_office import DESA, Office, open_at, shut

GROWS = (
    "changes", "subjects", "rows", "records", "trail_about", "kunjungan", "kasus", "surat", "handovers",
    "blob_refs", "blob_senders", "blobs", "camera_shots", "likenesses", "speaks_of",
)  # fmt: skip
MERGED = "subjects_by_survivor"
"""The few who live on in somebody else: these may be gone through."""
SOMEBODY = RecordId("a" * 32)


def _listed(tx: Reader, wanted: QueueFilter) -> list[RecordId]:
    return page_store.visit_ids(tx, wanted, author=None, desa=(DESA,), limit=9, offset=0)


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
    "the letters about a visit": (lambda tx: letter_store.out_about(tx, SOMEBODY), "surat_by_visit"),
    "the letters about several": (lambda tx: letter_store.letters_about(tx, [SOMEBODY]), "surat_by_subject"),
    "whom a desa has": (lambda tx: assign_store.members(tx, [DESA], "bpnt", "warga"), "rows_by_seq"),
    "which of some people": (
        lambda tx: assign_store.members(tx, [DESA], "bpnt", "warga", [SOMEBODY]),
        "sqlite_autoindex_rows_1",
    ),
    "photos that came before": (
        lambda tx: sign_store.reused_photos(tx, [SOMEBODY]),
        "camera_shots_by_camera",
    ),
    "photos that look the same": (
        lambda tx: sign_store.alike_photos(tx, [SOMEBODY]),
        "camera_shots_by_camera",
    ),
    "visits that a sign means": (lambda tx: sign_store.visits_meant(tx, SOMEBODY, 9), "blob_refs_by_blob"),
    "visits beside others": (lambda tx: sign_store.visited_twice(tx, [SOMEBODY]), "kunjungan_by_subject"),
    "visits where anything is odd": (
        lambda tx: _listed(tx, QueueFilter(flagged="ya")),
        "kunjungan_by_standing",
    ),
    "visits with a photo of before": (
        lambda tx: _listed(tx, QueueFilter(state="disetujui", sign="foto_pernah_ada")),
        "kunjungan_by_state",
    ),
    "visits of somebody": (
        lambda tx: _listed(tx, QueueFilter(petugas=SOMEBODY, words=("siti",), sought=True)),
        "kunjungan_by_petugas",
    ),
    "approved visits of somebody": (
        lambda tx: _listed(tx, QueueFilter(state="disetujui", petugas=SOMEBODY)),
        "kunjungan_by_petugas",
    ),
    "one's own approved visits": (
        lambda tx: page_store.visit_count(
            tx, QueueFilter(state="disetujui"), author=PersonId(SOMEBODY), desa=None
        ),
        "kunjungan_by_petugas",
    ),
    "visits handed to somebody": (
        lambda tx: _listed(tx, QueueFilter(state="ditahan", handed_to=SOMEBODY)),
        "handed_person",
    ),
    "who speaks of somebody": (lambda tx: about_store.speaking_of(tx, [SOMEBODY]), "speaks_of_by_name"),
    "the cases about somebody": (
        lambda tx: assign_store.cases(tx, [DESA], [SOMEBODY], ["kis:1:baru"]),
        "subject_cases_by_subject",
    ),
    "what a phone sent and did not name": (
        lambda tx: upload_store.unnamed_bytes(tx, DeviceId("d" * 32)),
        "blob_senders_by_device",
    ),
    "what a file of a phone asked": (
        lambda tx: handover_store.question_of(tx, DeviceId("d" * 32), None),
        "sqlite_autoindex_handovers_1",
    ),
    "how many visits were approved": (
        lambda tx: page_store.visit_count(tx, QueueFilter(state="disetujui"), author=None, desa=None),
        "sqlite_autoindex_visit_counts_1",
    ),
    "how many wait": (
        lambda tx: page_store.visit_count(tx, QueueFilter(forms=("bpnt_kpm",)), author=None, desa=(DESA,)),
        "sqlite_autoindex_visit_counts_1",
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
    for table in GROWS:
        assert not any(each.reads_all_of(table, but=MERGED) for each in asked), plan


def test_of_what_a_phone_sent_each_photo_is_looked_for_by_itself(office: Office) -> None:
    with listening() as asked:
        office.deps.engine.read(lambda tx: upload_store.unnamed_bytes(tx, office.phone.device))
    assert any("blob_refs_by_blob (kabupaten=? AND blob=? AND device=?)" in line for line in asked[0].plan)


def test_destroying_looks_only_for_what_is_destroyed(office: Office) -> None:
    visit, change = office.add_visit()
    blobs = office.blobs_of(visit)

    def destroy(tx: Writer) -> None:
        likeness_store.put(tx, blobs[0], bytes(128), [])
        SqlOfficeStore.writing(tx).destroy([change], blobs)

    with listening() as asked:
        office.deps.engine.write(destroy).result()
    through = [each for each in asked if any(each.reads_all_of(table) for table in GROWS)]
    assert [each.sql for each in through if "max(number)" not in each.sql] == []


def test_what_lies_with_people_is_read_of_open_tugas_alone(office: Office) -> None:
    site = build_site(office.deps)
    for look in (
        lambda: site.assigning.loads(office.person("petugas")),
        lambda: site.assigning.left_behind(office.person("petugas")),
        lambda: site.alarms.phones(),
    ):
        with listening() as asked:
            look()
        assert any("FROM open_tugas" in each.sql for each in asked)
        assert not [each for each in asked if "FROM rows" in each.sql or "'tugas'" in each.sql]


def test_a_list_of_visits_is_read_in_the_order_of_its_index_up_to_its_end(office: Office) -> None:
    with listening() as asked:
        office.deps.engine.read(lambda tx: _listed(tx, QueueFilter(state="disetujui")))
    # only visits of one moment are put in order, by their ids
    assert asked[0].plan[-1] == "USE TEMP B-TREE FOR LAST TERM OF ORDER BY"


def test_what_goes_with_somebody_is_found_without_reading_all_people_cases_tugas_and_visits(
    office: Office,
) -> None:
    visit, _ = office.add_visit()
    case = add_case(office, office.warga, DESA, visit)
    with listening() as asked:
        found = office.deps.engine.read(lambda tx: [each.id for each in members(tx, office.warga)])
    assert {office.warga, visit, case} <= set(found)
    through = [each for each in asked if "kind = :kind" in each.sql or any(map(each.reads_all_of, GROWS))]
    assert not [each for each in through if each.rows], through
