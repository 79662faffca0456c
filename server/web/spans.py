"""Spans of days that people type. Rule: days are those of the office's clock (WIB)."""

from datetime import datetime, timedelta

from schemas import format as written

FOREVER_MS = 2**62


def span(first: str, last: str) -> tuple[int, int, bool]:
    """Return the span from one day to another, both within: (first_ms, before_ms, unreadable)."""
    begin, end = written.parse_date(first), written.parse_date(last)
    wrong = bool(first and begin is None) or bool(last and end is None)
    first_ms = _midnight_ms(datetime(begin.year, begin.month, begin.day, tzinfo=written.WIB)) if begin else 0
    if end is None:
        return first_ms, FOREVER_MS, wrong
    past = datetime(end.year, end.month, end.day, tzinfo=written.WIB)
    return first_ms, _midnight_ms(past) + _DAY_MS, wrong


_DAY_MS = 86_400_000


def _midnight_ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=written.WIB)) // timedelta(milliseconds=1) - 7 * 3_600_000
