"""A vault of before rows, links and contents lay as they came keeps all of them, and its search."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from field_app import vault as vaults
from field_app.asked import asked_of
from field_app.items import again_helps, data_items
from field_app.search import search_subjects
from field_app.store import Store
from field_app.vault import Vault, open_vault
from field_app.views import DraftView
from field_app.wanted import returned_elsewhere
from schemas.base import encode
from schemas.ids import Part, RecordId
from schemas.wire import Conflict, Held, Rejected
from sync.chain import Tip
from sync.change import Patch
from sync.digest import EMPTY, fold, row_hash
from tests.contract.people import Writer, record_id
from tests.faults.test_upgrades import MOVED, pour
from tests.field_app.conftest import KEY as FIELD_KEY
from tests.field_app.field import FIELDS, PERSON, TASK, TUGAS, Field
from tests.field_app.years import decided, live_on, subject_of, tugas_of, visit_of

KEY = bytes(range(32))
BEFORE = ("0001", "0002", "0003", "0004")
KEDEN, MINE = Part("desa/33.14.01.2001/bpnt"), Part("mine/p1")
ROWS = [(KEDEN, 1, 5, "Sutarmi"), (MINE, 1, 6, "Sutarmi Utami"), (KEDEN, 2, 7, "Paimin"), (MINE, 3, 8, "Sri")]


def old_vault(path: Path, writer: Writer, count: int) -> Vault:
    """A vault of the fourth shape, with rows, search and a chain, written as the program of then did."""
    steps = path.with_suffix(".sql")
    steps.mkdir()
    for step in vaults.MIGRATIONS.glob("*.sql"):
        if step.name.startswith(BEFORE):
            shutil.copy(step, steps)
    vault = open_vault(path, KEY, steps)
    with vault.write() as connection:
        digests = {KEDEN: EMPTY, MINE: EMPTY}
        for part, number, seq, name in ROWS:
            body = encode({"nama": name})
            digests[part] = fold(digests[part], row_hash(part, record_id(number), seq, body))
            connection.execute(
                "INSERT INTO rows (part, id, seq, kind, body) VALUES (?, ?, ?, 'warga', ?)",
                (part, record_id(number), seq, body),
            )
            connection.execute(
                "INSERT OR REPLACE INTO subjects (number, id, kind, nama, kode_desa, alamat, tail, name_key)"
                " VALUES (?, ?, 'warga', ?, '', '', '', ?)",
                (number, record_id(number), name, name.lower()),
            )
        for part, digest in digests.items():
            connection.execute("INSERT INTO parts VALUES (?, 1, ?)", (part, digest))
        for number in range(count):
            entry = writer.write(Patch(record=record_id(number), kind="warga", base={}, new={"nama": "x"}))
            link = entry.link
            connection.execute(
                "INSERT INTO links (hash, device, counter, prev, change, raw, known)"
                " VALUES (?, ?, ?, ?, ?, ?, 1)",
                (entry.hash, link.device, link.counter, link.prev, link.change, entry.raw_link),
            )
            if number != 2:  # lost, or forgotten
                connection.execute("INSERT INTO contents VALUES (?, ?)", (link.change, entry.content))
    return vault


def test_all_that_was_in_it_is_there_after_the_upgrade(tmp_path: Path) -> None:
    writer = Writer(7)
    old_vault(tmp_path / "vault.db", writer, 5).close()
    vault = open_vault(tmp_path / "vault.db", KEY)
    store = Store(vault, writer.device, writer.key.sign)
    rows = store.rows([record_id(number) for number in (1, 2, 3)])
    assert sorted((row.part, row.id, row.seq) for row in rows) == sorted(
        (part, record_id(number), seq) for part, number, seq, _ in ROWS
    )
    assert store.parts() == [KEDEN, MINE]
    for part, digest in store.digests([KEDEN, MINE]).items():
        expected = EMPTY
        for row in rows:
            if row.part == part:
                expected = fold(expected, row_hash(row.part, row.id, row.seq, row.body))
        assert digest == expected, part
    entries = store.entries(writer.device, 0, 10)
    assert [entry.link.counter for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.content is None for entry in entries] == [False, False, True, False, False]
    assert store.tips(writer.device) == [store.head()] == [Tip(counter=5, hash=entries[-1].hash)]
    with vault.write() as connection:
        assert [hit.id for hit in search_subjects(connection, "paimin", 9, None)] == [record_id(2)]
        [utami] = search_subjects(connection, "utami", 9, None)
        assert (utami.id, utami.nama) == (record_id(1), "Sutarmi Utami"), "as her fullest row shows her"
        connection.execute("INSERT INTO subject_words (subject_words, rank) VALUES ('integrity-check', 1)")
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    vault.close()


def shaped(field: Field, last: str) -> Path:
    """The phone's vault as the program of a migration would have kept it."""
    path = field.path.with_name(f"{last}.db")
    steps = path.with_suffix(".sql")
    steps.mkdir()
    for step in vaults.MIGRATIONS.glob("*.sql"):
        if step.name[:4] <= last:
            shutil.copy(step, steps)
    old = open_vault(path, FIELD_KEY, steps)
    has_names = last < "0009"  # in a table of their own, filled then by the program
    with old.write() as target, field.vault.read() as source:
        assert pour(source, target, {"subjects": MOVED["subjects"]} if has_names else {}) > 20
    old.close()
    return path


