"""The database after a group of runs is, row for row, the one after the same runs one after another."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.ids import NO_LINK
from schemas.wire import PROTOCOL, Cursor, SyncRequest
from server.engine import Reader, Writer
from server.engines.sqlite import SqliteEngine
from server.store import SqlOfficeStore
from sync.server import pull, pull_all, push, push_all
from tests.contract.people import OpenRules
from tests.contract.together import Town
from tests.server.offices import make_engine

NOW = 1_764_000_000_000
ROUNDS = 5


def tables(reader: Reader) -> dict[str, list[Any]]:
    names = reader.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {name: sorted(reader.query(f"SELECT * FROM {name}"), key=repr) for (name,) in names}


def write(engine: SqliteEngine, work: Callable[[SqlOfficeStore], Any]) -> Any:
    def within(writer: Writer) -> Any:
        return work(SqlOfficeStore.writing(writer))

    return engine.write(within).result()


@pytest.fixture
def engines(tmp_path: Path):
    made: list[SqliteEngine] = []
    for name in ("alone", "together"):
        (tmp_path / name).mkdir()
        made.append(make_engine(tmp_path / name))
    yield made
    for engine in made:
        engine.close()


@pytest.mark.parametrize("seed", range(12))
def test_a_group_leaves_the_rows_that_its_runs_leave_one_after_another(
    seed: int, engines: list[SqliteEngine]
) -> None:
    town, rules, rng = Town(random.Random(seed)), OpenRules(), random.Random(seed)
    alone, together = engines
    told: dict[str, Any] = {"callers": town.caller, "rules": rules}
    first, desk = town.begin()
    for engine in engines:
        write(engine, lambda store: push(store, first, caller=desk, now_ms=NOW, **told))
    for number in range(1, ROUNDS + 1):
        group, now = town.group(), NOW + number
        one_by_one = write(
            alone,
            lambda store, group=group, now=now: [
                push(store, run, caller=caller, now_ms=now, **told) for run, caller in group
            ],
        )
        at_once = write(
            together, lambda store, group=group, now=now: push_all(store, group, now_ms=now, **told)
        )
        assert at_once == one_by_one
        assert together.read(tables) == alone.read(tables)
        together.read(lambda reader: answers_alike(SqlOfficeStore.reading(reader), town, rng))


def answers_alike(store: SqlOfficeStore, town: Town, rng: random.Random) -> None:
    marks = [(0, b""), *store.commits(100)]
    asked = []
    for phone in town.phones:
        seq, tag = rng.choice(marks)
        cursor = Cursor(seq=seq, tag=tag)
        asked.append((SyncRequest(protocol=PROTOCOL, device=phone.device, cursor=cursor), [], phone.caller()))
    for most in (None, 3):
        told: dict[str, Any] = {"office_head": NO_LINK, "now_ms": NOW, "most_rows": most}
        alone = [pull(store, request, [], caller=caller, **told) for request, _, caller in asked]
        assert pull_all(store, asked, **told) == alone
