"""Phones whose clock names no day of any calendar, or was set back before they joined.

Rule: a date is shown and flagged; nothing is kept from being recorded, sent or shown because of it.
"""

import os

import pytest

from field_app.enrol import Enrolled
from field_app.views import HandedOver, Waiting
from tests.faults.conftest import Make
from tests.faults.world import PIN, pending, sync, visit, words
from tests.field_app.conftest import SetTime
from tests.server.letting_in import compare

LATER_S = 2_000_000_000
CLOCKS = {"of 1901": -(2**31) * 1000, "long before any": -(10**15), "long after any": 10**15}


@pytest.mark.parametrize("wall_ms", CLOCKS.values(), ids=CLOCKS.keys())
def test_a_clock_beyond_any_calendar_keeps_nothing_from_being_recorded(regency: Make, wall_ms: int) -> None:
    """Row 58. As of a phone of 32 bits whose seconds ran over: an id names the nearest time that it can."""
    world = regency()
    time = SetTime()
    time.wall_ms = wall_ms
    phone = world.phone(time=time)
    sync(phone)
    done = [visit(phone, world.beats[0], 1), visit(phone, None, 2)]
    assert [card.status for card in phone.visits.home().sent] == ["menunggu_kirim"] * 2
    assert isinstance(phone.handover.write(world.folder), HandedOver)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])


def test_the_code_that_was_used_last_is_waited_for_though_the_clock_was_set_back_since(
    regency: Make,
) -> None:
    """Row 59. The first was never confirmed; its file is, by the clock of then, of a later year."""
    world = regency()
    folder = world.folder / "hp-0"
    phone = world.phone_at(folder)
    first = phone.join(world.line.address, world.code())
    for path in folder.glob("pendaftaran-*"):
        os.utime(path, (LATER_S, LATER_S))
    second = phone.join(world.line.address, world.code())
    assert isinstance(second, Waiting) and second != first
    assert world.phone_at(folder).waiting() == second, "also after it was closed"
    assert phone.ask_joined() == second
    with world.hand() as deps:
        compare(deps, second.words)
    assert isinstance(phone.finish(PIN), Enrolled)
    sync(phone)