def seen(field: Field, draft: str) -> list[object]:
    """What she sees, on the screens that ask for more than one thing."""
    visits, store = field.visits, field.store
    return [
        visits.home(),
        visits.on_map(),
        visits.conflicts(),
        visits.draft(draft),
        visits.startable(subject_of(2)),
        visits.search("warga"),
        *(visits.visit(visit_of(number)) for number in range(6)),
        data_items(store, field.bench.drafts),
        again_helps(store, None),
        returned_elsewhere(field.bench, frozenset()),
        field.bench.history.count_beyond(store.acknowledged().counter),
    ]


@pytest.mark.parametrize("last", ["0005", "0007", "0009"])
def test_every_list_shows_after_the_upgrade_what_it_showed_before(field: Field, last: str) -> None:
    """Also what stands in columns of its own since: states, days, what waits, what was refused."""
    field.visit()
    live_on(field, range(6))
    held, refused, differs = (field.bench.history.newest_of(visit_of(number)) for number in range(3))
    assert held and refused and differs and held.change and refused.change and differs.patch
    conflict = RecordId("9" * 32)
    opened = {"petugas": PERSON, "state": "terbuka", "change": differs.patch.hex(), "fields": {}}
    elsewhere = decided(5, "dikembalikan")[1] | {"subjek": subject_of(50)}
    field.pull(
        {
            TUGAS: ("tugas", TASK),
            subject_of(50): ("warga", FIELDS),
            tugas_of(2): ("tugas", TASK | {"sasaran": subject_of(2), "jatuh_tempo": "2026-11-30"}),
            tugas_of(7): ("tugas", TASK | {"sasaran": subject_of(50), "jatuh_tempo": "2026-12-01"}),
            conflict: ("konflik", opened),
            visit_of(0): decided(0, "dikirim"),
            visit_of(1): decided(1, "dikirim"),
            visit_of(4): decided(4, "dikembalikan"),
            RecordId("e" * 32): ("kunjungan", elsewhere),
        },
        outcomes={
            held.change: Held(waiting=visit_of(3)),
            refused.change: Rejected(problem="form_tidak_dikenal"),
            differs.patch: Conflict(ids=[conflict]),
        },
    )
    begun = field.visits.start("bpnt_kpm", subject_of(3), None)
    assert isinstance(begun, DraftView)
    field.fill(begun.id)
    waiting = field.visits.start("bpnt_kpm", subject_of(1), None)
    assert isinstance(waiting, DraftView)
    field.fill(waiting.id)
    field.finish(waiting.id)
    before = seen(field, begun.id)
    path = shaped(field, last)
    field.vault.close()
    field.open(path)
    assert seen(field, begun.id) == before
    home = field.visits.home()
    assert [card.visit for card in home.returned] == [visit_of(4), RecordId("e" * 32)]
    assert len(home.upcoming) == 1 and home.month is not None and len(home.drafts) == 1


def test_a_time_that_is_none_stops_neither_a_sync_nor_the_upgrade(field: Field) -> None:
    field.visit()
    bodies: dict[RecordId, dict[str, Any]] = {
        visit_of(number): {"form": "bpnt_kpm", "subjek": subject_of(1), "versions": [{"wall_ms": made}]}
        for number, made in enumerate((2**63, 2**64 - 1, -1, True, 5.0, "5", None, {}))
    }
    field.pull({name: ("kunjungan", body) for name, body in bodies.items()})
    path = shaped(field, "0009")
    field.vault.close()
    field.open(path)
    assert field.bench.records.of_kind("kunjungan").keys() == bodies.keys()
    assert [asked_of("kunjungan", encode(body))[2] for body in bodies.values()] == [0] * len(bodies)


def test_an_outcome_that_nobody_can_read_keeps_no_vault_shut(field: Field) -> None:
    field.visit()
    path = shaped(field, "0009")
    vault = Vault(path, FIELD_KEY)
    with vault.write() as connection:
        connection.execute("INSERT INTO outcomes (change, packed) VALUES (?, x'c1')", (bytes(32),))
    vault.close()
    open_vault(path, FIELD_KEY).close()
