"""Reading what forms of the registers ask. Rule: what cannot be read is None, and the page says so."""

from datetime import date, datetime

from schemas.format import WIB


def moment_of(text: str) -> int | None:
    """Read a local date and time, as a browser's field gives it (2026-11-20T08:10), as UTC milliseconds."""
    try:
        moment = datetime.strptime(text.strip(), "%Y-%m-%dT%H:%M").replace(tzinfo=WIB)
    except ValueError:
        return None
    return int(moment.timestamp() * 1000) if moment.year >= 1990 else None


def day_of(text: str) -> str | None:
    """Read a day, as a browser's field gives it; None for what is no day."""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return None


def count_of(text: str, most: int) -> int | None:
    """Read a whole number from 0 up to `most`."""
    digits = text.strip()
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= len(str(most))
    return int(digits) if is_number and int(digits) <= most else None
