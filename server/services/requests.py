"""What people ask about their own data: access, correction, objection. Rule: 3 × 24 hours from its coming.

A request is a record of kind `permintaan_warga` in the office's chain, closed with a result and an answer; an
objection that was granted holds until the person withdraws it (objections.py). A request is about a person by
id; sealed cases are not handled here, nor does anything here tell that there are any.
Source: UU 27/2022, ps. 6, 7, 10, 30 and 32.
"""

from collections.abc import Callable
from typing import Literal, get_args

from schemas.base import Data
from schemas.form import Forms
from schemas.ids import PersonId, RecordId
from server import protection_store
from server.access import Action, Person, may
from server.engine import Engine, Reader, Writer
from server.queries import records_of_kind
from server.services.answers import covered
from server.services.belongings import REQUEST
from server.services.chain_record import record_of, write_record
from server.services.found_looks import note_found
from server.services.incident_clock import Deadline, deadline
from server.services.objections import is_granted
from server.services.people import Actor
from server.services.shelf_rights import ShelfRights
from server.shelves import read_shelf, shelf_of
from server.store import SqlOfficeStore
from sync.losses import is_destroyed
from sync.store import Fields, Record

Kind = Literal["akses", "perbaikan", "keberatan"]
KINDS: tuple[Kind, ...] = get_args(Kind)
APPLICANTS = ("sendiri", "wali", "kuasa", "ahli_waris")
OUTCOMES = ("dipenuhi", "sebagian", "ditolak")
MOST_TEXT = 2_000
MOST_FOUND = 30
FEWEST_SIGNS = 3
"""Signs of a name that are searched for; a number is searched for whole."""
NIK_DIGITS = 16


class Found(Data, frozen=True, kw_only=True):
    """Somebody who was searched for; the number is covered."""

    id: RecordId
    nama: str
    nik: str
    desa: str


class Finds(Data, frozen=True, kw_only=True):
    """Who was found; `more`: there are others with that name."""

    shown: tuple[Found, ...]
    more: bool


class Request(Data, frozen=True, kw_only=True):
    """A request as it stands now; times are UTC milliseconds.

    `holds_on`: an objection that was granted and is not withdrawn. `withdrawal` says how and when the person
    withdrew it; `withdrawn_ms`, 0 until then, is when the office took that down.
    """

    id: RecordId
    warga: RecordId
    nama: str
    kind: Kind
    applicant: str
    asked: str
    received_ms: int
    by: PersonId
    outcome: str
    answer: str
    closed_by: PersonId
    holds_on: bool
    withdrawal: str
    withdrawn_ms: int
    withdrawn_by: PersonId
    clock: Deadline

    @property
    def is_open(self) -> bool:
        """Whether it still waits for an answer."""
        return not self.outcome

    @property
    def holds(self) -> bool:
        """Whether it holds the person's data: an objection until it is answered or, granted, withdrawn."""
        return self.holds_on or (self.is_open and self.kind == "keberatan")


class NotDone(Data, frozen=True, kw_only=True):
    """Why nothing was done: a key under `kantor.permintaan.masalah`."""

    why: str


