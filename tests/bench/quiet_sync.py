"""A sync with nothing to say, with 1,000 and with 100,000 records at the office. Rule: size must not matter.

Statements are counted by SQLite's own trace. Pages are those read from the file on a connection that has read
nothing yet (bytes read by the thread, by page size): every page that the answer touches, once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from unittest.mock import patch

from schemas.base import encode
from schemas.packing import load_packing
from schemas.wire import PROTOCOL, SyncRequest, SyncResponse
from server.compose import close_office, open_office
from server.deps import Deps
from server.engine import Reader
from server.engines import sqlite
from sync.thin_links import thin_request
from tests.bench.figures import Figure, scaled, timed_ms
from tests.bench.offices import office
from tests.bench.same_records import every_desa, warga
from tests.bench.tcp_line import line_to
from tests.bench.worker_phones import WorkerPhone

SIZES = (1_000, 100_000)
OWN_DESA = 2
"""A phone holds two desa, as most do."""
RUNS = 51
PAGE_BYTES = 4096


@dataclass
class Counted:
    """What one quiet sync cost."""

    requests: float = 0
    bytes_both_ways: float = 0
    body_bytes: int = 0
    ms: float = 0
    statements: list[str] = field(default_factory=list)
    pages: int = 0


def measure(folder: Path) -> list[Figure]:
    """Measure over HTTP with the real phone, then look inside the same office."""
    few, many = (_measured(folder / str(size), scaled(size, least=100)) for size in SIZES)
    low, high = (f"{scaled(size, least=100):,} warga at the office" for size in SIZES)
    return [
        Figure(name=f"quiet sync, {high}: round trips", value=many.requests, unit="", budget=1),
        Figure(
            name=f"quiet sync, {high}: bodies both ways", value=many.body_bytes, unit="bytes", budget=1024
        ),
        Figure(
            name=f"quiet sync, {high}: bytes both ways, headers too", value=many.bytes_both_ways, unit="bytes"
        ),
        Figure(name=f"quiet sync, {high}: time, seen from the phone", value=many.ms, unit="ms"),
        Figure(name=f"quiet sync, {low}: time, seen from the phone", value=few.ms, unit="ms"),
        Figure(
            name=f"quiet sync, {high}: SQL statements",
            value=len(many.statements),
            unit="",
            budget=len(few.statements),
            limit=len(few.statements),
            limit_name=f"with {low}",
        ),
        Figure(
            name=f"quiet sync, {high}: pages read, cold",
            value=many.pages,
            unit="",
            budget=few.pages,
            limit=few.pages,
            limit_name=f"with {low}",
        ),
    ]


def _measured(folder: Path, count: int) -> Counted:
    counted = Counted()
    with (
        office(folder, warga(count), {1: every_desa()[:OWN_DESA]}) as bench,
        line_to(bench.server.address) as line,
    ):
        phone = WorkerPhone(folder / "phone", bench, 1, line.address)
        phone.sync()
        line.take()
        counted.ms = median(timed_ms(phone.sync) for _ in range(RUNS))
        traffic = line.take()
        counted.requests, counted.bytes_both_ways = traffic.requests / RUNS, traffic.total_bytes / RUNS
        request = SyncRequest(protocol=PROTOCOL, device=phone.store.device(), cursor=phone.store.cursor())
        phone.close()
    deps = open_office(folder / "office", None)
    if not isinstance(deps, Deps):
        raise RuntimeError(str(deps))
    try:
        _look_inside(deps, request, counted)
    finally:
        close_office(deps)
    return counted


def _look_inside(deps: Deps, request: SyncRequest, counted: Counted) -> None:
    """Answer in this process, on a connection that is traced and has read nothing yet."""

    def look(reader: Reader) -> SyncResponse:
        reader.query("SELECT count(*) FROM sqlite_master")  # reads the schema
        counted.statements.clear()
        before = _read_bytes()
        answer = _answer(deps, reader, request)
        counted.pages = (_read_bytes() - before) // PAGE_BYTES
        return answer

    with _traced(counted.statements):
        # the connection that opening the office left idle is taken first, so that the second one is new
        answer = deps.engine.read(lambda _: deps.engine.read(look))
    if not counted.statements:
        raise RuntimeError("nothing was traced")
    packing = load_packing()
    bodies = (encode(thin_request(request)), encode(answer))
    counted.body_bytes = sum(len(packing.pack(body, packing.newest)) for body in bodies)
    if answer.rows or answer.more or answer.cursor != request.cursor:
        raise RuntimeError("this sync was not quiet")


def _answer(deps: Deps, reader: Reader, request: SyncRequest) -> SyncResponse:
    answer = deps.office.look(reader, request)
    if not isinstance(answer, SyncResponse):
        raise RuntimeError(str(answer))
    return answer


@contextmanager
def _traced(statements: list[str]) -> Iterator[None]:
    """Have every connection opened from here on tell what it runs."""
    plain = sqlite.connect

    def connect(path: Path, key: bytes, *, read_only: bool = False):
        database = plain(path, key, read_only=read_only)
        database.conn.set_trace_callback(statements.append)
        return database

    with patch.object(sqlite, "connect", connect):
        yield


def _read_bytes() -> int:
    """Return how many bytes this thread has read, by whatever call (Linux)."""
    lines = Path(f"/proc/self/task/{threading.get_native_id()}/io").read_text().splitlines()
    return int(lines[0].partition(":")[2])
