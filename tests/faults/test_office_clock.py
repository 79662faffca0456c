"""The office's clock is a year ahead for a while, and then right again."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from schemas.base import encode
from schemas.problem import Problem
from schemas.wire import Joining
from server import limits
from server.compose import close_office
from server.deps import Deps
from tests.faults.conftest import Make
from tests.faults.line import UP
from tests.faults.test_at_the_same_moment import officer
from tests.faults.world import pending, sync, visit, words
from tests.server.conftest import Running, make_office
from tests.server.phones import Phone
from tests.server.test_limits import HERE, guessed

YEAR_MS = 365 * 86_400_000
STEP_MS = 4 * 60_000
"""As a machine may be set right by the network's time."""


@pytest.fixture
def deps(tmp_path: Path) -> Iterator[Deps]:
    deps = make_office(tmp_path)
    yield deps
    close_office(deps)


@pytest.fixture
def set_clock(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set by how much the clock is ahead that joinings read, in milliseconds; there it stands."""
    right = deps.now_ms()
    return lambda ahead_ms: monkeypatch.setattr(deps.joinings, "_now_ms", lambda: right + ahead_ms)


def test_who_failed_while_the_offices_clock_was_ahead_need_not_wait_until_that_day(
    deps: Deps, set_clock: Callable[[int], None]
) -> None:
    """Row 45. What failed just now counts as ever."""
    for ahead_ms in (YEAR_MS, 0):
        set_clock(ahead_ms)
        assert set(guessed(deps, HERE, limits.CODES)) == {"kode_salah"}
        assert guessed(deps, HERE) == ["terlalu_sering"]


def test_what_many_places_guessed_while_the_clock_was_ahead_slows_nobody_until_that_day(
    deps: Deps, set_clock: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 45."""
    monkeypatch.setattr(limits, "CODES_EVERYWHERE", 20)
    set_clock(YEAR_MS)
    for number in range(20):
        guessed(deps, f"10.1.0.{number}")
    set_clock(0)
    assert set(guessed(deps, HERE, limits.CODES_WHILE_SPRAYED + 1)) == {"kode_salah"}


def test_what_was_given_out_while_the_offices_clock_was_ahead_is_not_good_until_that_day(
    regency: Make,
) -> None:
    """Row 75. A login of a browser, a token of a phone: nobody thinks of them any more by then."""
    world = regency()
    phone = world.wire_phone()
    world.set_clock(YEAR_MS)
    browser = officer(world, 0)
    phone.login()

    def answers() -> tuple[int, int]:
        return browser.get("/").status_code, phone.post(
            "/api/sync", encode(phone.quiet_request())
        ).status_code

    assert answers() == (200, 200)
    world.set_clock(YEAR_MS - STEP_MS)
    assert answers() == (200, 200), "a small step back takes nothing"
    world.set_clock(0)
    assert answers() == (303, 401)
    phone.login()
    phone.sync()


def test_a_code_of_joining_that_was_made_while_the_clock_was_ahead_is_not_good_until_that_day(
    deps: Deps, set_clock: Callable[[int], None], tmp_path: Path
) -> None:
    """Row 75."""
    set_clock(YEAR_MS)
    code = deps.joinings.new_code(Running(deps, "", tmp_path / "office").person())
    assert not isinstance(code, Problem)
    request = Phone(httpx.Client()).request(code.code)
    set_clock(0)
    assert deps.joinings.join(request, HERE).result() == Problem(code="kode_kedaluwarsa")
    set_clock(YEAR_MS - STEP_MS)
    assert isinstance(deps.joinings.join(request, HERE).result(), Joining)


def test_a_clock_that_steps_past_the_end_of_an_upload_and_back_costs_no_photo(regency: Make) -> None:
    """Row 76. The office forgets what had come, in the midst of it, and asks for all of it once more."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, 2, 3)
    world.line.when_up(30_000, partial(world.set_clock, YEAR_MS))
    world.line.when_up(80_000, partial(world.set_clock, 0))
    world.line.cut(UP, 20_000, 15_000, 30_000)
    phone.worker.run_once()
    sync(phone)
    assert world.line.cuts == 3
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.lacks(), world.faults()) == ([done.change.hex()], [], [])