class Requests:
    """The use cases. Each blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        forms: Forms,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office = engine, office
        self._now_ms, self._randomness = now_ms, randomness
        self._rights = ShelfRights(forms)

    def find(self, person: Person, wanted: str, purpose: str) -> Finds:
        """Search somebody by a whole NIK or by a part of their name, within this person's area.

        What for stands on record first where finding somebody is a look at them (found_looks.py).
        """
        text = " ".join(wanted.split())
        by_number = text.isascii() and text.isdigit()
        if not may(person, "handle_requests") or len(text) < (NIK_DIGITS if by_number else FEWEST_SIGNS):
            return Finds(shown=(), more=False)

        def search(tx: Reader) -> list[Found]:
            found: list[Found] = []
            for record in protection_store.records_holding(tx, "warga", text):
                name, nik = str(record.fields.get("nama") or ""), str(record.fields.get("nik") or "")
                fits = nik == text if by_number else text.casefold() in name.casefold()
                if fits and self.may(person, "handle_requests", record):
                    desa = str(record.fields.get("kode_desa") or "")
                    found.append(Found(id=record.id, nama=name, nik=covered(nik), desa=desa))
                if len(found) > MOST_FOUND:
                    break
            return found

        found = self._engine.read(search)
        shown = tuple(found[:MOST_FOUND])
        note_found(self._engine, self._office, person, [each.id for each in shown], purpose)
        return Finds(shown=shown, more=len(found) > MOST_FOUND)

    def may(self, person: Person, action: Action, record: Record) -> bool:
        """Whether somebody may act on a record of a person: any service that the record has is enough."""
        if is_destroyed(record):
            return False
        return self._rights.why(person, action, shelf_of(record.fields)) is None

    def open(
        self, person: Person, warga: RecordId, kind: str, applicant: str, asked: str, received_ms: int
    ) -> RecordId | NotDone:
        """Take a request down. `received_ms` is when it came, not after now."""
        now = self._now_ms()
        if kind not in KINDS or applicant not in APPLICANTS or not 0 < len(asked.strip()) <= MOST_TEXT:
            return NotDone(why="isi")
        if received_ms > now:
            return NotDone(why="waktu")

        def work(tx: Writer) -> RecordId | NotDone:
            record = record_of(tx, warga, "warga")
            if record is None or not self.may(person, "handle_requests", record):
                return NotDone(why="warga")
            name = RecordId(self._randomness(16).hex())
            fields: Fields = {"warga": warga, "jenis": kind, "pemohon": applicant, "isi": asked.strip()}
            fields |= {"diterima_ms": received_ms, "oleh": person.id, "state": "berjalan"}
            fields["rak"] = shelf_of(record.fields).text()
            done = write_record(tx, self._office, person.id, REQUEST, name, fields)
            return name if done else NotDone(why="berubah")

        return self._engine.write(work).result()

    def close(self, person: Person, name: RecordId, outcome: str, answer: str) -> NotDone | None:
        """Close a request with its result and the answer that goes to the person."""
        if outcome not in OUTCOMES or not 0 < len(answer.strip()) <= MOST_TEXT:
            return NotDone(why="jawaban")

        def work(tx: Writer) -> NotDone | None:
            record = record_of(tx, name, REQUEST)
            if record is None or not self._may_know(person, "handle_requests", record):
                return NotDone(why="tidak_ada")
            if record.fields["state"] != "berjalan":
                return NotDone(why="sudah")
            fields: Fields = {"state": "selesai", "hasil": outcome, "jawaban": answer.strip()}
            fields |= {"selesai_ms": self._now_ms(), "selesai_oleh": person.id}
            done = write_record(tx, self._office, person.id, REQUEST, name, fields)
            return None if done else NotDone(why="berubah")

        return self._engine.write(work).result()

    def withdraw(self, person: Person, name: RecordId, note: str) -> NotDone | None:
        """Take down that the person withdrew an objection that was granted; `note` says how and when.

        Nothing undoes it: who objects again makes a new request.
        """
        if not 0 < len(note.strip()) <= MOST_TEXT:
            return NotDone(why="penarikan")

        def work(tx: Writer) -> NotDone | None:
            record = record_of(tx, name, REQUEST)
            if record is None or not self._may_know(person, "handle_requests", record):
                return NotDone(why="tidak_ada")
            if not _holds_on(record):
                return NotDone(why="tidak_menahan")
            fields: Fields = {"ditarik_ms": self._now_ms(), "ditarik_oleh": person.id}
            fields["penarikan"] = note.strip()
            done = write_record(tx, self._office, person.id, REQUEST, name, fields)
            return None if done else NotDone(why="berubah")

        return self._engine.write(work).result()

    def all(self, person: Person) -> list[Request]:
        """List the requests of this person's area: open ones first, the most urgent of them first.

        Then those that still hold somebody's data, which one would look for among all that was ever asked.
        """

        def work(tx: Reader) -> list[Request]:
            found = [
                each
                for each in records_of_kind(tx, REQUEST)
                if not is_destroyed(each) and self._may_know(person, "see_protection", each)
            ]
            return [self._seen(tx, each) for each in found]

        found = self._engine.read(work)
        return sorted(found, key=lambda each: (not each.is_open, not each.holds_on, each.clock.until_ms))

    def one(self, person: Person, name: RecordId) -> Request | None:
        """Return one request of this person's area."""

        def work(tx: Reader) -> Request | None:
            record = record_of(tx, name, REQUEST)
            if record is None or is_destroyed(record):
                return None
            return self._seen(tx, record) if self._may_know(person, "see_protection", record) else None

        return self._engine.read(work)

    def waiting(self, person: Person) -> list[Request]:
        """List the open requests that this person must see to."""
        if not may(person, "handle_requests"):
            return []
        return [each for each in self.all(person) if each.is_open]

    def _may_know(self, person: Person, action: Action, record: Record) -> bool:
        if is_destroyed(record):
            return False
        return self._rights.why(person, action, read_shelf(record.fields["rak"])) is None

    def _seen(self, tx: Reader, record: Record) -> Request:
        fields = record.fields
        name = RecordId(fields["warga"])
        warga = SqlOfficeStore.reading(tx).records([name]).get(name)
        return Request(
            id=record.id,
            warga=name,
            nama=str(warga.fields.get("nama") or "") if warga else "",
            kind=fields["jenis"],
            applicant=str(fields["pemohon"]),
            asked=str(fields["isi"]),
            received_ms=int(fields["diterima_ms"]),
            by=PersonId(fields["oleh"]),
            outcome=str(fields.get("hasil") or ""),
            answer=str(fields.get("jawaban") or ""),
            closed_by=PersonId(fields.get("selesai_oleh") or ""),
            holds_on=_holds_on(record),
            withdrawal=str(fields.get("penarikan") or ""),
            withdrawn_ms=int(fields.get("ditarik_ms") or 0),
            withdrawn_by=PersonId(fields.get("ditarik_oleh") or ""),
            clock=deadline(int(fields["diterima_ms"]), self._now_ms(), fields.get("selesai_ms")),
        )


def _holds_on(record: Record) -> bool:
    return record.fields["jenis"] == "keberatan" and is_granted(record)
