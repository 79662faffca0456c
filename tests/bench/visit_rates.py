"""Visits from 32 phones at once: plain ones, and with a photo of 300 KB. Rule: each durable when answered.

The budgets are ten and three times what ODK Central 2026.2 with PostgreSQL did on such a machine, as recorded
elsewhere: 151 submissions a second, 78 with a photo, 327 MB of memory, 1,335 bytes up for 21 fields.
"""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from schemas.ids import RecordId
from schemas.wire import SyncRequest
from tests.bench.bench_visits import PHOTO_BYTES, name_of, visit
from tests.bench.figures import Figure, peak_memory_mb, percentile, scaled
from tests.bench.offices import BenchOffice, office
from tests.bench.raw_phones import RawPhone, raw_phones
from tests.bench.same_records import every_desa, warga
from tests.bench.tcp_line import line_to
from tests.bench.worker_phones import WorkerPhone

CLIENTS = 32
ONE_BY_ONE = 60
IN_TENS = 40
TEN = 10
WITH_PHOTO = 12
ODK_PLAIN, ODK_PHOTO, ODK_MEMORY_MB, ODK_BYTES = 151, 78, 327, 1_335
REAL_PHONE = CLIENTS
"""The seed of the phone whose bytes are counted."""


def measure(folder: Path) -> list[Figure]:
    """Send visits one in a request, ten in a request as a phone brings a day home, and with photos."""
    records = warga(scaled(500, least=60))
    desa = every_desa()
    subjects = [patch.record for patch in records]
    with office(folder, records, {seed: [desa[seed]] for seed in range(CLIENTS + 1)}) as bench:
        phones = raw_phones(bench, range(CLIENTS))
        empty = asyncio.run(_all(phones, lambda phone: _empty(phone, scaled(ONE_BY_ONE))))
        one = asyncio.run(_plain(phones, subjects, scaled(ONE_BY_ONE), 1))
        tens = asyncio.run(_plain(phones, subjects, scaled(IN_TENS), TEN))
        plain_memory = peak_memory_mb(bench.server.pid)
        photos = asyncio.run(_all(phones, lambda phone: _photos(phone, subjects, scaled(WITH_PHOTO))))
        memory = peak_memory_mb(bench.server.pid)
        alone, later, of_ten = _bytes_up(folder, bench, subjects)
    if refused := sum(phone.refused for phone in phones):
        raise RuntimeError(f"{refused} answers were not what was asked for")
    plain = {"unit": "visits/s", "budget": 10 * ODK_PLAIN, "more_is_better": True}
    return [
        Figure(
            name=f"{CLIENTS} clients: visits, one in a request",
            value=one[0],
            limit=empty[0],
            limit_name="requests that ask nothing",
            **plain,
        ),
        Figure(name=f"{CLIENTS} clients: … p99", value=one[1], unit="ms"),
        Figure(name=f"{CLIENTS} clients: visits, ten in a request", value=TEN * tens[0], **plain),
        Figure(name=f"{CLIENTS} clients: … p99", value=tens[1], unit="ms"),
        Figure(
            name=f"{CLIENTS} clients: visits with a photo of 300 KB",
            value=photos[0],
            unit="visits/s",
            budget=3 * ODK_PHOTO,
            more_is_better=True,
            limit=_bare_photos(folder),
            limit_name="files written and fsynced one by one",
        ),
        Figure(name=f"{CLIENTS} clients: … p99 of both requests", value=photos[1], unit="ms"),
        Figure(
            name="server's peak memory, plain visits", value=plain_memory, unit="MB", budget=ODK_MEMORY_MB / 2
        ),
        Figure(name="server's peak memory, with photos", value=memory, unit="MB", budget=ODK_MEMORY_MB / 2),
        Figure(name="bytes up, one visit of 21 fields", value=alone, unit="bytes", budget=ODK_BYTES / 2),
        Figure(name="bytes up, a later one alone", value=later, unit="bytes", budget=ODK_BYTES / 2),
        Figure(name="bytes up, a visit among ten", value=of_ten, unit="bytes", budget=ODK_BYTES / 2),
    ]


async def _all(
    phones: list[RawPhone], send: Callable[[RawPhone], Awaitable[list[float]]]
) -> tuple[float, float]:
    """Let every phone send at once; return steps a second and the p99 of a step in ms."""
    for phone in phones:
        await phone.catch_up()
    start = time.perf_counter()
    times = [one for run in await asyncio.gather(*map(send, phones)) for one in run]
    seconds = time.perf_counter() - start
    for phone in phones:
        await phone.http.close()
    return len(times) / seconds, percentile(times, 0.99)


async def _empty(phone: RawPhone, steps: int) -> list[float]:
    """Ask only whether the server is there: what HTTP alone costs, with the same clients."""
    return [(await phone.http.ask("GET", "/api/health")).ms for _ in range(steps)]


async def _plain(
    phones: list[RawPhone], subjects: list[RecordId], steps: int, together: int
) -> tuple[float, float]:
    """Send visits that were recorded and signed beforehand, as a phone has them when it finds a network."""
    made: dict[int, list[SyncRequest]] = {}
    for phone in phones:
        rng = phone.writer.rng
        made[phone.writer.seed] = [
            phone.pushing([visit(rng, rng.choice(subjects)) for _ in range(together)]) for _ in range(steps)
        ]

    async def send(phone: RawPhone) -> list[float]:
        requests = made[phone.writer.seed]
        return [(await phone.send(phone.going_on(request)))[0].ms for request in requests]

    return await _all(phones, send)


async def _photos(phone: RawPhone, subjects: list[RecordId], steps: int) -> list[float]:
    """Send as the phone does: the visit, and the photo, whose answer is the receipt."""
    rng = phone.writer.rng
    times: list[float] = []
    for _ in range(steps):
        photo = rng.randbytes(PHOTO_BYTES)
        body = visit(rng, rng.choice(subjects), photo)
        start = time.perf_counter()
        await phone.send(phone.message([body]))
        await phone.upload(name_of(photo), photo)
        times.append((time.perf_counter() - start) * 1000)
    return times


def _bytes_up(folder: Path, bench: BenchOffice, subjects: list[RecordId]) -> tuple[float, float, float]:
    """Return what the real phone sends for a visit, headers included: its first alone, the next, each of ten.

    A later one also names what the phone believes received, which is a hash.
    """
    rng = random.Random(7)
    with line_to(bench.server.address) as line:
        phone = WorkerPhone(folder / "real", bench, REAL_PHONE, line.address)
        phone.sync()
        found: list[float] = []
        for count in (1, 1, TEN):
            phone.write([visit(rng, rng.choice(subjects)) for _ in range(count)])
            line.take()
            phone.sync()
            found.append(line.take().up_bytes / count)
        phone.close()
    return found[0], found[1], found[2]


def _bare_photos(folder: Path) -> float:
    """Return photos a second that one thread writes and fsyncs, each to a file of its own."""
    rng = random.Random(8)
    start, count = time.perf_counter(), scaled(200, least=10)
    for number in range(count):
        with (folder / f"bare-{number}").open("wb") as file:
            file.write(rng.randbytes(PHOTO_BYTES))
            file.flush()
            os.fsync(file.fileno())
    return count / (time.perf_counter() - start)
