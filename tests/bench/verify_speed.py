"""How fast a whole office is verified: pages, chains, signatures, contents, rows, and a replay of the log."""

import random
import resource
import secrets
import time
from hashlib import sha256
from pathlib import Path

from schemas.ids import PersonId, RecordId, Regency
from schemas.wire import Cursor, SyncRequest
from server.access import Person
from server.compose import close_office, init_office, open_office
from server.deps import Deps
from server.services.people import fields_of
from sync.chain import head_message, next_link, seal_link
from sync.change import Body, Clock, Content, Patch, seal
from sync.intake import Run
from tests.bench.figures import Figure, scaled
from tests.bench.same_records import every_desa, warga
from tests.server.web_office import Phone

CHANGES = 100_000
PHONES = 40
RUN = 10
"""Changes that a phone sends at once, under one signature."""
BATCH = 500


class Silent:
    """Shows no progress."""

    def step(self, name: str, total: int) -> None: ...
    def advance(self, count: int = 1) -> None: ...


def measure(folder: Path) -> list[Figure]:
    """Verify an office filled half by its own imports and half by phones: once all fits, once none of it."""
    count = scaled(CHANGES, least=2_000)
    return [
        *_measured(folder / "office", count, "phones had seen what stood there", seen=True),
        *_measured(folder / "parked", count, "all that phones sent was parked", seen=False),
    ]


def _measured(data: Path, count: int, mix: str, *, seen: bool) -> list[Figure]:
    deps = filled(data, count, seen=seen)
    try:
        begun, worked, beside = time.perf_counter(), time.process_time(), _children_s()
        found = deps.verify(Silent())
        took, worked = time.perf_counter() - begun, time.process_time() - worked
        beside = _children_s() - beside
    finally:
        close_office(deps)
    if found.faults or found.counts["catatan"] < count:
        raise RuntimeError(found.faults[:3])
    what = f"verify, {found.counts['catatan']:,} changes, {mix}"
    return [
        Figure(
            name=what,
            value=found.counts["catatan"] / took,
            unit="changes/s",
            budget=20_000,
            more_is_better=True,
        ),
        Figure(name=f"{what}: processor time of the replay, with the rows", value=worked, unit="s"),
        Figure(name=f"{what}: processor time of the chains, beside it", value=beside, unit="s"),
        Figure(
            name=f"{what}: all of it",
            value=took,
            unit="s",
            limit=_bare(data / "office.db"),
            limit_name="reading and hashing the file",
        ),
    ]


def filled(data: Path, count: int, *, seen: bool) -> Deps:
    """Make an office with so many changes: warga that it imported, and what phones changed of them.

    `seen`: each phone has seen what stands there, so that all applies; else every one of theirs is parked.
    """
    init_office(data, None, Regency("33.14"), "Kantor uji kecepatan")
    deps = open_office(data, None)
    if not isinstance(deps, Deps):
        raise RuntimeError(str(deps))
    office = deps.office
    patches = warga(count // 2)
    for start in range(0, len(patches), BATCH):
        office.act_all(office.person, patches[start : start + BATCH])
    desa, rng = every_desa(), random.Random(3)
    by_desa: dict[str, list[Patch]] = {}
    for patch in patches:
        by_desa.setdefault(str(patch.new["kode_desa"]), []).append(patch)
    share = len(desa) // PHONES
    known = {patch.record: {"no_hp": patch.new["no_hp"]} if seen else {} for patch in patches}
    for number in range(PHONES):
        person = PersonId(secrets.token_hex(16))
        mine = desa[number * share : (number + 1) * share]
        who = Person(
            id=person, nama=f"Petugas {number}", roles=("pendamping",), areas=tuple(mine), services=("bpnt",)
        )
        office.act(office.person, Patch(record=RecordId(person), kind="petugas", base={}, new=fields_of(who)))
        phone = RunningPhone(deps, person)
        there = [patch for code in mine for patch in by_desa.get(code, [])]
        bodies: list[Body] = []
        for _ in range(count // 2 // PHONES):
            record, new = rng.choice(there).record, f"08{rng.randrange(10**9)}"
            bodies.append(Patch(record=record, kind="warga", base=known[record], new={"no_hp": new}))
            known[record] = {"no_hp": new}
        for start in range(0, len(bodies), RUN):
            phone.push_all(bodies[start : start + RUN])
    return deps


class RunningPhone(Phone):
    """A phone that sends several changes under one signature."""

    def push_all(self, bodies: list[Body]) -> None:
        """Send changes as one run."""
        now, links, contents = self._deps.now_ms(), list[bytes](), list[bytes]()
        for body in bodies:
            clock = Clock(wall_ms=now, elapsed_ms=1, boot="uji", server_ms=now)
            change, raw = seal(
                Content(salt=secrets.token_bytes(16), author=self._person, clock=clock, body=body)
            )
            name, raw_link = seal_link(next_link(self._tip, self.device, change, self._tip.hash))
            self._tip = type(self._tip)(counter=self._tip.counter + 1, hash=name)
            links.append(raw_link)
            contents.append(raw)
        request = SyncRequest(
            protocol=1,
            device=self.device,
            cursor=Cursor(),
            links=links,
            contents=contents,
            signature=self._key.sign(head_message(self._tip.hash)),
        )
        office, engine = self._deps.office, self._deps.engine
        run = engine.read(lambda tx: office.check(tx, request))
        if not isinstance(run, Run):
            raise RuntimeError(str(run))
        engine.write(lambda tx: office.push(tx, request, run)).result()


def _children_s() -> float:
    """Return the processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _bare(path: Path) -> float:
    """Return how long it takes to read the file and hash it."""
    begun = time.perf_counter()
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return time.perf_counter() - begun
