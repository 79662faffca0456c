"""Two faults at once: an office that comes back from an older copy, and what befell its phones meanwhile.

Rule: what one of the two would leave whole the other does not cost either. The copy is made and put back by
the office's own commands.
"""

import io
import shutil
from pathlib import Path

from field_app.views import Finalised, HandedOver
from server.__main__ import main
from server.keys import default_path
from server.phone_list import phones_path
from server.services.handover import Taken
from tests.faults.conftest import Make
from tests.faults.world import World, pending, sync, until, visit, visited, words


def copied(world: World) -> Path:
    """Copy the office to a disk, which is made a medium of it first."""
    disk = world.folder / "usb"
    backup = ["backup", "--data", str(world.office)]
    assert main([*backup, "--prepare", str(disk)]) == 0
    assert main([*backup, "--to", str(disk)]) == 0
    return disk


def restore(world: World, disk: Path) -> None:
    """Lose the office's disk, and put back what the copy has; the key file and what lies beside it stay."""
    world.kill()
    shutil.rmtree(world.office)
    assert main(["restore", "--from", str(disk), "--data", str(world.office)]) == 0
    world.serve()


def all_is_there(world: World, *done: Finalised) -> None:
    """Every visit and photo is at the office once, and its history is whole."""
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])


def taken(world: World, written: object) -> Taken:
    """Take a hand-over file in at the office."""
    assert isinstance(written, HandedOver), written
    with world.hand() as deps:
        found = deps.handovers.take(io.BytesIO(written.path.read_bytes()), deps.office.person)
    assert isinstance(found, Taken) and found.problems == (), found
    return found


def test_a_phone_that_was_revoked_after_the_copy_is_revoked_again(regency: Make) -> None:
    """Row 97. What it had sent before and after comes for review; it is shown nothing."""
    world = regency(2)
    phone, first = visited(world)
    disk = copied(world)
    done = [visit(phone, world.beats[0].warga, 2)]
    sync(phone)
    beside = phones_path(default_path(world.office))
    before = beside.read_bytes()
    with world.hand() as deps:
        assert deps.devices.revoke(phone.owner.device)
    until(lambda: beside.read_bytes() != before)
    restore(world, disk)
    done.append(visit(phone, None, 3, nama="Warga Lain"))
    sync(phone)
    assert phone.visits.search("Warga") == () and pending(phone) == (0, 0)
    assert [world.record(one.visit)["flags"] for one in done] == [["perangkat_dicabut"]] * 2
    assert world.rows("SELECT count(*) FROM devices WHERE revoked_ms IS NULL") == [(0,)]
    all_is_there(world, first, *done)


def test_phones_that_joined_after_the_copy_bring_all_they_have(regency: Make) -> None:
    """Row 98. One of somebody who is new in the office, one without a network; neither joins anew."""
    world = regency()
    disk = copied(world)
    phones = [world.phone(0), world.phone(0, "hp-tanpa-sinyal"), world.phone(world.hire())]
    for phone in phones:
        sync(phone)
    with world.hand():
        pass  # as the server does within a second, each command writes down who joined
    done = [visit(phone, None, seed, nama=f"Warga {seed}") for seed, phone in enumerate(phones, 1)]
    sync(phones[0])
    sync(phones[2])
    restore(world, disk)
    assert len(world.rows("SELECT device FROM restored_devices")) == 3, "they are said to be missing"
    taken(world, phones[1].handover.write(world.folder))
    for phone in (phones[0], phones[2]):
        sync(phone)
        assert pending(phone) == (0, 0)
    assert words(phones[0]) == ["diterima"]
    all_is_there(world, *done)
