"""Folders of which a part is missing, older than the rest or locked, as after a bad repair.

Rule: the program says what is wrong or goes on with what is there; what anybody still holds comes back.
"""

import shutil
import threading
from pathlib import Path

from server.__main__ import main
from server.compose import DATABASE, Refused, open_office, unlock
from server.engines.connecting import connect
from tests.faults.conftest import Make
from tests.faults.world import World, pending, sync, visit, words

LOG = "-wal"


def branches(world: World) -> int:
    """How many ends the chains of phones have at the office, beyond one for each."""
    return world.rows("SELECT count(*) - count(DISTINCT device) FROM tips")[0][0]


def without_log(database: Path) -> None:
    """Lose what SQLite has not yet moved into the main file, as copying only `*.db` does."""
    log = database.with_name(database.name + LOG)
    assert log.stat().st_size, "nothing would be lost"
    log.unlink()
    database.with_name(database.name + "-shm").unlink(missing_ok=True)


def test_an_office_without_its_log_is_an_older_one_and_its_phones_fill_it_again(regency: Make) -> None:
    """Row 35. What was answered and lay in the log only is gone; photos of it lie there that nobody names."""
    world = regency()
    phone = world.phone()
    sync(phone)
    world.kill()
    with world.hand():
        pass  # opened and closed in order: all that is there now lies in the main file
    world.serve()
    done = [visit(phone, world.beats[0], 1), visit(phone, None, 2, 3, nama="Warga Baru")]
    sync(phone)
    assert words(phone) == ["diterima"] * 2
    world.kill()
    without_log(world.office / DATABASE)
    world.serve()
    assert [world.versions(one.visit) for one in done] == [[], []]
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), branches(world), world.faults()) == ([], 0, [])


def test_a_phone_without_its_log_goes_on_as_a_branch_and_the_office_keeps_what_it_had(regency: Make) -> None:
    """Row 35. Somebody copied the vault and not its log: the phone stands where it stood before."""
    world = regency()
    phone = world.phone()
    sync(phone)
    phone.lock()
    folder, copy = world.folder / "hp-0", world.folder / "hp-salinan"
    phone = world.again(folder)
    sent = visit(phone, world.beats[0], 1)
    sync(phone)
    visit(phone, None, 2, nama="Warga Hilang")
    shutil.copytree(folder, copy)
    phone.lock()
    without_log(copy / "vault.db")
    phone = world.again(copy)
    after = visit(phone, None, 3, nama="Warga Kemudian")
    sync(phone)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    held = [world.versions(one.visit) for one in (sent, after)]
    assert held == [[one.change.hex()] for one in (sent, after)]
    assert (branches(world), world.lacks(), world.faults()) == (1, [], [])


def test_an_office_put_back_twice_from_different_days_gets_all_of_both(regency: Make) -> None:
    """Row 36. First Monday's copy; once phones had told it much, Friday's, which knows nothing of that."""
    world = regency(2)
    phones = [world.phone(number) for number in range(2)]
    for phone in phones:
        sync(phone)
    monday = world.copy("senin")
    done = [visit(phones[0], world.beats[0], 1)]
    sync(phones[0])
    friday = world.copy("jumat")
    done.append(visit(phones[1], world.beats[1], 2))
    sync(phones[1])
    for number, copy in enumerate((monday, friday), start=3):
        world.kill()
        world.put_back(copy)
        world.serve()
        sync(phones[number % 2])  # of the other one the office hears only after the second time
        done.append(visit(phones[number % 2], None, number, nama=f"Warga {number}"))
        sync(phones[number % 2])
    for phone in phones * 2:
        sync(phone)
    assert [pending(phone) for phone in phones] == [(0, 0)] * 2
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), branches(world), world.faults()) == ([], 0, [])


def test_a_key_file_older_than_the_data_is_refused_and_touches_nothing(regency: Make) -> None:
    """Row 37. The keys were changed and the file of before was put back: the newer one still opens all."""
    world = regency(served=False)
    keys = world.folder / "keys" / f"{world.office.name}.key"
    older = keys.read_bytes()
    rotated = main(["rotate-keys", "--data", str(world.office)])
    newer = keys.read_bytes()
    assert rotated == 0 and newer != older
    before = {path: path.read_bytes() for path in world.office.rglob("*") if path.is_file()}
    keys.write_bytes(older)
    refused = open_office(world.office, None)
    assert isinstance(refused, Refused) and refused.say == "kunci_salah"
    assert {path: path.read_bytes() for path in world.office.rglob("*") if path.is_file()} == before
    keys.write_bytes(newer)
    world.serve()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    sync(phone)
    assert (world.versions(done.visit), world.faults()) == ([done.change.hex()], [])


def test_who_pushes_while_another_program_holds_the_database_is_answered_after_it(regency: Make) -> None:
    """Row 38. A backup tool keeps the writing lock: nobody is refused, or answered before it is stored."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    opened = unlock(world.office, None)
    assert isinstance(opened, tuple)
    tool = connect(opened[1], opened[0].database).conn
    assert tool is not None
    tool.execute("BEGIN IMMEDIATE")
    asked = threading.Event()
    world.line.when_up(1, asked.set)
    failures: list[object] = []
    syncing = threading.Thread(target=lambda: failures.append(phone.worker.run_once()))
    syncing.start()
    assert asked.wait(30)
    assert syncing.is_alive() and world.versions(done.visit) == []
    tool.execute("ROLLBACK")
    tool.close()
    syncing.join(60)
    assert failures == [None]
    assert (words(phone), world.versions(done.visit)) == (["diterima"], [done.change.hex()])


def test_photos_that_the_office_lost_come_back_from_its_medium_or_its_phones(regency: Make) -> None:
    """Row 39. The folder of photos is older than the database: the next copy notices, and gets them back."""
    world = regency()
    phone = world.phone()
    sync(phone)
    visit(phone, world.beats[0], 1, 2)
    sync(phone)
    medium = world.folder / "usb"
    backup = ["backup", "--data", str(world.office)]
    assert main([*backup, "--prepare", str(medium)]) == 0
    assert main([*backup, "--to", str(medium)]) == 0
    on_medium = set((world.office / "blobs").rglob("*"))
    visit(phone, None, 3, nama="Warga Baru")
    sync(phone)
    (new,) = {path for path in (world.office / "blobs").rglob("*") if path.is_file()} - on_medium
    old = next(path for path in on_medium if path.is_file())
    for path in (new, old):
        path.unlink()
    assert len(world.faults()) == 2
    assert main([*backup, "--to", str(medium)]) == 0
    assert old.is_file() and not new.is_file() and len(world.lacks()) == 1
    sync(phone)
    assert new.is_file() and (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert (world.lacks(), world.faults()) == ([], [])
