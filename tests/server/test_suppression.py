"""Numbers of few people: closed, and not to be had from what is told around them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from server.suppression import ALL, FEW, Cell, closed_in_row, closed_in_year, is_few, with_sums

EMPTY: Counter[Cell] = Counter()
count = st.one_of(st.integers(0, 6), st.integers(0, 40))


def tables(places: int, categories: int) -> st.SearchStrategy[Counter[Cell]]:
    cells = [(f"p{at}", f"c{of}") for at in range(places) for of in range(categories)]
    values = st.lists(count, min_size=len(cells), max_size=len(cells))
    return values.map(lambda found: +Counter(dict(zip(cells, found, strict=True))))


def in_january(table: Counter[Cell], *, never_told: Iterable[str] = (), sums_told: bool = True) -> set[Cell]:
    months = [table, *[EMPTY] * 11]
    return set(closed_in_year(months, never_told=frozenset(never_told), sums_told=sums_told).months[0])


def has_another(table: Counter[Cell], wanted: Cell, told: set[Cell]) -> bool:
    """Whether another table, with the same zeros, tells all the same and has another number in a cell.

    All tables of whole numbers within one of this one are tried: in a network, if there is another at all,
    there is one such.
    """
    free = [cell for cell in sorted(table) if cell not in told]
    ways = [(0, 1) if table[cell] == 1 else (-1, 0, 1) for cell in free]
    sums = [[at for at, cell in enumerate(free) if lies_in(cell, total)] for total in told if ALL in total]
    here = [at for at, cell in enumerate(free) if cell == wanted or lies_in(cell, wanted)]
    return any(
        sum(steps[at] for at in here) and not any(sum(steps[at] for at in total) for total in sums)
        for steps in product(*ways)
    )


def lies_in(cell: Cell, total: Cell) -> bool:
    return ALL in total and all(own in (ALL, each) for own, each in zip(total, cell, strict=True))


@settings(deadline=None, max_examples=60)
@given(tables(3, 2), st.booleans(), st.booleans())
def test_no_closed_number_comes_out_of_what_all_levels_tell(
    table: Counter[Cell], sums_told: bool, p0_is_told: bool
) -> None:
    hidden_place = () if p0_is_told else ("p0",)
    closed = in_january(table, never_told=hidden_place, sums_told=sums_told)
    every = with_sums(table)
    never = {cell for cell in every if cell[0] in hidden_place or (not sums_told and cell[1] == ALL)}
    told = set(every) - closed - never
    assert not any(is_few(every[cell]) for cell in told)
    assert all(has_another(table, cell, told) for cell in closed)


def test_one_small_number_closes_the_cheapest_others_with_it() -> None:
    table = Counter({("p0", "a"): 3, ("p0", "b"): 90, ("p1", "a"): 8, ("p1", "b"): 9, ("p2", "a"): 70})
    table[("p2", "b")] = 80
    assert in_january(table) == {("p0", "a"), ("p0", "b"), ("p1", "a"), ("p1", "b")}


def test_a_bridge_between_two_groups_of_closed_numbers_is_seen() -> None:
    """Each row and column has two closed cells, and yet that between the groups would come out."""
    squares = [(f"p{place}", f"c{of}") for group in ("12", "34") for place, of in product(group, group)]
    table = Counter({**dict.fromkeys(squares, 3), ("p2", "c3"): 4, ("p0", "c0"): 500})
    for at in "1234":
        table[(f"p{at}", "c0")] = table[("p0", f"c{at}")] = 500
    closed = in_january(table)
    assert {*squares, ("p2", "c3")} < closed
    assert has_another(table, ("p2", "c3"), set(with_sums(table)) - closed)


def test_where_nothing_is_small_everything_is_told() -> None:
    assert in_january(Counter({("p0", "a"): FEW, ("p1", "b"): 7})) == set()


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(st.integers(0, 11), tables(2, 2), min_size=1, max_size=5))
def test_no_closed_number_comes_out_of_a_longer_period_and_the_others_in_it(
    some: dict[int, Counter[Cell]],
) -> None:
    all_holds(some)


def all_holds(some: dict[int, Counter[Cell]]) -> None:
    """See that of the tables of a year, by month, no closed number comes out."""
    months = [some.get(at, EMPTY) for at in range(12)]
    found = closed_in_year(months)
    by_month = [with_sums(month) for month in months]
    by_quarter = [sum(by_month[at : at + 3], EMPTY) for at in range(0, 12, 3)]
    year = sum(by_month, EMPTY)
    for at in range(4):
        inner = slice(3 * at, 3 * at + 3)
        apart(by_quarter[at], found.quarters[at], by_month[inner], found.months[inner])
    apart(year, found.year, by_quarter, found.quarters)
    every = zip([*by_month, *by_quarter, year], [*found.months, *found.quarters, found.year], strict=True)
    for counts, closed in every:
        told = {cell for cell in counts if cell not in closed}
        inner = Counter({cell: number for cell, number in counts.items() if ALL not in cell})
        assert not any(is_few(counts[cell]) for cell in told)
        assert all(has_another(inner, cell, told) for cell in closed)


def test_it_is_looked_once_more_at_a_month_that_another_quarter_closed_something_in() -> None:
    """March closes its numbers in the third quarter, that in each month of it, and July then more."""
    march = Counter({("p0", "a"): 2, ("p0", "b"): 3})
    july = Counter({("p0", "a"): 40, ("p1", "a"): 5, ("p1", "b"): 6})
    all_holds({2: march, 6: july, 8: Counter({("p0", "a"): 20, ("p0", "b"): 12})})


def apart(
    longer: Counter[Cell],
    closed: frozenset[Cell],
    shorter: Sequence[Counter[Cell]],
    closed_there: Sequence[frozenset[Cell]],
) -> None:
    """See that no line of a longer period and those in it has exactly one unknown, zeros being known."""
    for cell in longer:
        unknown = [cell in there for counts, there in zip(shorter, closed_there, strict=True) if counts[cell]]
        assert sum(unknown) + (cell in closed) != 1, cell
        if sum(unknown) and cell not in closed:  # two ones would be told by a sum of two
            parts = [
                counts[cell] for counts, there in zip(shorter, closed_there, strict=True) if cell in there
            ]
            assert sum(parts) > len(parts)


def test_what_is_small_in_one_month_is_told_for_the_quarter() -> None:
    months = [Counter({("p0", "a"): 20, ("p0", "b"): small}) for small in (9, 2, 11)]
    found = closed_in_year([*months, *[EMPTY] * 9])
    assert all(("p0", "b") in closed for closed in found.months[:3])
    assert ("p0", "b") not in found.quarters[0] and ("p0", "b") not in found.year


def test_a_quarter_with_visits_in_one_month_is_closed_like_that_month() -> None:
    table = Counter({("p0", "a"): 20, ("p0", "b"): 2, ("p1", "a"): 30, ("p1", "b"): 40})
    found = closed_in_year([EMPTY, table, *[EMPTY] * 10])
    assert found.months[1] == found.quarters[0] == found.year != frozenset()


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(lambda counts: sum(counts) >= FEW))
def test_no_sum_tells_what_is_closed_in_a_row(counts: list[int]) -> None:
    closed = closed_in_row(counts)
    assert all(count == 0 or at in closed or count >= FEW for at, count in enumerate(counts))
    hidden = [counts[at] for at in closed]
    assert 0 not in hidden
    assert not hidden or (len(hidden) > 1 and sum(hidden) > len(hidden))
