"""Days off as they are recorded, put in spans, and proposed for a year."""

from datetime import date

import pytest

from schemas.deadline import add_working_days, is_working_day, working_days
from schemas.holidays import Holidays, Span, fields_of, has_decree, proposed, spans

NATAL = {date(2026, 12, 24): "Cuti bersama Natal", date(2026, 12, 25): "Hari Raya Natal"}


def test_recorded_days_are_off_and_no_others() -> None:
    known = Holidays(fields_of(2026, NATAL))
    assert [day for day in range(20, 32) if date(2026, 12, day) in known] == [24, 25]
    assert known.of(2026) == NATAL and known.years() == [2026]
    assert known.unknown(date(2026, 12, 1), date(2028, 1, 1)) == [2027, 2028]


def test_a_deadline_goes_over_days_off_and_weekends() -> None:
    known = Holidays(fields_of(2026, NATAL))
    assert add_working_days(date(2026, 12, 22), 3, known) == date(2026, 12, 29)
    assert working_days(date(2026, 12, 21), date(2026, 12, 27), known) == 3


@pytest.mark.parametrize(
    "fields", [{"2026": None}, {"2026": ["2026-12-25"]}, {"2026": {"Natal": "x"}}, {"x": {}}]
)
def test_what_a_newer_program_writes_otherwise_counts_for_nothing(fields: dict[str, object]) -> None:
    known = Holidays(fields)
    assert date(2026, 12, 25) not in known and not known.of(2026)


def test_a_year_that_was_emptied_is_not_known() -> None:
    assert not Holidays(fields_of(2027, {})).knows(2027)


def test_days_in_a_row_with_one_name_are_one_span() -> None:
    days = {date(2026, 3, day): "Cuti bersama Idulfitri" for day in (20, 23, 24)} | {
        date(2026, 3, 21): "Idulfitri"
    }
    assert [(each.first, each.last) for each in spans(days)] == [
        (date(2026, 3, 20), date(2026, 3, 20)),
        (date(2026, 3, 21), date(2026, 3, 21)),
        (date(2026, 3, 23), date(2026, 3, 24)),
    ]


def test_the_decree_for_2026_has_25_days_of_which_21_are_on_weekdays() -> None:
    days = [day for each in proposed(2026) for day in each.days()]
    working = sum(map(is_working_day, days))
    assert (len(days), len(set(days)), working) == (25, 25, 21) and has_decree(2026)
    assert {day.year for day in days} == {2026}


def test_another_year_begins_with_the_days_that_never_move_and_names_without_a_day() -> None:
    rows = proposed(2031)
    assert Span(first=date(2031, 8, 17), last=date(2031, 8, 17), name="Proklamasi Kemerdekaan") in rows
    assert Span(first=None, last=None, name="Idulfitri") in rows and not has_decree(2031)
    assert not [each for each in rows if each.first is None and each.days()]
    assert {each.name for each in proposed(2026)} == {each.name for each in rows}
