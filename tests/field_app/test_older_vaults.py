"""A vault of before rows, links and contents lay as they came keeps all of them, and its search."""

import shutil
from pathlib import Path

from field_app import vault as vaults
from field_app.search import search_subjects
from field_app.store import Store
from field_app.vault import Vault, open_vault
from schemas.base import encode
from schemas.ids import Part
from sync.chain import Tip
from sync.change import Patch
from sync.digest import EMPTY, fold, row_hash
from tests.contract.people import Writer, record_id

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
