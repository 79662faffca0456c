"""Making letters. Rule: number, record, recipient and the look at a number come in one transaction.

A letter is a record of kind `surat` in the office's chain: its number, its day, what it is about, the hash of
its PDF, and who made it; no name and no number of a person stands there. The PDF is kept like evidence; that
of a list by name by address is handed over and kept nowhere. What is out is found by letter_shelf.py.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from schemas.identity import mask_nik
from schemas.ids import BlobId, DeviceId, RecordId
from schemas.letters import Kind, Letterhead, Wording, first_letterhead, letter_kinds
from server.access import Person, Thing, may, refused
from server.blobs import BlobStore
from server.engine import Engine, Reader, Writer
from server.letter_store import LETTER
from server.parsing.letter import Letter
from server.services.chain_record import record_of, write_record
from server.services.handouts import Handout, Handouts
from server.services.letter_facts import MOST_PHOTOS, Asked, Facts, Lacking, LetterFacts
from server.services.letter_numbers import book_of
from server.services.letter_setting import Order, example, letter_of, number_of
from server.services.letter_shelf import ISSUED
from server.services.letter_templates import HEAD, current
from server.services.looks import note_looks
from server.services.objections import objections
from server.services.people import Actor, Denied
from server.services.review import NotThere
from server.services.visit_page import Words
from server.store import SqlOfficeStore
from server.thumbnails import Thumbnails
from sync.change import Accessed
from sync.store import Fields

TRIES = 5


class Draft(Data, frozen=True, kw_only=True):
    """What the page of a new letter begins with; `number` is the next one, empty where none is taken."""

    asked: Asked
    kind: Kind
    facts: Facts
    number: str


class Made(Data, frozen=True, kw_only=True):
    """It is out. `pdf` only where it is kept nowhere."""

    id: RecordId
    pdf: bytes = b""


class NotMade(Data, frozen=True, kw_only=True):
    """Nothing was made, and no number used: a key under `surat.gagal`."""

    why: str


class Letters:
    """The use cases. `typeset` sets a letter, None where it cannot. Blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        device: DeviceId,
        blobs: BlobStore,
        thumbnails: Thumbnails,
        words: Words,
        handouts: Handouts,
        office_name: str,
        typeset: Callable[[Letter], bytes | None],
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._device, self._blobs = engine, office, device, blobs
        self._thumbnails, self._words, self._handouts = thumbnails, words, handouts
        self._name, self._typeset = office_name, typeset
        self._now_ms, self._randomness = now_ms, randomness
        self._facts = LetterFacts(words)
        self._turn = threading.Lock()

    def draft(self, person: Person, asked: Asked) -> Draft | NotThere | Denied:
        """Return what a new letter begins with."""
        found = self._read(person, asked, None)
        if isinstance(found, Lacking):
            return NotThere()
        if not isinstance(found, Facts):
            return found
        kind = letter_kinds()[asked.kind]
        number = self._engine.read(lambda tx: self._next(tx, asked.kind)) if kind.bernomor else ""
        return Draft(asked=asked, kind=kind, facts=found, number=number)

    def sample(
        self, person: Person, asked: Asked, typed: Mapping[str, str], photos: Sequence[str]
    ) -> bytes | NotMade | Lacking | NotThere | Denied:
        """Set a letter as it would be, without a number and marked as a sample."""
        found = self._unheld(person, asked, typed)
        if not isinstance(found, Facts):
            return found
        # a sample is no letter: whole numbers of a person are covered on it
        whole = {name: found.values[name] for name in ("nik", "no_kks") if name in found.values}
        covered = {number: mask_nik(number) for number in whole.values() if number != "–"}
        found = replace(
            found,
            values=found.values | {name: covered.get(number, number) for name, number in whole.items()},
            pairs=tuple((label, covered.get(value, value)) for label, value in found.pairs),
        )
        drawn = self._drawn(found, photos)
        order = self._engine.read(lambda tx: self._order(tx, asked.kind, found, drawn, 0))
        made = self._typeset(letter_of(self._marked(order), self._words.text))
        return made or NotMade(why="tak_jadi")

    def sample_of(self, kind: str, wording: Wording, head: Letterhead) -> bytes | None:
        """Set a template with made-up values."""
        values, table = example(letter_kinds()[kind], self._words.text)
        now = self._now_ms()
        order = Order(
            name=kind,
            kind=letter_kinds()[kind],
            wording=wording,
            version=0,
            head=head,
            office=self._name,
            day=written.local_date(now),
            made_ms=now,
            number=0,
            values=values,
            pairs=tuple(
                (self._words.text(f"surat.isi.{name}"), values[name])
                for name in ("nama", "nik", "alamat", "desa", "kecamatan")
                if name in values
            ),
            table=table,
        )
        return self._typeset(letter_of(self._marked(order), self._words.text))

    def make(
        self, person: Person, asked: Asked, typed: Mapping[str, str], photos: Sequence[str], token: str
    ) -> Made | NotMade | Lacking | NotThere | Denied:
        """Make a letter, with the next number. The `token` of its page makes one, however often sent."""
        found = self._unheld(person, asked, typed)
        if not isinstance(found, Facts):
            return found
        name = RecordId(sha256(f"surat\0{person.id}\0{token}".encode()).hexdigest()[:32])
        kind = letter_kinds()[asked.kind]
        drawn = self._drawn(found, photos)
        with self._turn:
            for _ in range(TRIES):
                if self._engine.read(lambda tx: record_of(tx, name, LETTER)) is not None:
                    return Made(id=name)
                number = self._engine.read(self._number) if kind.bernomor else 0
                if isinstance(number, NotMade):
                    return number
                order = self._engine.read(lambda tx, at=number: self._order(tx, asked.kind, found, drawn, at))
                pdf = self._typeset(letter_of(order, self._words.text))
                if pdf is None:
                    return NotMade(why="tak_jadi")
                if self._keep(person, name, asked, found, order, pdf):
                    return Made(id=name, pdf=b"" if kind.disimpan else pdf)
        return NotMade(why="ramai")

    def _unheld(
        self, person: Person, asked: Asked, typed: Mapping[str, str]
    ) -> Facts | NotMade | Lacking | NotThere | Denied:
        """Read what stands in a letter, unless an objection of whom it is about holds."""
        found = self._read(person, asked, typed)
        if isinstance(found, Facts) and found.subject:
            objection = self._engine.read(objections).get(found.subject)
            if objection is not None:
                return NotMade(why="keberatan_dipenuhi" if objection.granted else "keberatan")
        return found

    def _read(
        self, person: Person, asked: Asked, typed: Mapping[str, str] | None
    ) -> Facts | Lacking | NotThere | Denied:
        kind = letter_kinds().get(asked.kind)
        if not may(person, "make_letters"):
            return Denied(why="role")
        if kind is None:
            return NotThere()
        today = written.local_date(self._now_ms())
        found = self._engine.read(lambda tx: self._facts.read(tx, person, kind, asked, typed, today))
        if not isinstance(found, Facts):
            return found
        why = refused(person, "open_numbers", found.thing) if kind.nik else None
        return Denied(why=why) if why else found

    def _drawn(self, found: Facts, photos: Sequence[str]) -> tuple[tuple[bytes, str], ...]:
        """Return the chosen photos, small."""
        chosen = [(blob, label) for blob, label, _ in found.photos if blob in photos][:MOST_PHOTOS]
        drawn = [(self._thumbnails.get(blob), label) for blob, label in chosen]
        return tuple((jpeg, label) for jpeg, label in drawn if jpeg)

    def _order(
        self, tx: Reader, name: str, found: Facts, photos: tuple[tuple[bytes, str], ...], number: int
    ) -> Order:
        kind, now = letter_kinds()[name], self._now_ms()
        wording, version = current(tx, name, kind.surat)
        return Order(
            name=name,
            kind=kind,
            wording=wording,
            version=version,
            head=current(tx, HEAD, first_letterhead())[0],
            office=self._name,
            day=written.local_date(now),
            made_ms=now,
            number=number,
            values=found.values,
            pairs=found.pairs,
            photos=photos,
            table=found.table,
        )

    def _marked(self, order: Order) -> Order:
        return replace(order, mark=self._words.text("surat.kertas.contoh"))

    def _number(self, tx: Reader) -> int | NotMade:
        book = book_of(tx, written.local_date(self._now_ms()).year)
        if book.waits:
            return NotMade(why="pemulihan")
        return NotMade(why="nomor_habis") if book.next is None else book.next

    def _next(self, tx: Reader, name: str) -> str:
        number = self._number(tx)
        return "" if isinstance(number, NotMade) else number_of(self._order(tx, name, _NOTHING, (), number))

    def _keep(
        self, person: Person, name: RecordId, asked: Asked, found: Facts, order: Order, pdf: bytes
    ) -> bool:
        """Store the bytes, then all that is said of them in one transaction; False if the number went."""
        blob, number = BlobId(sha256(pdf).hexdigest()), number_of(order)
        is_kept = order.kind.disimpan
        if is_kept and not self._blobs.put(blob, [pdf], self._randomness(8).hex()):
            raise RuntimeError("a letter's bytes are not those of its name")

        def work(tx: Writer) -> bool:
            if order.number and self._number(tx) != order.number:
                return False
            fields: Fields = {
                "jenis": asked.kind, "nomor": number, "urut": order.number, "tahun": order.day.year,
                "tanggal": order.day.isoformat(), "subjek": found.subject or "",
                "kunjungan": found.visit or "", "kasus": found.case or "", "kode_desa": found.thing.region,
                "layanan": found.thing.service, "berkas": blob, "ukuran": len(pdf), "disimpan": is_kept,
                "templat": order.version, "oleh": person.id, "at_ms": order.made_ms, "state": ISSUED,
            }  # fmt: skip
            if not write_record(tx, self._office, person.id, LETTER, name, fields):
                raise RuntimeError("the office's own chain did not take a letter")
            if is_kept:
                store = SqlOfficeStore.writing(tx)
                store.blob_received(blob, len(pdf), self._device, order.made_ms)
            if order.kind.nik and found.subject:
                purpose = self._words.text("surat.keperluan", nomor=number or "–")
                note_looks(tx, self._office, person.id, Accessed(subject=found.subject, purpose=purpose))
            self._hand_out(tx, person, order, number)
            return True

        return self._engine.write(work).result()

    def _hand_out(self, tx: Writer, person: Person, order: Order, number: str) -> None:
        if not order.kind.penerima:
            return
        text = self._words.text
        given = Handout(
            recipient=order.kind.penerima,
            day=order.day.isoformat(),
            what=text(f"surat.jenis.{order.name}"),
            people=1,
            letter=number,
            basis=text("surat.dasar_penyerahan"),
        )
        if self._handouts.add_in(tx, person, given) is not None:
            raise RuntimeError("the register of recipients did not take a letter")


_NOTHING = Facts(thing=Thing(author=None, region="", service=""))
