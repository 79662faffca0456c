"""The office's clock is a year ahead for a while, and then right again."""

from pathlib import Path

import pytest

from server import limits
from server.compose import close_office
from tests.server.conftest import make_office
from tests.server.test_limits import HERE, guessed

YEAR_MS = 365 * 86_400_000


def test_who_failed_while_the_offices_clock_was_ahead_need_not_wait_until_that_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 45. What failed just now counts as ever."""
    deps = make_office(tmp_path)
    try:
        right, ahead = deps.now_ms(), deps.now_ms() + YEAR_MS
        monkeypatch.setattr(deps.joinings, "_now_ms", lambda: ahead)
        assert set(guessed(deps, HERE, limits.CODES)) == {"kode_salah"}
        assert guessed(deps, HERE) == ["terlalu_sering"]
        monkeypatch.setattr(deps.joinings, "_now_ms", lambda: right)
        assert set(guessed(deps, HERE, limits.CODES)) == {"kode_salah"}
        assert guessed(deps, HERE) == ["terlalu_sering"]
    finally:
        close_office(deps)


def test_what_many_places_guessed_while_the_clock_was_ahead_slows_nobody_until_that_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 45."""
    monkeypatch.setattr(limits, "CODES_EVERYWHERE", 20)
    deps = make_office(tmp_path)
    try:
        right, ahead = deps.now_ms(), deps.now_ms() + YEAR_MS
        monkeypatch.setattr(deps.joinings, "_now_ms", lambda: ahead)
        for number in range(20):
            guessed(deps, f"10.1.0.{number}")
        monkeypatch.setattr(deps.joinings, "_now_ms", lambda: right)
        assert set(guessed(deps, HERE, limits.CODES_WHILE_SPRAYED + 1)) == {"kode_salah"}
    finally:
        close_office(deps)
