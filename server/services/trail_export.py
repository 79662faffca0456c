"""The trail taken along, for the Inspektorat. Rule: it is on record before a line is written."""

import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import IO, BinaryIO

from schemas.base import Data
from schemas.ids import PersonId
from schemas.text import Text
from server import trail_store
from server.access import Person, may
from server.engine import Engine, Reader
from server.office import Office
from server.parsing.typesetting import Typesetter
from server.proof.making import CHECKER, LIST, MOST_PURPOSE, checker, put
from server.proof.report import turns_of, write_list
from server.proof.trail_file import Entry, Order, Summed, link_text, summary_paper, write
from server.services.looks import note_looks
from server.services.people import Denied
from server.services.trail import Asked, Trail
from server.store import SqlOfficeStore
from server.trail import TRAIL, trace
from server.trail_store import Place, Wanted
from sync.applying import readable
from sync.change import Accessed

LINES, PAPER = "jejak.jsonl", "ringkasan.pdf"
BATCH = 1_000


class NotPrinted(Data, frozen=True, kw_only=True):
    """The paper could not be set; the request stands on record all the same."""


class TrailExport:
    """Makes the files. Blocks its thread. `name` is the office's, `scratch()` makes a file for a while,
    `now_ms` gives UTC milliseconds.
    """

    def __init__(
        self,
        engine: Engine,
        office: Office,
        trail: Trail,
        name: str,
        text: Text,
        *,
        typesetter: Typesetter,
        scratch: Callable[[], BinaryIO],
        now_ms: Callable[[], int],
    ) -> None:
        self._engine, self._office, self._trail = engine, office, trail
        self._name, self._text, self._now_ms = name, text, now_ms
        self._typesetter, self._scratch = typesetter, scratch

    def make(
        self, person: Person, asked: Asked, purpose: str, search: str
    ) -> IO[bytes] | Denied | NotPrinted:
        """Record who takes what along and why, then write it as a ZIP; `search` says in words what it is."""
        if not may(person, "export_trail"):
            return Denied(why="role")
        purpose = purpose.strip()[:MOST_PURPOSE]
        self._record(person.id, purpose)
        self._trail.catch_up()
        out = self._scratch()
        try:
            if self._packed(out, person, asked, purpose, search):
                return out
        except BaseException:
            out.close()
            raise
        out.close()
        return NotPrinted()

    def _record(self, person: PersonId, purpose: str) -> None:
        looked = Accessed(subject=TRAIL, purpose=purpose)
        self._engine.write(lambda tx: note_looks(tx, self._office, person, looked)).result()

    def _packed(self, out: IO[bytes], person: Person, asked: Asked, purpose: str, search: str) -> bool:
        """Write the ZIP; False where the paper could not be set."""
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:

            def lines(tx: Reader) -> tuple[Order, Summed]:
                order = self._order(tx, person, purpose, search)
                with bundle.open(LINES, "w", force_zip64=True) as file:
                    entries = self._entries(tx, self._trail.wanted(tx, person, asked))
                    return order, write(entries, order, self._office.attest, file)

            order, summed = self._engine.read(lines)
            paper = self._typesetter.pdf(summary_paper(order, summed, self._text))
            if paper is None:
                return False
            hashes = {LINES: summed.whole}
            for name, data in ((PAPER, paper), (CHECKER, checker())):
                put(bundle, name, data)
                hashes[name] = sha256(data).hexdigest()
            put(bundle, LIST, write_list(hashes, self._office.attest))
        return True

    def _order(self, tx: Reader, person: Person, purpose: str, search: str) -> Order:
        return Order(
            office=self._name,
            device=self._office.device,
            key=self._office.public_key.hex(),
            turns=turns_of(self._office.turns(tx)),
            head=self._office.head(SqlOfficeStore.reading(tx)).hex(),
            by=person.nama,
            purpose=purpose,
            search=search,
            made_ms=self._now_ms(),
        )

    def _entries(self, tx: Reader, wanted: Wanted) -> Iterator[Entry]:
        behind = Place()
        while True:
            rows = trail_store.page(tx, wanted, behind, BATCH)
            for row, line in zip(rows, self._trail.lines(tx, rows, purposes=True), strict=True):
                content = readable(row.raw) if row.raw else None
                yield Entry(
                    waktu_ms=row.at_ms,
                    perangkat=row.device,
                    urutan=row.counter,
                    catatan=row.change.hex(),
                    tautan=link_text(row.link),
                    oleh=content.author if content else "",
                    oleh_nama=line.author,
                    perbuatan=row.kind,
                    tentang=trace(row.raw).about,
                    kalimat=line.sentence,
                    keperluan=line.purpose,
                    hasil=line.outcome,
                )
            if len(rows) < BATCH:
                return
            behind = Place(at_ms=rows[-1].at_ms, seq=rows[-1].seq)
