"""How long things are kept, and what is due. Rule: what is due is only listed; two people destroy it.

The years of a service are data; the office changes them by a record of kind `masa_simpan` in its chain, where
every earlier word stays. They count from the decision of a visit, and from the day a case came to its end.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import islice

from schemas.base import Data
from schemas.form import Forms
from schemas.format import local_date, moment_ms
from schemas.ids import PersonId, RecordId
from schemas.protection import MOST_YEARS, load_processing
from schemas.sealed import SEALED_FORM, SEALED_SERVICES
from schemas.workflow import Workflows
from server import protection_store
from server.access import Person, may, refused
from server.engine import Engine, Reader, Writer
from server.protection_store import Ended
from server.services.belongings import all_above_each
from server.services.chain_record import patches_of, word_id, word_on, words_on, write_record
from server.services.deciding import is_settled
from server.services.destroying import DONE_STATES, HOLD, PROPOSAL, Destroying
from server.services.people import Actor
from server.shelves import Shelf, final_stages, thing_of_case
from server.store import SqlOfficeStore
from sync.neutral import is_sealed
from sync.store import Fields, Record

KEPT = "masa_simpan"
MOST_DUE = 100
"""How many due things one page lists."""
MOST_BASIS = 500


class Rule(Data, frozen=True, kw_only=True):
    """How many years things of a service are kept, and on what basis."""

    service: str
    years: int
    basis: str


class Past(Data, frozen=True, kw_only=True):
    """What was said of a service's years before, by whom and when (UTC ms)."""

    years: int
    basis: str
    by: PersonId
    at_ms: int


class Due(Data, frozen=True, kw_only=True):
    """One thing whose time is over. `standing`: why it cannot be proposed now, empty when it can.

    `case`: the one under way that holds it, where the reader may see that. `kode`: what a sealed one is
    called.
    """

    target: RecordId
    kind: str
    service: str
    ended: date
    until: date
    standing: str
    case: str = ""
    kode: str = ""


class Dues(Data, frozen=True, kw_only=True):
    """At most 100 of what is due: first what can be proposed now, the oldest before; and the count of all."""

    shown: tuple[Due, ...]
    total: int


_Found = tuple[date, RecordId, date, Rule]
"""What is due: until when it was to be kept, its id, when it ended, and by which rule."""


class NotDone(Data, frozen=True, kw_only=True):
    """Why nothing was done: a key under `kantor.masa_simpan.masalah`."""

    why: str


