"""Which numbers of few people are not told, and which others with them. Rule: pure; counts in, cells out.

A table counts by place and category; told are its cells, the sum of each place, and all places together. What
is below `FEW` is closed. A closed number must not come out of what is told: so for each there is a cycle of
closed cells along which one can be added and taken away in turn while every sum that is told stays. Such a
cycle is found as the cheapest path through the table (source: Cox 1995, network models for the suppression of
cells in two-way tables); what of it was told is closed too.

Readers are taken to know every zero, and that all else is at least one: zeros are told, and no closed cell is
moved down to one. The tables of a year are closed together, see `closed_in_year`.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import isqrt

from schemas.base import Data

FEW = 5
ALL = "*"
"""Stands for all places, and for the sum of all categories."""
Cell = tuple[str, str]
"""A place and a category."""
Counts = Mapping[Cell, int]
Cells = frozenset[Cell]
MONTHS_A_QUARTER = 3
_DEARER = 10
"""How much dearer it is to close a number of all places, or a sum."""
_Node = tuple[bool, str]
"""A row or a column."""
_Arcs = Mapping[_Node, list[tuple[_Node, Cell]]]


class ClosedYear(Data, frozen=True, kw_only=True):
    """The cells that are not told: of each month, of each quarter, of the year."""

    months: tuple[Cells, ...]
    quarters: tuple[Cells, ...]
    year: Cells


def is_few(count: int) -> bool:
    """Whether a number tells of so few that it is closed."""
    return 0 < count < FEW


def closed_in_row(counts: Sequence[int]) -> frozenset[int]:
    """Return which of a few numbers are closed, where their sum is told and is not small itself."""
    named = {("", f"{at:03}"): count for at, count in enumerate(counts)}
    closed = {cell for cell, count in named.items() if is_few(count)}
    if len(closed) == 1 or (closed and sum(named[cell] for cell in closed) == len(closed)):
        others = [cell for cell, count in named.items() if count and cell not in closed]
        closed.update(sorted(others, key=lambda cell: named[cell])[:1])
    return frozenset(int(category) for _, category in closed)


def with_sums(counts: Counts) -> Counter[Cell]:
    """Add the sums of each place, and of all places."""
    found = Counter[Cell]()
    for (place, category), count in counts.items():
        for cell in ((place, category), (place, ALL), (ALL, category), (ALL, ALL)):
            found[cell] += count
    return +found


def closed_in_year(
    months: Sequence[Counts], *, never_told: AbstractSet[str] = frozenset(), sums_told: bool = True
) -> ClosedYear:
    """Close the tables of the twelve months of a year, of its quarters and of itself, all together.

    What is closed in a month is closed in all months of its quarter, and so the quarters of the year: none
    comes out of the longer period by taking the others away. Where all of a longer period lies in one
    shorter, both are closed alike; and what is closed in the longer is closed in the shorter, or adding these
    up would tell it.

    `never_told` are places that no page tells of; `sums_told` is whether the sums of categories are told.
    """
    by_month = [with_sums(each) for each in months]
    by_quarter = _added_up(by_month, MONTHS_A_QUARTER)
    [whole] = _added_up(by_quarter, len(by_quarter))

    def is_told(cell: Cell) -> bool:
        return cell[0] not in never_told and (sums_told or cell[1] != ALL)

    def nets(tables: Iterable[Counter[Cell]]) -> list[_Net]:
        return [_Net(table, is_told) for table in tables]

    of_months, of_quarters, of_year = nets(by_month), nets(by_quarter), nets([whole])
    groups = [of_months[at : at + MONTHS_A_QUARTER] for at in range(0, len(months), MONTHS_A_QUARTER)]
    year, quarters = set[Cell](), set[Cell]()
    inner: list[set[Cell]] = [set() for _ in groups]
    before = -1
    while (size := len(year) + len(quarters) + sum(map(len, inner))) != before:
        before = size
        inner = [_closed(group, old | quarters) for group, old in zip(groups, inner, strict=True)]
        alone = [_in_one(group, cells) for group, cells in zip(groups, inner, strict=True)]
        quarters = _closed(of_quarters, quarters.union(year, *alone))
        year = _closed(of_year, year | _in_one(of_quarters, quarters))
    return ClosedYear(
        months=tuple(_of(table, inner[at // MONTHS_A_QUARTER]) for at, table in enumerate(by_month)),
        quarters=tuple(_of(table, quarters) for table in by_quarter),
        year=_of(whole, year),
    )


def _added_up(tables: Sequence[Counter[Cell]], length: int) -> list[Counter[Cell]]:
    found: list[Counter[Cell]] = []
    for at in range(0, len(tables), length):
        total = Counter[Cell]()
        for each in tables[at : at + length]:
            total.update(each)
        found.append(total)
    return found


def _of(table: Counter[Cell], cells: AbstractSet[Cell]) -> Cells:
    return frozenset(cell for cell in cells if table[cell])


def _in_one(nets: Sequence["_Net"], cells: Iterable[Cell]) -> set[Cell]:
    """Return the cells of which all stands in one of some tables."""
    return {cell for cell in cells if sum(bool(net.table[cell]) for net in nets) == 1}


def _closed(nets: Sequence["_Net"], seeds: AbstractSet[Cell]) -> set[Cell]:
    """Close what is few in any of some tables, and what is to be closed with it, in each of them alike."""
    closed = set(seeds)
    for net in nets:
        closed |= net.few
    before = -1
    while before != len(closed):
        before = len(closed)
        for net in nets:
            net.protect(closed)
    return closed


class _Net:
    """One table as a network: rows and columns are its nodes, a cell that is not zero leads between two."""

    def __init__(self, table: Counter[Cell], is_told: Callable[[Cell], bool]) -> None:
        self.table = table
        self.few = {cell for cell, count in table.items() if is_few(count) and is_told(cell)}
        self._free = {cell for cell in table if not is_told(cell)}
        self._safe = set[Cell]()
        arcs = defaultdict[_Node, list[tuple[_Node, Cell]]](list)
        for cell, count in sorted(table.items()):
            start, end = _ends(cell)
            arcs[start].append((end, cell))  # one more
            if count > 1:
                arcs[end].append((start, cell))  # one less
        self._arcs: _Arcs = arcs
        self._cost = {
            cell: (1 + isqrt(count)) * (_DEARER if ALL in cell else 1) for cell, count in table.items()
        }

    def protect(self, closed: set[Cell]) -> None:
        """Close what it takes so that no closed cell of this table comes out of its sums.

        What is safe stays safe: more that is closed takes no cycle away.
        """
        if all(cell in self._safe or not self.table[cell] for cell in closed):
            return
        self._safe |= self._plainly_safe(closed)
        for cell in sorted(closed):
            if not self.table[cell] or cell in self._safe:
                continue
            start, end = _ends(cell)
            found = [self._path(end, start, cell, closed)]
            if self.table[cell] > 1:
                found.append(self._path(start, end, cell, closed))
            _, cycle = min((path for path in found if path is not None), key=lambda path: path[0])
            closed |= cycle - self._free
            self._safe |= {cell, *cycle}

    def _path(
        self, start: _Node, end: _Node, without: Cell, closed: AbstractSet[Cell]
    ) -> tuple[int, set[Cell]] | None:
        """Return the cheapest path between two nodes, and its cells; what is closed costs nothing."""
        came: dict[_Node, tuple[_Node, Cell]] = {}
        costs = {start: 0}
        waiting = [(0, start)]
        while waiting:
            cost, node = heapq.heappop(waiting)
            if node == end:
                cells = set[Cell]()
                while node != start:
                    node, cell = came[node]
                    cells.add(cell)
                return cost, cells
            if cost > costs[node]:
                continue
            for beyond, cell in self._arcs[node]:
                if cell == without:
                    continue
                is_open = cell not in closed and cell not in self._free
                then = cost + (self._cost[cell] if is_open else 0)
                if then < costs.get(beyond, then + 1):
                    costs[beyond], came[beyond] = then, (node, cell)
                    heapq.heappush(waiting, (then, beyond))
        return None

    def _plainly_safe(self, closed: AbstractSet[Cell]) -> set[Cell]:
        """Return the closed cells on a cycle of such as can go both ways: those that no bridge leads over.

        That is quick to see, and so for nearly all of them; of the others the paths are looked for.
        """
        ways = defaultdict[_Node, list[tuple[_Node, Cell]]](list)
        for cell in [*closed, *self._free]:
            if self.table[cell] > 1:
                start, end = _ends(cell)
                ways[start].append((end, cell))
                ways[end].append((start, cell))
        order: dict[_Node, int] = {}
        safe = set[Cell]()

        def walk(node: _Node, over: Cell | None) -> int:
            """Return the earliest node that is reached from here on."""
            lowest = order[node] = len(order)
            for beyond, cell in ways[node]:
                if cell == over:
                    continue
                seen = order.get(beyond)
                reached = walk(beyond, cell) if seen is None else seen
                if reached <= order[node]:
                    safe.add(cell)
                lowest = min(lowest, reached)
            return lowest

        for node in list(ways):
            if node not in order:
                walk(node, None)
        return safe


def _ends(cell: Cell) -> tuple[_Node, _Node]:
    """Return from where to where one more of a cell leads: sums lead back."""
    place, category = cell
    row, column = (False, place), (True, category)
    return (row, column) if (place == ALL) == (category == ALL) else (column, row)
