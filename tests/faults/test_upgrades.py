"""Data of the first shape meets the newest program, and a program that dies while it changes the shape.

Rule: the old shape is made by the first migration itself; what lies in it comes from real use.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import sqlcipher3

from field_app import vault as vaults
from field_app.vault import open_vault
from server.compose import unlock
from server.engines.connecting import connect
from server.migrate import FOLDER, migrate, migrations, version
from tests.faults.conftest import Make
from tests.faults.nursery import KILLED, TORN, Nursery
from tests.faults.test_order_and_pages import key_of
from tests.faults.world import (
    FORM,
    World,
    answer,
    finish,
    pending,
    photograph,
    start,
    sync,
    visit,
    visited,
    words,
)

KB = 1024


def first_only(folder: Path, place: Path) -> Path:
    """A folder that holds only the first migration of another."""
    place.mkdir()
    shutil.copy(min(folder.glob("*.sql")), place)
    return place


MOVED = {
    "blobs": "blobs JOIN blob_bytes USING (id)",
    "rows": "(SELECT part, id, seq, kind, body FROM rows JOIN parts ON parts.number = part_number)",
    "subjects": "(SELECT *, '' AS nama, '' AS alamat FROM rows WHERE name_key IS NOT NULL)",
}
"""Tables of the phone whose columns went elsewhere since: where they are to be found now, if at all."""


def pour(
    source: sqlcipher3.Connection,
    target: sqlcipher3.Connection,
    moved: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Copy all rows of the tables that both have, in the columns that the target has; return how many."""
    target.execute("PRAGMA defer_foreign_keys = ON")
    poured = 0
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
    here = {name for (name,) in source.execute(f"{tables} OR type = 'view'")}
    for name in sorted(here & {name for (name,) in target.execute(tables)}):
        if name.startswith(("subject_words", "sqlite_", "migrations", "_")):
            continue  # filled by triggers, or the program's own
        place = moved.get(name, name)
        has = {column[0] for column in source.execute(f"SELECT * FROM {place} LIMIT 0").description}
        columns = [row[1] for row in target.execute(f"PRAGMA table_info({name})") if row[1] in has]
        rows = source.execute(f"SELECT {', '.join(columns)} FROM {place}").fetchall()
        marks = ", ".join("?" * len(columns))
        target.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", rows)
        poured += len(rows)
    return poured


def old_vault(folder: Path, key: bytes, place: Path) -> Path:
    """A phone's vault as the first version would have kept it."""
    old = open_vault(place, key, first_only(vaults.MIGRATIONS, place.with_suffix(".sql")))
    new = vaults.Vault(folder / "vault.db", key)
    with old.write() as target, new.read() as source:
        assert pour(source, target, MOVED) > 20
    with old.read() as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    old.close()
    new.close()
    return place


def old_office(world: World, place: Path) -> Path:
    """The office's data as the first version would have kept it."""
    opened = unlock(world.office, None)
    assert isinstance(opened, tuple)
    old = cast(Any, connect(place, opened[0].database).conn)
    migrate(old, first_only(FOLDER, place.with_suffix(".sql")))
    new = cast(Any, connect(opened[1], opened[0].database, read_only=True).conn)
    old.execute("BEGIN")
    assert pour(new, old) > 20
    old.execute("COMMIT")
    old.close()
    new.close()
    return place


def number_of(path: Path, key: bytes) -> int:
    """The newest migration that a database of the office has had."""
    connection = cast(Any, connect(path, key).conn)
    found = version(connection)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return found


def test_a_phones_first_vault_opens_after_the_upgrade_with_all_that_was_in_it(regency: Make) -> None:
    """Row 30. A sent visit, an unsent one and a draft with photos, kept by the first version of the app."""
    world = regency()
    phone = world.phone()
    sync(phone)
    visit(phone, world.beats[0], 1)
    sync(phone)
    unsent = visit(phone, None, 2, 3)
    draft = start(phone, world.beats[0].warga)
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", catatan="Pagar biru")
    kept = photograph(phone, draft.id, 4)
    key = key_of(phone)
    phone.lock()

    folder = world.folder / "hp-0"
    shutil.move(old_vault(folder, key, world.folder / "lama.db"), folder / "vault.db")
    phone = world.again(folder)
    assert words(phone) == ["menunggu_kirim", "diterima"]
    assert phone.visits.draft(draft.id).forms[FORM].answers["catatan"] == "Pagar biru"
    assert phone.visits.photo_bytes(kept)
    assert [hit.nama for hit in phone.visits.search("Warga")] == ["Warga 0"]
    sync(phone)
    finish(phone, draft.id)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 3, (0, 0))
    assert world.versions(unsent.visit) == [unsent.change.hex()]
    assert (world.lacks(), world.faults()) == ([], [])


