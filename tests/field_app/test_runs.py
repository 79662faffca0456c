"""How much goes up in one request, by how the last ones fared."""

from field_app.runs import FIRST_BYTES, FIRST_METERED_BYTES, LEAST_BYTES, WANTED_MS, Runs
from sync.client import PUSH_BYTES


def test_a_good_line_soon_gets_the_largest_runs() -> None:
    runs = Runs()
    for _ in range(2):
        runs.answered(runs.most_bytes, 30)
    assert runs.most_bytes == PUSH_BYTES
    runs.answered(runs.most_bytes, 30)
    assert runs.most_bytes == PUSH_BYTES


def test_a_slow_line_gets_smaller_runs_until_a_cut_costs_little() -> None:
    runs = Runs()
    bytes_per_ms = 6
    for _ in range(8):
        runs.answered(runs.most_bytes, runs.most_bytes / bytes_per_ms)
    assert LEAST_BYTES <= runs.most_bytes <= bytes_per_ms * WANTED_MS + LEAST_BYTES


def test_a_run_that_was_far_from_full_does_not_make_the_next_one_larger() -> None:
    runs = Runs()
    runs.answered(500, 5)
    assert runs.most_bytes == FIRST_BYTES


def test_after_a_cut_the_least_goes_and_from_there_it_grows_again() -> None:
    runs = Runs()
    runs.failed()
    assert runs.most_bytes == LEAST_BYTES
    runs.answered(LEAST_BYTES, WANTED_MS / 2)
    assert runs.most_bytes == 2 * LEAST_BYTES


def test_an_answer_in_no_time_at_all_is_no_trouble() -> None:
    runs = Runs()
    runs.failed()
    runs.answered(runs.most_bytes, 0)
    assert runs.most_bytes == 4 * LEAST_BYTES


def test_another_kind_of_network_is_another_line() -> None:
    runs = Runs()
    runs.starts(metered=True)
    assert runs.most_bytes == FIRST_METERED_BYTES
    runs.failed()
    runs.starts(metered=True)
    assert runs.most_bytes == LEAST_BYTES, "the same line is as bad as it was"
    runs.starts(metered=False)
    assert runs.most_bytes == FIRST_BYTES
