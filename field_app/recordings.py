"""The data notice read aloud: which recordings there are. Rule: one of other words than those shown is none.

A recording is named after the version of the notice and its language; the file lies in `suara/`, whose README
says how one is added.
"""

from collections.abc import Mapping
from pathlib import Path

from schemas.folders import listed

FOLDER = Path(__file__).parent / "suara"
KINDS = (".ogg", ".wav")


def recordings(version: str, folder: Path = FOLDER) -> Mapping[str, Path]:
    """Return the recordings of this version of the notice by language, the languages in order."""
    start = f"pemberitahuan-{version}."
    found = {
        path.stem.removeprefix(start): path
        for path in listed(folder, f"{start}*")
        if path.suffix in KINDS and path.stem.startswith(start)
    }
    return dict(sorted(found.items()))
