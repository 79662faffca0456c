"""Register of recipients: what was given to whom, when, by which letter, on which basis. Rule: only added to.

Each is a record of kind `penyerahan_data` in the office's chain; none names a person. Source: UU 27/2022,
ps. 31.
"""

from collections.abc import Callable

from msgspec.structs import replace

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from server.access import Person, may
from server.engine import Engine, Writer
from server.queries import records_of_kind
from server.services.chain_record import write_record
from server.services.people import Actor
from sync.store import Fields

HANDOUT = "penyerahan_data"
RECIPIENTS = ("bni", "pos", "bpjs", "bppkad", "kemensos", "lain")
MOST_TEXT = 500
MOST_PEOPLE = 10_000_000


class Handout(Data, frozen=True, kw_only=True):
    """Data that were given to somebody on a day (YYYY-MM-DD); `at_ms` is when it was noted, in UTC ms."""

    recipient: str
    day: str
    what: str
    people: int
    letter: str
    basis: str
    by: PersonId = PersonId("")
    at_ms: int = 0


class Handouts:
    """The use cases. Each blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office = engine, office
        self._now_ms, self._randomness = now_ms, randomness

    def add(self, person: Person, given: Handout) -> str | None:
        """Note what was given; return why not, a key under `kantor.penerima.masalah`, or None."""
        if not may(person, "handle_requests"):
            return "peran"
        texts = (given.what, given.letter, given.basis)
        whole = all(0 < len(text.strip()) <= MOST_TEXT for text in texts)
        if given.recipient not in RECIPIENTS or not whole or not 0 < given.people <= MOST_PEOPLE:
            return "isi"
        return self._engine.write(lambda tx: self.add_in(tx, person, given)).result()

    def add_in(self, tx: Writer, person: Person, given: Handout) -> str | None:
        """Note what was given, within what else a transaction does; a letter does so with its number."""
        name = RecordId(self._randomness(16).hex())
        noted = replace(given, by=person.id, at_ms=self._now_ms())
        return None if note_handout(tx, self._office, name, noted) else "isi"

    def all(self) -> list[Handout]:
        """Return everything that was given, the newest first."""
        found = [each.fields for each in self._engine.read(lambda tx: records_of_kind(tx, HANDOUT))]
        listed = [
            Handout(
                recipient=str(fields["penerima"]),
                day=str(fields["tanggal"]),
                what=str(fields["apa"]),
                people=int(fields["jumlah_orang"]),
                letter=str(fields["surat"]),
                basis=str(fields["dasar"]),
                by=PersonId(fields["oleh"]),
                at_ms=int(fields["at_ms"]),
            )
            for fields in found
        ]
        return sorted(listed, key=lambda each: (each.day, each.at_ms), reverse=True)


def note_handout(tx: Writer, office: Actor, name: RecordId, given: Handout) -> bool:
    """Note what was given within a transaction that is already under way; return whether it was taken."""
    fields: Fields = {"penerima": given.recipient, "tanggal": given.day, "apa": given.what.strip()}
    fields |= {"jumlah_orang": given.people, "surat": given.letter.strip(), "dasar": given.basis.strip()}
    fields |= {"oleh": given.by, "at_ms": given.at_ms}
    return write_record(tx, office, given.by, HANDOUT, name, fields)
