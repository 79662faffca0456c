"""Making the story of a violation short. Rule: what is left still violates the same property."""

import traceback
from collections.abc import Callable

from msgspec.structs import replace

from tests.simulation.checks import check
from tests.simulation.faults import Violation
from tests.simulation.story import Event, Story
from tests.simulation.world import World


def violation_of(world: World) -> Violation | None:
    """Tell a world's story to its end; return what is violated, None if everything holds."""
    try:
        world.run()
        check(world)
    except Violation as violation:
        return violation
    except Exception as error:  # noqa: BLE001 - whatever the code under test raises is a finding
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Violation(f"{type(error).__name__} in {place.name}", traceback.format_exc(limit=-4))
    return None


def shrunk(told: Story, found: Violation, tries: int, note: Callable[[int], object]) -> Story:
    """Leave out events, in ever smaller runs, as long as the same property is violated.

    At most `tries` worlds are told, and a few more to make its syncs calmer.
    """
    left = tries

    def still(shorter: Story) -> bool:
        nonlocal left
        left -= 1
        again = violation_of(World(shorter))
        return again is not None and again.name == found.name

    for phone in range(told.devices):
        shorter = told.without(
            [place for place, event in enumerate(told.events) if getattr(event, "phone", None) == phone]
        )
        if len(shorter.events) < len(told.events) and left > 0 and still(shorter):
            told = shorter
            note(len(told.events))
    size = len(told.events) // 2
    while size and left > 0:
        place = 0
        while place < len(told.events) and left > 0:
            shorter = told.without(range(place, min(place + size, len(told.events))))
            if still(shorter):
                told = shorter
                note(len(told.events))
            else:
                place += size
        size //= 2
    return _calmer(told, still)


def _calmer(told: Story, still: Callable[[Story], bool]) -> Story:
    """Take away the troubles of syncs that do not matter."""
    for place, event in enumerate(told.events):
        if not getattr(event, "troubles", ()):
            continue
        events: list[Event] = list(told.events)
        events[place] = type(event)(n=event.n, phone=event.phone, office=event.office)  # type: ignore[attr-defined,call-arg]
        shorter = replace(told, events=tuple(events))
        if still(shorter):
            told = shorter
    return told
