"""When a phone syncs next, on a clock that is only told."""

import pytest

from field_app.link import Failure
from field_app.pace import LONGEST_PAUSE_S, REGULAR_S, Pace, pause_s

AWAY = Failure(kind="jaringan", say="lapangan.tanpa_jaringan")
BUSY = Failure(kind="kantor", say="problem.terlalu_sering", status=429, retry_s=600)
BOX = Failure(kind="jaringan", say="lapangan.kantor_sibuk", status=503, retry_s=600)


def failing(pace: Pace, times: int, now_ms: int = 0) -> float:
    for _ in range(times):
        pace.ended(AWAY, moved=False, now_ms=now_ms)
    return pace.left_s(now_ms, asked=False)


def test_pauses_grow_to_a_limit_and_differ_by_chance() -> None:
    assert pause_s(0, 0.5) == 0
    assert [pause_s(n, 1.0) for n in (1, 2, 3)] == [5, 10, 20]
    assert pause_s(1, 0.0) == 2.5
    assert pause_s(10_000, 1.0) == LONGEST_PAUSE_S


def test_the_first_sync_is_due_at_once_and_the_next_one_after_a_while() -> None:
    pace = Pace(lambda: 0.5)
    assert pace.left_s(0, asked=False) == 0
    pace.ended(None, moved=True, now_ms=1000)
    assert pace.left_s(1000, asked=False) == REGULAR_S
    assert pace.left_s(1000, asked=True) == 0


def test_asking_ends_a_pause_and_asking_by_hand_lets_the_pauses_begin_anew() -> None:
    pace = Pace(lambda: 1.0)
    assert failing(pace, 6) == 160
    assert pace.left_s(0, asked=True) == 0
    assert failing(pace, 1) == 320, "what comes by itself goes on where it was"
    pace.start_over()
    assert failing(pace, 1) == 5


def test_a_sync_that_brought_something_over_is_tried_again_soon() -> None:
    pace = Pace(lambda: 1.0)
    failing(pace, 6)
    pace.ended(AWAY, moved=True, now_ms=0)
    assert pace.left_s(0, asked=False) == 5


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_what_the_office_asked_for_holds_whoever_asks_and_is_spread(chance: float) -> None:
    pace = Pace(lambda: chance)
    pace.ended(BUSY, moved=False, now_ms=0)
    pace.start_over()
    for asked in (True, False):
        assert pace.left_s(0, asked=asked) == 600 * (1 + chance / 4)
    assert pace.left_s(600_000 + 150_000, asked=True) == 0


def test_what_somebody_on_the_way_asked_for_holds_until_there_is_another_line() -> None:
    pace = Pace(lambda: 0.0)
    pace.ended(BOX, moved=False, now_ms=0)
    assert [pace.left_s(0, asked=asked) for asked in (True, False)] == [600, 600]
    pace.start_over()
    assert pace.left_s(0, asked=True) == 0


def test_what_the_office_asked_for_holds_past_a_line_that_is_cut_meanwhile() -> None:
    pace = Pace(lambda: 0.0)
    pace.ended(BUSY, moved=False, now_ms=0)
    pace.ended(AWAY, moved=False, now_ms=1000)
    for asked in (True, False):
        assert pace.left_s(1000, asked=asked) == 599


def test_a_success_is_not_waiting_and_a_failure_is() -> None:
    pace = Pace(lambda: 0.5)
    assert pace.is_waiting() is False
    failing(pace, 1)
    assert pace.is_waiting() is True
    pace.ended(None, moved=False, now_ms=0)
    assert pace.is_waiting() is False
