"""What the office destroyed leaves the vault: contents, answers, photos, thumbnails, and copies of them."""

from collections.abc import Iterator

import pytest

from field_app.erasing import EMPTY_WAL
from field_app.views import DraftView, Finalised
from schemas.ids import RecordId
from schemas.wire import Rejected, Removed
from sync.change import Destroyed
from tests.field_app.conftest import KEY, SetTime
from tests.field_app.field import MINE, NIK, WARGA, Field
from tests.field_app.near_office import NearOffice
from tests.field_app.test_worker import Sending

GONE = Rejected(problem="dimusnahkan")
RESPONDENT = "Sukinem Penjawab"


@pytest.fixture
def near(field: Field, time: SetTime) -> Iterator[Sending]:
    made = Sending(field, time, office=NearOffice())
    yield made
    made.worker.close()


def visited(field: Field) -> Finalised:
    view = field.start()
    field.fill(view.id)
    field.visits.save(view.id, "bpnt_kpm", "nama_responden", RESPONDENT)
    return field.finish(view.id)


def count(field: Field, table: str) -> int:
    with field.vault.read() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def everything(field: Field) -> bytes:
    """All that the vault holds, in any table, as it would be read with the key."""
    with field.vault.read() as connection:
        plain = field.path.with_name("plain.db")
        plain.unlink(missing_ok=True)
        connection.execute(f"ATTACH DATABASE '{plain}' AS plain KEY ''")
        connection.execute("SELECT sqlcipher_export('plain')")
        connection.execute("DETACH DATABASE plain")
    return plain.read_bytes()


def test_nothing_of_a_destroyed_visit_is_left_but_its_links(near: Sending) -> None:
    done = visited(near.field)
    assert near.worker.run_once() is None
    changes = [change for one in near.field.bench.history.latest(0, 9) for change in (one.patch, one.change)]
    assert RESPONDENT.encode() in everything(near.field)
    body = Destroyed(
        changes={change: b"" for change in changes if change},
        blobs=[photo.blob for photo in near.field.visits.visit(done.visit).photos],
        records=[done.visit],
        basis="BA 12/2026",
    )
    near.office.act(body)
    near.field.pull({}, removed=[Removed(part=MINE, id=WARGA, seq=9)])
    assert near.worker.run_once() is None
    for table in ("contents", "answers", "photos", "blobs", "blob_bytes", "subjects", "subject_words"):
        assert count(near.field, table) == 0, table
    assert count(near.field, "links") == 2
    left = everything(near.field)
    for secret in (RESPONDENT, NIK, "Warga Uji"):
        assert secret.encode() not in left
    assert near.field.path.with_name("vault.db-wal").stat().st_size < 25_000, "only what was written since"
    view = near.field.visits.visit(done.visit)
    assert (view.status, view.photos) == ("dimusnahkan", ())
    assert [card.status for card in near.field.visits.home().sent] == ["dimusnahkan"]
    assert near.worker.run_once() is None
    assert near.worker.status().data_pending == near.worker.status().lost == 0


def test_a_draft_that_was_begun_from_it_goes_too_and_no_other(field: Field) -> None:
    done = visited(field)
    field.acknowledge()
    field.decided(done, "dikembalikan")
    correction = field.visits.start_correction(done.visit)
    other = field.start()
    assert isinstance(correction, DraftView)
    assert "edc_atm" in str(field.visits.draft(other.id).last)
    field.visits.save(other.id, "bpnt_kpm", "nama", "Tetap Ada")
    field.pull({}, outcomes={done.change: GONE})
    assert [card.draft for card in field.visits.home().drafts] == [other.id]
    assert field.bench.drafts.answers(correction.id) == {}
    kept = field.visits.draft(other.id)
    assert kept.forms["bpnt_kpm"].answers["nama"] == "Tetap Ada"
    assert "edc_atm" not in str(kept.last), "what was shown of the last visit is a copy of it"


def test_bytes_that_another_visit_names_too_stay(field: Field) -> None:
    first, second = visited(field), visited(field)
    newer, older = field.bench.history.latest(0, 9)
    shared, other = field.bench.drafts.photos(older.id)[:2]
    number = field.bench.drafts.add_photo(newer.id, shared)
    field.bench.drafts.name_photos(newer.id, [number])
    blobs = field.bench.drafts.blobs_of(newer.id)
    field.acknowledge()
    field.pull({}, outcomes={first.change: GONE})
    assert shared.blob in blobs and all(field.visits.photo_bytes(blob) for blob in blobs)
    with pytest.raises(LookupError):
        field.visits.photo_bytes(other.blob)
    assert field.visits.visit(second.visit).status == "terkirim"


def test_the_wal_is_emptied_again_when_someone_was_reading(near: Sending) -> None:
    done = visited(near.field)
    assert near.worker.run_once() is None
    near.field.pull({}, outcomes={done.change: GONE})
    wal = near.field.path.with_name("vault.db-wal")
    with near.field.vault.read() as reading:
        cursor = reading.execute("SELECT * FROM links")
        cursor.fetchone()
        near.worker.run_once()
        assert wal.stat().st_size > 0
        cursor.close()
    assert near.worker.run_once() is None
    assert wal.stat().st_size == 0 or RESPONDENT.encode() not in wal.read_bytes()
    assert near.field.store.get("kosongkan_wal", bool, True) is False


def test_a_name_alone_says_whose_phone_it_was(field: Field) -> None:
    done = visited(field)
    field.acknowledge()
    field.pull({}, outcomes={done.change: GONE})
    [version] = field.bench.history.latest(0, 9)
    assert (version.number, version.seen.nama, version.subject) == (done.number, "", None)
    assert RecordId(version.visit) == done.visit
    assert len(KEY) == 32


def test_what_must_not_stay_in_the_wal_is_asked_for_until_nobody_reads_it(near: Sending) -> None:
    store = near.field.store
    store.put(EMPTY_WAL, True)
    other = near.field.vault.another()
    with other.read() as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM links").fetchone()
        assert near.worker.run_once() is None
        assert store.get(EMPTY_WAL, bool, False) is True
        reader.execute("ROLLBACK")
    other.close()
    assert near.worker.run_once() is None
    assert store.get(EMPTY_WAL, bool, True) is False
