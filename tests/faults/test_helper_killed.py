"""The system, out of memory, kills a process that the office keeps warm for reading what others made."""

import os
import select
import signal
from pathlib import Path

from field_app.views import Finalised
from tests.faults.conftest import Make
from tests.faults.test_key_file_away import Kept
from tests.faults.world import sync, visit


def children(pid: int) -> list[int]:
    """Those of every thread: a child belongs to the thread that made it."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(each) for task in tasks for each in (task / "children").read_text().split()]


def test_a_helper_that_the_system_killed_costs_no_picture(regency: Make) -> None:
    """Row 56. The next photo is shown at the first try, by a new one."""
    world = regency()
    kept = Kept(world)
    phone = world.phone()
    sync(phone)
    first, second = visit(phone, world.beats[0], 1), visit(phone, None, 2)
    sync(phone)
    kabid = kept.browser("kabid")

    def status(shown: Finalised) -> int:
        asked = "SELECT blob FROM blob_refs WHERE change = :change"
        [[blob]] = world.rows(asked, change=shown.change)
        return kabid.get(f"/kunjungan/{shown.visit}/foto/{blob}/kecil").status_code

    assert status(first) == 200
    helpers = children(world.server)
    assert helpers
    for pid in helpers:
        ended = os.pidfd_open(pid)
        os.kill(pid, signal.SIGKILL)
        assert select.select([ended], [], [], 30)[0], "on a busy machine that takes a moment"
        os.close(ended)
    assert status(second) == 200
