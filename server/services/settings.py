"""Setting what the office may set. Rule: each word is a change of the office's chain, by whom it says.

What somebody saw when they set a value goes with it: where another was quicker, nothing is written.
"""

from collections.abc import Callable

from schemas.base import Data
from server.access import Person, may
from server.engine import Engine, Writer
from server.services.chain_record import write_new
from server.services.people import Actor
from server.settings import CREDIT, KIND, MOST_CREDIT, SETTINGS, TILES, Settings, is_tiles, settings
from sync.store import Fields


class NotSet(Data, frozen=True, kw_only=True):
    """Why nothing was set: a key under `pengaturan.masalah`."""

    why: str


class OfficeSettings:
    """The use cases of *Pengaturan*. Each blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._now_ms = engine, office, now_ms
        self._randomness = randomness

    def now(self) -> Settings:
        """Return all that is and was set."""
        return self._engine.read(settings)

    def change(self, person: Person, name: str, value: int | None, seen: int | None) -> NotSet | None:
        """Set one value, in its unit; `seen` is the one that stood on the page."""
        if not may(person, "set_settings"):
            return NotSet(why="peran")
        setting = SETTINGS.get(name)
        if setting is None or value is None or value != setting.within(value):
            return NotSet(why="rentang")

        def work(tx: Writer) -> NotSet | None:
            known = settings(tx)
            standing = known.value(setting)
            if standing == value:
                return None
            if standing != seen:
                return NotSet(why="berubah")
            self._say(tx, person, known, {name: value})
            return None

        return self._engine.write(work).result()

    def set_tiles(self, person: Person, address: str, credit: str, seen: str) -> NotSet | None:
        """Name the tiles to draw under the maps, and whom they are owed to; an empty address takes them away.

        `seen` is the address that stood on the page.
        """
        if not may(person, "set_settings"):
            return NotSet(why="peran")
        address, credit = address.strip(), " ".join(credit.split())
        if address and not is_tiles(address):
            return NotSet(why="alamat_peta")
        if len(credit) > MOST_CREDIT or (address and not credit):
            return NotSet(why="sumber_peta")

        def work(tx: Writer) -> NotSet | None:
            known = settings(tx)
            wanted = {TILES: address, CREDIT: credit if address else ""}
            changed = {name: value for name, value in wanted.items() if known.text(name) != value}
            if not changed:
                return None
            if known.text(TILES) != seen:
                return NotSet(why="berubah")
            self._say(tx, person, known, changed)
            return None

        return self._engine.write(work).result()

    def _say(
        self, tx: Writer, person: Person, known: Settings, said: dict[str, int] | dict[str, str]
    ) -> None:
        # a clock that was set back brings no order into the words that is not theirs
        last = known.words[-1].at_ms if known.words else 0
        at_ms = max(self._now_ms(), last + 1)
        for name, value in said.items():
            fields: Fields = {"nama": name, "nilai": value, "oleh": person.id, "sejak_ms": at_ms}
            write_new(tx, self._office, person.id, KIND, fields, self._randomness)
