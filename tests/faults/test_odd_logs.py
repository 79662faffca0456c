"""What a copying tool or an administrator leaves of a database's log: cut, with a foreign tail, with the
index (`-shm`) of another machine, or older than the database.

Rule: what was whole in it counts, nothing else does, and what is missing comes back.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from server.compose import DATABASE
from tests.faults.conftest import Make
from tests.faults.test_half_folders import branches
from tests.faults.test_mixed_files import INDEX, LOG, refuses
from tests.faults.world import pending, sync, visit, visited, words


def cut(log: Path) -> None:
    os.truncate(log, log.stat().st_size // 2)


def cut_in_its_head(log: Path) -> None:
    os.truncate(log, 20)


def with_a_foreign_tail(log: Path) -> None:
    with log.open("ab") as file:
        file.write(os.urandom(5_000))


def foreign(log: Path) -> None:
    log.write_bytes(os.urandom(log.stat().st_size))


def with_a_foreign_index(log: Path) -> None:
    log.with_name(log.name.replace("-wal", "-shm")).write_bytes(os.urandom(32_768))


ODD = (cut, cut_in_its_head, with_a_foreign_tail, foreign, with_a_foreign_index)


@pytest.mark.parametrize("left", ODD)
def test_an_office_goes_on_from_what_is_whole_in_its_log_and_gets_the_rest_again(
    regency: Make, left: Callable[[Path], None]
) -> None:
    """Row 95. Its phones are told of an older history, and send."""
    world = regency()
    phone = world.phone()
    sync(phone)
    world.kill()
    with world.hand():
        pass  # closed in order: what comes now lies in the log alone
    world.serve()
    done = [visit(phone, world.beats[0], 1)]
    sync(phone)
    done.append(visit(phone, None, 2, nama="Warga Baru"))
    sync(phone)
    world.kill()
    left(world.office / LOG)
    world.serve()
    sync(phone)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), branches(world), world.faults()) == ([], 0, [])


@pytest.mark.parametrize("left", ODD)
def test_a_phone_goes_on_from_what_is_whole_in_its_log(regency: Make, left: Callable[[Path], None]) -> None:
    """Row 95. What the office had of it stays there, and what is recorded after arrives."""
    world = regency()
    phone = world.phone()
    sync(phone)
    phone.lock()
    folder, copy = world.folder / "hp-0", world.folder / "hp-salinan"
    phone = world.again(folder)
    sent = visit(phone, world.beats[0], 1)
    sync(phone)
    shutil.copytree(folder, copy)
    phone.lock()
    left(copy / "vault.db-wal")
    phone = world.again(copy)
    after = visit(phone, None, 3, nama="Warga Kemudian")
    sync(phone)
    sync(phone)
    assert pending(phone) == (0, 0)
    held = [world.versions(one.visit) for one in (sent, after)]
    assert held == [[one.change.hex()] for one in (sent, after)]
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_newer_database_beside_an_older_log_is_refused_until_the_log_is_away(
    regency: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row 95. A copying tool took the log first, and the database after it had been folded in."""
    world = regency()
    phone, first = visited(world)
    done = [first]
    world.kill()
    older = (world.office / LOG).read_bytes()
    world.serve()
    done += [visit(phone, None, seed, nama=f"Warga {seed}") for seed in range(2, 6)]
    sync(phone)
    world.kill()
    with world.hand():
        pass
    newer = (world.office / DATABASE).read_bytes()
    (world.office / LOG).write_bytes(older)
    assert LOG in refuses(world, capsys) and (world.office / DATABASE).read_bytes() == newer
    for name in (LOG, INDEX):
        (world.office / name).unlink(missing_ok=True)
    world.serve()
    sync(phone)
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])
