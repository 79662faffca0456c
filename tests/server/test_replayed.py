"""A replay comes to what the office holds, in whatever batches, and says of which change it does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.base import encode
from schemas.ids import NO_LINK, BlobId, ChangeId, RecordId
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected
from server.engine import Reader
from server.engine import Writer as Transaction
from server.engines.sqlite import SqliteEngine
from server.store import SqlOfficeStore
from server.verifying import replay as replaying
from server.verifying.chains import office_word
from server.verifying.comparing import compare
from server.verifying.findings import Notes
from server.verifying.replay import Replayed, replay
from sync.chain import head_message
from sync.change import Body, Destroyed, Evidence, FormAnswers, Patch, Submit, change_id, read
from sync.intake import Malformed, read_run
from sync.losses import stub
from sync.scope import parts_of_person
from sync.server import push
from sync.store import Entry
from tests.contract.people import OpenRules, Writer, record_id
from tests.server.conftest import DESA, Silent
from tests.server.offices import NOW_MS, make_engine

OFFICE, PHONE, LEFT = Writer(11, office=True), Writer(12), Writer(13)
REVOKED_MS = NOW_MS + 1_000
PETUGAS = {"nama": "Petugas", "layanan": ["bpnt"], "wilayah": [DESA], "peran": ["pendamping"]}
STAYS, GOES, SHARED = (BlobId(digit * 64) for digit in "abc")
TUGAS = record_id(9)
"""Moved along by the visit that is destroyed, and stays."""
UNHEARD = [ChangeId(bytes([number]) * 32) for number in (7, 8, 9)]
"""Changes that were destroyed before they came here: all of them stand at the same place, zero."""


class UndoneError(Exception):
    """What was done for a test is undone."""


def take(tx: Transaction, writer: Writer, *entries: Entry, now_ms: int = NOW_MS) -> list[Outcome]:
    caller = writer.caller()
    signature = writer.key.sign(head_message(entries[-1].hash))
    contents = [entry.content for entry in entries if entry.content is not None]
    run = read_run([entry.raw_link for entry in entries], contents, signature, None, caller)
    assert not isinstance(run, Malformed)
    store = SqlOfficeStore.writing(tx)
    done = push(store, run, caller=caller, callers=lambda _: caller, rules=OpenRules(), now_ms=now_ms)
    assert not isinstance(done, Malformed)
    return [result.outcome for result in done]


def warga(number: int) -> Patch:
    fields = {"nama": f"Warga {number}", "kode_desa": DESA, "layanan": ["bpnt"]}
    return Patch(record=record_id(number), kind="warga", base={}, new=fields)


def visit(
    number: int, *blobs: BlobId, follows: ChangeId | None = None, tugas: RecordId | None = None
) -> Body:
    evidence = [
        Evidence(
            blob=blob, form="bpnt_kpm", field=f"foto_{at}", size_bytes=9, media_type="image/jpeg",
            camera_sha256="0" * 64, taken_ms=1,
        )
        for at, blob in enumerate(blobs)
    ]  # fmt: skip
    return Submit(
        visit=record_id(number), follows=follows, subject=record_id(1), form="bpnt_kpm", evidence=evidence,
        forms={"bpnt_kpm": FormAnswers(version=1, answers={})}, place=None, tugas=tugas,
    )  # fmt: skip


def enrol(tx: Transaction, writer: Writer, revoked_ms: int | None = None) -> None:
    tx.execute(
        "INSERT INTO devices (kabupaten, device, person, public_key, model, enrolled_ms, revoked_ms)"
        " VALUES (:kabupaten, :device, :person, :key, '', 1, :revoked)",
        {"device": writer.device, "person": writer.person, "key": bytes(32), "revoked": revoked_ms},
    )


def leave(tx: Transaction) -> None:
    """A phone of somebody whom nobody knows yet, and who then leaves: both times it sees nothing."""
    name = RecordId(LEFT.person)
    joins = Patch(record=name, kind="petugas", base={}, new={**PETUGAS, "aktif": True})
    leaves = Patch(record=name, kind="petugas", base={"aktif": True}, new={"aktif": False})
    enrol(tx, LEFT)
    [early] = take(tx, LEFT, LEFT.write(warga(13)))
    take(tx, OFFICE, OFFICE.write(joins))
    LEFT.parts = parts_of_person(LEFT.person, PETUGAS)
    [there] = take(tx, LEFT, LEFT.write(warga(14)))
    take(tx, OFFICE, OFFICE.write(leaves))
    LEFT.parts = frozenset()
    [gone] = take(tx, LEFT, LEFT.write(warga(15)))
    assert [type(outcome) for outcome in (early, there, gone)] == [Conflict, Applied, Conflict]


def fill(tx: Transaction) -> None:
    """A phone whose changes fare in every way, one of them destroyed, and that is then revoked."""
    joins = Patch(record=RecordId(PHONE.person), kind="petugas", base={}, new=PETUGAS)
    task = {"sasaran": record_id(1), "petugas": PHONE.person, "state": "baru"}
    begun = Patch(record=TUGAS, kind="tugas", base={}, new=task)
    given = take(tx, OFFICE, OFFICE.write(joins), OFFICE.write(begun))
    assert all(isinstance(outcome, Applied) for outcome in given)
    enrol(tx, PHONE, REVOKED_MS)
    PHONE.parts = parts_of_person(PHONE.person, PETUGAS)
    first, second = PHONE.write(warga(1)), PHONE.write(visit(4, STAYS, SHARED))
    gone = PHONE.write(visit(5, GOES, SHARED, tugas=TUGAS))
    empty = PHONE.write(visit(7))
    refused = PHONE.write(Destroyed(changes={}, blobs=[], records=[record_id(3)], basis="BA"))
    nothing = b"unreadable"
    fared = take(
        tx,
        PHONE,
        first,
        second,
        gone,
        empty,
        refused,
        PHONE.write(visit(6, STAYS, GOES, follows=ChangeId(NO_LINK))),
        PHONE.entry(change_id(nothing), nothing),
        now_ms=REVOKED_MS - 1,
    )
    assert [type(outcome) for outcome in fared] == [
        Applied,
        Applied,
        Applied,
        Applied,
        Rejected,
        Held,
        Rejected,
    ]
    PHONE.parts = frozenset()
    [late] = take(tx, PHONE, PHONE.write(warga(2)), now_ms=REVOKED_MS)
    assert isinstance(late, Conflict)
    kept = {entry.link.change: stub(read(entry.content or b"")) for entry in (gone, refused)}
    kept |= dict.fromkeys([empty.link.change, *UNHEARD], b"")
    names = [record_id(5), record_id(7)]
    destroyed = Destroyed(changes=kept, blobs=[GOES], records=names, basis="BA")
    take(tx, OFFICE, OFFICE.write(warga(3)), OFFICE.write(destroyed))
    leave(tx)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteEngine]:
    folder: Path = tmp_path_factory.mktemp("replayed")
    engine = make_engine(folder)
    engine.write(fill).result()
    yield engine
    engine.close()


def played(tx: Reader) -> tuple[Replayed, Notes]:
    notes = Notes()
    destroyed = office_word(tx, OFFICE.device).destroyed
    return replay(tx, OFFICE.device, OpenRules(), destroyed, notes, Silent()), notes


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_a_log_comes_to_what_the_office_holds_however_it_is_cut(
    engine: SqliteEngine, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH", batch)

    def work(tx: Reader) -> None:
        replayed, notes = played(tx)
        compare(tx, replayed, notes, Silent())
        assert notes.found == []
        assert notes.counts["catatan"] == 17 + len(UNHEARD)
        assert {(ref.visit, ref.blob) for ref in replayed.refs} == {
            (record_id(4), STAYS), (record_id(4), SHARED), (record_id(6), STAYS),
        }  # fmt: skip

    engine.read(work)


def found_after(engine: SqliteEngine, sql: str, *, compared: bool = False, **values: object) -> list[str]:
    """Do this, say what a replay finds then, or also who compares with it, and undo it."""
    found: list[str] = []

    def work(tx: Transaction) -> None:
        assert tx.execute(sql, values) == 1
        replayed, notes = played(tx)
        if compared:
            compare(tx, replayed, notes, Silent())
        found.extend(one.key for one in notes.found)
        raise UndoneError

    with pytest.raises(UndoneError):
        engine.write(work).result()
    return found


PLACE = "WHERE kabupaten = :kabupaten AND device = :device AND counter = :place"
FIRST, GONE, LATE = 1, 3, 8
"""Places in the phone's chain: a change that took effect, one that is destroyed, one after it was revoked."""


