"""No file can be opened any more, though there is room: the system has given out all it grants (`ulimit -n`).

Rule: it is told, nothing half done is kept, and all goes on once there are some again.
"""

import os
import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from field_app.views import Refused
from tests.faults.conftest import Make
from tests.faults.line import UP
from tests.faults.world import PIN, make_phone, pending, sync, visit, words


@contextmanager
def handles(left: int) -> Generator[None]:
    """Have so many left in this very process."""
    granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    taken: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + left, most))
    try:
        try:
            while True:
                taken.append(os.dup(0))
        except OSError:
            for _ in range(left):
                os.close(taken.pop())
        yield
    finally:
        for handle in taken:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (granted, most))


def test_a_phone_without_a_file_handle_left_stays_locked_and_opens_with_some(regency: Make) -> None:
    """Row 67. Wherever in being opened it runs out: nothing stays half open."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    phone.lock()
    phone = make_phone(world.folder / "hp-0")
    refused: list[str] = []
    for left in range(12):
        with handles(left):
            outcome = phone.unlock(PIN)
        if outcome is None:
            break
        assert isinstance(outcome, Refused) and outcome.say in phone.text, outcome
        assert phone.state() == "terkunci"
        refused.append(outcome.say)
    assert len(refused) > 3
    world.phones.append(phone)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.faults()) == ([done.change.hex()], [])


def test_an_office_without_a_file_handle_left_takes_nothing_half_and_all_with_some(regency: Make) -> None:
    """Row 67. One is left: whoever comes is let in, and no file can be opened for what they bring."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, 2)
    world.kill()
    world.serve()
    httpx.get(f"{world.line.address}/api/time")
    world.line.hang_up()
    used = len(list(Path(f"/proc/{world.server}/fd").iterdir()))
    _, most = resource.prlimit(world.server, resource.RLIMIT_NOFILE)
    resource.prlimit(world.server, resource.RLIMIT_NOFILE, (used + 1, most))
    world.line.cut(UP, 30_000)
    failure = phone.worker.run_once()
    assert failure is not None and failure.say in phone.text
    assert world.lacks() or not world.versions(done.visit)
    resource.prlimit(world.server, resource.RLIMIT_NOFILE, (most, most))
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.lacks(), world.faults()) == ([done.change.hex()], [], [])
