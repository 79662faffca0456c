"""A shorter world on the real stores, with real signatures: the same stories, the same properties."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from field_app.vault import Vault
from server.store import SqlOfficeStore
from tests.simulation.real_stores import RealWorld
from tests.simulation.scenario import make_story
from tests.simulation.shrink import violation_of
from tests.simulation.story import Area, Story, Sync, Trouble


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_lost_on_the_real_stores(seed: int, tmp_path: Path) -> None:
    world = RealWorld(make_story(seed, devices=2, days=1), tmp_path)
    try:
        assert violation_of(world) is None
    finally:
        world.close()


BROKEN = {
    "what_is_missing_is_not_wanted": lambda patch: _nothing_is_wanted(patch),
    "a_removal_is_not_stored": lambda patch: patch.setattr(
        SqlOfficeStore, "put_rows", _without_removals(SqlOfficeStore.put_rows)
    ),
    "a_phone_keeps_parts_that_are_gone": lambda patch: patch.setattr(
        "field_app.pulled.clear_parts", lambda connection, cleared: None
    ),
}


def _nothing_is_wanted(patch):
    """Whether one is answered or many."""
    patch.setattr(SqlOfficeStore, "wanted", lambda self, device, limit: [])
    patch.setattr(SqlOfficeStore, "_wanted", lambda self, devices, limit: {})


def _without_removals(real):
    return lambda self, rows, removed: real(self, rows, [])


@contextmanager
def _each_statement_by_itself(self):
    """Without a transaction: what was written before a crash stays."""
    with self._lock:
        yield self._connection


CUT_PAGE = Story(
    seed=1,
    devices=4,
    days=1,
    page_rows=2_000,
    message_bytes=500_000,
    events=(
        Sync(n=1, phone=0),
        Area(n=2, phone=0, desa=(0,)),
        Sync(n=3, phone=0),
        Area(n=4, phone=0, desa=(1,)),
        Sync(n=5, phone=0, troubles=(Trouble(step=0, kind="phone_crash", at=1),)),
    ),
)
"""A phone stops in the middle of storing a page that brings it another area."""


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_page_that_is_not_stored_whole_is_noticed(
    is_whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = RealWorld(CUT_PAGE, tmp_path)
    if not is_whole:
        monkeypatch.setattr(Vault, "write", _each_statement_by_itself)
    try:
        assert (violation_of(world) is None) == is_whole
        assert world.counts["phone_crash"] == 1
    finally:
        world.close()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_store_is_noticed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    BROKEN[name](monkeypatch)
    for seed in range(1, 13):
        folder = tmp_path / str(seed)
        folder.mkdir()
        world = RealWorld(make_story(seed, devices=3, days=1), folder)
        try:
            if violation_of(world) is not None:
                return
        finally:
            world.close()
    raise AssertionError("nothing was noticed")
