"""An office that stands still for a while without dying, as a machine that sleeps or a guest that is moved.

Rule: phones give up in time and say so; what it took in its sleep it has once, when it goes on.
"""

import os
import signal

import httpx
import pytest

from tests.faults import world as worlds
from tests.faults.conftest import Make
from tests.faults.world import pending, sync, visit, words


def test_an_office_that_stands_still_keeps_nobody_waiting_and_goes_on_where_it_was(
    regency: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 51. The connections stand all the while, nobody answers; the requests lie there when it wakes."""
    world = regency()
    phone = world.phone()
    sync(phone)
    phone.lock()
    monkeypatch.setattr(worlds, "TIMEOUT", httpx.Timeout(0.5))
    phone = world.again(world.folder / "hp-0")
    done = visit(phone, world.beats[0], 1)
    os.kill(world.server, signal.SIGSTOP)
    try:
        for _ in range(2):
            failure = phone.worker.run_once()
            assert failure is not None and failure.say == "lapangan.kantor_lambat"
            assert (phone.worker.status().state, words(phone)) == ("gagal", ["menunggu_kirim"])
            assert pending(phone) == (1, 1)
    finally:
        os.kill(world.server, signal.SIGCONT)
    phone.lock()
    monkeypatch.undo()
    phone = world.again(world.folder / "hp-0")
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(done.visit) == [done.change.hex()]
    assert (world.lacks(), world.faults()) == ([], [])
    assert "Traceback" not in world.said()
