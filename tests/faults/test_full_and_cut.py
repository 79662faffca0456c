"""A disk without room or a death, and in the midst of that another fault: a restore, a line cut, an upgrade.

Rule: in the end all of it is there, once.
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from field_app import vault as vaults
from field_app.phone import Phone
from field_app.views import Refused
from sync.change import Patch
from sync.server import PAGE_ROWS
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.line import UP
from tests.faults.nursery import KILLED, Nursery
from tests.faults.test_order_and_pages import key_of
from tests.faults.test_two_at_once import all_is_there, copied, restore
from tests.faults.test_upgrades import old_vault
from tests.faults.world import (
    FORM,
    PIN,
    answer,
    pending,
    photograph,
    start,
    sync,
    visit,
    visited,
    words,
)
from tests.server.conftest import DESA
from tests.small_disk import Disk, fill, small_disks

FULL_OFFICE = "masalah.penyimpanan_penuh"
FULL_PHONE = "lapangan.penyimpanan_penuh"
NOT_DONE = 70
"""How a child of the nursery ends that could not do its work."""


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disks() as move:
        yield move


def said(phone: Phone) -> str:
    failure = phone.worker.run_once()
    return failure.say if failure else ""


def test_an_office_that_is_full_while_three_phones_fill_it_again_takes_all_with_room(
    regency: Make, disk: Disk
) -> None:
    """Row 106. It came back from an older copy; full, it dies once, and each phone loses its line once."""
    world = regency(3)
    phones = [world.phone(number) for number in range(3)]
    for phone in phones:
        sync(phone)
    older = world.copy("lama")
    done = [
        visit(phone, None, seed, seed + 1, seed + 2, nama=f"Warga {seed}")
        for number, phone in enumerate(phones)
        for seed in (10 * number, 10 * number + 100)
    ]
    for phone in phones:
        sync(phone)
    world.kill()
    world.put_back(older)
    disk(world.office, 9_000)
    ballast = fill(world.office, leave_kb=900)
    world.serve()
    with ThreadPoolExecutor(3) as all_at_once:
        assert set(all_at_once.map(said, phones)) == {FULL_OFFICE}
    assert 0 < len(world.lacks()) < 18
    world.kill()
    world.serve()
    assert [said(phone) for phone in phones] == [FULL_OFFICE] * 3
    ballast.unlink()
    world.line.cut(UP, *[40_000] * 3)
    with ThreadPoolExecutor(3) as all_at_once:
        list(all_at_once.map(said, phones))
    for phone in phones:
        sync(phone)
        assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert (world.line.cuts, world.rows("SELECT count(*) FROM blobs")) == (3, [(18,)])
    all_is_there(world, *done)


DIES = {"storing": ("INTO rows",), "stored": ("INTO rows", "COMMIT", "INTO rows")}
"""Before which statement: of the first page, or of what follows it."""


def everybody(count: int) -> list[Patch]:
    """More people than one page holds."""
    new = {"kode_desa": DESA, "layanan": ["bpnt"]}
    return [
        Patch(record=record_id(1_000 + each), kind="warga", base={}, new={**new, "nama": f"Orang {each}"})
        for each in range(count)
    ]


@pytest.mark.parametrize("seen", DIES.values(), ids=DIES)
def test_a_phone_that_dies_in_a_pull_meets_an_older_office(
    regency: Make, nursery: Nursery, seen: tuple[str, ...]
) -> None:
    """Row 107. Killed while it stores a page, or between two; and a photo of hers is half there."""
    world = regency()
    phone, first = visited(world)
    disk = copied(world)
    done = [first, visit(phone, None, 2, 3, nama="Warga Dua")]
    world.line.die(UP, 30_000)
    assert phone.worker.run_once() is not None
    world.line.mend()
    phone.lock()
    world.act(*everybody(PAGE_ROWS + 50))
    folder = world.folder / "hp-0"
    assert nursery.run("use", world.folder / "kata", folder, "sync", seen=seen) == KILLED
    restore(world, disk)
    phone = world.again(folder)
    done.append(visit(phone, None, 4, nama="Warga Tiga"))
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 3, (0, 0))
    assert phone.visits.search("Orang") == ()
    assert {hit.nama for hit in phone.visits.search("Warga")} == {"Warga 0", "Warga Dua", "Warga Tiga"}
    all_is_there(world, *done)


def test_an_app_that_dies_in_its_upgrade_on_a_full_phone_goes_on_with_room(
    regency: Make, nursery: Nursery, disk: Disk
) -> None:
    """Row 108. Tried again and again, with less room and more, killed here and there."""
    world = regency()
    phone, first = visited(world)
    done = [first, visit(phone, None, 2, 3, nama="Warga Dua")]
    draft = start(phone, None)
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", nama="Warga Setengah")
    kept = photograph(phone, draft.id, 4)
    key, folder = key_of(phone), world.folder / "hp-0"
    phone.lock()
    shutil.move(old_vault(folder, key, world.folder / "lama.db"), folder / "vault.db")
    disk(folder, 6_000)
    ends: set[int] = set()
    for leave_kb in (0, 64, 200, 500):
        ballast = fill(folder, leave_kb=leave_kb)
        for place in (6, 20, 60):
            ends.add(
                nursery.run(
                    "open_vault",
                    world.folder / "kata",
                    folder / "vault.db",
                    key.hex(),
                    vaults.MIGRATIONS,
                    seen=[""] * place,
                )
            )
        full = world.phone_at(folder).unlock(PIN)
        assert isinstance(full, Refused) and full.say == FULL_PHONE
        ballast.unlink()
    assert ends == {NOT_DONE, KILLED}
    phone = world.again(folder)
    assert phone.visits.draft(draft.id).forms[FORM].answers["nama"] == "Warga Setengah"
    assert phone.visits.photo_bytes(kept)
    assert (words(phone), pending(phone)) == (["menunggu_kirim", "diterima"], (1, 2))
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    all_is_there(world, *done)
