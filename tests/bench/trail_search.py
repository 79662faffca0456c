"""How long page Jejak audit takes to find something among 100,000 acts, and to take all of them along."""

import time
from pathlib import Path

from schemas.ids import PersonId
from server.access import Person
from server.compose import close_office
from server.services.trail import Asked, Trail
from server.services.trail_export import TrailExport
from server.trail_store import Place
from tests.bench.figures import Figure, median_ms, scaled
from tests.bench.verify_speed import CHANGES, filled

RUNS = 21


def measure(folder: Path) -> list[Figure]:
    """Search in each of the ways of the page, after the trail has come to the newest change."""
    deps = filled(folder / "office", scaled(CHANGES, least=2_000), seen=False)
    try:
        trail = Trail(deps.engine, deps.office.person, deps.text, deps.workflows, deps.forms)
        begun = time.perf_counter()
        trail.catch_up()
        first = time.perf_counter() - begun
        who = Person(id=PersonId("a" * 32), nama="Pengawas", roles=("pengawas",))
        petugas = trail.people()[1][0]
        middle = Place(at_ms=deps.now_ms() - 1_000, seq=scaled(CHANGES) // 2)
        ways = {
            "the newest": (Asked(), Place()),
            "far back": (Asked(), middle),
            "one person": (Asked(author=petugas), Place()),
            "one kind": (Asked(kind="perangkat"), Place()),
            "one day": (Asked(first_ms=deps.now_ms() - 86_400_000), Place()),
            "one code": (Asked(code=petugas[:8]), Place()),
        }
        slowest = max(
            (median_ms(lambda a=asked, b=behind: trail.search(who, a, b), RUNS), name)
            for name, (asked, behind) in ways.items()
        )
        export = TrailExport(
            deps.engine,
            deps.office,
            trail,
            deps.office_name,
            deps.text,
            typesetter=deps.typesetter,
            scratch=deps.uploads.scratch,
            now_ms=deps.now_ms,
        )
        begun = time.perf_counter()
        export.make(who, Asked(), "Mengukur", "semua")
        took = time.perf_counter() - begun
    finally:
        close_office(deps)
    size = f"{scaled(CHANGES, least=2_000):,} acts"
    return [
        Figure(name=f"trail, {size}: a page, the slowest search ({slowest[1]})", value=slowest[0], unit="ms"),
        Figure(name=f"trail, {size}: the first opening, which makes the index", value=first, unit="s"),
        Figure(name=f"trail, {size}: export with its paper", value=took, unit="s"),
    ]
