"""How far visits are on the way to their target, and what is left a day. Rule: sums, as one reader sees them.

A visit counts on the day on which it first came in, unless it was rejected. Where the office set no number,
the tugas that are due in the period are the target.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from schemas.base import Data
from schemas.deadline import working_days
from schemas.format import local_date
from schemas.holidays import Holidays
from schemas.ids import PersonId
from server import figure_store
from server.access import Person, Scope, is_inside, scope
from server.engine import Engine
from server.figure_store import DUE, OPEN, Day
from server.periods import Period
from server.services.figures import FRESH_MS, Figures, with_newest
from server.services.holidays import holidays
from server.services.people import Denied
from server.services.visit_page import Words
from server.services.visits import names
from server.store import SqlOfficeStore
from server.targets import Aim, outermost, parts, targets

STANDS = ("disetujui", "diterima", "ditahan", "dikembalikan")
"""Where a visit that counts may stand; a rejected one does not count."""
MOST_SPANS = 16
Phase = Literal["belum", "berjalan", "lewat", "tercapai"]
Rows = list[tuple[Day, int]]


class Told(Data, frozen=True, kw_only=True):
    """Visits towards a target (None: no number): approved, waiting for a decision, to be mended.

    `week` are those since Monday, `pace` those needed on each working day from today; 0 when none is left.
    """

    target: int | None
    approved: int
    waiting: int
    returned: int
    week: int
    pace: int

    @property
    def parts(self) -> "Parts":
        """Visits that were made, by where they stand: approved, waiting, to be mended."""
        return self.approved, self.waiting, self.returned

    @property
    def done(self) -> int:
        """Visits that were made."""
        return sum(self.parts)

    @property
    def left(self) -> int:
        """Visits that are still to be made."""
        return max(0, (self.target or 0) - self.done)


class Goal(Data, frozen=True, kw_only=True):
    """One target as it stands: `here` is all of the region looked at, `inner` what lies in it, by code.

    `days_left` are working days, today with them; `by_now` is the share of them that is over, in percent.
    """

    aim: Aim
    from_tasks: bool
    here: Told
    inner: tuple[tuple[str, Told], ...]
    phase: Phase
    days_left: int
    by_now: int


class Worker(Data, frozen=True, kw_only=True):
    """What lies with somebody who is sent out: open and late tugas; visits this week, and in the period."""

    id: PersonId
    name: str
    open: int
    late: int
    week: int
    made: int


Parts = tuple[int, int, int]
"""Visits by where they stand: approved, waiting, to be mended."""


class Received(Data, frozen=True, kw_only=True):
    """The visits that came in a period, and those of the one before, None where that says nothing.

    While the period is under way, both are counted up to the same day of it: `days`, 0 for whole ones.
    """

    period: Period
    now: Parts
    before: Parts | None
    days: int


class TargetBoard(Data, frozen=True, kw_only=True):
    """All targets that touch a period, what came in it, and the load of each worker beside them."""

    goals: tuple[Goal, ...]
    received: Received
    workers: tuple[Worker, ...]
    is_set: bool


class TargetProgress:
    """The use cases. Blocks its thread. `now_ms` gives UTC milliseconds."""

    def __init__(self, engine: Engine, figures: Figures, words: Words, now_ms: Callable[[], int]) -> None:
        self._engine, self._figures, self._words, self._now_ms = engine, figures, words, now_ms
        self._lock = threading.Lock()
        self._spans: dict[tuple[tuple[str, ...], str, str], tuple[int, Rows]] = {}
        self._regency = words.wilayah.kabupaten.kode

    def board(self, person: Person, period: Period, region: str) -> TargetBoard | Denied:
        """Tell the targets of a period, of a region (empty: all of the reader's)."""
        reach = scope(person, "see_dashboard")
        if reach is None:
            return Denied(why="role")
        months = self._figures.standing().months  # counts what changed since
        here = _Reach(reach, region, self._regency, self._words)
        start, end = period.start, period.end
        rows = here.seen(self._made(start, end))
        today = local_date(self._now_ms())
        monday = today - timedelta(days=today.weekday())
        week = here.seen(self._made(monday, today))
        known, off = self._engine.read(lambda tx: (targets(tx).standing(), holidays(tx)))
        said = [each for each in known if each.aim.overlaps(start, end) and reach.serves(each.aim.service)]
        goals = [
            self._goal(
                each.aim, each.numbers, here.seen(self._made(each.aim.start, each.aim.end)), week, here, off
            )
            for each in said
        ]
        covered = [each.aim for each in said]
        for aim, numbers in self._tasks_due(rows, start, end, covered):
            goals.append(self._goal(aim, numbers, rows, week, here, off, from_tasks=True))
        return TargetBoard(
            goals=tuple(sorted(goals, key=lambda each: (each.from_tasks, _order(each.phase), each.aim.end))),
            received=self._received(here, period, rows, today, months),
            workers=self._workers(here, rows, week, today),
            is_set=bool(said),
        )

    def _goal(
        self,
        aim: Aim,
        numbers: Mapping[str, int],
        rows: Rows,
        week: Rows,
        here: "_Reach",
        off: Holidays,
        *,
        from_tasks: bool = False,
    ) -> Goal:
        forms, today = self._forms(aim), local_date(self._now_ms())
        made, this_week = self._by_region(rows, forms), self._by_region(week, forms)
        every = working_days(aim.start, aim.end, off)
        days_left = working_days(max(today, aim.start), aim.end, off)

        def told(*regions: str) -> Told:
            of, inside = here.parts_of(numbers, regions)
            counts = _added(made, inside)
            target = sum(numbers[each] for each in of) if of else None
            left = max(0, (target or 0) - counts.total())
            approved, waiting, returned = _parts(counts)
            return Told(
                target=target,
                approved=approved,
                waiting=waiting,
                returned=returned,
                week=_added(this_week, inside).total(),
                pace=-(-left // days_left) if days_left else 0,
            )

        all_here = told(*here.regions())
        inner = [(each, told(*here.seen_of(each))) for each in here.inner()]
        return Goal(
            aim=aim,
            from_tasks=from_tasks,
            here=all_here,
            inner=tuple((each, one) for each, one in inner if one.target or one.done),
            phase=_phase(aim, all_here, today),
            days_left=days_left,
            by_now=round(100 * (every - days_left) / every) if every else 0,
        )

    def _tasks_due(
        self, rows: Rows, start: date, end: date, covered: Sequence[Aim]
    ) -> Iterator[tuple[Aim, Mapping[str, int]]]:
        """Give what the assignments alone set as a target: for each form that no number speaks of."""
        due = defaultdict[str, Counter[str]](Counter)
        for each, count in rows:
            if each.what == DUE and each.desa:  # a tugas lies somewhere
                due[each.form][each.desa] += count
        services = self._figures.services()
        for form, numbers in sorted(due.items()):
            service = services.get(form)
            if service and not any(aim.service == service and aim.form in ("", form) for aim in covered):
                yield Aim(service=service, form=form, start=start, end=end), numbers

    def _received(
        self, here: "_Reach", period: Period, rows: Rows, today: date, months: Sequence[str]
    ) -> Received:
        before = period.moved(-1)
        is_known = bool(months) and months[-1] <= before.months[0] and period.start <= today
        days = (today - period.start).days + 1 if period.start <= today < period.end else 0
        last = min(before.end, before.start + timedelta(days=days - 1)) if days else before.end
        return Received(
            period=period,
            now=_parts(_by_state(rows)),
            before=_parts(_by_state(here.seen(self._made(before.start, last)))) if is_known else None,
            days=days,
        )

    def _workers(self, here: "_Reach", rows: Rows, week: Rows, today: date) -> tuple[Worker, ...]:
        made, this_week = _by_worker(rows, STANDS), _by_worker(week, STANDS)
        open_tasks = self._open(here, "", date.max.isoformat())
        late = self._open(here, date.min.isoformat(), (today - timedelta(days=1)).isoformat())
        who = {PersonId(each) for each in (*made, *this_week, *open_tasks) if each}
        if not who:
            return ()
        known = self._engine.read(lambda tx: names(SqlOfficeStore.reading(tx), who))
        found = [
            Worker(
                id=each,
                name=known.get(each, "–"),
                open=open_tasks[each],
                late=late[each],
                week=this_week[each],
                made=made[each],
            )
            for each in who
        ]
        return tuple(sorted(found, key=lambda each: (-each.open, each.name, each.id)))

    def _open(self, here: "_Reach", first: str, last: str) -> Counter[str]:
        return _by_worker(here.seen(self._between((OPEN,), first, last)), (OPEN,))

    def _made(self, start: date, end: date) -> Rows:
        return self._between((*STANDS, DUE), start.isoformat(), end.isoformat())

    def _between(self, what: tuple[str, ...], first: str, last: str) -> Rows:
        """Return what was counted from a day to another, at most as old as the other sums."""
        with self._lock:
            key, now = (what, first, last), self._now_ms()
            made_ms, rows = self._spans.get(key, (now - FRESH_MS, []))
            if not 0 <= now - made_ms < FRESH_MS:
                rows = self._engine.read(lambda tx: figure_store.between(tx, what, first, last))
                self._spans = with_newest(self._spans, key, (now, rows), MOST_SPANS)
            return rows

    def _by_region(self, rows: Rows, forms: frozenset[str]) -> Mapping[str, Counter[str]]:
        """Add up visits by where they stand, for each region; what lies nowhere counts for all of it."""
        found = defaultdict[str, Counter[str]](Counter)
        for each, count in rows:
            if each.form in forms and each.what in STANDS:
                for region in _and_above(each.desa or self._regency):
                    found[region][each.what] += count
        return found

    def _forms(self, aim: Aim) -> frozenset[str]:
        if aim.form:
            return frozenset({aim.form})
        return frozenset(form.id for form in self._words.forms.all() if form.service == aim.service)


class _Reach:
    """What one reader sees, of one region."""

    def __init__(self, reach: Scope, region: str, regency: str, words: Words) -> None:
        self._reach, self._region, self._regency, self._words = reach, region, regency, words
        self._forms = {form.id for form in words.forms.all() if reach.serves(form.service)}

    def seen(self, rows: Iterable[tuple[Day, int]]) -> Rows:
        """Return what lies in reach."""
        return [(each, count) for each, count in rows if each.form in self._forms and self._lies(each.desa)]

    def regions(self) -> tuple[str, ...]:
        """Return what is looked at: of the region that was chosen, or of all, what is the reader's."""
        return self.seen_of(self._region or self._regency)

    def seen_of(self, region: str) -> tuple[str, ...]:
        """Return what of a region is the reader's: all of it, or the areas in it."""
        areas = self._reach.areas
        if areas is None or any(is_inside(region, area) for area in areas):
            return (region,)
        return tuple(area for area in areas if is_inside(area, region))

    def parts_of(
        self, numbers: Mapping[str, int], regions: Sequence[str]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return whose numbers are the target of some regions, and where visits count for it.

        Where a part has a number and the rest has none, that part alone is told.
        """
        of = outermost({part for region in regions for part in parts(numbers, region)})
        return of, of or outermost(regions)

    def inner(self) -> list[str]:
        """Return the regions of the table that are the reader's, or have something of theirs in them."""
        return [
            each.kode
            for each in self._words.wilayah.inner(self._region)
            if self._lies(each.kode) or any(is_inside(area, each.kode) for area in self._reach.areas or ())
        ]

    def _lies(self, desa: str) -> bool:
        return self._reach.has(desa) and (not self._region or is_inside(desa, self._region))


def _by_state(rows: Rows) -> Counter[str]:
    found = Counter[str]()
    for each, count in rows:
        found[each.what] += count
    return found


def _parts(counts: Counter[str]) -> Parts:
    return counts["disetujui"], counts["diterima"] + counts["ditahan"], counts["dikembalikan"]


def _by_worker(rows: Rows, what: tuple[str, ...]) -> Counter[str]:
    found = Counter[str]()
    for each, count in rows:
        if each.what in what:
            found[each.petugas] += count
    return found


def _added(by_region: Mapping[str, Counter[str]], regions: Iterable[str]) -> Counter[str]:
    """Add up regions of which none lies in another."""
    found = Counter[str]()
    for each in regions:
        found.update(by_region.get(each, {}))
    return found


def _and_above(desa: str) -> Iterator[str]:
    """Give a desa and all that it lies in."""
    while desa:
        yield desa
        desa = desa.rpartition(".")[0]


def _phase(aim: Aim, told: Told, today: date) -> Phase:
    if told.target and not told.left:
        return "tercapai"
    if today < aim.start:
        return "belum"
    return "berjalan" if today <= aim.end else "lewat"


def _order(phase: Phase) -> int:
    return ("berjalan", "tercapai", "belum", "lewat").index(phase)
