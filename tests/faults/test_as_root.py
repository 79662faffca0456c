"""Somebody types a command of the office as root, while the server runs as a user of its own.

Rule: nothing is written that the server could not read any more.
"""

import os
import pwd
from pathlib import Path

import pytest

from server.__main__ import main
from server.commands.shared import UNUSABLE
from tests.faults.conftest import Make
from tests.faults.world import World, visited

NOBODY = "nobody"
COMMANDS = {
    "rotate-keys": ("rotate-keys",),
    "backup": ("backup", "--prepare", "{}/usb"),
    "user": ("user", "--list"),
    "verify": ("verify",),
}
LAYING = {
    "init": ("init", "--regency", "33.14", "--name", "Dinas Sosial Uji"),
    "restore": ("restore", "--from", "{}/usb"),
    "restore-key": ("restore-key", "--from", "{}/usb"),
}

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


def give(world: World, user: int) -> None:
    """Let the office and its key belong to a user."""
    for folder in (world.office, world.folder / "keys"):
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)


def owners(world: World) -> dict[Path, int]:
    """Whose each file of the office is."""
    folders = (world.office, world.folder / "keys")
    return {path: path.stat().st_uid for folder in folders for path in (folder, *folder.rglob("*"))}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_root_is_told_as_whom_to_work_on_an_office_of_another_user(
    regency: Make, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    """Row 94. The keys above all: a file of root's alone, and the server does not start again."""
    world = regency()
    visited(world)
    world.kill()
    user = pwd.getpwnam(NOBODY).pw_uid
    give(world, user)
    before = owners(world)
    name, *more = (word.format(world.folder) for word in command)
    assert main([name, "--data", str(world.office), *more]) == UNUSABLE
    assert f"runuser -u {NOBODY}" in capsys.readouterr().err
    assert owners(world) == before and set(before.values()) == {user}
    give(world, 0)
    assert world.faults() == []


@pytest.mark.parametrize("whose", ["kunci/kantor.key", "kunci", "sambang", "sambang/kantor"])
@pytest.mark.parametrize("command", LAYING.values(), ids=LAYING)
def test_root_is_told_as_whom_to_lay_an_office_where_another_user_has_the_key_or_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], whose: str
) -> None:
    """Row 94. What root lays there the server could not read."""
    data, key, theirs = tmp_path / "sambang" / "kantor", tmp_path / "kunci" / "kantor.key", tmp_path / whose
    for folder in (data.parent, key.parent):
        folder.mkdir(exist_ok=True)
    if theirs == key:
        key.touch()
    else:
        theirs.mkdir(exist_ok=True)
    os.chown(theirs, pwd.getpwnam(NOBODY).pw_uid, 0)
    before = sorted(tmp_path.rglob("*"))
    name, *more = (word.format(tmp_path) for word in command)
    assert main([name, "--data", str(data), "--key", str(key), *more]) == UNUSABLE
    assert f"runuser -u {NOBODY}" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_root_lays_an_office_among_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Row 94. Where nothing there is another's, nothing is asked."""
    office = ["--data", str(tmp_path / "kantor"), "--key", str(tmp_path / "kunci" / "kantor.key")]
    assert main(["init", *office, "--regency", "33.14", "--name", "Dinas Sosial Uji"]) == 0
    assert "runuser" not in capsys.readouterr().err
