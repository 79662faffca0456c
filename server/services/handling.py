"""Alarms that somebody has seen to: by whom, when, and what was done. Rule: only what is there now is marked.

A mark is a change in the office's chain, of a record of kind `penanganan`, and is taken back by another. It
names its alarm by what makes it this one: a further branch, gap or unknown head is another and is shown.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from schemas.ids import PersonId
from schemas.text import Text
from server.access import Person
from server.engine import Engine, Reader, Writer
from server.office import Office
from server.queries import records_of_kind
from server.services.alarms import Alarm, Alarms, PhoneState
from server.services.chain_record import word_id, write_record
from server.services.key_alarms import new_keys
from server.services.visits import names
from server.services.wrong_logins import login_alarms
from server.store import SqlOfficeStore

KIND = "penanganan"
MOST_NOTE = 500
"""Characters in a note."""


class Marked(Data, frozen=True, kw_only=True):
    """A mark that stands."""

    by: PersonId
    at_ms: int
    note: str


class Seen(Data, frozen=True, kw_only=True):
    """An alarm that was seen to, and a sentence that says by whom, when and how."""

    alarm: Alarm
    said: str


class PhonePage(Data, frozen=True, kw_only=True):
    """A phone with what still needs attention, and what was seen to."""

    phone: PhoneState
    seen: tuple[Seen, ...]


class Handling:
    """Shows alarms without those that were seen to, marks them, and takes marks back. Blocks its thread."""

    def __init__(
        self, engine: Engine, office: Office, alarms: Alarms, text: Text, now_ms: Callable[[], int]
    ) -> None:
        self._engine, self._office, self._alarms = engine, office, alarms
        self._text, self._now_ms = text, now_ms

    def attention(self, person: Person) -> list[Alarm]:
        """List what needs attention and nobody has seen to, the gravest first; a new key each sees to."""
        marks, beside = self._engine.read(lambda tx: (_marks(tx), self._beside_phones(tx, person)))
        return [alarm for alarm in (*beside, *self._alarms.attention()) if alarm.key not in marks]

    def new_keys(self, person: Person) -> list[Alarm]:
        """List the rescue keys that were made and that this person has not marked."""
        return self._unmarked(lambda tx: new_keys(tx, self._text, person))

    def guessing(self, person: Person) -> list[Alarm]:
        """List what looks like guessing of passwords and nobody has seen to."""
        return self._unmarked(lambda tx: login_alarms(tx, self._text, person, self._now_ms()))

    def phones(self) -> list[PhonePage]:
        """Say of every phone how it stands, newest first."""
        marks, known = self._engine.read(_marks_and_names)
        return [self._page(phone, marks, known) for phone in self._alarms.phones()]

    def mark(self, person: Person, key: str, note: str) -> bool:
        """Note that an alarm was seen to; False when there is no such alarm any more."""
        found = [alarm for phone in self._alarms.phones() for alarm in phone.alarms]
        found += self._unmarked(lambda tx: self._beside_phones(tx, person))
        if not key or not any(alarm.key == key for alarm in found):
            return False
        return self._write(person, key, handled=True, note=note)

    def take_back(self, person: Person, key: str) -> bool:
        """Show an alarm again; False when no mark of it stands."""
        return key in self._engine.read(_marks) and self._write(person, key, handled=False, note="")

    def _beside_phones(self, tx: Reader, person: Person) -> list[Alarm]:
        return [*new_keys(tx, self._text, person), *login_alarms(tx, self._text, person, self._now_ms())]

    def _unmarked(self, find: Callable[[Reader], list[Alarm]]) -> list[Alarm]:
        marks, found = self._engine.read(lambda tx: (_marks(tx), find(tx)))
        return [alarm for alarm in found if alarm.key not in marks]

    def _write(self, person: Person, key: str, *, handled: bool, note: str) -> bool:
        fields = {
            "alarm": key,
            "ditangani": handled,
            "catatan": note,
            "oleh": person.id,
            "at_ms": self._now_ms(),
        }

        def work(tx: Writer) -> bool:
            return write_record(tx, self._office, person.id, KIND, word_id(tx, KIND, key), fields)

        return self._engine.write(work).result()

    def _page(self, phone: PhoneState, marks: Mapping[str, Marked], known: Mapping[str, str]) -> PhonePage:
        seen = tuple(
            Seen(alarm=alarm, said=self._said(marks[alarm.key], known))
            for alarm in phone.alarms
            if alarm.key in marks
        )
        left = tuple(alarm for alarm in phone.alarms if alarm.key not in marks)
        return PhonePage(phone=replace(phone, alarms=left), seen=seen)

    def _said(self, mark: Marked, known: Mapping[str, str]) -> str:
        at = written.date_and_clock(mark.at_ms)
        return self._text(
            "kantor.alarm.ditangani_oleh", nama=known.get(mark.by, "–"), waktu=at, catatan=mark.note
        )


def _marks(tx: Reader) -> dict[str, Marked]:
    return {
        str(record.fields["alarm"]): Marked(
            by=PersonId(str(record.fields["oleh"])),
            at_ms=int(record.fields["at_ms"]),
            note=str(record.fields["catatan"]),
        )
        for record in records_of_kind(tx, KIND)
        if record.fields.get("ditangani")
    }


def _marks_and_names(tx: Reader) -> tuple[dict[str, Marked], dict[str, str]]:
    marks = _marks(tx)
    return marks, names(SqlOfficeStore.reading(tx), {mark.by for mark in marks.values()})
