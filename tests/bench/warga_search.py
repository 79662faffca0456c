"""How long the office's search takes among 100,000 warga, and what keeping its index costs others."""

import random
import secrets
import threading
import time
from pathlib import Path

from schemas.ids import RecordId
from schemas.wilayah import load_wilayah
from server.services.finding import MOST, Hits
from server.services.people import load_person
from server.web.building import build_site
from sync.change import Patch
from tests.bench.figures import Figure, median_ms, scaled, timed_ms
from tests.server.web_office import DESA, Office, open_at, shut

COUNT = 100_000
PIECE = 1_000
RUNS = 21
FIRST = ["Siti", "Sri", "Sutarmi", "Tukiyem", "Suparno", "Slamet", "Wahyudi", "Joko", "Bambang", "Agus"]
LAST = ["Aminah", "Rahayu", "Lestari", "Handayani", "Wijaya", "Santoso", "Kartodimejo", "Utami", "Widodo"]
BUDGET_MS = 100


def measure(folder: Path) -> list[Figure]:
    """Fill an office, let the index come to it while somebody writes, and search in each way of the page."""
    count = scaled(COUNT, least=2_000)
    office = open_at(folder)
    try:
        filling = _fill(office, count)
        site = build_site(office.deps)
        waits: list[float] = []
        over = threading.Event()

        def others() -> None:
            while not over.wait(0.005):
                waits.append(timed_ms(lambda: office.deps.engine.write(lambda _: None).result()))

        beside = threading.Thread(target=others)
        beside.start()
        begun = time.perf_counter()
        site.indexing.catch_up()
        indexed = time.perf_counter() - begun
        over.set()
        beside.join()
        site.trail.catch_up()
        office.add_person("desa", "Desa Uji", "U60", ("verifikator",), (DESA,))
        people = [
            office.deps.engine.read(lambda tx, n=name: load_person(tx, office.people[n]))
            for name in ("petugas", "desa")
        ]
        ways = {
            "a common name": ("siti", ""),
            "two words": ("aminah siti", ""),
            "an old spelling": ("soetarmi kartodimedjo", ""),
            "the end of a number": ("123", ""),
            "a desa": ("", DESA),
            "a name in a desa": ("utami", DESA),
            "nobody": ("zzz", ""),
        }
        slowest = max(
            (median_ms(lambda p=who, t=typed, d=desa: site.finding.search(p, "warga", t, d), RUNS), name)
            for name, (typed, desa) in ways.items()
            for who in people
            if who is not None
        )
        who = people[0]
        if who is None:
            raise RuntimeError("nobody is there to look")
        seen = site.finding.search(who, "warga", "siti")
        ids = [hit.id for hit in seen.shown] if isinstance(seen, Hits) else []
        profile = median_ms(lambda: site.profiles.open(who, ids.pop()), RUNS)
        _from_field(office)
        fresh = median_ms(lambda: site.matching.fresh(who), RUNS)
    finally:
        shut(office)
    size = f"{count:,} warga at the office"
    return [
        Figure(
            name=f"{size}: the slowest search ({slowest[1]})", value=slowest[0], unit="ms", budget=BUDGET_MS
        ),
        Figure(name=f"{size}: a profile, its look recorded", value=profile, unit="ms", budget=BUDGET_MS),
        Figure(name=f"{size}: 50 new people with whom they may be", value=fresh, unit="ms", budget=BUDGET_MS),
        Figure(name=f"{size}: taken in, without the index", value=filling, unit="s"),
        Figure(name=f"{size}: the index from nothing", value=indexed, unit="s"),
        Figure(
            name=f"{size}: longest wait for the writer meanwhile", value=max(waits), unit="ms", budget=200
        ),
    ]


def _fill(office: Office, count: int) -> float:
    chance = random.Random(6)
    desa = [each.kode for each in load_wilayah() if each.level in ("desa", "kelurahan")]
    deps, taken = office.deps, 0.0
    for _ in range(0, count, PIECE):
        bodies = [_somebody(chance, desa) for _ in range(PIECE)]
        begun = time.perf_counter()
        deps.engine.write(lambda tx, b=bodies: deps.office.act_in(tx, deps.office.person, b)).result()
        taken += time.perf_counter() - begun
    return taken


def _from_field(office: Office) -> None:
    """Let a phone bring as many new people as a page shows."""
    for number in range(MOST):
        fields = {"nama": f"{FIRST[number % 10]} {LAST[number % 9]}", "kode_desa": DESA, "layanan": ["bpnt"]}
        name = RecordId(secrets.token_hex(16))
        office.phone.push(Patch(record=name, kind="warga", base={}, new=fields))


def _somebody(chance: random.Random, desa: list[str]) -> Patch:
    rest = "".join(chance.choice("aiueo") + chance.choice("ktnsrml") for _ in range(3))
    day = f"19{chance.randrange(40, 99)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 28):02}"
    fields = {
        "nama": f"{chance.choice(FIRST)} {chance.choice(LAST)} {rest.title()}",
        "nik": f"331499{chance.randrange(10**10):010}",
        "no_kk": f"331499{chance.randrange(10**10):010}",
        "no_kks": f"603298{chance.randrange(10**10):010}",
        "kode_desa": chance.choice(desa),
        "layanan": ["bpnt"] if chance.random() < 0.7 else ["bpnt", "kis"],
        "tanggal_lahir": day,
        "alamat": "Dukuh Satu",
    }
    return Patch(record=RecordId(secrets.token_hex(16)), kind="warga", base={}, new=fields)