@pytest.mark.parametrize(
    ("place", "outcome", "found"),
    [
        (FIRST, Conflict(ids=[]), ["hasil_berbeda"]),
        (FIRST, Applied(seq=99), ["hasil_berbeda"]),
        (LATE, Conflict(ids=[]), ["hasil_berbeda"]),
        (LATE, Applied(seq=99), ["hasil_berbeda"]),
        (GONE, Applied(seq=99), ["belum_musnah"]),
        (GONE, Rejected(problem="kunjungan_sendiri"), ["belum_musnah"]),
    ],
)
def test_an_outcome_that_was_rewritten_is_found(
    engine: SqliteEngine, place: int, outcome: Outcome, found: list[str]
) -> None:
    sql = f"UPDATE changes SET outcome = :outcome {PLACE}"
    assert found_after(engine, sql, device=PHONE.device, place=place, outcome=encode(outcome)) == found


def test_a_destroyed_content_that_was_put_back_is_found(engine: SqliteEngine) -> None:
    sql = f"UPDATE changes SET raw = x'80' {PLACE}"
    assert found_after(engine, sql, device=PHONE.device, place=GONE) == ["belum_musnah"]


def test_a_content_that_took_effect_and_cannot_be_read_is_found(engine: SqliteEngine) -> None:
    sql = f"UPDATE changes SET raw = x'80' {PLACE}"
    assert found_after(engine, sql, device=PHONE.device, place=FIRST) == ["hasil_berbeda"]


