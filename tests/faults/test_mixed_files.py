"""Files of one office that are not of one time, or of which a part is broken.

Rule: what does not fit together is not opened, for opening would mix it for good.
"""

import shutil
from pathlib import Path

import pytest

from server.__main__ import main
from server.compose import DATABASE
from tests.faults.conftest import Make
from tests.faults.world import World, pending, sync, visit, visited, words

LOG, INDEX = f"{DATABASE}-wal", f"{DATABASE}-shm"
UNUSABLE = 3


def bytes_of(folder: Path) -> dict[Path, bytes]:
    """All that a folder holds, but for the index of the log, which is nobody's data."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != INDEX}


def refuses(world: World, capsys: pytest.CaptureFixture[str]) -> str:
    """Start the office's server, which must end at once; return what it said."""
    assert main(["run", "--data", str(world.office), "--port", "0"]) == UNUSABLE
    return capsys.readouterr().err


def test_an_older_database_beside_the_newer_ones_log_is_refused_until_the_log_is_away(
    regency: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row 68. Somebody put only `office.db` back, after a power cut that left a log."""
    world = regency()
    phone, first = visited(world)
    done = [first]
    world.kill()
    with world.hand():
        pass  # closed in order: the copy has no log
    older = world.copy("lama") / DATABASE
    for start in (2, 6):
        world.serve()
        done += [visit(phone, None, seed, nama=f"Warga {seed}") for seed in range(start, start + 4)]
        sync(phone)
        world.kill()
        if start == 2:
            with world.hand():
                pass
    shutil.copy(older, world.office / DATABASE)
    before = bytes_of(world.office)
    assert main(["user", "--list", "--data", str(world.office)]) == UNUSABLE
    assert LOG in refuses(world, capsys)
    assert bytes_of(world.office) == before
    for name in (LOG, INDEX):
        (world.office / name).rename(world.folder / name)
    world.serve()
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 9, (0, 0))
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])