class Retention:
    """The use cases. Each blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        forms: Forms,
        workflows: Workflows,
        destroying: Destroying,
        now_ms: Callable[[], int],
    ) -> None:
        self._engine, self._office, self._destroying = engine, office, destroying
        self._forms, self._workflows, self._now_ms = forms, workflows, now_ms

    def rules(self) -> list[Rule]:
        """Return how long each service keeps its things."""
        return self._engine.read(_rules)

    def history(self, service: str) -> list[Past]:
        """Return every word on a service's years, the newest first."""
        return [
            Past(
                years=int(patch.new["tahun"]),
                basis=str(patch.new["dasar"]),
                by=content.author,
                at_ms=content.clock.server_ms,
            )
            for content, patch in self._engine.read(lambda tx: patches_of(tx, KEPT, service))
        ]

    def change(self, person: Person, service: str, years: int | None, basis: str) -> NotDone | None:
        """Set how many years a service keeps its things, on what basis."""
        if not may(person, "keep_registers"):
            return NotDone(why="peran")
        if service not in load_processing() or years is None or not 1 <= years <= MOST_YEARS:
            return NotDone(why="tahun")
        if not 0 < len(basis.strip()) <= MOST_BASIS:
            return NotDone(why="dasar")
        fields: Fields = {"layanan": service, "tahun": years, "dasar": basis.strip()}

        def work(tx: Writer) -> NotDone | None:
            done = write_record(tx, self._office, person.id, KEPT, word_id(tx, KEPT, service), fields)
            return None if done else NotDone(why="berubah")

        return self._engine.write(work).result()

    def due(self, person: Person) -> Dues:
        """List what is due and may be proposed by this person; who only watches is told how much it is."""
        today, proposes = local_date(self._now_ms()), may(person, "propose_destruction")
        counts = self._destroying.may_propose if proposes else self._destroying.may_count

        def work(tx: Reader) -> Dues:
            total, found = 0, list[Iterator[_Found]]()
            for rule in _rules(tx):
                for ended in self._ended(rule, today):
                    places = {
                        place: count
                        for place, count in protection_store.ended_places(tx, ended).items()
                        if counts(person, _shelf(ended, *place), sealed=_is_sealed(ended, place[0]))
                    }
                    total += sum(places.values())
                    if proposes and places:
                        found.append(_oldest(tx, rule, ended, places))
            oldest = heapq.merge(*found, key=lambda each: each[0])
            return Dues(shown=self._shown(tx, person, oldest), total=total)

        return self._engine.read(work)

    def _shown(self, tx: Reader, person: Person, found: Iterator[_Found]) -> tuple[Due, ...]:
        """Put what cannot be proposed now behind what can: it keeps nothing from sight, however much."""
        free, standing = list[Due](), list[Due]()
        while piece := list(islice(found, MOST_DUE)):
            things = SqlOfficeStore.reading(tx).records([name for _, name, _, _ in piece])
            needed = {
                visit: case.id if self._may_see(person, case) else ""
                for visit, case in self._destroying.needed(tx, things.values()).items()
            }
            held, proposed = _held(tx, things.values()), _proposed(tx, things)
            for until, name, ended, rule in piece:
                thing = things[name]
                why = {
                    "ditahan": name in held,
                    "diusulkan": name in proposed,
                    "perlu": name in needed,
                    "susulan": thing.kind == "kunjungan" and not is_settled(thing),
                }
                due = Due(
                    target=name,
                    kind=thing.kind,
                    service=rule.service,
                    ended=ended,
                    until=until,
                    standing=next((each for each, stands in why.items() if stands), ""),
                    case=needed.get(name, ""),
                    kode=str(thing.fields.get("kode") or "") if is_sealed(thing) else "",
                )
                (standing if due.standing else free).append(due)
            if len(free) >= MOST_DUE:
                break
        return (*free, *standing)[:MOST_DUE]

    def _may_see(self, person: Person, case: Record) -> bool:
        workflow = self._workflows.get(case.fields["workflow"], case.fields["workflow_version"])
        thing = thing_of_case(workflow, case.fields)
        return not is_sealed(case) and refused(person, "see_cases", thing) is None

    def _ended(self, rule: Rule, today: date) -> list[Ended]:
        """Return what of a service ended so long ago."""
        forms = tuple(name for name in self._forms.ids() if self._forms.get(name).service == rule.service)
        before_ms = moment_ms(_years(today, -rule.years) + timedelta(days=1), 0, 0)
        stages = final_stages(self._workflows)
        return [
            *(Ended(kind="kunjungan", before_ms=before_ms, state=each, forms=forms) for each in DONE_STATES),
            Ended(kind="kasus", before_ms=before_ms, service=rule.service, stages=stages),
        ]


def _shelf(ended: Ended, form: str, desa: str) -> Shelf:
    services = (ended.service,) if ended.kind == "kasus" else ()
    return Shelf(desa=desa, services=services, form=form)


def _is_sealed(ended: Ended, form: str) -> bool:
    return form == SEALED_FORM or ended.service in SEALED_SERVICES


def _oldest(tx: Reader, rule: Rule, ended: Ended, places: Iterable[tuple[str, str]]) -> Iterator[_Found]:
    for name, at_ms in protection_store.ended_in(tx, ended, places, MOST_DUE):
        day = local_date(at_ms)
        yield _years(day, rule.years), name, day, rule


def _rules(tx: Reader) -> list[Rule]:
    found: list[Rule] = []
    for service, given in load_processing().items():
        own = word_on(tx, KEPT, service)
        years, basis = (
            (own.fields["tahun"], own.fields["dasar"]) if own else (given.tahun, given.dasar_simpan)
        )
        found.append(Rule(service=service, years=int(years), basis=str(basis)))
    return found


def _held(tx: Reader, things: Iterable[Record]) -> set[RecordId]:
    """Return those of these things that are held, or belong to what is."""
    about = {name: {name, *above} for name, above in all_above_each(tx, things).items()}
    words = words_on(tx, HOLD, {each for names in about.values() for each in names})
    held = {each for each, word in words.items() if word.fields["ditahan"]}
    return {name for name, names in about.items() if not names.isdisjoint(held)}


def _proposed(tx: Reader, things: Iterable[RecordId]) -> set[str]:
    words = words_on(tx, PROPOSAL, things)
    return {each for each, word in words.items() if word.fields["state"] != "dibatalkan"}


def _years(day: date, years: int) -> date:
    """Move a day by whole years; the 29th of February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
