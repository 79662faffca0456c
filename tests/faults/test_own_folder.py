"""The office's own folder, one in it, or that of its key file, is named as the place of its backups.

Rule: nothing is laid there, also where an earlier version had let it.
"""

import json
from pathlib import Path

import pytest

from server.__main__ import main
from server.backups.medium import FORMAT, MARK
from server.compose import unlock
from tests.faults.conftest import Make
from tests.faults.world import World, visited

REFUSED = {"kantor": "di dalam data kantor", "kantor/blobs": "di dalam data kantor", "keys": "berkas kunci"}


def contents(folder: Path) -> dict[Path, bytes]:
    """All that a folder holds, but what only reading changes."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("office.db-")
    }


def mark(world: World, folder: Path) -> None:
    """Leave the mark of a medium in a folder, as an earlier version did."""
    opened = unlock(world.office, None)
    assert isinstance(opened, tuple)
    said = {"format": FORMAT, "medium": "0" * 16, "office": opened[0].device}
    (folder / MARK).write_text(json.dumps(said), "utf-8")


@pytest.mark.parametrize(("name", "word"), REFUSED.items(), ids=REFUSED)
def test_the_offices_own_folder_takes_no_copy_of_it(
    regency: Make, capsys: pytest.CaptureFixture[str], name: str, word: str
) -> None:
    """Row 90. By its name, by a link to it, and with a mark; photos there would be their own copy."""
    world = regency()
    visited(world)
    world.kill()
    with world.hand():
        pass  # what belongs beside the key file is there
    folder, link = world.folder / name, world.folder / "usb"
    link.symlink_to(folder)
    before = contents(world.folder)

    def refused(*words: str) -> None:
        assert main(["backup", "--data", str(world.office), *words]) != 0
        assert word in capsys.readouterr().err

    for path in (folder, link):
        refused("--prepare", str(path))
    assert contents(world.folder) == before
    mark(world, folder)
    before = contents(world.folder)
    for path in (folder, link):
        refused("--to", str(path))
        refused("--to", str(path), "--every", "24")
    assert contents(world.folder).keys() == before.keys()
    (folder / MARK).unlink()
    assert world.faults() == []
