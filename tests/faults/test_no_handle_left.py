"""No file can be opened any more, though there is room: the system has given out all it grants (`ulimit -n`).

Rule: it is told, nothing half done is kept, and all goes on once there are some again.
"""

import os
import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from field_app import transport
from field_app.views import Refused
from tests.faults.conftest import Make
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


@pytest.mark.parametrize("is_heard", [False, True], ids=["none", "hardly one"])
def test_an_office_without_a_file_handle_left_takes_nothing_half_and_all_with_some(
    regency: Make, monkeypatch: pytest.MonkeyPatch, is_heard: bool
) -> None:
    """Row 67. Nobody is let in; or somebody is, with hardly a file for what they bring."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    phone.lock()
    monkeypatch.setattr(transport, "TIMEOUT", httpx.Timeout(0.5))
    phone = world.again(world.folder / "hp-0")
    before = resource.prlimit(world.server, resource.RLIMIT_NOFILE)
    used = [int(path.name) for path in Path(f"/proc/{world.server}/fd").iterdir()]
    resource.prlimit(world.server, resource.RLIMIT_NOFILE, (max(used) + 1 if is_heard else 3, before[1]))
    for _ in range(2):
        failure = phone.worker.run_once()
        assert failure is None or failure.say in phone.text
        assert is_heard or (failure and failure.say, pending(phone)) == ("lapangan.kantor_lambat", (1, 1))
    resource.prlimit(world.server, resource.RLIMIT_NOFILE, before)
    phone.lock()
    monkeypatch.undo()
    phone = world.again(world.folder / "hp-0")
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.lacks(), world.faults()) == ([done.change.hex()], [], [])
    assert is_heard or world.said().count("no more files can be opened") == 1
    assert "socket.accept" not in world.said()
