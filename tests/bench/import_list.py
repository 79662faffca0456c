"""Taking in a list of 100,000 people: how long, and how long others wait for the writer meanwhile."""

import threading
import time
from pathlib import Path

from schemas.wilayah import load_wilayah
from server.services.importing import Importing
from server.tables.job import Job
from tests.bench.figures import Figure, scaled, timed_ms
from tests.server.lists import many
from tests.server.web_office import open_at, shut

COUNT = 100_000


def measure(folder: Path) -> list[Figure]:
    """Read, check and apply a workbook, while somebody else writes every five milliseconds."""
    office = open_at(folder)
    deps, by = office.deps, office.people["petugas"]
    lists = Importing(
        deps.engine, deps.office, deps.parsers, deps.forms, load_wilayah(),
        now_ms=deps.now_ms, randomness=deps.randomness,
    )  # fmt: skip
    count = scaled(COUNT)
    data = many(count)
    waits: list[float] = []
    over = threading.Event()

    def others() -> None:
        while not over.wait(0.005):
            waits.append(timed_ms(lambda: deps.engine.write(lambda _: None).result()))

    beside = threading.Thread(target=others)
    beside.start()
    try:
        begun = time.perf_counter()
        job = lists.take(by, "daftar.xlsx", data)
        if not isinstance(job, Job):
            raise RuntimeError("the list was not read")
        read = time.perf_counter()
        lists.check(job.id, "bpnt", job.matched)
        lists.wait()
        checked = time.perf_counter()
        lists.apply(job.id, by)
        lists.wait()
        applied = time.perf_counter()
        done = lists.job(job.id)
    finally:
        over.set()
        beside.join()
        lists.close()
        shut(office)
    if done is None or done.state != "selesai" or done.counts.get("baru") != count:
        raise RuntimeError("not every row went in")
    name = f"import of {count:,} rows"
    return [
        Figure(name=f"{name}: read, checked, applied", value=applied - begun, unit="s", budget=60),
        Figure(name=f"{name}: read", value=read - begun, unit="s"),
        Figure(name=f"{name}: checked", value=checked - read, unit="s"),
        Figure(name=f"{name}: longest wait for the writer", value=max(waits), unit="ms", budget=200),
    ]
