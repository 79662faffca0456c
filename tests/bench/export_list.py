"""Lists of 100,000 that go out: how long, how much memory, how long others wait for the writer meanwhile."""

import random
import secrets
import sys
import threading
import time
from pathlib import Path

from schemas.ids import RecordId
from schemas.wilayah import load_wilayah
from server.access import Person
from server.commands.run import SWITCH_S
from server.services.exporting import Exporting
from server.services.people import load_person
from server.tables.order import Asked, Given, Order
from server.web.building import build_site
from sync.change import Patch
from tests.bench.bench_visits import visit
from tests.bench.figures import Figure, scaled, timed_ms
from tests.server.web_office import Office, open_at, shut

COUNT = 100_000
BATCH = 1_000
PURPOSE = "Menguji kecepatan"


def measure(folder: Path) -> list[Figure]:
    """Write lists of people and of visits, covered and whole, while somebody else writes all the time."""
    sys.setswitchinterval(SWITCH_S)  # as the server has it
    office = open_at(folder)
    count = scaled(COUNT)
    fill(office, count)
    office.add_person("kabid2", "Kabid", "KB", ("kabid",), services=())
    person = office.deps.engine.read(lambda tx: load_person(tx, office.people["kabid2"]))
    if person is None:
        raise RuntimeError("nobody asks")
    lists = build_site(office.deps).exporting
    figures: list[Figure] = []
    try:
        for source, kind, whole in (
            ("warga", "xlsx", True),
            ("warga", "csv", True),
            ("bpnt_kpm", "xlsx", False),
            ("bpnt_kpm", "xlsx", True),
        ):
            columns = tuple(each.name for each in lists.source(source).columns if whole or not each.whole)
            asked = Asked(source=source, kind=kind, columns=columns, whole=whole, purpose=PURPOSE)  # type: ignore[arg-type]
            figures += _one(office, lists, person, asked, count)
    finally:
        lists.close()
        shut(office)
    return figures


def fill(office: Office, count: int, *, visited: bool = True) -> None:
    """Bring in so many people, each visited once unless said otherwise."""
    rng, deps = random.Random(6), office.deps
    author = office.people["pendamping"]
    desa = [each.kode for each in load_wilayah() if each.level in ("desa", "kelurahan")]
    for start in range(0, count, BATCH):
        people = [RecordId(secrets.token_hex(16)) for _ in range(min(BATCH, count - start))]
        bodies = [
            Patch(record=name, kind="warga", base={}, new=_warga(rng, desa, start + number))
            for number, name in enumerate(people)
        ]
        seen = [visit(rng, name) for name in people] if visited else []
        deps.office.act_all(author, [*bodies, *seen])


def _warga(rng: random.Random, desa: list[str], number: int) -> dict[str, object]:
    day, year, serial = number % 28 + 1, number // 28 % 90, number // 2520 + 100
    return {
        "nama": rng.choice(("Sutarmi", "Wagiyem", "Suparno")) + " Binti Kartodimejo",
        "kode_desa": desa[number % len(desa)],
        "layanan": ["bpnt"],
        "nik": f"331499{day:02}01{year:02}{serial:04}",
        "no_kk": f"331499{day:02}02{year:02}{serial:04}",
        "alamat": "Dukuh Ngrombo",
        "rt": "003",
        "rw": "001",
        "no_hp": f"0812{number:08}",
        "penyalur": "bni",
        "no_kks": f"6032980{number:09}",
        "status_kpm": "sukses_spm",
        "periode": "Okt-Des 2026",
    }


def _memory_kb(which: str) -> int:
    """Return what the system counts of this process under a name, in KB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which))


def _one(office: Office, lists: Exporting, person: Person, asked: Asked, count: int) -> list[Figure]:
    waits: list[float] = []
    over = threading.Event()

    def others() -> None:
        while not over.wait(0.005):
            waits.append(timed_ms(lambda: office.deps.engine.write(lambda _: None).result()))

    beside = threading.Thread(target=others)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is told from here on
    before_kb = _memory_kb("VmHWM")
    beside.start()
    begun, worked = time.perf_counter(), time.process_time()
    try:
        order = lists.start(person, asked, Given())
        lists.wait()
        seconds, worked_s = time.perf_counter() - begun, time.process_time() - worked
    finally:
        over.set()
        beside.join()
    peak_kb = _memory_kb("VmHWM")
    done = lists.order(person, order.id) if isinstance(order, Order) else None
    if done is None or done.state != "selesai" or done.rows < count:
        raise RuntimeError("not every row went out")
    how = "whole" if asked.whole else "covered"
    name = f"{asked.source} as {asked.kind}, {how}, {count:,} rows of {len(asked.columns)} columns"
    return [
        Figure(name=f"export of {name}", value=seconds, unit="s", budget=20),
        Figure(name=f"{name}: processor time of it and of those who wait", value=worked_s, unit="s"),
        Figure(name=f"{name}: whole process at its peak", value=peak_kb / 1024, unit="MB"),
        Figure(name=f"{name}: more memory", value=(peak_kb - before_kb) / 1024, unit="MB", budget=200),
        Figure(name=f"{name}: longest wait for the writer", value=max(waits), unit="ms", budget=200),
        Figure(name=f"{name}: size", value=done.size_bytes / 1024**2, unit="MB"),
    ]
