"""Several workers on one phone, each with a vault of their own. Rule: one vault is open at a time.

The first worker's vault lies in the app's folder itself, as ever; each further one in a folder `petugas-N`
with its own key, PIN, tries and outbox, on a secret of the device of its own: one that is wiped takes no
other along. What the lock screen calls them is a short sign that each chose for themselves: no name and
nothing of the office is outside the vaults.
"""

import re
from itertools import count
from pathlib import Path

import msgspec

from field_app.durable import write_whole
from field_app.enrol import WAITING
from field_app.keys import FILE
from field_app.views import PhoneUser
from schemas.base import UNREADABLE, Data
from schemas.folders import listed

FOLDER = re.compile(r"petugas-([1-9][0-9]{0,3})")
SIGN_FILE = "tanda.json"
MOST_SIGNS = 12
FIRST = ""


class Sign(Data, frozen=True, kw_only=True):
    """What `tanda.json` holds."""

    sign: str


class SharedPhone:
    """The vaults in one app's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folders(self) -> tuple[tuple[str, Path], ...]:
        """Return every worker's id and folder, the first one first, also where nobody has joined."""
        return tuple((name, self.path(name)) for _, name in self._found())

    def all(self) -> tuple[PhoneUser, ...]:
        """Return everybody who has joined here or waits to, the first one first."""
        return tuple(
            PhoneUser(id=name, number=number, sign=self._sign(name), ready=(self.path(name) / FILE).exists())
            for number, name in self._found()
            if (self.path(name) / FILE).exists() or listed(self.path(name), f"{WAITING}-*")
        )

    def path(self, name: str) -> Path:
        """Return a worker's folder. Raises ValueError for what is no worker's id."""
        if name and FOLDER.fullmatch(name) is None:
            raise ValueError("no worker's id")
        return self._folder / name

    def fresh(self, sign: str) -> str:
        """Make a folder for one more worker and return its id; one that nobody joined in is used again.

        Raises OSError.
        """
        taken = {worker.id for worker in self.all()}
        if FIRST not in taken:
            name = FIRST
        else:
            name = next(name for n in count(2) if (name := f"petugas-{n}") not in taken)
        self.path(name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.put_sign(name, sign)
        return name

    def put_sign(self, name: str, sign: str) -> None:
        """Keep what the lock screen calls a worker: at most 12 letters. Raises OSError."""
        short = " ".join(sign.split())[:MOST_SIGNS].rstrip()
        write_whole(self.path(name) / SIGN_FILE, msgspec.json.encode(Sign(sign=short)))

    def _found(self) -> list[tuple[int, str]]:
        found = [(1, FIRST)]
        if self._folder.is_dir():
            names = (FOLDER.fullmatch(path.name) for path in self._folder.iterdir() if path.is_dir())
            found += sorted((int(name[1]), name[0]) for name in names if name)
        return found

    def _sign(self, name: str) -> str:
        try:
            raw = (self.path(name) / SIGN_FILE).read_bytes()
            return msgspec.json.decode(raw, type=Sign).sign[:MOST_SIGNS]
        except (OSError, *UNREADABLE):
            return ""
