"""What a sync costs on the line: the first one of a desa with 500 warga, and one with nothing to say."""

import random
from datetime import date
from pathlib import Path

from schemas.wilayah import load_wilayah
from server.demo.data import Maker
from sync.change import Patch
from sync.client import Session, next_request, receive
from sync.memory import MemoryDevice
from tests.bench.figures import Figure, timed_ms
from tests.bench.offices import Line, office, person_of
from tests.contract.people import record_id

DESA = "33.14.01.2001"
QUIET_RUNS = 51


def measure(folder: Path) -> list[Figure]:
    """Measure with every warga in full (a task for each), and as a list without tasks."""
    return [*_measure(folder / "full", with_tasks=True), *_measure(folder / "list", with_tasks=False)]


def _measure(folder: Path, *, with_tasks: bool) -> list[Figure]:
    maker = Maker(random.Random(1), load_wilayah(), date(2026, 11, 22), 1_790_000_000_000)
    warga = [_moved(patch) for patch in maker.warga(500)]
    tugas = [_task(number, patch) for number, patch in enumerate(warga)] if with_tasks else []
    what = "500 warga in full, as tasks" if with_tasks else "500 warga as a list"
    with office(folder, [*warga, *tugas], {1: [DESA]}) as bench:
        line = Line(bench, 1)
        store = MemoryDevice(line.device, line.writer.key.sign)
        _sync(line, store)
        first = [
            Figure(name=f"first sync of {what}: bodies", value=line.received / 1024, unit="KB", budget=60),
            Figure(name=f"first sync of {what}: round trips", value=line.rounds, unit="", budget=2),
        ]
        line.sent = line.received = line.rounds = 0
        times = sorted(timed_ms(lambda: _sync(line, store)) for _ in range(QUIET_RUNS))
        rounds, size = line.rounds / QUIET_RUNS, (line.sent + line.received) / QUIET_RUNS
    if with_tasks:
        return first
    return [
        *first,
        Figure(name="quiet sync: round trips", value=rounds, unit="", budget=1),
        Figure(name="quiet sync: bodies both ways", value=size, unit="bytes", budget=1024),
        Figure(name="quiet sync: time, seen from the phone", value=times[QUIET_RUNS // 2], unit="ms"),
    ]


def _sync(line: Line, store: MemoryDevice) -> None:
    session = Session()
    while (request := next_request(store, session)) is not None:
        session = receive(store, session, request, line.sync_packed(request)).session


def _moved(patch: Patch) -> Patch:
    return Patch(record=patch.record, kind=patch.kind, base={}, new={**patch.new, "kode_desa": DESA})


def _task(number: int, patch: Patch) -> Patch:
    new = {
        "petugas": person_of(1),
        "sasaran": patch.record,
        "sasaran_kind": "warga",
        "form": "bpnt_kpm",
        "jatuh_tempo": "2026-12-01",
        "state": "baru",
        "kode_desa": DESA,
    }
    return Patch(record=record_id(100_000 + number), kind="tugas", base={}, new=new)
