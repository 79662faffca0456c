"""The office's pages with a whole regency in the store: 30 people read while 400 phones sync.

The store: tests/bench/scale_store.py. Readers go from page to page as people do, every two to four seconds,
and load the thumbnails of a visit that they open; the phones sync ten changes each, spread over a minute.
A page's time is what its reader waits, from the request to the last byte: queueing at the office is in it,
and the load runs on the server's cores. Rule: every answer is what was asked for, or the run fails.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from schemas.ids import RecordId
from server.access import Role
from server.compose import close_office, open_office
from server.deps import Deps
from sync.change import Patch
from tests.bench.figures import Figure, percentile, scaled
from tests.bench.office_readers import PAGES, OfficeReader, office_reader
from tests.bench.offices import BenchOffice, office
from tests.bench.raw_phones import RawPhone, raw_phones
from tests.bench.scale_store import Store, desa_of, fill, sizes
from tests.server.web_office import Office

PHONES = 400
READERS = 30
CHANGES = 10
LASTS_S = 60.0
PAUSE_S = (2.0, 4.0)
BUDGET_MS = 100
BUDGET_P95_MS = 300
KECAMATAN = "33.14.01"
WORK: tuple[tuple[Role, tuple[str, ...]], ...] = (
    ("verifikator", ()),
    ("petugas", ()),
    ("verifikator", (KECAMATAN,)),
    ("petugas", (KECAMATAN,)),
    ("kabid", ()),
)
"""Who the readers are, in turn: role and regions."""


@dataclass
class Minute:
    """What a minute of work gave, in milliseconds: the pages by name, and the phones' syncs."""

    pages: dict[str, list[float]]
    syncs: list[float] = field(default_factory=list[float])


def measure(folder: Path) -> list[Figure]:
    """Fill an office, let everybody in, and measure a minute of work."""
    wanted, count = sizes(), scaled(PHONES, least=8)
    begun = time.perf_counter()
    areas = dict(enumerate([desa] for desa in desa_of(count)))
    with office(folder, [], areas) as bench:
        phones = raw_phones(bench, range(count))
        bench.server.stop()
        names, store = _filled(bench, phones)
        made_s = time.perf_counter() - begun
        bench.server.start()
        readers = [
            office_reader(bench, name, _within(store, WORK[seed % len(WORK)][1]), seed)
            for seed, name in enumerate(names)
        ]
        minute = asyncio.run(_minute(readers, phones, store))
    if refused := sum(phone.refused for phone in phones):
        raise RuntimeError(f"{refused} answers to phones were not what was asked for")
    size = f"{wanted.warga:,} warga, {wanted.visits:,} visits, {wanted.photos:,} photos"
    load = f"{len(readers)} people read while {count} phones sync"
    figures = [Figure(name=f"{size}: made and indexed", value=made_s, unit="s")]
    for name in PAGES:
        times = minute.pages[name]
        about = f"{load}: {name}"
        figures += [
            Figure(name=f"{about}, median of {len(times)}", value=median(times), unit="ms", budget=BUDGET_MS),
            Figure(name=f"{about}, p95", value=percentile(times, 0.95), unit="ms", budget=BUDGET_P95_MS),
        ]
    thumbnails = [ms for reader in readers for ms in reader.thumbnails_ms]
    figures.append(Figure(name=f"{load}: a thumbnail, p95", value=percentile(thumbnails, 0.95), unit="ms"))
    figures.append(Figure(name=f"{load}: p95 of a sync", value=percentile(minute.syncs, 0.95), unit="ms"))
    return figures


def _filled(bench: BenchOffice, phones: list[RawPhone]) -> tuple[list[str], Store]:
    """Fill the office while nobody serves it; return the names that people log in with."""
    deps = open_office(bench.data, None)
    assert isinstance(deps, Deps), deps
    try:
        staff = Office(deps)
        names = [f"pembaca{number}" for number in range(scaled(READERS, least=len(WORK)))]
        for number, name in enumerate(names):
            role, regions = WORK[number % len(WORK)]
            staff.add_person(name, f"Pembaca {number}", f"R{number:02}", (role,), regions)
        return names, fill(staff, phones, sizes())
    finally:
        close_office(deps)


def _within(store: Store, regions: tuple[str, ...]) -> list[RecordId]:
    """Return the visits that somebody with these regions may open."""
    return [
        visit
        for desa, visits in store.waiting.items()
        if not regions or desa.startswith(regions)
        for visit in visits
    ]


async def _minute(readers: list[OfficeReader], phones: list[RawPhone], store: Store) -> Minute:
    """Let everything come up to date and each page be opened once; then measure."""
    for phone in phones:
        await phone.catch_up()
        await phone.http.close()
    for name in PAGES:
        await readers[0].open(name)
    minute = Minute(pages={name: [] for name in PAGES})
    rng = random.Random(5)
    until = time.perf_counter() + LASTS_S
    await asyncio.gather(
        *(_read(reader, minute, until, rng.random() * PAUSE_S[1]) for reader in readers),
        *(_sync(phone, store, minute, rng.random() * LASTS_S) for phone in phones),
    )
    return minute


async def _read(reader: OfficeReader, minute: Minute, until: float, after_s: float) -> None:
    await asyncio.sleep(after_s)
    while time.perf_counter() < until:
        name = reader.rng.choice(PAGES)
        minute.pages[name].append(await reader.open(name))
        await asyncio.sleep(reader.rng.uniform(*PAUSE_S))


async def _sync(phone: RawPhone, store: Store, minute: Minute, after_s: float) -> None:
    """Change ten warga of the phone's own."""
    message = phone.message([_change(name) for name in store.own[phone.writer.seed][:CHANGES]])
    await asyncio.sleep(after_s)
    answer, _ = await phone.send(message)
    minute.syncs.append(answer.ms)
    await phone.http.close()


def _change(warga: RecordId) -> Patch:
    return Patch(record=warga, kind="warga", base={"tempat_lahir": "Sragen"}, new={"tempat_lahir": "Solo"})
