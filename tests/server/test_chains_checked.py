"""Each way in which a chain can be bent is found, and called by its name; what is whole is called nothing."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from schemas.ids import PersonId
from schemas.wire import Declared
from server.engine import Reader
from server.engine import Writer as Transaction
from server.engines.sqlite import SqliteEngine
from server.store import SqlOfficeStore
from server.verifying import chains
from server.verifying.chains import check_chains
from server.verifying.findings import Notes
from sync.chain import START, head_message
from sync.change import Body, Destroyed, Enrolled, Gap, Patch, change_id
from sync.intake import Malformed, read_run
from sync.server import push
from sync.store import Entry
from tests.contract.people import OpenRules, Writer, record_id
from tests.server.conftest import Silent
from tests.server.offices import NOW_MS, make_engine

OFFICE, PHONE, OTHER = (Writer(seed, office=seed == 1) for seed in (1, 2, 3))
LOST_FIRST, LOST_LAST = 4, 5
"""Places of the phone's chain whose contents it lost; it kept the links."""
MARKS = "gap enrolled destroyed"
"""A name with all that the bodies are looked for by: what has it is read, and need not be one of them."""


class UndoneError(Exception):
    """What was done for a test is undone."""


def bytes_of(writer: Writer) -> bytes:
    return writer.key.public_key().public_bytes_raw()


def warga(number: int) -> Patch:
    return Patch(record=record_id(number), kind="warga", base={}, new={"nama": f"{MARKS} {number}"})


def joined(writer: Writer) -> Body:
    return Enrolled(device=writer.device, person=PersonId(writer.person), public_key=bytes_of(writer))


def take(store: SqlOfficeStore, writer: Writer, entries: list[Entry], gap: Declared | None = None) -> None:
    signature = writer.key.sign(head_message(entries[-1].hash))
    contents = [entry.content for entry in entries if entry.content is not None]
    run = read_run([entry.raw_link for entry in entries], contents, signature, gap, writer.caller())
    assert not isinstance(run, Malformed)
    done = push(
        store,
        run,
        caller=writer.caller(),
        callers=lambda _: writer.caller(),
        rules=OpenRules(),
        now_ms=NOW_MS,
    )
    assert not isinstance(done, Malformed)


def fill(tx: Transaction) -> None:
    """An office that let two phones in and destroyed a change, and a phone that lost some and holds one."""
    store = SqlOfficeStore.writing(tx)
    nothing = b"enrolled, destroyed"
    unreadable = OFFICE.entry(change_id(nothing), nothing)
    take(store, OFFICE, [unreadable, OFFICE.write(joined(PHONE)), OFFICE.write(joined(OTHER))])
    for writer in (PHONE, OTHER):
        tx.execute(
            "INSERT INTO devices (kabupaten, device, person, public_key, model, enrolled_ms)"
            " VALUES (:kabupaten, :device, :person, :key, '', 1)",
            {"device": writer.device, "person": writer.person, "key": bytes_of(writer)},
        )
    written = [PHONE.write(warga(number)) for number in range(1, 6)]
    bare = [Entry(link=e.link, hash=e.hash, raw_link=e.raw_link, content=None) for e in written[3:]]
    behind = PHONE.write(warga(6))
    gap = PHONE.write(Gap(first=LOST_FIRST, last=LOST_LAST))
    declared = Declared(
        link=gap.raw_link, content=gap.content or b"", signature=PHONE.key.sign(head_message(gap.hash))
    )
    take(store, PHONE, [*written[:3], *bare, behind, gap, PHONE.write(warga(7))], declared)
    PHONE.write(warga(8))  # kept back: what follows it is held
    take(store, PHONE, [PHONE.write(warga(9)), PHONE.write(warga(10))])
    take(store, OTHER, [OTHER.write(warga(20)), OTHER.write(warga(21))])
    OTHER.tip = START  # its data was put back, and it goes on as a branch
    take(store, OTHER, [OTHER.write(warga(22))])
    gone = written[1].link.change
    take(
        store,
        OFFICE,
        [
            OFFICE.write(Destroyed(changes={gone: b""}, blobs=[], records=[], basis="BA")),
            OFFICE.write(warga(30)),
        ],
    )
    store.destroy([gone], [])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteEngine]:
    folder: Path = tmp_path_factory.mktemp("chains")
    engine = make_engine(folder)
    engine.write(fill).result()
    yield engine
    engine.close()


