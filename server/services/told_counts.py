"""What charts tell of people, and which of their numbers stay closed. Rule: each comes from here.

The numbers of a year are closed together (server/suppression.py), for all that one reader may look at: each
kecamatan and all of them, each month, quarter and the year.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping

from schemas.base import Data
from server.access import Scope
from server.periods import Period
from server.services.figures import SIX, Figures, Made, Year, with_newest
from server.suppression import ALL, Cell, Cells, ClosedYear, closed_in_year, with_sums

CHARTS = ("masalah", "larangan", "jalur", "skm", *SIX)
MOST_READERS = 16
"""Reaches and years whose closed numbers are kept: most readers share one."""
NOWHERE = ""
"""Where a visit without a known desa counts: in all of the regency, on no page of its own."""
DOTS_OF_A_DESA = 3
_Key = tuple[Scope, int]
_Tables = defaultdict[str, Counter[Cell]]
"""The table of each chart."""


class Told(Data, frozen=True, kw_only=True):
    """The numbers of one chart by category, None where one is closed, without those that are zero."""

    counts: Mapping[str, int | None]
    total: int | None


class ToldYear:
    """What one reader is told of a year."""

    def __init__(self, year: Year, reach: Scope, before: "ToldYear | None") -> None:
        """`before` is what the reader was told a moment ago: what holds of it is taken over."""
        self._year = year
        self._months: list[_Tables] = [
            before._months[at]
            if before is not None and before._year[at] is month
            else _by_kecamatan(month, reach)
            for at, month in enumerate(year)
        ]
        self._tables = {chart: [month[chart] for month in self._months] for chart in CHARTS}
        self._closed: dict[str, ClosedYear] = {}
        for chart, tables in self._tables.items():
            if before is not None and before._tables[chart] == tables:
                self._closed[chart] = before._closed[chart]
            else:
                self._closed[chart] = closed_in_year(
                    tables, never_told=frozenset({NOWHERE}), sums_told=chart not in SIX
                )

    def of(self, chart: str, period: Period, place: str) -> Told:
        """Return what a chart tells of a period and of a kecamatan, or of all of them (`ALL`)."""
        first, closed = period.start.month - 1, self._cells(chart, period)
        counts = Counter[Cell]()
        for month in self._tables[chart][first : first + len(period.months)]:
            counts.update(month)
        told = {
            category: None if (where, category) in closed else count
            for (where, category), count in with_sums(counts).items()
            if where == place
        }
        total = told.pop(ALL, 0)
        return Told(counts=told, total=total)

    def _cells(self, chart: str, period: Period) -> Cells:
        closed = self._closed[chart]
        match period.kind:
            case "bulan":
                return closed.months[period.number - 1]
            case "triwulan":
                return closed.quarters[period.number - 1]
            case "tahun":
                return closed.year


class ToldCounts:
    """Keeps what readers are told for as long as the sums are the same. Blocks its thread."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._lock = threading.Lock()
        self._kept: dict[_Key, tuple[Year, ToldYear]] = {}

    def year(self, reach: Scope, year: int) -> ToldYear:
        """Return what a reader is told of a year."""
        sums, key = self._figures.year(year), (reach, year)
        with self._lock:
            of, found = self._kept.get(key, (None, None))
            if found is None or of is not sums:
                found = ToldYear(sums, reach, found)
                self._kept = with_newest(self._kept, key, (sums, found), MOST_READERS)
            return found


def _by_kecamatan(month: Made, reach: Scope) -> _Tables:
    found: _Tables = defaultdict(Counter)
    for (desa, service), pairs in month.of.items():
        if reach.has(desa) and reach.serves(service):
            for (chart, category), count in pairs.items():
                found[chart][_kecamatan(desa), category] += count
    return found


def _kecamatan(desa: str) -> str:
    return desa.rpartition(".")[0] if desa.count(".") == DOTS_OF_A_DESA else NOWHERE
