"""Counting days, working days and months towards a deadline.

One rule: the day of the event itself is never counted; holidays come in as an argument, as the office
recorded them (schemas/holidays.py).
"""

import calendar
from collections.abc import Container
from datetime import date, timedelta

_SATURDAY = 5


def add_months(day: date, months: int) -> date:
    """Give the same day so many months on, or the last day of a month that is too short for it."""
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    month = month_index + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def is_working_day(day: date, holidays: Container[date] = ()) -> bool:
    """Say whether the office works on a day: Monday to Friday, without holidays."""
    return day.weekday() < _SATURDAY and day not in holidays


def add_working_days(day: date, days: int, holidays: Container[date] = ()) -> date:
    """Give the day so many working days on: Monday to Friday, without holidays."""
    left = days
    while left > 0:
        day += timedelta(days=1)
        if is_working_day(day, holidays):
            left -= 1
    return day


def working_days(first: date, last: date, holidays: Container[date] = ()) -> int:
    """Count the working days from `first` to `last`, both with them; 0 when `last` comes before."""
    every = (first + timedelta(days=each) for each in range((last - first).days + 1))
    return sum(is_working_day(day, holidays) for day in every)
