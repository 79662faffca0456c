"""Letters that are out: finding, opening, printing again, cancelling. Rule: each stays as it was.

A cancelled letter keeps its number and its bytes, and says why.
"""

from collections.abc import Callable

from schemas.base import Data
from schemas.ids import BlobId, RecordId
from schemas.letters import letter_kinds
from server.access import Action, Person, Thing, Why, refused
from server.blobs import BlobStore
from server.engine import Engine, Reader, Writer
from server.letter_store import LETTER, LetterRow, has_more, listed, out_about
from server.services.chain_record import record_of, write_record
from server.services.letter_facts import region_name
from server.services.looks import note_looks
from server.services.people import Actor, Denied
from server.services.review import NotThere
from server.services.visit_page import Words
from server.services.visits import names
from server.store import SqlOfficeStore
from server.thumbnails import whole
from sync.change import Accessed
from sync.store import Fields, Record

ISSUED, CANCELLED = "terbit", "batal"
MOST_REASON = 300


class LetterView(Data, frozen=True, kw_only=True):
    """A letter as its page shows it."""

    id: RecordId
    kind: str
    number: str
    day: str
    subject: str
    region: str
    by: str
    at_ms: int
    state: str
    reason: str
    cancelled_by: str
    digest: str
    size_bytes: int
    version: int
    case: str
    visit: str
    is_kept: bool
    is_destroyed: bool
    may_open: bool
    may_cancel: bool


class Found(Data, frozen=True, kw_only=True):
    """One line of the list."""

    row: LetterRow
    name: str


class LetterShelf:
    """The use cases. Blocks its thread."""

    def __init__(
        self, engine: Engine, office: Actor, blobs: BlobStore, words: Words, now_ms: Callable[[], int]
    ) -> None:
        self._engine, self._office, self._blobs = engine, office, blobs
        self._words, self._now_ms = words, now_ms

    def find(self, person: Person, first: str, last: str, kind: str, sought: str) -> list[Found]:
        """Return the letters of these days (YYYY-MM-DD) whose number or person has these words."""

        def work(tx: Reader) -> list[Found]:
            rows = [row for row in listed(tx, first, last, kind) if self._refused(person, row) is None]
            known = names(SqlOfficeStore.reading(tx), {row.subject for row in rows if row.subject})
            return [Found(row=row, name=known.get(row.subject, "")) for row in rows]

        wanted = " ".join(sought.casefold().split())
        return [
            each
            for each in self._engine.read(work)
            if wanted in each.row.written.casefold() or wanted in each.name.casefold()
        ]

    def has_older(self, first: str, last: str, kind: str) -> bool:
        """Say whether these days have more letters than `find` looks through, which are the newest."""
        return self._engine.read(lambda tx: has_more(tx, first, last, kind))

    def about(self, person: Person, name: RecordId) -> list[LetterRow]:
        """Return the letters about a visit or a case that this person may see, the newest first."""
        found = self._engine.read(lambda tx: out_about(tx, name))
        return [row for row in found if self._refused(person, row) is None]

    def answering(self, person: Person, case: RecordId) -> LetterRow | None:
        """Return the newest letter with a number about a case since its newest step, None if there is none.

        A cancelled one does not count: it answers nothing.
        """
        kasus = self._engine.read(lambda tx: record_of(tx, case, "kasus"))
        since_ms = int(kasus.fields["since_ms"]) if kasus else 0
        out = [row for row in self.about(person, case) if row.number and row.state == ISSUED]
        return next((row for row in out if row.at_ms > since_ms), None)

    def open(self, person: Person, name: RecordId) -> LetterView | NotThere | Denied:
        """Show a letter."""

        def work(tx: Reader) -> LetterView | NotThere | Denied:
            found = _reached(tx, person, "see_letters", name)
            return self._view(tx, person, name, found.fields) if isinstance(found, Record) else found

        return self._engine.read(work)

    def pdf(self, person: Person, name: RecordId) -> bytes | NotThere | Denied:
        """Return the very bytes of a letter. One with whole numbers of a person notes who took it.

        Raises DamagedBlobError.
        """
        view = self.open(person, name)
        if not isinstance(view, LetterView):
            return view
        if not view.may_open:
            return Denied(why="role")
        if not view.is_kept or view.is_destroyed:
            return NotThere()
        if letter_kinds()[view.kind].nik:
            purpose = self._words.text("surat.keperluan", nomor=view.number or "–")
            looked = Accessed(subject=name, purpose=purpose)
            self._engine.write(lambda tx: note_looks(tx, self._office, person.id, looked)).result()
        return whole(self._blobs, BlobId(view.digest))

    def cancel(self, person: Person, name: RecordId, reason: str) -> str | NotThere | Denied | None:
        """Cancel a letter; it keeps its number. Returns why not, a key under `surat.gagal`, or None."""
        said = reason.strip()

        def work(tx: Writer) -> str | NotThere | Denied | None:
            record = _reached(tx, person, "make_letters", name)
            if not isinstance(record, Record):
                return record
            if not said or len(said) > MOST_REASON:
                return "alasan"
            if record.fields.get("state") != ISSUED:
                return "sudah_batal"
            fields: Fields = {"state": CANCELLED, "batal_alasan": said, "batal_oleh": person.id}
            fields |= {"batal_ms": self._now_ms()}
            return None if write_record(tx, self._office, person.id, LETTER, name, fields) else "ramai"

        return self._engine.write(work).result()

    def _refused(self, person: Person, row: LetterRow) -> Why | None:
        return refused(person, "see_letters", Thing(author=None, region=row.region, service=row.service))

    def _view(self, tx: Reader, person: Person, name: RecordId, fields: Fields) -> LetterView:
        people = {str(fields.get(each) or "") for each in ("oleh", "batal_oleh", "subjek")}
        known = names(SqlOfficeStore.reading(tx), people - {""})
        kind, thing, state = str(fields["jenis"]), _thing(fields), str(fields["state"])
        opens = not letter_kinds()[kind].nik or refused(person, "open_numbers", thing) is None
        is_kept = bool(fields["disimpan"])
        gone = is_kept and SqlOfficeStore.reading(tx).is_destroyed(BlobId(str(fields["berkas"])))
        return LetterView(
            id=name,
            kind=kind,
            number=str(fields["nomor"]),
            day=str(fields["tanggal"]),
            subject=known.get(str(fields["subjek"]), ""),
            region=region_name(self._words, thing.region) if thing.region else "",
            by=known.get(str(fields["oleh"]), "–"),
            at_ms=int(fields["at_ms"]),
            state=state,
            reason=str(fields.get("batal_alasan") or ""),
            cancelled_by=known.get(str(fields.get("batal_oleh") or ""), ""),
            digest=str(fields["berkas"]),
            size_bytes=int(fields["ukuran"]),
            version=int(fields["templat"]),
            case=str(fields["kasus"]),
            visit=str(fields["kunjungan"]),
            is_kept=is_kept,
            is_destroyed=gone,
            may_open=opens,
            may_cancel=state == ISSUED and refused(person, "make_letters", thing) is None,
        )


def _reached(tx: Reader, person: Person, action: Action, name: RecordId) -> Record | NotThere | Denied:
    record = record_of(tx, name, LETTER)
    why = refused(person, action, _thing(record.fields)) if record else None
    if record is None or why == "row":
        return NotThere()
    return Denied(why=why) if why else record


def _thing(fields: Fields) -> Thing:
    region, service = str(fields.get("kode_desa") or ""), str(fields.get("layanan") or "")
    return Thing(author=None, region=region, service=service)
