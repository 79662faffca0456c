"""What other phones notice while one is greedy: a first sync of 20,000 rows, or 100 photos. Rule: little.

Small syncs (one change each) of 16 phones, ten a second in all, first alone and then beside a real phone in a
process of its own. It shares the two cores as well, so a part of what is added is its own work and no queue.
"""

import asyncio
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from schemas.ids import RecordId
from sync.change import Patch
from tests.bench.bench_visits import PHOTO_BYTES, name_of, visit
from tests.bench.figures import Figure, percentile, scaled
from tests.bench.offices import BenchOffice, office
from tests.bench.raw_phones import RawPhone, raw_phones
from tests.bench.same_records import every_desa, warga
from tests.bench.worker_phones import WorkerPhone
from tests.contract.people import record_id

PHONES = 16
EVERY_S = 0.02
ALONE_SYNCS = 200
ROWS = 20_000
PHOTOS = 100
GREEDY = 1_000
"""Seeds of greedy phones begin here."""


def measure(folder: Path) -> list[Figure]:
    """Measure alone, beside a first sync, and beside an upload of photos."""
    desa = every_desa()
    records = warga(scaled(ROWS, least=200))
    own = [_own(phone, desa[phone]) for phone in range(PHONES)]
    people = {phone: [desa[phone]] for phone in range(PHONES)} | {GREEDY: desa, GREEDY + 1: desa[:1]}
    with office(folder, [*records, *own], people) as bench:
        phones = raw_phones(bench, range(PHONES))
        alone = asyncio.run(_small_syncs(phones, lambda: False, scaled(ALONE_SYNCS, least=50)))
        first = _beside(folder, bench, phones, GREEDY, "first_sync", records[0].record)
        photos = _beside(folder, bench, phones, GREEDY + 1, "photos", records[0].record)
    if any(phone.refused for phone in phones):
        raise RuntimeError("a small sync was refused")
    return [
        *_figures("alone", alone, None),
        *_figures(f"beside a first sync of {len(records):,} rows", first, alone),
        *_figures(f"beside {scaled(PHOTOS, least=5)} photos of 300 KB", photos, alone),
    ]


def _beside(
    folder: Path, bench: BenchOffice, phones: list[RawPhone], seed: int, what: str, subject: RecordId
) -> list[float]:
    command = [
        sys.executable,
        "-m",
        "tests.bench.fair_shares",
        what,
        str(folder / what),
        bench.server.address,
    ]
    process = subprocess.Popen(
        [*command, bench.codes[seed], str(seed), subject],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdin is not None
    if process.stdout.readline().strip() != "ready":
        raise RuntimeError("the greedy phone did not begin")
    process.stdin.write("go\n")
    process.stdin.flush()
    times = asyncio.run(_small_syncs(phones, lambda: process.poll() is None, 0))
    if process.wait(60):
        raise RuntimeError("the greedy phone failed")
    return times


async def _small_syncs(phones: list[RawPhone], goes_on: Callable[[], bool], least: int) -> list[float]:
    """Start a sync with one change every `EVERY_S`, phones in turn, at least `least` and while it goes on."""
    for phone in phones:
        await phone.catch_up()
    times: list[float] = []
    running: set[asyncio.Task[None]] = set()
    turn = 0
    while turn < least or goes_on():
        phone = phones[turn % len(phones)]
        running.add(asyncio.create_task(_small(phone, turn % len(phones), times)))
        turn += 1
        await asyncio.sleep(EVERY_S)
        running = {task for task in running if not task.done()}
    await asyncio.gather(*running)
    for phone in phones:
        await phone.http.close()
    return times


async def _small(phone: RawPhone, number: int, times: list[float]) -> None:
    if phone.busy:
        return
    phone.busy = True
    value = str(phone.writer.tip.counter)
    body = Patch(
        record=record_id(number),
        kind="warga",
        base={"pekerjaan": value},
        new={"pekerjaan": str(int(value) + 1)},
    )
    answer, _ = await phone.send(phone.message([body]))
    times.append(answer.ms)
    phone.busy = False


def _own(phone: int, desa: str) -> Patch:
    new = {"nama": f"Warga {phone}", "kode_desa": desa, "layanan": ["bpnt"], "pekerjaan": "0"}
    return Patch(record=record_id(phone), kind="warga", base={}, new=new)


def _figures(how: str, times: list[float], alone: list[float] | None) -> list[Figure]:
    beside = {} if alone is None else {"limit": percentile(alone, 0.99), "limit_name": "alone"}
    return [
        Figure(name=f"small syncs {how}: p50 of {len(times)}", value=percentile(times, 0.5), unit="ms"),
        Figure(name=f"small syncs {how}: p99", value=percentile(times, 0.99), unit="ms", **beside),
        Figure(name=f"small syncs {how}: longest", value=max(times), unit="ms"),
    ]


def greedy(what: str, folder: Path, address: str, code: str, seed: int, subject: RecordId) -> None:
    """Be the greedy phone: make ready, say so, wait for the word, and take all that can be had."""
    phone = WorkerPhone.at(folder, folder.parent / "office", address, code, seed)
    if what == "photos":
        phone.sync()
        rng = random.Random(seed)
        for _ in range(scaled(PHOTOS, least=5)):
            photo = rng.randbytes(PHOTO_BYTES)
            body = visit(rng, subject, photo)
            [change] = phone.write([body])
            phone.keep_photos(body.visit, change, {name_of(photo): photo})
    print("ready", flush=True)
    sys.stdin.readline()
    phone.sync()
    phone.close()


if __name__ == "__main__":
    greedy(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]), RecordId(sys.argv[6]))
