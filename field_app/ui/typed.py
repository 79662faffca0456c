"""What is typed and what is stored: digits in groups, rupiah with dots, dates and times by hand.

Rule: pure functions of text; no Kivy, no clock. What cannot be read yet is None, never a guess. A number
that is too long is shown as it was typed: cut, it would be another number.
"""

import calendar
import re
from datetime import date

MOST_DIGITS = 40
MOST_RUPIAH_DIGITS = 18
"""So many fit into what a number may be when it is stored."""
MOST_WHOLE_DIGITS = 12
"""With three behind the comma these are kept exactly."""
SEN = re.compile(r"[.,][0-9]{2}\s*$")


def digits_of(text: str) -> str:
    """Only the digits 0-9."""
    return "".join(character for character in text if character in "0123456789")


def keeps(shaped: str, text: str) -> bool:
    """Whether all digits of a text are still there once it was brought into its shape."""
    left = iter(digits_of(shaped))
    return all(digit in left for digit in digits_of(text).lstrip("0"))


def grouped(text: str, wanted: int) -> str:
    """Digits in fours where many are wanted: 3314 9901 0203 0001."""
    digits = digits_of(text)[:MOST_DIGITS]
    if wanted < 8:
        return digits
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def rupiah(text: str) -> str:
    """Whole rupiah with dots: 1.250.000."""
    digits = digits_of(text)[:MOST_RUPIAH_DIGITS].lstrip("0") or ("0" if "0" in text else "")
    return f"{int(digits):,}".replace(",", ".") if digits else ""


def without_sen(text: str) -> str:
    """Pasted rupiah without the two digits behind a comma: 1.250.000,00 is no 125 million."""
    return SEN.sub("", text)


def rupiah_value(text: str) -> int | None:
    """The number behind 1.250.000, or None when nothing was typed."""
    digits = digits_of(text)
    return int(digits) if digits else None


def number_text(text: str, decimal: bool) -> str:
    """Digits, and one comma where a fraction is allowed."""
    kept = "".join(c for c in text.replace(".", ",") if c in "0123456789" or (decimal and c == ","))
    head, comma, tail = kept.partition(",")
    return head[:MOST_WHOLE_DIGITS] + comma + tail.replace(",", "")[:3]


def number_value(text: str) -> int | float | None:
    """The number behind 12 or 12,5."""
    if not digits_of(text):
        return None
    return float(text.replace(",", ".")) if "," in text else int(text)


def number_shown(value: float | None) -> str:
    """A stored number as it is typed, with all its digits."""
    return "" if value is None else f"{value:.3f}".rstrip("0").rstrip(".").replace(".", ",")


def _parts(text: str, sizes: tuple[int, ...], mark: str) -> str:
    """Digits with `mark` between parts; a mark typed early closes its part with a leading zero."""
    parts, current = [], ""
    for character in text:
        last = len(parts) == len(sizes) - 1
        if character in "0123456789":
            if len(current) == sizes[len(parts)]:
                if last:
                    break
                parts, current = [*parts, current], ""
            current += character
        elif character in "-./ :," and current and not last:
            parts, current = [*parts, current.rjust(sizes[len(parts)], "0")], ""
    return mark.join([*parts, current])


def day_text(text: str) -> str:
    """21-11-2026 while it is typed."""
    return _parts(text, (2, 2, 4), "-")


def month_text(text: str) -> str:
    """11-2026 while it is typed."""
    return _parts(text, (2, 4), "-")


def time_text(text: str) -> str:
    """14.30 while it is typed."""
    return _parts(text, (2, 2), ".")


def day_value(text: str) -> str | None:
    """YYYY-MM-DD of a whole and real day, else None."""
    parts = text.split("-")
    if [len(part) for part in parts] != [2, 2, 4]:
        return None
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0])).isoformat()
    except ValueError:
        return None


def day_shown(value: str | None) -> str:
    """YYYY-MM-DD as 21-11-2026."""
    return "-".join(reversed(value.split("-"))) if value else ""


def month_value(text: str) -> str | None:
    """YYYY-MM of a whole month, else None."""
    parts = text.split("-")
    if [len(part) for part in parts] != [2, 4] or not 1 <= int(parts[0]) <= 12 or int(parts[1]) < 1900:
        return None
    return f"{parts[1]}-{parts[0]}"


def month_shown(value: str | None) -> str:
    """YYYY-MM as 11-2026."""
    return day_shown(value)


def time_value(text: str) -> str | None:
    """HH:MM of a whole time, else None."""
    parts = text.split(".")
    if [len(part) for part in parts] != [2, 2] or int(parts[0]) > 23 or int(parts[1]) > 59:
        return None
    return f"{parts[0]}:{parts[1]}"


def time_shown(value: str | None) -> str:
    """HH:MM as 14.30."""
    return value.replace(":", ".") if value else ""


def step_day(value: str, part: str, by: int) -> str:
    """A day moved by days, months or years; the day of the month is kept where the month has it."""
    year, month, day = (int(piece) for piece in value.split("-"))
    if part == "hari":
        return date.fromordinal(max(1, date(year, month, day).toordinal() + by)).isoformat()
    months = year * 12 + month - 1 + (by if part == "bulan" else 12 * by)
    year, month = divmod(months, 12)
    year = min(9999, max(1, year))
    return date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1])).isoformat()


def step_month(value: str, part: str, by: int) -> str:
    """A month moved by months or years."""
    return step_day(f"{value}-01", part, by)[:7]


def step_time(value: str, part: str, by: int) -> str:
    """A time moved by hours or minutes, round the clock."""
    hour, minute = (int(piece) for piece in value.split(":"))
    total = (hour * 60 + minute + by * (60 if part == "jam" else 1)) % 1440
    return f"{total // 60:02d}:{total % 60:02d}"
