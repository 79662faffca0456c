"""`rescue kept` as somebody types it who has not done so before: the wrong folder, no room, half-way stopped.

Rule: what was not taken in is named, so that nobody deletes it; nothing is half done.
"""

import io
import shutil
from pathlib import Path

import pytest

from server.__main__ import STOPPED, main
from tests.faults.conftest import Make
from tests.faults.world import PIN, World, sync, visit
from tests.field_app.test_kept_vaults import kept
from tests.field_app.test_rescued import Line, Table
from tests.small_disk import fill, small_disks


@pytest.fixture
def world(regency: Make) -> World:
    return regency(2)


@pytest.fixture
def table(world: World, capsys: Line, monkeypatch: pytest.MonkeyPatch) -> Table:
    return Table(world, capsys, monkeypatch)


@pytest.fixture
def shared(world: World, table: Table, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[str]]:
    """The folder of a phone that two share and that starts no more, with work of both; and their ids."""
    table.new_key(monkeypatch)
    phone = world.phone(0)
    assert phone.add_user("RW") is None
    world.join(phone, 1)
    devices = list[str]()
    for number, name in enumerate(("", "petugas-2")):
        phone.choose(name)
        assert phone.unlock(PIN) is None
        sync(phone)
        visit(phone, world.beats[number], number)
        devices.append(phone.owner.device)
    phone.lock()
    world.kill()
    return Path(shutil.copytree(world.folder / "hp-0", world.folder / "rusak" / "hp")), devices


def test_of_a_phone_that_two_shared_the_folder_that_was_not_taken_is_named(
    world: World, table: Table, shared: tuple[Path, list[str]]
) -> None:
    """Row 88. Naming the whole phone takes in the first worker's work only, or nothing from one above it."""
    folder, devices = shared
    second = folder / "petugas-2"
    ended, _, wrong = kept(table, folder.parent, "--device", devices[0])
    assert ended == 1 and f"Belum diambil: folder {folder}," in wrong and str(second) in wrong
    ended, said, wrong = kept(table, folder, "--device", devices[0])
    assert ended == 1 and "1 data baru" in said and f"Belum diambil: folder {second}," in wrong
    ended, said, wrong = kept(table, second, "--device", devices[1])
    assert (ended, wrong) == (0, "") and "1 data baru" in said
    assert (world.lacks(), world.faults()) == ([], [])


def test_an_office_without_room_for_what_a_phone_left_says_so_and_takes_it_with_room(
    world: World, table: Table, shared: tuple[Path, list[str]]
) -> None:
    """Row 88. It is not the phone's folder that cannot be read."""
    folder, devices = shared
    with small_disks() as disk:
        office = disk(world.office, 4_000)
        ballast = fill(office, 40)
        ended, said, wrong = kept(table, folder / "petugas-2", "--device", devices[1])
        assert ended == 1 and "Diambil" not in said and "Penyimpanan kantor penuh" in wrong
        ballast.unlink()
        ended, said, wrong = kept(table, folder / "petugas-2", "--device", devices[1])
        assert ended == 0 and "1 data baru" in said, wrong


@pytest.mark.parametrize("stops", [EOFError, KeyboardInterrupt])
def test_who_stops_where_a_passphrase_is_asked_is_told_so_and_nothing_was_done(
    world: World,
    table: Table,
    shared: tuple[Path, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Line,
    stops: type[BaseException],
) -> None:
    """Row 88. Ctrl-D and Ctrl-C."""
    folder, devices = shared

    def asked(_: str) -> str:
        raise stops

    monkeypatch.setattr("getpass.getpass", asked)
    monkeypatch.setattr("sys.stdin", terminal := io.StringIO())
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    command = ["rescue", "--data", str(world.office), "--by", "K1", "kept", str(folder)]
    assert main([*command, "--device", devices[0], "--purpose", "HP rusak"]) == STOPPED
    assert capsys.readouterr().err.strip() == "Dihentikan sebelum selesai. " + (
        "Jalankan lagi perintah yang sama untuk mengulang."
    )
    assert table.uses() == []
