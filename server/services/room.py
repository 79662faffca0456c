"""The sealed room put together. Rule: nothing here does anything; each part has its own module."""

from dataclasses import dataclass

from server.deps import Deps
from server.passwords import Passwords
from server.services.room_alarms import RoomAlarms
from server.services.room_cases import RoomCases
from server.services.room_ceremony import Ceremonies
from server.services.room_custody import Custodian
from server.services.room_held import Held
from server.services.room_late import RoomLate
from server.services.room_officers import OfficersOfRoom
from server.services.room_opening import Openings
from server.services.room_work import RoomWork
from server.services.visit_page import Words


@dataclass(frozen=True, kw_only=True)
class Room:
    """The parts of the room, built once."""

    held: Held
    custodian: Custodian
    ceremonies: Ceremonies
    officers: OfficersOfRoom
    openings: Openings
    cases: RoomCases
    work: RoomWork
    late: RoomLate
    alarms: RoomAlarms


def build_room(deps: Deps, passwords: Passwords, words: Words) -> Room:
    """Put the room together."""
    held = Held(deps.engine, deps.now_ms, deps.randomness)
    custodian = Custodian(
        deps.engine, deps.office, held, now_ms=deps.now_ms, randomness=deps.randomness,
        memory_kib=passwords.memory_kib,
    )  # fmt: skip
    ceremonies = Ceremonies(deps.engine, custodian, held, passwords)
    openings = Openings(deps.engine, deps.office, deps.blobs, custodian, held, deps.forms)
    officers = OfficersOfRoom(deps.engine, custodian, held, ceremonies)
    return Room(
        held=held,
        custodian=custodian,
        ceremonies=ceremonies,
        officers=officers,
        alarms=RoomAlarms(deps.engine, deps.text, custodian, officers, deps.now_ms),
        openings=openings,
        cases=RoomCases(deps.engine, openings, deps.parsers, words, deps.workflows),
        late=RoomLate(deps.engine, deps.office, words, deps.workflows),
        work=RoomWork(
            deps.engine,
            deps.office,
            openings,
            deps.forms,
            deps.workflows,
            now_ms=deps.now_ms,
            randomness=deps.randomness,
        ),
    )
