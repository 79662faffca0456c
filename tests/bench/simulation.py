"""How many device-days of a regency under every fault the simulation lives through in a minute.

One process, stores in memory, everything checked at the end. A device-day has at least 5 visits with 4 photos
each, 20 syncs and 2 faults in the mean: what it had is printed beside.
"""

import time
from pathlib import Path

from tests.bench.figures import Figure
from tests.simulation.report import faults
from tests.simulation.scenario import make_story
from tests.simulation.shrink import violation_of
from tests.simulation.world import World

DEVICES, DAYS, SEED = 50, 10, 3
MINUTE_S = 60


def measure(folder: Path) -> list[Figure]:
    """Tell one story of 500 device-days. Raises RuntimeError if anything was violated."""
    told = make_story(SEED, DEVICES, DAYS)
    start = time.perf_counter(), time.process_time()
    world = World(told)
    found = violation_of(world)
    wall_s, processor_s = time.perf_counter() - start[0], time.process_time() - start[1]
    if found is not None:
        raise RuntimeError(f"seed {SEED}: {found}")
    device_days = DEVICES * DAYS
    counts = world.counts
    what = {"visits": 5, "photos": 20, "syncs": 20}
    return [
        Figure(
            name="simulation: device-days a minute, checks included",
            value=device_days / wall_s * MINUTE_S,
            unit="a minute",
            budget=2_000,
            limit=device_days / processor_s * MINUTE_S,
            limit_name="of processor time",
            more_is_better=True,
        ),
        *(
            Figure(
                name=f"simulation: {kind} in a device-day",
                value=counts[kind] / device_days,
                unit="",
                budget=least,
                more_is_better=True,
            )
            for kind, least in what.items()
        ),
        Figure(
            name="simulation: faults in a device-day",
            value=faults(world) / device_days,
            unit="",
            budget=2,
            more_is_better=True,
        ),
    ]
