"""Three times twenty-four hours, from the moment of knowing."""

import pytest

from server.services.incident_clock import ALLOWED_MS, HOUR_MS, deadline

KNOWN = 1_790_000_000_000


@pytest.mark.parametrize(
    ("after_ms", "urgency", "hours"),
    [
        (0, "berjalan", 72),
        (47 * HOUR_MS, "berjalan", 25),
        (48 * HOUR_MS, "segera", 24),
        (ALLOWED_MS - 1, "segera", 0),
        (ALLOWED_MS, "segera", 0),
        (ALLOWED_MS + 1, "lewat", 0),
        (ALLOWED_MS + 5 * HOUR_MS, "lewat", 5),
        (-9 * HOUR_MS, "berjalan", 72),
    ],
)
def test_the_deadline_nears_and_passes(after_ms: int, urgency: str, hours: int) -> None:
    found = deadline(KNOWN, KNOWN + after_ms)
    assert (found.until_ms, found.urgency, found.hours) == (KNOWN + ALLOWED_MS, urgency, hours)


def test_what_was_done_in_time_stays_done_in_time() -> None:
    found = deadline(KNOWN, KNOWN + 900 * HOUR_MS, done_ms=KNOWN + 70 * HOUR_MS)
    assert (found.urgency, found.hours) == ("selesai", 2)


def test_what_was_done_too_late_says_by_how_much() -> None:
    found = deadline(KNOWN, KNOWN + 900 * HOUR_MS, done_ms=KNOWN + 80 * HOUR_MS)
    assert (found.urgency, found.hours) == ("lewat", 8)
