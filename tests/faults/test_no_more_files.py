"""An office that the system lets open no more files, because others hold too many or its limit is low.

Rule: a phone is told to come again, what was said to be stored is stored, and with room all goes on.
"""

import resource
from pathlib import Path

import httpx
import pytest

from tests.faults import world as worlds
from tests.faults.conftest import Make
from tests.faults.world import pending, sync, visit, words


@pytest.mark.parametrize(
    "spare, told, left",
    [(0, "lapangan.kantor_lambat", (1, 1)), (1, "masalah.gangguan", (0, 1))],
    ids=["for no connection", "for no photo"],
)
def test_an_office_that_may_open_no_more_files_loses_nothing(
    regency: Make, monkeypatch: pytest.MonkeyPatch, spare: int, told: str, left: tuple[int, int]
) -> None:
    """Row 68. With one file more it hears the phone, takes the visit and finds no place for its photo."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    phone.lock()
    monkeypatch.setattr(worlds, "TIMEOUT", httpx.Timeout(0.5))
    phone = world.again(world.folder / "hp-0")
    before = resource.prlimit(world.server, resource.RLIMIT_NOFILE)
    resource.prlimit(world.server, resource.RLIMIT_NOFILE, (_open_files(world.server) + spare, before[1]))
    for _ in range(2):
        failure = phone.worker.run_once()
        assert failure is not None and failure.say == told
        assert (phone.worker.status().state, pending(phone)) == ("gagal", left)
    resource.prlimit(world.server, resource.RLIMIT_NOFILE, before)
    phone.lock()
    monkeypatch.undo()
    phone = world.again(world.folder / "hp-0")
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(done.visit) == [done.change.hex()]
    assert (world.lacks(), world.faults()) == ([], [])


def _open_files(process: int) -> int:
    return sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())
