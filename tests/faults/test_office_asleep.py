"""An office that stands still for a while without dying, as a machine that sleeps or a guest that is moved.

Rule: phones give up in time and say so; what it took in its sleep it has once, when it goes on.
"""

import os
import signal
from pathlib import Path

import httpx
import pytest

from field_app import transport
from tests.faults.conftest import Make
from tests.faults.world import pending, sync, until, visit, words
from tests.field_app.conftest import SetTime


def test_an_office_that_stands_still_keeps_nobody_waiting_and_goes_on_where_it_was(
    regency: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 51. The connections stand all the while, nobody answers; the requests lie there when it wakes."""
    world = regency()
    phone = world.phone()
    sync(phone)
    phone.lock()
    monkeypatch.setattr(transport, "TIMEOUT", httpx.Timeout(0.5))
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


def test_a_laptop_that_sleeps_in_the_midst_of_an_upload_is_found_again_by_its_phones(
    regency: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 81. One photo is half there, another phone waits for its answer; nobody asks for a sync anew."""
    world = regency(2)
    times = SetTime(), SetTime()
    for number, time in enumerate(times):
        phone = world.phone(number, time=time)
        sync(phone)
        phone.lock()
    monkeypatch.setattr(transport, "TIMEOUT", httpx.Timeout(2))
    monkeypatch.setattr("field_app.worker.LOOK_S", 0.05)
    phones = [world.again(world.folder / f"hp-{number}", time) for number, time in enumerate(times)]
    done = [visit(phones[0], world.beats[0], 1, 2, 3), visit(phones[1], world.beats[1], 4)]

    def later() -> bool:
        for time in times:
            time.pass_s(60)
        return True

    world.line.when_up(30_000, lambda: os.kill(world.server, signal.SIGSTOP))
    try:
        phones[0].worker.start()
        until(lambda: stopped(world.server))
        phones[1].worker.start()
        until(lambda: {phone.worker.status().state for phone in phones} == {"gagal"})
        assert [words(phone) for phone in phones] == [["terkirim"], ["menunggu_kirim"]]
        (_, photos), other = map(pending, phones)
        assert photos >= 1 and other == (1, 1)
        problems = [phone.worker.status().problem for phone in phones]
        assert problems == ["lapangan.kantor_lambat"] * 2
        # they try once more by themselves, and it is still asleep
        until(lambda: later() and {phone.worker.status().state for phone in phones} == {"jalan"})
    finally:
        os.kill(world.server, signal.SIGCONT)
    until(lambda: later() and all(pending(phone) == (0, 0) for phone in phones))
    assert [words(phone) for phone in phones] == [["diterima"]] * 2
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert world.rows("SELECT count(*) FROM blobs") == [(4,)]
    until(lambda: list((world.office / "uploads").iterdir()) == [])
    assert (world.lacks(), world.faults()) == ([], [])
    assert "Traceback" not in world.said()


def stopped(pid: int) -> bool:
    """Say whether a process stands still."""
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "T"
