"""Another system reads 100,000 people from the beginning, and then asks for what is new."""

import time
from pathlib import Path

from schemas.problem import Problem
from schemas.wilayah import load_wilayah
from server.services.api_keys import SERVICES, ApiKey, ApiKeys, Made, NewKey
from server.services.data_api import MOST_ROWS, START, DataApi
from server.services.people import load_person
from tests.bench.export_list import COUNT, fill
from tests.bench.figures import Figure, scaled, timed_ms
from tests.server.web_office import Office, open_at, shut


def measure(folder: Path) -> list[Figure]:
    """Read every page, without HTTP, and one that has nothing."""
    office = open_at(folder)
    count = scaled(COUNT)
    fill(office, count, visited=False)
    api = DataApi(
        office.deps.engine, load_wilayah(), office.deps.workflows, office.deps.forms, office.deps.text
    )
    key = _key(office)
    after, slowest, found, begun = START, 0.0, 0, time.perf_counter()
    while True:
        asked = time.perf_counter()
        page = api.page(key, "warga", after, MOST_ROWS)
        if isinstance(page, Problem):
            raise RuntimeError(page.code)
        slowest = max(slowest, time.perf_counter() - asked)
        after, found = page.lanjut, found + len(page.data)
        if not page.masih:
            break
    seconds = time.perf_counter() - begun
    quiet_ms = min(timed_ms(lambda: api.page(key, "warga", after, MOST_ROWS)) for _ in range(20))
    cases_ms = min(timed_ms(lambda: api.page(key, "kasus", START, MOST_ROWS)) for _ in range(5))
    shut(office)
    if found < count:
        raise RuntimeError("not everybody was read")
    name = f"data API, {count:,} people"
    return [
        Figure(name=f"{name}: all pages of {MOST_ROWS}", value=seconds, unit="s"),
        Figure(name=f"{name}: the slowest page", value=slowest * 1_000, unit="ms", budget=300),
        Figure(name=f"{name}: nothing new", value=quiet_ms, unit="ms"),
        Figure(name=f"{name}: cases from the beginning, of which there are none", value=cases_ms, unit="ms"),
    ]


def _key(office: Office) -> ApiKey:
    deps = office.deps
    keys = ApiKeys(
        deps.engine, deps.office, deps.office.person, deps.text, load_wilayah(),
        now_ms=deps.now_ms, randomness=deps.randomness,
    )  # fmt: skip
    kabid = deps.engine.read(lambda tx: load_person(tx, office.people["kabid"]))
    asked = NewKey(
        system="Uji", services=SERVICES, area="", named=True, days=30, letter="1", basis="uji kecepatan"
    )
    made = keys.make(kabid, asked) if kabid is not None else "peran"
    found = keys.find(made.text) if isinstance(made, Made) else None
    if found is None:
        raise RuntimeError("no key was made")
    return found