def test_an_offices_first_database_serves_after_the_upgrade_and_verifies(regency: Make) -> None:
    """Row 30. Its phones see no other history, their work is known, and its evidence still stands."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, 2)
    sync(phone)
    pulled = world.rows("SELECT last_seq FROM kabupaten")
    world.kill()
    old = old_office(world, world.folder / "lama.db")
    for part in world.office.glob("office.db*"):
        part.unlink()
    shutil.copy(old, world.office / "office.db")
    world.serve()
    asked = len(world.line.requests)
    sync(phone)
    assert len(world.line.requests) - asked == 1, "a quiet round: nothing is sent or fetched again"
    assert (words(phone), world.rows("SELECT last_seq FROM kabupaten")) == (["diterima"], pulled)
    further = visit(phone, None, 3)
    sync(phone)
    assert [len(world.versions(one.visit)) for one in (done, further)] == [1, 1]
    assert (world.lacks(), world.faults()) == ([], [])


def test_an_office_that_dies_in_its_upgrade_is_of_the_old_shape_or_the_new(
    regency: Make, nursery: Nursery
) -> None:
    """Rows 25 and 30. Killed at statements all over the migrations and in torn writes; then once more."""
    world = regency()
    visited(world)
    world.kill()
    opened = unlock(world.office, None)
    assert isinstance(opened, tuple)
    key = opened[0].database
    old = old_office(world, world.folder / "lama.db")
    newest = migrations()[-1][0]

    def dies(place: str, **doom: Any) -> tuple[int, Path]:
        path = world.folder / f"{place}.db"
        shutil.copy(old, path)
        return nursery.run("upgrade", world.folder / "kata", path, key.hex(), **doom), path

    assert dies("utuh")[0] == 0
    statements = int((world.folder / "kata").read_text())
    reached: list[int] = []
    for place in [*range(8, statements, 1 + statements // 8), statements]:
        ended, path = dies(f"mati-{place}", seen=[""] * place)
        assert ended == KILLED
        reached.append(number_of(path, key))
    for torn_at in range(40 * KB, 300 * KB, 60 * KB):
        ended, path = dies(f"robek-{torn_at}", torn_at=torn_at)
        if ended == 0:
            break
        assert ended == TORN
        reached.append(number_of(path, key))
    assert 1 in reached and set(reached) <= {1, newest}
    assert nursery.run("upgrade", world.folder / "kata", path, key.hex()) == 0
    for part in world.office.glob("office.db*"):
        part.unlink()
    shutil.copy(path, world.office / "office.db")
    assert (number_of(path, key), world.faults()) == (newest, [])


def test_a_phone_that_dies_in_its_upgrade_loses_nothing_and_goes_on_with_it(
    regency: Make, nursery: Nursery
) -> None:
    """Rows 25 and 30. From the first shape to one beyond the newest, killed at every statement and torn: each
    migration is done or not, and the next start ends what was begun.
    """
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, 2)
    key = key_of(phone)
    phone.lock()
    old = old_vault(world.folder / "hp-0", key, world.folder / "lama.db")
    steps = world.folder / "langkah"
    shutil.copytree(vaults.MIGRATIONS, steps)
    newest = int(max(steps.glob("*.sql")).name[:4])
    (steps / f"{newest + 1:04}_next.sql").write_text(
        "CREATE TABLE next_links (hash BLOB PRIMARY KEY, raw BLOB NOT NULL) WITHOUT ROWID;\n"
        "INSERT INTO next_links SELECT hash, raw FROM links;\n"
        "UPDATE blobs SET problem = 'y';\n"
        "DROP TABLE links;\n"
    )

    def dies(place: str, **doom: Any) -> tuple[int, Path]:
        path = world.folder / f"{place}.db"
        shutil.copy(old, path)
        return nursery.run("open_vault", world.folder / "kata", path, key.hex(), steps, **doom), path

    def shape(path: Path) -> tuple[int, str, bool]:
        opened = vaults.Vault(path, key)
        with opened.read() as connection:
            (reached,) = connection.execute("PRAGMA user_version").fetchone()
            links = "links" if reached <= newest else "next_links"
            held = {change for (change,) in connection.execute(f"SELECT raw FROM {links}")}
            problems = {problem for (problem,) in connection.execute("SELECT problem FROM blobs")}
        opened.close()
        (problem,) = problems
        return reached, problem, any(done.change in raw for raw in held)

    assert dies("utuh")[0] == 0
    statements = int((world.folder / "kata").read_text())
    seen: set[tuple[int, str, bool]] = set()
    torn = 0
    for place in range(1, statements + 1):
        ended, path = dies(f"mati-{place}", seen=[""] * place)
        assert ended == KILLED
        seen.add(shape(path))
    for torn_at in range(6 * KB, 160 * KB, 26 * KB):
        ended, path = dies(f"robek-{torn_at}", torn_at=torn_at)
        if ended == TORN:
            torn += 1
            seen.add(shape(path))
    assert torn and seen == {(n, "", True) for n in range(1, newest + 1)} | {(newest + 1, "y", True)}
    shutil.move(world.folder / "mati-3.db", world.folder / "hp-0" / "vault.db")
    phone = world.again(world.folder / "hp-0")
    assert (words(phone), pending(phone)) == (["menunggu_kirim"], (1, 2))
    sync(phone)
    assert (words(phone), world.lacks()) == (["diterima"], [])
