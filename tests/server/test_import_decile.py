"""Welfare deciles that lists say: kept as numbers, and said anew by a newer list alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.tables.job import Job
from tests.server.import_desk import Desk, opened_desk
from tests.server.lists import HEADS, person


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from opened_desk(tmp_path)


def taken(desk: Desk, decile: object) -> Job:
    """Take in a list that says the decile of one person."""
    job = desk.take([[*person(11), decile]], heads=[*HEADS, "Desil DTSEN"])
    assert job.matched[-1] == "desil"
    return desk.apply(desk.check(job, "kis"))


def test_a_newer_list_says_another_decile_and_the_same_again_changes_nothing(desk: Desk) -> None:
    assert taken(desk, "Desil 3").counts["baru"] == 1 and desk.of(11)["desil"] == 3
    assert taken(desk, 3).counts["sama"] == 1
    assert taken(desk, 5).counts["berubah"] == 1 and desk.of(11)["desil"] == 5