def test_a_destroyed_record_that_is_missing_ends_no_replay(engine: SqliteEngine) -> None:
    sql = "DELETE FROM records WHERE kabupaten = :kabupaten AND id = :id"
    assert found_after(engine, sql, id=record_id(7)) == []


def test_a_reference_to_a_photo_that_is_missing_is_found(engine: SqliteEngine) -> None:
    sql = "DELETE FROM blob_refs WHERE kabupaten = :kabupaten AND visit = :visit AND blob = :blob"
    found = found_after(engine, sql, compared=True, visit=record_id(4), blob=STAYS)
    assert found == ["rujukan_berbeda"]


@pytest.mark.parametrize(
    ("table", "name", "which"),
    [("kunjungan", "visit", record_id(4)), ("konflik", "conflict", "")],
    ids=["a visit", "a conflict"],
)
def test_what_was_taken_off_the_list_that_people_work_through_is_found(
    engine: SqliteEngine, table: str, name: str, which: str
) -> None:
    which = which or engine.read(lambda tx: tx.query(f"SELECT min({name}) FROM {table}"))[0][0]
    sql = f"DELETE FROM {table} WHERE kabupaten = :kabupaten AND {name} = :which"
    assert found_after(engine, sql, compared=True, which=which) == ["daftar_berbeda"]


def test_a_commit_that_holds_nothing_is_found(engine: SqliteEngine) -> None:
    sql = (
        "INSERT INTO commits (kabupaten, first_seq, last_seq, tag, at_ms)"
        " SELECT kabupaten, 1, 0, zeroblob(8), 0 FROM kabupaten"
    )
    assert found_after(engine, sql, compared=True) == ["urutan_salah"]
