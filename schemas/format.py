"""Dates, times, numbers and money as the office writes them (office_formats: id-ID, WIB).

One rule: nothing is stored in these forms; what is stored are ISO dates, UTC milliseconds and whole rupiah.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
WIB = timezone(timedelta(hours=7), "WIB")
FIRST_MS, LAST_MS = -62_135_500_000_000, 253_402_200_000_000
"""Within the first and the last day of the calendar (0001-01-02 and 9999-12-31), UTC milliseconds."""

_UNITS = (
    "nol",
    "satu",
    "dua",
    "tiga",
    "empat",
    "lima",
    "enam",
    "tujuh",
    "delapan",
    "sembilan",
    "sepuluh",
    "sebelas",
)
_SCALES = (
    (10**12, "triliun"),
    (10**9, "miliar"),
    (10**6, "juta"),
    (10**3, "ribu"),
    (100, "ratus"),
    (10, "puluh"),
)


def long_date(day: date) -> str:
    """Write a date as "Sabtu, 21 November 2026"."""
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """Write a date as "21-11-2026"."""
    return f"{day.day:02}-{day.month:02}-{day.year:04}"


def month_name(day: date) -> str:
    """Write the month of a date as "November 2026"."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def local(utc_ms: int) -> datetime:
    """Give the local time (WIB, UTC+7, no summer time) of UTC milliseconds.

    What lies beyond the calendar is given as its first or last day: what a phone says of its clock may be any
    number, and whoever looks at it must see the rest of the page.
    """
    # By addition: fromtimestamp refuses early dates on some systems, and a phone's clock may say 1970.
    known_ms = min(max(utc_ms, FIRST_MS), LAST_MS)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=known_ms)).astimezone(WIB)


def local_date(utc_ms: int) -> date:
    """Give the local date of UTC milliseconds."""
    return local(utc_ms).date()


def moment_ms(day: date, hour: int, minute: int) -> int:
    """Give the UTC milliseconds of a day and an hour of local time (WIB)."""
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=WIB)
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1000


def clock(utc_ms: int) -> str:
    """Write the local time of UTC milliseconds as "14.30 WIB"."""
    moment = local(utc_ms)
    return f"{moment.hour:02}.{moment.minute:02} WIB"


def date_and_clock(utc_ms: int) -> str:
    """Write UTC milliseconds as "Sabtu, 21 November 2026, 14.30 WIB"."""
    return f"{long_date(local_date(utc_ms))}, {clock(utc_ms)}"


def number(value: float, decimals: int = 0) -> str:
    """Write a number with dots between thousands and a decimal comma: 1.234.567,89."""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def rupiah(amount: int) -> str:
    """Write whole rupiah as "Rp1.234.567"."""
    return f"{'-' if amount < 0 else ''}Rp{number(abs(amount))}"


def size(size_bytes: int) -> str:
    """Write a size as people read it: "512 KB", "3,4 MB", "12,0 GB" (of 1024 each)."""
    for unit, bytes_each in (("GB", 1024**3), ("MB", 1024**2)):
        if size_bytes >= bytes_each:
            return f"{number(size_bytes / bytes_each, 1)} {unit}"
    return f"{number(-(-size_bytes // 1024))} KB"


def distance(metres: float) -> str:
    """Write metres as people read them: "850 m", "2,3 km"."""
    return f"{number(metres)} m" if metres < 1000 else f"{number(metres / 1000, 1)} km"


def span(seconds: float) -> str:
    """Write how long something takes as people say it, rounded: "45 detik", "2 menit", "3 jam", "5 hari". In
    hours or days it is from one and a half of them on: below that, rounding would tell too little.
    """
    for unit, length, least in (("hari", 86_400, 129_600), ("jam", 3_600, 5_400), ("menit", 60, 60)):
        if seconds >= least:
            return f"{number(round(seconds / length))} {unit}"
    return f"{number(round(seconds))} detik"


def terbilang(value: int) -> str:
    """Spell a whole number: 2026 is "dua ribu dua puluh enam". ValueError beyond 999 triliun."""
    if abs(value) >= 10**15:
        raise ValueError("too large to spell")
    return f"minus {_spell(-value)}" if value < 0 else _spell(value)


def parse_date(text: str) -> date | None:
    """Read 21-11-2026, 21/11/2026 or 2026-11-21; None for anything else, or a day that does not exist."""
    text = text.strip()
    if found := re.fullmatch(r"([0-9]{1,2})([-/])([0-9]{1,2})\2([0-9]{4})", text):
        day, _, month, year = found.groups()
    elif found := re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text):
        year, month, day = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _spell(value: int) -> str:
    if value < 12:
        return _UNITS[value]
    if value < 20:
        return f"{_UNITS[value - 10]} belas"
    size, name = next(scale for scale in _SCALES if value >= scale[0])
    times, rest = divmod(value, size)
    # One hundred and one thousand have words of their own; one million is "satu juta".
    head = f"se{name}" if times == 1 and size in (100, 1000) else f"{_spell(times)} {name}"
    return f"{head} {_spell(rest)}" if rest else head
