"""The office's days off. Rule: what it records holds for deadlines that were set before, too.

A year is set as a whole, by whoever saw how it stood; it travels to the phones as reference data. Where an
open case's deadline is in working days and comes out otherwise now, it is set anew in the same transaction.
Sealed cases have no such deadline.
"""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Literal

from schemas.base import Data, encode
from schemas.format import local_date
from schemas.holidays import Days, Holidays, fields_of
from schemas.ids import PersonId
from schemas.workflow import Workflows, allowed
from server import page_store, protection_store
from server.access import Person, may
from server.engine import Engine, Reader, Writer
from server.services.chain_record import record_of, write_record
from server.services.people import Actor
from server.shelves import stages_under_way
from server.store import SqlOfficeStore
from sync.applying import readable
from sync.change import Patch
from sync.neutral import is_sealed
from sync.scope import HOLIDAYS
from sync.store import Fields

KIND = "referensi"
FIRST_MONTH_OF_NEXT = 11
"""The decree for the next year has come out by then."""


class NotKept(Data, frozen=True, kw_only=True):
    """Why nothing was kept: a key under `hari_libur.masalah`."""

    why: Literal["peran", "berubah"]


class Kept(Data, frozen=True, kw_only=True):
    """The year stands as it was given; so many deadlines came out otherwise."""

    moved: int


class Word(Data, frozen=True, kw_only=True):
    """Who set a year, and when (UTC ms)."""

    by: PersonId
    at_ms: int


class OfficeHolidays:
    """The use cases of *Hari libur*. Each blocks its thread."""

    def __init__(self, engine: Engine, office: Actor, workflows: Workflows) -> None:
        self._engine, self._office, self._workflows = engine, office, workflows

    def now(self) -> Holidays:
        """Return all that is recorded."""
        return self._engine.read(holidays)

    def last_word(self, year: int) -> Word | None:
        """Return who set a year last."""

        def look(tx: Reader) -> Word | None:
            found = (readable(raw) for _, raw in protection_store.contents_of(tx, HOLIDAYS))
            words = [
                Word(by=each.author, at_ms=each.clock.server_ms)
                for each in found
                if each is not None and isinstance(each.body, Patch) and str(year) in each.body.new
            ]
            return words[-1] if words else None

        return self._engine.read(look)

    def change(self, person: Person, year: int, days: Days, seen: str) -> Kept | NotKept:
        """Record the days off of a year in place of those that were `seen`, see `as_seen`."""
        if not may(person, "set_holidays"):
            return NotKept(why="peran")

        def work(tx: Writer) -> Kept | NotKept:
            standing = holidays(tx).of(year)
            if standing == days:
                return Kept(moved=0)
            fields = fields_of(year, days)
            if as_seen(standing) != seen or not write_record(
                tx, self._office, person.id, KIND, HOLIDAYS, fields
            ):
                return NotKept(why="berubah")
            moves = list(self._moves(tx))
            self._office.act_in(tx, person.id, moves)
            return Kept(moved=len(moves))

        return self._engine.write(work).result()

    def _moves(self, tx: Reader) -> Iterator[Patch]:
        """Give the deadlines of open cases that come out otherwise by the days off as they now stand."""
        off = holidays(tx)
        under_way = stages_under_way(self._workflows)
        counted = [
            name for name, (workflow, state) in under_way.items() if workflow.states[state].working_days
        ]
        names = page_store.cases_in(tx, counted)
        for record in SqlOfficeStore.reading(tx).records(names).values():
            fields = record.fields
            workflow = self._workflows.get(fields["workflow"], fields["workflow_version"])
            stands = allowed(workflow, fields["state"], fields.get("history", []))
            due = stands.due(local_date(fields["since_ms"]), off)
            new = due.isoformat() if due else None
            if not is_sealed(record) and new != fields["due"]:
                yield Patch(record=record.id, kind="kasus", base={"due": fields["due"]}, new={"due": new})


def holidays(tx: Reader) -> Holidays:
    """Return what the office recorded, within a transaction."""
    found = record_of(tx, HOLIDAYS, KIND)
    return Holidays(found.fields if found else {})


def as_seen(days: Days) -> str:
    """Return a short word for how a year stands, to go with the page that shows it."""
    return sha256(encode([(day.isoformat(), days[day]) for day in sorted(days)])).hexdigest()[:16]


def missing_year(known: Holidays, today: date) -> int | None:
    """Return the year that should be recorded by now: this one, and from November on the next; or None."""
    wanted = [today.year, *([today.year + 1] if today.month >= FIRST_MONTH_OF_NEXT else [])]
    return next((year for year in wanted if not known.knows(year)), None)


def unrecorded(tx: Reader, case: Fields) -> tuple[int, ...]:
    """Return the years, from a case's last step to its deadline, of which no days off are recorded."""
    if not case.get("due"):
        return ()
    return tuple(holidays(tx).unknown(local_date(case["since_ms"]), date.fromisoformat(case["due"])))