def check(tx: Reader) -> Notes:
    notes = Notes()
    check_chains(tx, OFFICE.device, [bytes_of(OFFICE)], notes, Silent())
    return notes


def found_after(engine: SqliteEngine, sql: str) -> list[str]:
    """Do this, say what is wrong then and at which number, and undo it."""
    found: list[str] = []
    used = {"phone": PHONE.device, "other": OTHER.device, "office": OFFICE.device}

    def work(tx: Transaction) -> None:
        assert tx.execute(sql, {name: device for name, device in used.items() if f":{name}" in sql})
        found.extend(f"{one.key} {one.values.get('nomor', '')}".strip() for one in check(tx).found)
        raise UndoneError

    with pytest.raises(UndoneError):
        engine.write(work).result()
    return found


LINK = "WHERE device = :phone AND counter ="
CHANGE = "WHERE id = (SELECT change FROM links WHERE device = :phone AND counter = {})"
HEAD = "WHERE head = (SELECT hash FROM links WHERE device = :phone AND counter = {})"
OF_OFFICE = "WHERE id = (SELECT change FROM links WHERE device = :office AND counter = {})"
GROWN = "CAST(raw || x'00' AS BLOB)"
CUT_OFF = ["ujung_salah", "tanpa_tanda_tangan"]
"""What stands before a link that is gone is a tip that nobody knows and nobody signed."""

