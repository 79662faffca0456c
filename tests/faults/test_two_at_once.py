"""Two faults at once: an office that comes back from an older copy, and what befell its phones meanwhile.

Rule: what one of the two would leave whole the other does not cost either. The copy is made and put back by
the office's own commands.
"""

import io
import shutil
from pathlib import Path

from field_app.phone import Phone
from field_app.views import AnswerRead, Finalised, HandedOver, Refused
from server.__main__ import main
from server.keys import default_path
from server.phone_list import phones_path
from server.services.handover import Taken
from tests.faults.conftest import Make
from tests.faults.test_on_the_way import answered
from tests.faults.test_restored_and_copied import branches
from tests.faults.test_two_machines import machine_of, turn_to
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


def put_aside(world: World, phone: Phone) -> Path:
    """Copy a phone's folder, which is locked for it, as somebody backs it up."""
    phone.lock()
    return Path(shutil.copytree(world.folder / "hp-0", world.folder / "cadangan-hp"))


def put_back(world: World, backup: Path, name: str = "hp-0") -> Phone:
    """Lay the backup of a phone's folder where it was, or on another phone, and open it."""
    folder = world.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(backup, folder)
    return world.again(folder)


def test_a_phone_put_back_and_its_twin_fill_an_office_that_is_older_than_both(regency: Make) -> None:
    """Row 99. Copy of the office, of the phone, then work of both: all of it that anybody still has comes."""
    world = regency()
    phone, first = visited(world)
    disk = copied(world)
    done = [first, visit(phone, None, 2, nama="Warga Dua")]
    sync(phone)
    backup = put_aside(world, phone)
    phone = world.again(world.folder / "hp-0")
    visit(phone, None, 3, nama="Warga Hilang")  # it lives in the lost office and the lost phone alone
    sync(phone)
    phone.lock()

    restore(world, disk)
    pair = [put_back(world, backup), put_back(world, backup, "kembaran")]
    for round_ in range(2):
        for number, one in enumerate(pair):
            done.append(visit(one, None, 10 + 2 * round_ + number, nama=f"Warga {round_}{number}"))
            sync(one)
        if not round_:
            restore(world, disk)  # and once more, with what each of the two has told it since
    for one in pair * 2:
        sync(one)
    assert [(words(one), pending(one)) for one in pair] == [(["diterima"] * 4, (0, 0))] * 2
    assert branches(world) == 1
    all_is_there(world, *done)


def test_files_that_were_made_before_a_restore_are_taken_in_after_it_and_answered(regency: Make) -> None:
    """Row 100. In the wrong order; the answer is read after the phone synced with the restored office."""
    world = regency()
    phone, first = visited(world)
    disk = copied(world)
    done = [first, visit(phone, None, 2)]
    files = [phone.handover.write(world.folder)]
    sync(phone)  # so that the second file leaves out what the lost office had
    done.append(visit(phone, None, 3))
    files.append(phone.handover.write(world.folder))
    restore(world, disk)
    assert [taken(world, file).counts.waiting for file in reversed(files)] == [2, 0]
    answer = answered(world, phone, "jawaban.smb")
    assert pending(phone) == (1, 1)
    sync(phone)
    asked = len(world.line.requests)
    assert isinstance(phone.handover.read(answer), AnswerRead)
    sync(phone)
    assert len(world.line.requests) - asked == 1, "the answer took nothing back"
    assert (words(phone), pending(phone)) == (["diterima"] * 3, (0, 0))
    all_is_there(world, *done)


def test_an_answer_of_a_lost_office_is_found_out_by_files_alone(regency: Make) -> None:
    """Row 100. The chain's key changed after the copy too; the phone never meets a network again."""
    world = regency()
    phone, first = visited(world)
    disk = copied(world)
    done = [first, visit(phone, None, 2)]
    made = phone.handover.write(world.folder)
    world.kill()
    assert main(["rotate-keys", "--chain", "--data", str(world.office)]) == 0
    world.serve()
    taken(world, made)
    assert isinstance(phone.handover.read(answered(world, phone, "hilang.smb")), AnswerRead)
    assert words(phone) == ["diterima"] * 2
    done.append(visit(phone, None, 3))
    lost = phone.handover.write(world.folder)

    restore(world, disk)
    taken(world, lost)  # it stands on what the lost office had
    for number in range(2):
        phone.handover.read(answered(world, phone, f"jawaban-{number}.smb"))
        taken(world, phone.handover.write(world.folder))
    assert isinstance(phone.handover.read(answered(world, phone, "jawaban.smb")), AnswerRead)
    assert (words(phone), pending(phone)) == (["diterima"] * 3, (0, 0))
    all_is_there(world, *done)


def test_of_two_machines_that_serve_one_office_the_one_takes_files_and_the_other_syncs(regency: Make) -> None:
    """Row 101. The one that took the files, and never heard the phone, is the one that stays."""
    world = regency()
    phone, first = visited(world)
    new = machine_of(world, "kantor-baru")
    old = world.office, world.line.office, world.server
    done = [first]
    for number in range(2, 5):
        done.append(visit(phone, None, number))
        file = phone.handover.write(world.folder)
        sync(phone)
        turn_to(world, new)
        taken(world, file)
        late = phone.handover.read(answered(world, phone, f"jawaban-{number}.smb"))
        assert late == Refused(say="lapangan.jawaban.sudah_lama"), "of a history that the phone does not know"
        turn_to(world, old)
        sync(phone)
    world.kill()
    turn_to(world, new)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 4, (0, 0))
    all_is_there(world, *done)
