"""What charts tell of people, of one reader's kecamatan and of all of them."""

from collections import Counter
from datetime import date

from server.access import Scope
from server.periods import period_of
from server.services.figures import Made, nothing
from server.services.told_counts import ToldYear
from server.suppression import ALL
from tests.server.web_office import DESA, ELSEWHERE

JANUARY = period_of("bulan", date(2026, 1, 1))
EVERYTHING = Scope(author=None, areas=None, services=None)


def made(counts: dict[tuple[str, str], int]) -> Made:
    """Say how often problems were told in a desa."""
    month = nothing()
    for (desa, problem), count in counts.items():
        month.of.setdefault((desa, "bpnt"), Counter())["masalah", problem] += count
    return month


def test_a_few_visits_of_no_known_desa_close_nothing_since_no_page_tells_of_them() -> None:
    here, there = (each.rpartition(".")[0] for each in (DESA, ELSEWHERE))
    counts = {(desa, problem): 7 for desa in (DESA, ELSEWHERE) for problem in ("lupa_pin", "saldo_0")}
    month = made({**counts, ("", "saldo_0"): 2})
    told = ToldYear((month, *(nothing() for _ in range(11))), EVERYTHING, None)
    for place in (here, there):
        found = told.of("masalah", JANUARY, place)
        assert (dict(found.counts), found.total) == ({"lupa_pin": 7, "saldo_0": 7}, 14)
    found = told.of("masalah", JANUARY, ALL)
    assert (dict(found.counts), found.total) == ({"lupa_pin": 14, "saldo_0": 16}, 30)
