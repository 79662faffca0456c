"""How much of a long work goes into one transaction: as much as takes a moment."""

import pytest

from server.slices import GOAL_S, Slices


@pytest.fixture(autouse=True)
def _pages_wait_for_what_follows() -> None:
    """Nothing is put off here: how long a slice takes is what counts."""


class Machine:
    """A machine on which each thing takes so many seconds."""

    def __init__(self, each_s: float) -> None:
        self.each_s, self.now_s = each_s, 0.0
        self.done: list[int] = []

    def work(self, size: int) -> None:
        self.done.append(size)
        self.now_s += size * self.each_s

    def longest_s(self, slices: Slices, count: int) -> float:
        """Do so many slices; return how long the longest took."""
        del self.done[:]
        for _ in range(count):
            slices.do(self.work)
        return max(self.done) * self.each_s


def test_a_slow_machine_gets_small_slices_and_a_quick_one_large_ones() -> None:
    for each_s in (GOAL_S / 30, GOAL_S / 900):
        machine = Machine(each_s)
        slices = Slices(100, least=10, most=1_000, elapsed_s=lambda machine=machine: machine.now_s)
        machine.longest_s(slices, 10)
        assert machine.longest_s(slices, 10) <= GOAL_S * 1.01
        assert slices.size * each_s >= GOAL_S * 0.9


def test_a_machine_that_others_keep_busy_pays_for_one_slice_only() -> None:
    machine = Machine(GOAL_S / 400)
    slices = Slices(100, least=10, most=1_000, elapsed_s=lambda: machine.now_s)
    machine.longest_s(slices, 10)
    machine.each_s *= 8
    slices.do(machine.work)
    assert machine.longest_s(slices, 10) <= GOAL_S * 1.01


def test_a_slice_is_never_less_or_more_than_is_sensible() -> None:
    for each_s, size in ((GOAL_S, 10), (0.0, 1_000)):
        machine = Machine(each_s)
        slices = Slices(100, least=10, most=1_000, elapsed_s=lambda machine=machine: machine.now_s)
        machine.longest_s(slices, 10)
        assert slices.size == size


def test_one_quick_slice_makes_the_next_no_more_than_twice_as_large() -> None:
    machine = Machine(0.0)
    slices = Slices(100, least=10, most=1_000, elapsed_s=lambda: machine.now_s)
    machine.longest_s(slices, 4)
    assert machine.done == [100, 200, 400, 800]


def test_what_fails_leaves_the_size_as_it_was() -> None:
    slices = Slices(100, least=10, most=1_000, elapsed_s=lambda: 0.0)

    def fail(_: int) -> None:
        raise OSError

    with pytest.raises(OSError):
        slices.do(fail)
    assert slices.size == 100
