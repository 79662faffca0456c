"""Pulling and pushing whole sets of records, beside PouchDB and Kinto. Rule: same records, same line.

Ours: the real office over HTTP, the phone's worker with its encrypted vault and search index, every commit
on the disk at both ends, every change hashed and signed. PouchDB: LevelDB files at both ends, nothing signed
or encrypted, no fsync. Kinto: memory. Each at its best of three runs, the largest set once and only pulled;
all of it passes one line (tests/bench/tcp_line.py), which counts.
"""

from pathlib import Path

from field_app.link import Failure
from sync.change import Patch
from sync.client import Session, next_request, receive
from sync.memory import MemoryDevice
from tests.bench import peer_rates
from tests.bench.figures import Figure, scaled, timed_ms, with_peers
from tests.bench.offices import office
from tests.bench.peer_rates import Rates
from tests.bench.same_records import (
    bare_copy,
    bare_inserts,
    every_desa,
    from_the_door,
    listed,
    warga,
    written,
)
from tests.bench.tcp_line import TcpLine, line_to
from tests.bench.worker_phones import WorkerPhone

SIZES = (1_000, 10_000)
LARGEST = 100_000
"""Pulled once: filling the peers with so many takes minutes."""
RUNS = 3


def measure(folder: Path) -> list[Figure]:
    """Measure each size: ours, then the peers with PEERS=1, then the bare limits."""
    figures: list[Figure] = []
    for size in SIZES:
        count = scaled(size, least=50)
        here = folder / str(count)
        here.mkdir(parents=True)
        records = warga(count)
        ours = _ours(here, records)
        documents = listed(records)
        peers = peer_rates.measure(here, documents, written(records)) if with_peers() else {}
        figures += _figures(count, ours, peers, bare_copy(documents), bare_inserts(here, documents))
    return figures + _largest(folder / "largest")


def _largest(folder: Path) -> list[Figure]:
    """Pull the largest set: ours once, and PouchDB once with PEERS=1."""
    count = scaled(LARGEST, least=100)
    folder.mkdir(parents=True)
    records = warga(count)
    with office(folder, records, {1: every_desa()}) as bench, line_to(bench.server.address) as line:
        phone = WorkerPhone(folder / "phones", bench, 1, line.address)
        line.take()
        rate, size = count / timed_ms(phone.sync) * 1000, line.take().total_bytes
        phone.close()
    of, documents = f"{count:,} warga", listed(records)
    inserted = bare_inserts(folder, documents)
    figures = [
        Figure(
            name=f"pull {of}: phone with vault and index",
            value=rate,
            unit="rec/s",
            limit=inserted,
            limit_name="plain SQLite inserts",
        ),
        Figure(name=f"pull {of}: bytes on the line", value=size / 1024, unit="KB"),
    ]
    if with_peers():
        pouch = peer_rates.pouchdb_pull(folder / "pouchdb", documents)
        vault = "pull, vault against LevelDB"
        figures += _beside(vault, of, rate, pouch.pull, "PouchDB", pouch.pull_how, 5)
        figures.append(_bytes("pull", of, size, pouch.pull_bytes, "PouchDB"))
    return figures


def _ours(folder: Path, records: list[Patch]) -> Rates:
    people = {seed: every_desa() for seed in range(1, 2 * RUNS + 1)}
    rates = Rates()
    pulled: list[float] = []
    in_memory: list[float] = []
    with office(folder, records, people) as bench, line_to(bench.server.address) as line:
        phones: list[WorkerPhone] = []
        for seed in range(1, RUNS + 1):
            phones.append(WorkerPhone(folder / "phones", bench, seed, line.address))
            line.take()
            pulled.append(timed_ms(phones[-1].sync))
            rates.pull_bytes = line.take().total_bytes
            phones[-1].sync()
            quiet = line.take()
            rates.quiet_requests, rates.quiet_bytes = quiet.requests, quiet.total_bytes
            spare = WorkerPhone(folder / "phones", bench, RUNS + seed, line.address)
            in_memory.append(_into_memory(spare, len(records)))
        pushed = [_push(phone, seed, line, rates, len(records)) for seed, phone in enumerate(phones, 2)]
    rates.pull = len(records) / min(pulled) * 1000
    rates.pull_memory = len(records) / min(in_memory) * 1000
    rates.push = len(records) / min(pushed) * 1000
    return rates


