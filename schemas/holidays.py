"""Days off of an office: holidays and *cuti bersama*, by year, as it recorded them. Rule: known or not known.

They are reference data: one record with a field for each year, holding names by day. Decrees that were known
when this was written are in data/libur.toml, for the office to take over; nothing is taken off by itself.
"""

import tomllib
from collections.abc import Container, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from schemas.base import Data

Days = Mapping[date, str]
"""The name of each day off."""


class Span(Data, frozen=True, kw_only=True):
    """Days off in a row under one name; a day that the decree still has to set is None."""

    first: date | None
    last: date | None
    name: str

    def days(self) -> list[date]:
        """Return each day from the first to the last; none as long as these are not set."""
        if self.first is None or self.last is None:
            return []
        return [self.first + timedelta(days=each) for each in range((self.last - self.first).days + 1)]


class Holidays(Container[date]):
    """The days off in the fields of such a record; of another shape, as if nothing were recorded."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._years: dict[str, dict[str, Any]] = {
            year: cast("dict[str, Any]", days) for year, days in fields.items() if isinstance(days, dict)
        }

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day.isoformat() in self._years.get(str(day.year), ())

    def knows(self, year: int) -> bool:
        """Say whether the office recorded a year."""
        return bool(self._years.get(str(year)))

    def unknown(self, first: date, last: date) -> list[int]:
        """Return the years from one day to another that the office has not recorded."""
        return [year for year in range(first.year, last.year + 1) if not self.knows(year)]

    def years(self) -> list[int]:
        """Return the years that are recorded, oldest first."""
        return sorted(int(year) for year, days in self._years.items() if days and year.isdecimal())

    def of(self, year: int) -> Days:
        """Return the days off of a year, in order."""
        return dict(sorted(_read(self._years.get(str(year), {}))))


def fields_of(year: int, days: Days) -> dict[str, Any]:
    """Return the fields of the record that hold a year."""
    return {str(year): {day.isoformat(): days[day] for day in sorted(days)}}


def spans(days: Days) -> list[Span]:
    """Put days in a row that have one name together, in order."""
    # days in a row have the same distance from their place in the order
    ranked = groupby(
        enumerate(sorted(days)), key=lambda each: (each[1] - timedelta(days=each[0]), days[each[1]])
    )
    rows = [(name, [day for _, day in run]) for (_, name), run in ranked]
    return [Span(first=row[0], last=row[-1], name=name) for name, row in rows]


def proposed(year: int) -> list[Span]:
    """Return what to begin a year with: its decree, or what every year has, with the days that never move."""
    known = _carried()
    rows = known["tahun"].get(str(year))
    if rows is not None:
        return [Span(first=row[0], last=row[1], name=row[2]) for row in rows]
    fixed = [(date(year, month, day), name) for month, day, name in known["tetap"]]
    moving = [Span(first=None, last=None, name=name) for name in known["bergerak"]]
    return [*(Span(first=day, last=day, name=name) for day, name in fixed), *moving]


def has_decree(year: int) -> bool:
    """Say whether what `proposed` gives is a decree's."""
    return str(year) in _carried()["tahun"]


@cache
def _carried() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "data" / "libur.toml").read_text("utf-8"))


def _read(days: Mapping[str, Any]) -> Iterator[tuple[date, str]]:
    for text, name in days.items():
        try:
            yield date.fromisoformat(text), str(name)
        except ValueError:
            continue
