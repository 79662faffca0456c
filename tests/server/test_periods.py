"""Months, quarters and years: their days, their names in an address, and nothing that is none."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.periods import LENGTHS, Kind, period_of, read_period, with_days


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(tuple(LENGTHS)))
def test_each_day_lies_in_one_period_of_each_kind(day: date, kind: Kind) -> None:
    found = period_of(kind, day)
    assert found.start <= day <= found.end
    assert found.moved(1).start == found.end + timedelta(days=1) and found.moved(1).moved(-1) == found
    assert day.isoformat()[:7] in found.months and len(found.months) == LENGTHS[kind]
    assert read_period(found.code) == found == with_days(found.start, found.end)


@pytest.mark.parametrize(
    ("code", "first", "last", "number"),
    [
        ("bulan:2028-02", (2, 1), (2, 29), 2),
        ("triwulan:2028-1", (1, 1), (3, 31), 1),
        ("triwulan:2028-4", (10, 1), (12, 31), 4),
        ("tahun:2028", (1, 1), (12, 31), 1),
    ],
)
def test_a_period_has_its_days(code: str, first: tuple[int, int], last: tuple[int, int], number: int) -> None:
    found = read_period(code)
    assert found is not None
    assert (found.start, found.end, found.number) == (date(2028, *first), date(2028, *last), number)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "2026-4",
        "bulan:2026-13",
        "bulan:2026-1",
        "triwulan:2026-5",
        "tahun:1999",
        "tahun:٢٠٢٦",
        "tahun:20٢٦",
        "triwulan:20٢٦-1",
        "bulan:20٢٦-11",
        "bulan:2026-11\n",
    ],
)
def test_what_is_no_period_is_none(code: str) -> None:
    assert read_period(code) is None


def test_other_days_are_no_period() -> None:
    assert with_days(date(2026, 1, 1), date(2026, 6, 30)) is None
    assert with_days(date(2026, 1, 2), date(2026, 1, 31)) is None


def test_the_last_periods_that_there_are_have_their_days_too() -> None:
    """Somebody typed the last day there is, and a page broke: no day comes after it."""
    assert with_days(date(9999, 12, 1), date(9999, 12, 31)) is not None
    assert with_days(date(9999, 12, 31), date(9999, 12, 31)) is None
