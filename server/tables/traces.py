"""Which rows of lists are about who is to be destroyed. Rule: cells are enough, checked and matched or not.

A list may have been taken in and no more, and holds sheets that were not chosen. As where rows are judged,
somebody is known by NIK; without one by name and family card, or by name and birth date.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from schemas.format import parse_date
from schemas.identity import search_key
from server.parsing.messages import Cell
from server.tables.entries import EXCEL_DAY_0
from server.tables.heading import text_of
from sync.store import Fields

LONG = 16
"""Digits of a NIK, and of the numbers of family cards and bank cards."""
_NO_DIGITS = re.compile(r"[^0-9]+")


class Traces:
    """What rows say of some people, by the fields of their records."""

    def __init__(self, people: Iterable[Fields]) -> None:
        self._niks: set[str] = set()
        self._known: dict[str, list[tuple[str, set[str]]]] = {}
        for fields in people:
            nik, card, kks = (str(fields.get(each) or "") for each in ("nik", "no_kk", "no_kks"))
            name, born = search_key(str(fields.get("nama") or "")), str(fields.get("tanggal_lahir") or "")
            self._niks |= {nik} - {""}
            for sign in ({card} - {""}) | _days(parse_date(born)) if name else ():
                self._known.setdefault(sign, []).append((name, {nik, card, kks}))

    def are_in(self, row: Sequence[Cell]) -> bool:
        """Whether a row is about one of them; it is not where it has the number of somebody else."""
        digits = {_NO_DIGITS.sub("", text_of(cell)) for cell in row}
        if not self._niks.isdisjoint(digits):
            return True
        found = [each for sign in digits for each in self._known.get(sign, ())]
        names = {search_key(text_of(cell)) for cell in row} if found else set[str]()
        numbers = {each for each in digits if len(each) == LONG}
        return any(name in names and numbers <= theirs for name, theirs in found)


def _days(day: date | None) -> set[str]:
    """Return the digits that a day is written with: 04-05-1982, 4/5/82, 4 Mei 1982, ISO, a sheet's number."""
    if day is None:
        return set()
    days, months = (f"{day:%d}", str(day.day)), (f"{day:%m}", str(day.month))
    short = {first + month + f"{day:%y}" for first in days for month in months}
    whole = {first + month + f"{day:%Y}" for first in days for month in (*months, "")}
    return short | whole | {f"{day:%Y%m%d}", str((day - EXCEL_DAY_0).days)}