def _push(phone: WorkerPhone, seed: int, line: TcpLine, rates: Rates, count: int) -> float:
    """Push new warga until quiet: each comes back as the office's row, which the phone stores as well."""
    phone.sync()
    phone.write(list(from_the_door(warga(count, seed))))
    line.take()
    took = timed_ms(phone.sync)
    rates.push_bytes = line.take().total_bytes
    if phone.store.acknowledged() != phone.store.head():
        raise RuntimeError("the office did not take in all that was pushed")
    phone.close()
    return took


def _into_memory(phone: WorkerPhone, count: int) -> float:
    """Pull with the phone's session and HTTP, but a store in memory."""
    link = phone.link
    store = MemoryDevice(phone.store.device(), phone.store.sign)

    def sync() -> None:
        session = Session()
        while (request := next_request(store, session)) is not None:
            response = link.sync(request)
            if isinstance(response, Failure):
                raise RuntimeError(str(response))
            session = receive(store, session, request, response).session

    took = timed_ms(sync)
    phone.close()
    if sum(row.kind == "warga" for row in store.table.values()) != count:
        raise RuntimeError("not every record arrived")
    return took


def _figures(
    count: int, ours: Rates, peers: dict[str, Rates], copied: float, inserted: float
) -> list[Figure]:
    of = f"{count:,} warga"
    pouch, kinto = peers.get("PouchDB"), peers.get("Kinto")
    bare = {"limit": inserted, "limit_name": "plain SQLite inserts"}
    figures = [
        Figure(name=f"pull {of}: phone with vault and index", value=ours.pull, unit="rec/s", **bare),
        Figure(
            name=f"pull {of}: session alone, in memory",
            value=ours.pull_memory,
            unit="rec/s",
            limit=copied,
            limit_name="bare copy through a socket",
        ),
        Figure(name=f"push {of}: phone with vault, and back", value=ours.push, unit="rec/s", **bare),
        Figure(name=f"pull {of}: bytes on the line", value=ours.pull_bytes / 1024, unit="KB"),
        Figure(name=f"push {of}: bytes on the line, both ways", value=ours.push_bytes / 1024, unit="KB"),
        Figure(name=f"nothing new after {of}: requests", value=ours.quiet_requests, unit="", budget=1),
        Figure(name=f"nothing new after {of}: bytes, headers too", value=ours.quiet_bytes, unit="bytes"),
    ]
    if pouch and kinto:
        figures += [
            *_beside("pull, vault against LevelDB", of, ours.pull, pouch.pull, "PouchDB", pouch.pull_how, 5),
            *_beside(
                "pull, memory against memory",
                of,
                ours.pull_memory,
                pouch.pull_memory,
                "PouchDB",
                "its best",
                5,
            ),
            *_beside(
                "pull, memory against memory", of, ours.pull_memory, kinto.pull, "Kinto", kinto.pull_how, None
            ),
            *_beside("push", of, ours.push, pouch.push, "PouchDB", pouch.push_how, 1.3),
            *_beside("push", of, ours.push, kinto.push, "Kinto", kinto.push_how, 10),
        ]
        for name, peer in (("PouchDB", pouch), ("Kinto", kinto)):
            figures += [
                _bytes("pull", of, ours.pull_bytes, peer.pull_bytes, name),
                _bytes("push", of, ours.push_bytes, peer.push_bytes, name),
            ]
        figures.append(
            Figure(name=f"nothing new after {of}: requests of PouchDB", value=pouch.quiet_requests, unit="")
        )
    return figures


def _beside(
    what: str, of: str, ours: float, theirs: float, name: str, how: str, budget: float | None
) -> list[Figure]:
    return [
        Figure(name=f"{what}: {of}, {name} ({how})", value=theirs, unit="rec/s"),
        Figure(
            name=f"{what}: {of}, ours / {name}",
            value=ours / theirs,
            unit="times",
            budget=budget,
            more_is_better=True,
        ),
    ]


def _bytes(what: str, of: str, ours: int, theirs: int, name: str) -> Figure:
    return Figure(
        name=f"{what}: {of}, bytes as a share of {name}'s {theirs / 1024:,.0f} KB",
        value=ours / theirs,
        unit="",
        budget=1 / 3,
    )
