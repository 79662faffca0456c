"""The system, out of memory, kills a process that the office keeps warm for reading what others made."""

import fcntl
import os
import select
import signal
import termios
from array import array
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from field_app.views import Finalised
from server.parsing.pool import Parsers
from tests.faults.conftest import Make
from tests.faults.test_key_file_away import Kept
from tests.faults.world import picture, sync, until, visit


def children(pid: int) -> list[int]:
    """Those of every thread: a child belongs to the thread that made it, or if that ended to another."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            found += map(int, (task / "children").read_text().split())
    return found


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


def unread(pid: int) -> int:
    """How many bytes wait for it at its end of the pipe."""
    waiting = array("i", [0])
    with Path(f"/proc/{pid}/fd/0").open("rb", buffering=0) as pipe:
        fcntl.ioctl(pipe, termios.FIONREAD, waiting)
    return waiting[0]


def test_a_helper_that_dies_with_a_picture_in_its_hands_hands_it_on_to_the_next() -> None:
    """Row 56. It lived when it was given the task, and did not come to it."""
    before = set(children(os.getpid()))
    parsers = Parsers(children=1)
    try:
        assert parsers.thumbnail(picture(1)) is not None
        [helper] = set(children(os.getpid())) - before
        os.kill(helper, signal.SIGSTOP)
        with ThreadPoolExecutor(1) as aside:
            made = aside.submit(parsers.thumbnail, picture(2))
            until(lambda: unread(helper) > 0)
            os.kill(helper, signal.SIGKILL)
            assert made.result() is not None
    finally:
        parsers.close()
