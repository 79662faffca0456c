"""`python -m field_app.android.stage`: puts what goes into the package into `build/android`. Rule: an
allow-list; the office's code, tests, invented people and what only builds never come along.
"""

import shutil
import sys
from pathlib import Path

from schemas.folders import below

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "build" / "android"
PACKAGES = ("schemas", "sync", "field_app")
KINDS = frozenset(
    {".py", ".kv", ".toml", ".csv", ".json", ".geojson", ".sql", ".ttf", ".bin", ".txt", ".ogg", ".wav"}
)
"""What the packages read; anything else stands beside them for people."""
NOT_FOLDERS = ("field_app/android/recipes", "field_app/android/java", "field_app/android/res")
NOT_FILES = (
    "field_app/__main__.py",
    "field_app/android/hook.py",
    "field_app/android/main.py",
    "field_app/android/manifest_*",
    "field_app/android/stage.py",
    "field_app/commands.py",
    "field_app/rehearsal.py",
    "field_app/ui/pictures*.py",
    "field_app/ui/sample*.py",
    "schemas/docs.py",
    "schemas/form_docs.py",
    "schemas/workflow_docs.py",
)


def staged(root: Path = ROOT) -> list[Path]:
    """Return every file of the packages that goes along, relative to `root`."""
    found = [
        path.relative_to(root) for package in PACKAGES for path in below(root / package) if path.is_file()
    ]
    return sorted(path for path in found if _goes_along(path))


def stage(target: Path = TARGET, root: Path = ROOT) -> list[Path]:
    """Make the folder anew: the packages, and `main.py` above them. Returns what is in it."""
    shutil.rmtree(target, ignore_errors=True)
    for path in staged(root):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, target / path)
    shutil.copyfile(root / "field_app/android/main.py", target / "main.py")
    return sorted(path.relative_to(target) for path in below(target) if path.is_file())


def _goes_along(path: Path) -> bool:
    name = path.as_posix()
    if path.suffix not in KINDS or "__pycache__" in path.parts:
        return False
    within = any(name.startswith(folder + "/") for folder in NOT_FOLDERS)
    return not within and not any(path.match(pattern) for pattern in NOT_FILES)


if __name__ == "__main__":
    sys.stdout.write(f"{len(stage())} files in {TARGET}\n")
