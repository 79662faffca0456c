"""`python -m tests.simulation --seed N --devices D --days T`: a regency under every fault, and what holds.

Prints how fast it went, what went wrong on purpose and a fingerprint of the end: the same seed gives the
same. A violated property prints the seed, and a story that was made as short as it could be:
`--story FILE` tells a story from a file once more.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.simulation.report import print_run
from tests.simulation.scenario import make_story
from tests.simulation.shrink import shrunk, violation_of
from tests.simulation.story import load, save
from tests.simulation.world import World

STORY = Path(tempfile.gettempdir()) / "sambang-story.json"


def main() -> int:
    """Run one seed, or several that follow each other, or a story."""
    asked = _arguments().parse_args()
    if asked.story is not None:
        stories = [load(asked.story)]
    else:
        stories = (make_story(asked.seed + run, asked.devices, asked.days) for run in range(asked.runs))
    for told in stories:
        start = time.perf_counter(), time.process_time()
        world = World(told)
        found = violation_of(world)
        print_run(world, time.perf_counter() - start[0], time.process_time() - start[1])
        if found is None:
            continue
        print(f"\nVIOLATED with --seed {told.seed}: {found}")
        short = shrunk(told, found, asked.tries, lambda left: print(f"  {left} events", flush=True))
        for event in short.events:
            print(f"  {event}")
        save(short, asked.out)
        print(f"tell it again: python -m tests.simulation --story {asked.out}")
        return 1
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--devices", type=int, default=20)
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--runs", type=int, default=1, help="so many seeds from --seed on")
    parser.add_argument("--story", type=Path, help="tell this story instead")
    parser.add_argument("--tries", type=int, default=400, help="worlds to try when a story is made shorter")
    parser.add_argument("--out", type=Path, default=STORY, help="where a shrunk story goes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
