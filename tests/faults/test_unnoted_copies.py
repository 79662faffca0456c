"""The office's own disk is full while a copy to another is due.

Rule: a copy that was made counts; no further one is made because it could not be noted.
"""

from collections.abc import Iterator

import pytest

from server import backup_store
from server.backup_store import Plan
from server.backups import keeper
from tests.faults.conftest import Make
from tests.faults.world import until
from tests.server.backup_office import medium_at
from tests.small_disk import Disk, fill, small_disks

HOUR_MS = 3_600_000


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disks() as move:
        yield move


def test_a_full_office_pushes_no_older_copy_out_by_making_the_same_one_again_and_again(
    regency: Make, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 70. The schedule looks twenty times before there is room again."""
    looks: list[int] = []
    real = keeper.due

    def due(*given: object) -> tuple[str, ...]:
        found = real(*given)  # type: ignore[arg-type]
        looks.append(len(found))
        return found

    monkeypatch.setattr(keeper, "LOOK_S", 0.05)
    monkeypatch.setattr(keeper, "due", due)
    world = regency(served=False)
    disk(world.office, 2500)
    with world.hand() as deps:
        usb = medium_at(world.folder / "usb", world.office, deps)
        plan = Plan(copies=(str(usb.path),), every_ms=24 * HOUR_MS, keep=2)
        deps.engine.write(lambda tx: backup_store.put_plan(tx, plan)).result()
        deps.keeper.copy_to(plan.copies, plan.keep)
        a_day = {"day": 25 * HOUR_MS}
        deps.engine.write(
            lambda tx: tx.execute("UPDATE backups SET begun_ms = begun_ms - :day", a_day)
        ).result()
        ballast = fill(world.office)
        deps.keeper.start()
        until(lambda: len(looks) >= 20)
        assert usb.numbers() == [2, 1] and sum(looks) == 1
        assert [ended.tried.trouble for ended in deps.keeper.unnoted] == [None]
        ballast.unlink()
        until(lambda: not deps.keeper.unnoted)
        assert usb.numbers() == [2, 1] and sum(looks) == 1
        [noted] = deps.engine.read(backup_store.newest_copies)
        assert noted.number == 2
