"""A regency under every fault, in a few seeds; `python -m tests.simulation` tells as many as one likes."""

from pathlib import Path

import pytest

from tests.simulation import mutations
from tests.simulation.report import faults
from tests.simulation.scenario import make_story
from tests.simulation.shrink import shrunk, violation_of
from tests.simulation.story import load, save
from tests.simulation.world import World

SEEDS = range(1, 10)
MUTATION_SEEDS = range(1, 31)
"""So many worlds at most until a broken rule must have been noticed; most need one or two."""

LARGER_SEEDS = (119, 127, *range(108, 119), *range(120, 127), *range(128, 140))
"""First those in which a rare one is noticed by now; a change of the stories leaves them to any other."""


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_whatever_goes_wrong(seed: int) -> None:
    assert violation_of(World(make_story(seed, devices=5, days=2))) is None


def test_the_same_seed_gives_the_same_run() -> None:
    ends: list[str] = []
    for _ in range(2):
        world = World(make_story(3, devices=4, days=2))
        assert violation_of(world) is None
        ends.append(world.fingerprint())
    assert ends[0] == ends[1]
    other = World(make_story(4, devices=4, days=2))
    assert violation_of(other) is None
    assert other.fingerprint() != ends[0]


def test_a_device_day_is_as_full_as_it_is_said_to_be() -> None:
    """At least 5 visits, 20 photos, 20 syncs and 2 faults that met a message, in the mean."""
    world = World(make_story(5, devices=10, days=3))
    assert violation_of(world) is None
    device_days = 10 * 3
    assert world.counts["visits"] >= 5 * device_days
    assert world.counts["photos"] >= 20 * device_days
    assert world.counts["syncs"] >= 20 * device_days
    assert faults(world) >= 2 * device_days


@pytest.mark.parametrize("broken", mutations.MUTATIONS, ids=lambda broken: broken.__name__)
def test_a_broken_rule_is_noticed(broken, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)
    worlds = (World(make_story(seed, devices=4, days=2)) for seed in MUTATION_SEEDS)
    assert any(violation_of(world) is not None for world in worlds)


@pytest.mark.parametrize("broken", mutations.RARE, ids=lambda broken: broken.__name__)
def test_a_broken_rule_that_seldom_matters_is_noticed_in_a_larger_world(
    broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    worlds = (World(make_story(seed, devices=12, days=5)) for seed in LARGER_SEEDS)
    assert any(violation_of(world) is not None for world in worlds)


def test_a_violation_is_told_as_a_short_story_that_can_be_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutations.known_tips_are_believed_without_looking(monkeypatch)
    told, found = next(
        (told, found)
        for told in (make_story(seed, devices=3, days=2) for seed in MUTATION_SEEDS)
        if (found := violation_of(World(told))) is not None
    )
    short = shrunk(told, found, 150, lambda left: None)
    assert len(short.events) <= 12
    save(short, tmp_path / "story.json")
    again = load(tmp_path / "story.json")
    assert again == short
    same = violation_of(World(again))
    assert same is not None and same.name == found.name
    monkeypatch.undo()
    assert violation_of(World(again)) is None