BENT: list[tuple[str, list[str]]] = [
    (
        f"UPDATE links SET raw = {GROWN} {LINK} 3",
        ["tautan_berubah 3", "tautan_terputus 4", *CUT_OFF],
    ),
    (f"UPDATE links SET hash = zeroblob(32) {LINK} 8", ["tautan_berubah 8", "ujung_salah"]),
    (
        f"UPDATE links SET raw = x'00', hash = x'{sha256(bytes(1)).hexdigest()}' {LINK} 8",
        ["tautan_berubah 8", "ujung_salah"],
    ),
    (f"UPDATE links SET counter = 12 {LINK} 8", ["tautan_berubah 12", "ujung_salah"]),
    (
        f"UPDATE links SET prev = zeroblob(32) {LINK} 2",
        ["tautan_berubah 2", "tautan_terputus 3", *CUT_OFF],
    ),
    (
        f"UPDATE links SET change = zeroblob(32) {LINK} 3",
        ["tautan_berubah 3", "tautan_terputus 4", *CUT_OFF, "hasil_tanpa_tautan"],
    ),
    (f"UPDATE links SET device = :other {LINK} 1", ["tautan_terputus 2", "tautan_berubah 1"]),
    (f"UPDATE links SET known = 0 {LINK} 3", ["tautan_terputus 4", "ujung_salah"]),
    (f"UPDATE links SET known = 1 {LINK} 10", ["tautan_terputus 10", "ujung_salah"]),
    (f"UPDATE links SET known = 1 {LINK} 11", ["tautan_terputus 11", "ujung_salah"]),
    (f"DELETE FROM links {LINK} 1", ["tautan_terputus 2", "hasil_tanpa_tautan"]),
    (f"DELETE FROM links {LINK} 2", ["tautan_terputus 3", *CUT_OFF]),
    (f"DELETE FROM links {LINK} 3", ["tautan_terputus 4", *CUT_OFF, "hasil_tanpa_tautan"]),
    (f"DELETE FROM links {LINK} 4", [*CUT_OFF, "hasil_tanpa_tautan"]),
    (f"DELETE FROM links {LINK} 5", [*CUT_OFF, "hasil_tanpa_tautan"]),
    (f"DELETE FROM links {LINK} 6", ["tautan_terputus 7", *CUT_OFF, "hasil_tanpa_tautan"]),
    (f"DELETE FROM links {LINK} 8", ["ujung_salah", "hasil_tanpa_tautan"]),
    (f"DELETE FROM links {LINK} 11", ["tanpa_tanda_tangan", "hasil_tanpa_tautan"]),
    ("DELETE FROM links WHERE device = :other", ["hasil_tanpa_tautan"] * 3),
    *((f"UPDATE changes SET raw = NULL {CHANGE.format(place)}", ["isi_hilang"]) for place in (3, 6, 8, 10)),
    (f"UPDATE changes SET raw = NULL {CHANGE.format(7)}", ["isi_hilang"] * 3),
    (f"UPDATE changes SET raw = x'' {CHANGE.format(3)}", ["isi_berubah"]),
    (f"UPDATE changes SET raw = {GROWN} {CHANGE.format(3)}", ["isi_berubah"]),
    (f"UPDATE changes SET raw = {GROWN} {CHANGE.format(7)}", ["isi_berubah", *["isi_hilang"] * 2]),
    (f"UPDATE changes SET raw = x'00' {CHANGE.format(4)}", ["isi_berubah"]),
    (f"DELETE FROM changes {CHANGE.format(3)}", ["hasil_hilang", "isi_hilang"]),
    (f"DELETE FROM changes {CHANGE.format(4)}", ["hasil_hilang"]),
    (f"DELETE FROM changes {CHANGE.format(2)}", ["hasil_hilang"]),
    (
        f"UPDATE changes SET raw = NULL {OF_OFFICE.format(2)}",
        ["perangkat_tidak_terdaftar", "isi_hilang", "perangkat_tidak_terdaftar"],
    ),
    (f"UPDATE changes SET raw = NULL {OF_OFFICE.format(4)}", ["isi_hilang"] * 2),
    (
        "INSERT INTO changes SELECT kabupaten, zeroblob(32), device, outcome, received_ms, 99, waiting, raw,"
        f" counter FROM changes {CHANGE.format(3)}",
        ["hasil_tanpa_tautan"],
    ),
    ("DELETE FROM tips WHERE device = :phone", ["ujung_salah"]),
    ("UPDATE tips SET counter = counter + 1 WHERE device = :phone", ["ujung_salah"]),
    ("UPDATE tips SET hash = zeroblob(32) WHERE device = :phone", ["ujung_salah"]),
    (f"INSERT INTO tips SELECT kabupaten, device, hash, counter FROM links {LINK} 11", ["ujung_salah"]),
    (f"DELETE FROM signatures {HEAD.format(8)}", ["tanpa_tanda_tangan"]),
    (f"DELETE FROM signatures {HEAD.format(11)}", ["tanpa_tanda_tangan"]),
    (
        f"UPDATE signatures SET signature = zeroblob(64) {HEAD.format(11)}",
        ["tanda_tangan_salah", "tanpa_tanda_tangan"],
    ),
    (
        f"UPDATE signatures SET device = :other {HEAD.format(8)}",
        ["tanpa_tanda_tangan", "tanda_tangan_salah"],
    ),
    ("DELETE FROM signatures WHERE device = :office", ["tanpa_tanda_tangan"]),
    (
        "UPDATE signatures SET signature = zeroblob(64) WHERE device = :office",
        [*["tanda_tangan_salah"] * 2, "tanpa_tanda_tangan"],
    ),
    ("UPDATE devices SET public_key = zeroblob(32) WHERE device = :phone", ["perangkat_tidak_terdaftar"]),
    ("UPDATE devices SET device = 'd' WHERE device = :other", ["perangkat_tidak_terdaftar"]),
]


@pytest.mark.parametrize("batch", [1, 2_000])
def test_what_was_lost_destroyed_and_held_is_in_order(
    engine: SqliteEngine, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains, "BATCH", batch)
    notes = engine.read(check)
    assert notes.found == []
    assert notes.counts == {"rantai": 3, "tautan": 18, "tanda_tangan": 7}


@pytest.mark.parametrize(("sql", "found"), BENT, ids=range(len(BENT)))
def test_a_bent_chain_is_called_what_it_is(engine: SqliteEngine, sql: str, found: list[str]) -> None:
    assert found_after(engine, sql) == found
