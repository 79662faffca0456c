"""What the tests of faults stand on: one nursery of processes for all of them, a fresh regency for each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.nursery import Nursery
from tests.faults.world import World


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


Make = Callable[..., World]


@pytest.fixture
def regency(tmp_path: Path, nursery: Nursery) -> Iterator[Make]:
    """Make regencies of so many officers, served or not; all end with the test."""
    made: list[World] = []

    def make(people: int = 1, *, served: bool = True) -> World:
        folder = tmp_path / f"kabupaten-{len(made)}"
        folder.mkdir()
        made.append(World(folder, nursery, people))
        if served:
            made[-1].serve()
        return made[-1]

    yield make
    for world in made:
        world.close()
