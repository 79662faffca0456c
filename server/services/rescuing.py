"""Making the officers' rescue key, and using it. Rule: each use is in the chain before a code is told, and
sounds an alarm until somebody has seen to it.

Source: docs/operations.md, "Kunci penyelamat".
"""

from collections.abc import Callable

from schemas.base import Data
from schemas.ids import DeviceId, PersonId, RecordId
from server import device_store, lost_store, queries, rescue
from server.access import Person, may
from server.engine import Engine, Reader, Writer
from server.lost_store import RescueKey
from server.office import Office
from server.rescue import Letter, NewKey
from server.services.people import person_of
from sync.change import Patch

KEY, USE = "kunci_penyelamat", "pakai_penyelamat"
"""Kinds of the records in the office's chain."""
MOST_PURPOSE = 500


class NotRescued(Data, frozen=True, kw_only=True):
    """Why not: a key under `penyelamat.masalah`."""

    why: str


class Rescuing:
    """The use cases. Each blocks its thread; `randomness(n)` gives n random bytes."""

    def __init__(
        self,
        engine: Engine,
        office: Office,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office = engine, office
        self._now_ms, self._randomness = now_ms, randomness

    def officer(self, who: str) -> Person | NotRescued:
        """Return the person of a code or an id, if they may use a rescue key."""
        record = self._engine.read(lambda tx: queries.find_petugas(tx, who))
        person = person_of(record) if record else None
        if person is None or not may(person, "use_rescue"):
            return NotRescued(why="bukan_wewenang")
        return person

    def make(self, passphrase: str) -> NewKey:
        """Make a key that counts for nothing before `keep`."""
        return rescue.new_key(passphrase, self._now_ms(), self._randomness)

    def keep(self, by: Person, new: NewKey) -> None:
        """Store a key whose papers were typed back; phones learn its public half at their next sync."""
        record = RecordId(new.key.public_key.hex()[:32])
        fields = {"kunci": new.key.public_key, "dibuat_ms": new.key.made_ms, "oleh": by.id}

        def work(tx: Writer) -> None:
            lost_store.add_rescue_key(tx, new.key)
            self._office.act_in(tx, by.id, [Patch(record=record, kind=KEY, base={}, new=fields)])

        self._engine.write(work).result()

    def letter(self, device: DeviceId) -> Letter | NotRescued:
        """Return the letter that a phone brought."""

        def look(tx: Reader) -> Letter | NotRescued:
            if device_store.device(tx, device) is None:
                return NotRescued(why="perangkat")
            said = lost_store.said(tx, device)
            if said is None or not said.letter:
                return NotRescued(why="tanpa_surat")
            return Letter(device=device, rescue_key=said.rescue_key, sealed=said.letter)

        return self._engine.read(look)

    def key_of(self, letter: Letter) -> RescueKey | NotRescued:
        """Return the rescue key that a letter is sealed to."""
        keys = self._engine.read(lost_store.rescue_keys)
        found = next((key for key in keys if key.public_key == letter.rescue_key), None)
        return found or NotRescued(why="kunci_lain")

    def use(self, by: Person, letter: Letter, private: bytes, purpose: str) -> str | NotRescued:
        """Record that a letter is opened, and for what; then open it, and return the code to be told."""
        if not may(by, "use_rescue"):
            return NotRescued(why="bukan_wewenang")
        if not is_purpose(purpose):
            return NotRescued(why="keperluan")
        code = self.code_of(letter, private)
        if isinstance(code, NotRescued):
            return code
        self.note(by.id, letter.device, purpose)
        return rescue.written_code(code)

    def code_of(self, letter: Letter, private: bytes) -> bytes | NotRescued:
        """Open a letter. Whoever calls this notes the use before telling anybody."""
        code = rescue.open_letter(letter, private, self._office.device)
        return code or NotRescued(why="surat_rusak")

    def note(self, by: PersonId, device: DeviceId, purpose: str) -> None:
        """Put a use into the chain, durably: it is what the alarm shows."""
        name = RecordId(self._randomness(16).hex())
        fields = {"perangkat": device, "keperluan": purpose.strip(), "oleh": by, "at_ms": self._now_ms()}
        self._office.act(by, Patch(record=name, kind=USE, base={}, new=fields))


def is_purpose(text: str) -> bool:
    """Say whether this can be noted as what a use is for."""
    return 0 < len(text.strip()) <= MOST_PURPOSE
