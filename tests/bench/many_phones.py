"""400 phones that sync ten changes each: in one instant, and within seconds. Rule: none is refused.

The load runs on the server's cores: bodies are made before, and what it costs is printed. A request's time is
what the phone waits, from opening its connection to the last byte of the answer.
"""

import asyncio
import time
from pathlib import Path

from schemas.ids import RecordId
from schemas.wire import Applied
from sync.change import Patch
from tests.bench.figures import Figure, percentile, scaled
from tests.bench.offices import office
from tests.bench.raw_http import Answer
from tests.bench.raw_phones import HEADERS, RawPhone, opened, raw_phones
from tests.bench.same_records import every_desa
from tests.contract.people import record_id

PHONES = 400
CHANGES = 10
FIRST_RECORD = 1_000_000
"""Far from the ids of people, see tests/bench/offices.py."""
SPREADS_S = (0.0, 2.0, 5.0)


def measure(folder: Path) -> list[Figure]:
    """Let each phone change ten warga of its own, once for each spread."""
    count = scaled(PHONES, least=8)
    desa = every_desa()
    warga = [
        Patch(
            record=_record(phone, number),
            kind="warga",
            base={},
            new={
                "nama": f"Warga {number}",
                "kode_desa": desa[phone % len(desa)],
                "layanan": ["bpnt"],
                "pekerjaan": "0",
            },
        )
        for phone in range(count)
        for number in range(CHANGES)
    ]
    areas = {phone: [desa[phone % len(desa)]] for phone in range(count)}
    figures: list[Figure] = []
    with office(folder, warga, areas) as bench:
        phones = raw_phones(bench, range(count))
        empty_ms = asyncio.run(_empty(phones))
        for turn, spread_s in enumerate(SPREADS_S):
            figures += asyncio.run(_round(phones, turn, spread_s, empty_ms))
    return figures


async def _empty(phones: list[RawPhone]) -> float:
    """Return the p99 of as many requests that ask nothing, all in one instant: what HTTP alone costs."""
    asked = await asyncio.gather(*(phone.http.ask("GET", "/api/health") for phone in phones))
    for phone in phones:
        await phone.http.close()
    return percentile([answer.ms for answer in asked], 0.99)


async def _round(phones: list[RawPhone], turn: int, spread_s: float, empty_ms: float) -> list[Figure]:
    for phone in phones:
        await phone.catch_up()
        await phone.http.close()
    bodies = [phone.message(_changes(number, turn)) for number, phone in enumerate(phones)]
    answers: list[Answer] = []

    async def one(phone: RawPhone, number: int) -> None:
        await asyncio.sleep(spread_s * number / len(phones))
        answers.append(await phone.http.ask("POST", "/api/sync", bodies[number], HEADERS))

    start, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one(phone, number) for number, phone in enumerate(phones)))
    seconds, used = time.perf_counter() - start, time.process_time() - used
    for phone in phones:
        await phone.http.close()
    times = [answer.ms for answer in answers]
    refused = sum(not _all_applied(answer) for answer in answers)
    when = "in one instant" if not spread_s else f"within {spread_s:g} s"
    what = f"{len(phones)} phones, {CHANGES} changes each, {when}"
    return [
        Figure(name=f"{what}: p50", value=percentile(times, 0.5), unit="ms"),
        Figure(
            name=f"{what}: p99",
            value=percentile(times, 0.99),
            unit="ms",
            budget=250,
            limit=empty_ms,
            limit_name="as many requests that ask nothing, in one instant",
        ),
        Figure(name=f"{what}: refused", value=refused, unit="", budget=0),
        Figure(name=f"{what}: until the last answer", value=seconds * 1000, unit="ms"),
        Figure(name=f"{what}: what the load itself took of one core", value=used * 1000, unit="ms"),
    ]


def _all_applied(answer: Answer) -> bool:
    if answer.status != 200:
        return False
    response = opened(answer)
    return [type(result.outcome) for result in response.results] == [Applied] * CHANGES


def _record(phone: int, number: int) -> RecordId:
    return record_id(FIRST_RECORD + phone * CHANGES + number)


def _changes(phone: int, turn: int) -> list[Patch]:
    return [
        Patch(
            record=_record(phone, number),
            kind="warga",
            base={"pekerjaan": str(turn)},
            new={"pekerjaan": str(turn + 1)},
        )
        for number in range(CHANGES)
    ]
