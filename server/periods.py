"""The months, quarters and years that figures are told of. Rule: days and names of periods, and nothing else.

A period stands in an address by its code: `bulan:2026-11`, `triwulan:2026-4`, `tahun:2026`.
"""

import re
from calendar import monthrange
from datetime import date
from typing import Literal

from schemas.base import Data
from schemas.deadline import add_months

Kind = Literal["bulan", "triwulan", "tahun"]
LENGTHS: dict[Kind, int] = {"bulan": 1, "triwulan": 3, "tahun": 12}
"""Months of each kind, the shortest first."""
_CODE = re.compile(
    r"bulan:(?P<month>20[0-9]{2}-(?:0[1-9]|1[0-2]))|triwulan:(?P<quarter>20[0-9]{2}-[1-4])|tahun:(?P<year>20[0-9]{2})"
)


class Period(Data, frozen=True, kw_only=True):
    """A month, a quarter or a year, from its first day."""

    kind: Kind
    start: date

    @property
    def end(self) -> date:
        """The last day."""
        month = self.start.month + LENGTHS[self.kind] - 1  # not the day before the next: the last has no next
        return self.start.replace(month=month, day=monthrange(self.start.year, month)[1])

    @property
    def number(self) -> int:
        """Which one of its year it is, from 1."""
        return (self.start.month - 1) // LENGTHS[self.kind] + 1

    @property
    def code(self) -> str:
        """How an address names it."""
        year = f"{self.start.year:04}"
        match self.kind:
            case "bulan":
                return f"bulan:{year}-{self.start.month:02}"
            case "triwulan":
                return f"triwulan:{year}-{self.number}"
            case "tahun":
                return f"tahun:{year}"

    @property
    def months(self) -> tuple[str, ...]:
        """Its months, as 2026-11."""
        firsts = (add_months(self.start, by) for by in range(LENGTHS[self.kind]))
        return tuple(f"{first.year:04}-{first.month:02}" for first in firsts)

    def moved(self, by: int) -> "Period":
        """Return the period of its kind so many later; earlier below 0."""
        return Period(kind=self.kind, start=add_months(self.start, by * LENGTHS[self.kind]))


def period_of(kind: Kind, day: date) -> Period:
    """Return the period of a kind in which a day lies."""
    length = LENGTHS[kind]
    return Period(kind=kind, start=date(day.year, (day.month - 1) // length * length + 1, 1))


def read_period(code: str) -> Period | None:
    """Read a code; None for what is none."""
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    if month := found["month"]:
        return Period(kind="bulan", start=date.fromisoformat(f"{month}-01"))
    if quarter := found["quarter"]:
        return Period(kind="triwulan", start=date(int(quarter[:4]), 3 * int(quarter[5:]) - 2, 1))
    return Period(kind="tahun", start=date(int(found["year"]), 1, 1))


def with_days(start: date, end: date) -> Period | None:
    """Return the period that has just these days, both with them; None where there is none."""
    found = (period_of(kind, start) for kind in LENGTHS)
    return next((each for each in found if (each.start, each.end) == (start, end)), None)
