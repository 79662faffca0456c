"""Building the demo regency through the office's own doors. Rule: each fact is a change in its chain."""

from collections.abc import Callable
from datetime import date
from itertools import islice
from random import Random

from schemas.base import Data
from schemas.ids import PersonId
from schemas.wilayah import Wilayah
from schemas.holidays import fields_of, proposed
from schemas.wire import Applied
from server.accounts import Accounts, Created
from server.demo.data import Maker
from server.demo.names import DEMO_KECAMATAN
from server.demo.people import DemoPerson, people
from server.office import Office
from sync.change import Patch
from sync.scope import HOLIDAYS, NIK_PREFIXES

PASSWORD = "jalan-pagi-ke-desa"  # noqa: S105 - said aloud, for people who are nobody
BATCH = 500
Progress = Callable[[int], None]


class Built(Data, frozen=True, kw_only=True):
    """What was made."""

    people: list[DemoPerson]
    warga: int
    ewarong: int
    tugas: int

    def person(self, role: str) -> DemoPerson:
        """Return the one person who has this role."""
        return next(person for person in self.people if role in person.peran)


def build(
    office: Office,
    accounts: Accounts,
    wilayah: Wilayah,
    *,
    seed: int,
    today: date,
    now_ms: int,
    step: Progress,
) -> Built:
    """Make people, accounts, warga, e-warong and tasks. `step` hears how many changes were just stored."""
    rng = Random(seed)
    staff = people(rng, wilayah)
    prefixes = Patch(record=NIK_PREFIXES, kind="referensi", base={}, new={"kecamatan_nik": [DEMO_KECAMATAN]})
    decree = {day: span.name for span in proposed(today.year) for day in span.days()}
    days_off = Patch(record=HOLIDAYS, kind="referensi", base={}, new=fields_of(today.year, decree))
    _act(office, [prefixes, days_off, *(person.patch() for person in staff)], step)
    for person in staff:
        if not isinstance(accounts.create(person.id, person.username, PASSWORD), Created):
            raise RuntimeError(f"the demo account {person.username} could not be made")
    maker = Maker(rng, wilayah, today, now_ms)
    warga, ewarong = list(maker.warga()), list(maker.ewarong())
    tugas = list(maker.tugas(warga, _pendamping(staff)))
    _act(office, [*warga, *ewarong, *tugas], step)
    return Built(people=staff, warga=len(warga), ewarong=len(ewarong), tugas=len(tugas))


def _pendamping(staff: list[DemoPerson]) -> PersonId:
    return next(person.id for person in staff if "pendamping" in person.peran)


def _act(office: Office, patches: list[Patch], step: Progress) -> None:
    waiting = iter(patches)
    while batch := list(islice(waiting, BATCH)):
        outcomes = office.act_all(office.person, batch)
        if not all(isinstance(outcome, Applied) for outcome in outcomes):
            raise RuntimeError("the demo regency does not fit its own rules")
        step(len(batch))
