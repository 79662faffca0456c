"""The office's data is served from another place than its people think: two machines, a folder moved aside.

Rule: what one of them was told the other is told as well; nothing is lost when one goes for good.
"""

import shutil
from pathlib import Path

from tests.faults.conftest import Make
from tests.faults.line import UP
from tests.faults.world import World, pending, sync, visit, words


def machine_of(world: World, name: str) -> tuple[Path, tuple[str, int] | None, int]:
    """Serve a copy of the office, with its keys, on a machine of its own; return what leads there."""
    keys = world.folder / "keys"
    for key in list(keys.glob(f"{world.office.name}.key*")):
        shutil.copy(key, keys / key.name.replace(world.office.name, name, 1))
    office, line, server = world.office, world.line.office, world.server
    world.office = world.copy(name)
    world.serve()
    made = world.office, world.line.office, world.server
    world.office, world.line.office, world.server = office, line, server
    return made


def turn_to(world: World, machine: tuple[Path, tuple[str, int] | None, int]) -> None:
    world.office, world.line.office, world.server = machine
    world.line.hang_up()


def test_an_old_machine_that_goes_on_serving_beside_the_restored_one_costs_nothing(regency: Make) -> None:
    """Row 64. Phones meet the one or the other, as their names are looked up; then the old one ends."""
    world = regency(2)
    phones = [world.phone(number) for number in range(2)]
    for phone in phones:
        sync(phone)
    done = [visit(phones[0], world.beats[0], 1)]
    sync(phones[0])
    new = machine_of(world, "kantor-baru")
    old = world.office, world.line.office, world.server
    done.append(visit(phones[0], None, 2))
    sync(phones[0])
    for number, machine in enumerate((new, old, old, new, old), start=3):
        turn_to(world, machine)
        for phone in phones[:: 1 if number % 2 else -1]:
            done.append(visit(phone, None, len(done) + 1))
            sync(phone)
            assert set(words(phone)) == {"diterima"}, "by the one that it speaks to now"
    turn_to(world, old)
    world.kill()
    turn_to(world, new)
    for phone in phones:
        sync(phone)
        assert (set(words(phone)), pending(phone)) == ({"diterima"}, (0, 0))
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_folder_moved_aside_while_it_is_served_takes_nothing_with_it_for_good(regency: Make) -> None:
    """Row 65. The server goes on in it; then it starts on an older copy in its place."""
    world = regency()
    phone = world.phone()
    sync(phone)
    older = world.copy("salinan")
    done = [visit(phone, world.beats[0], 1)]
    sync(phone)
    world.office.rename(world.office.with_name("kantor-rusak"))
    done.append(visit(phone, None, 2, 3))
    world.line.cut(UP, 30_000)
    sync(phone)
    world.kill()
    shutil.rmtree(world.office)  # of what came since it was moved
    older.rename(world.office)
    world.serve()
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])


def test_folders_that_somebody_cleared_away_while_the_office_serves_are_made_again(regency: Make) -> None:
    """Row 66. Whoever needed room took the folder of uploads for rubbish; the photos' was still empty."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, 2)
    shutil.rmtree(world.office / "uploads")
    shutil.rmtree(world.office / "blobs", ignore_errors=True)
    world.line.cut(UP, 30_000, 30_000)
    sync(phone)
    assert world.line.cuts == 2
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.lacks(), world.faults()) == ([done.change.hex()], [], [])
