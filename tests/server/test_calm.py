"""What only follows the pushes waits for a pause of them, and never without end."""

import threading

import pytest

from server.calm import LONGEST_S, PAUSE_S, Calm


class Hours(threading.Event):
    """A clock that goes on by what is waited for; at some of its moments somebody pushes."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1_000.0
        self.calm = Calm(lambda: self.now_s)
        self.pushes_until_s = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        assert timeout > 0
        self.now_s += timeout
        if self.now_s < self.pushes_until_s:
            self.calm.disturb()
        return self.is_set()


def waited_s(hours: Hours) -> float:
    """Wait for calm and return how long it took."""
    begun_s = hours.now_s
    hours.calm.wait(hours)
    return hours.now_s - begun_s


def test_where_nobody_pushed_nothing_waits() -> None:
    assert waited_s(Hours()) == 0


def test_after_a_push_it_waits_for_a_pause() -> None:
    hours = Hours()
    hours.calm.disturb()
    assert waited_s(hours) == pytest.approx(PAUSE_S)
    assert waited_s(hours) == 0


def test_each_push_begins_the_pause_anew() -> None:
    hours = Hours()
    hours.calm.disturb()
    hours.pushes_until_s = hours.now_s + 3 * PAUSE_S
    assert waited_s(hours) == pytest.approx(3 * PAUSE_S, abs=PAUSE_S)
    assert hours.now_s >= hours.pushes_until_s


def test_where_pushes_never_pause_it_waits_no_longer_than_its_longest_time() -> None:
    hours = Hours()
    hours.calm.disturb()
    hours.pushes_until_s = float("inf")
    assert waited_s(hours) == pytest.approx(LONGEST_S)


def test_who_is_told_to_stop_waits_no_more() -> None:
    hours = Hours()
    hours.calm.disturb()
    hours.pushes_until_s = float("inf")
    hours.set()
    assert waited_s(hours) == pytest.approx(PAUSE_S)
