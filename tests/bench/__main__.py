"""`python -m tests.bench [NAME …]`: measures, prints, judges nothing. Rule: never part of the tests.

Each module of this folder with a `measure(folder) -> list[Figure]` is one benchmark, in a process of its own.
"""

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.figures import machine, table

NAMES = (
    "phone_answers",
    "phone_search",
    "phone_photos",
    "phone_screens",
    "photo_memory",
    "phone_sealing",
    "phone_start",
    "sync_sizes",
    "server_changes",
    "sync_rates",
    "many_phones",
    "visit_rates",
    "quiet_sync",
    "cut_upload",
    "restored_office",
    "fair_shares",
    "simulation",
    "parsing",
    "unlock",
    "sqlcipher_ratio",
    "import_list",
    "export_list",
    "data_api",
    "verify_speed",
    "trail_search",
    "warga_search",
    "office_at_scale",
    "page_weight",
    "letter_making",
    "logins",
)


def main() -> int:
    """Run the named benchmarks, or all of them."""
    names = sys.argv[1:]
    if len(names) == 1 and names[0] in NAMES:
        with tempfile.TemporaryDirectory() as folder:
            print(table(importlib.import_module(f"tests.bench.{names[0]}").measure(Path(folder))), flush=True)
        return 0
    if unknown := sorted(set(names) - set(NAMES)):
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    print(machine(), flush=True)
    worst = 0
    for name in names or NAMES:
        worst = max(
            worst, subprocess.run([sys.executable, "-m", "tests.bench", name], check=False).returncode
        )
    return worst


if __name__ == "__main__":
    sys.exit(main())
