"""How long things are kept, and what is due. Rule: what is due is only listed; two people destroy it.

The years of a service are data; the office changes them by a record of kind `masa_simpan` in its chain, where
every earlier word stays. They count from the decision of a visit, and from the day a case came to its end.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from schemas.base import Data
from schemas.form import Forms
from schemas.format import local_date
from schemas.ids import PersonId, RecordId
from schemas.protection import MOST_YEARS, load_processing
from schemas.workflow import Workflows
from server import protection_store
from server.access import Person, may, refused
from server.engine import Engine, Reader, Writer
from server.services.belongings import all_above
from server.services.chain_record import patches_of, word_id, word_on, write_record
from server.services.destroying import DONE_STATES, HOLD, PROPOSAL, Destroying
from server.services.people import Actor
from server.shelves import thing_of_case
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
            found: list[tuple[date, RecordId, date, Rule]] = []
            for rule in _rules(tx):
                ended = dict([*self._visits(tx, rule, today), *self._cases(tx, rule, today)])
                found += [
                    (_years(ended[name], rule.years), name, ended[name], rule)
                    for name, record in SqlOfficeStore.reading(tx).records(ended).items()
                    if counts(person, record)
                ]
            found.sort(key=lambda each: each[:2])
            return Dues(shown=self._shown(tx, person, found) if proposes else (), total=len(found))

        return self._engine.read(work)

    def _shown(
        self, tx: Reader, person: Person, found: Sequence[tuple[date, RecordId, date, Rule]]
    ) -> tuple[Due, ...]:
        """Put what cannot be proposed now behind what can: it keeps nothing from sight, however much."""
        free, standing = list[Due](), list[Due]()
        for start in range(0, len(found), MOST_DUE):
            piece = found[start : start + MOST_DUE]
            things = SqlOfficeStore.reading(tx).records([name for _, name, _, _ in piece])
            needed = {
                visit: case.id if self._may_see(person, case) else ""
                for visit, case in self._destroying.needed(tx, things.values()).items()
            }
            for _, name, ended, rule in piece:
                due = _due(tx, things[name], rule, ended, needed)
                (standing if due.standing else free).append(due)
            if len(free) >= MOST_DUE:
                break
        return (*free, *standing)[:MOST_DUE]

    def _may_see(self, person: Person, case: Record) -> bool:
        workflow = self._workflows.get(case.fields["workflow"], case.fields["workflow_version"])
        thing = thing_of_case(workflow, case.fields)
        return not is_sealed(case) and refused(person, "see_cases", thing) is None

    def _visits(self, tx: Reader, rule: Rule, today: date) -> Iterable[tuple[RecordId, date]]:
        forms = [name for name in self._forms.ids() if self._forms.get(name).service == rule.service]
        before = _years(today, -rule.years)
        for name, decided_ms in protection_store.decided_visits(tx, DONE_STATES, forms):
            if local_date(decided_ms) <= before:
                yield name, local_date(decided_ms)

    def _cases(self, tx: Reader, rule: Rule, today: date) -> Iterable[tuple[RecordId, date]]:
        before = _years(today, -rule.years)
        for record in protection_store.records_holding(tx, "kasus", rule.service):
            fields = record.fields
            if fields.get("service") != rule.service or "workflow" not in fields:
                continue
            workflow = self._workflows.get(fields["workflow"], fields["workflow_version"])
            ended = local_date(fields["since_ms"])
            if workflow.states[fields["state"]].final and ended <= before:
                yield record.id, ended


def _rules(tx: Reader) -> list[Rule]:
    found: list[Rule] = []
    for service, given in load_processing().items():
        own = word_on(tx, KEPT, service)
        years, basis = (
            (own.fields["tahun"], own.fields["dasar"]) if own else (given.tahun, given.dasar_simpan)
        )
        found.append(Rule(service=service, years=int(years), basis=str(basis)))
    return found


def _due(tx: Reader, record: Record, rule: Rule, ended: date, needed: Mapping[RecordId, str]) -> Due:
    known = word_on(tx, PROPOSAL, record.id)
    holds = [word_on(tx, HOLD, name) for name in (record.id, *all_above(tx, record))]
    held = any(each is not None and each.fields["ditahan"] for each in holds)
    proposed = known is not None and known.fields["state"] != "dibatalkan"
    return Due(
        target=record.id,
        kind=record.kind,
        service=rule.service,
        ended=ended,
        until=_years(ended, rule.years),
        standing="ditahan" if held else "diusulkan" if proposed else "perlu" if record.id in needed else "",
        case=needed.get(record.id, ""),
        kode=str(record.fields.get("kode") or "") if is_sealed(record) else "",
    )


def _years(day: date, years: int) -> date:
    """Move a day by whole years; the 29th of February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
