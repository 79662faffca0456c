"""The trail taken along, for the Inspektorat. Rule: it is on record before a line is written."""

import zipfile
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

from schemas.base import Data
from schemas.ids import PersonId
from schemas.text import Text
from schemas.wire import Applied
from server import trail_store
from server.access import Person, may
from server.engine import Engine, Reader
from server.office import Office
from server.parsing.typesetting import Typesetter
from server.proof.making import CHECKER, MOST_PURPOSE, checker, private_entry
from server.proof.trail_file import Entry, Order, link_text, summary_paper, write
from server.services.people import Denied
from server.services.trail import Asked, Trail
from server.store import SqlOfficeStore
from server.trail import TRAIL, trace
from server.trail_store import Place, Wanted
from sync.applying import readable
from sync.change import Accessed

LINES, PAPER = "jejak.jsonl", "ringkasan.pdf"
BATCH = 1_000
IN_MEMORY_BYTES = 8 * 1024**2


class NotPrinted(Data, frozen=True, kw_only=True):
    """The paper could not be set; the request stands on record all the same."""


class TrailExport:
    """Makes the files. Blocks its thread. `name` is the office's, `now_ms` gives UTC milliseconds."""

    def __init__(
        self, engine: Engine, office: Office, trail: Trail, name: str, text: Text, now_ms: Callable[[], int]
    ) -> None:
        self._engine, self._office, self._trail = engine, office, trail
        self._name, self._text, self._now_ms = name, text, now_ms

    def make(
        self, person: Person, asked: Asked, purpose: str, search: str
    ) -> IO[bytes] | Denied | NotPrinted:
        """Record who takes what along and why, then write it as a ZIP; `search` says in words what it is."""
        if not may(person, "export_trail"):
            return Denied(why="role")
        purpose = purpose.strip()[:MOST_PURPOSE]
        self._record(person.id, purpose)
        self._trail.catch_up()
        return self._engine.read(lambda tx: self._packed(tx, person, asked, purpose, search))

    def _record(self, person: PersonId, purpose: str) -> None:
        outcome = self._office.act(person, Accessed(subject=TRAIL, purpose=purpose))
        if not isinstance(outcome, Applied):
            raise RuntimeError("the office's own chain did not take a record of an export")

    def _packed(
        self, tx: Reader, person: Person, asked: Asked, purpose: str, search: str
    ) -> IO[bytes] | NotPrinted:
        order = Order(
            office=self._name,
            key=self._office.public_key.hex(),
            head=self._office.head(SqlOfficeStore.reading(tx)).hex(),
            by=person.nama,
            purpose=purpose,
            search=search,
            made_ms=self._now_ms(),
        )
        out: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - closed by who sends it
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
            with bundle.open(private_entry(LINES), "w") as lines:
                entries = self._entries(tx, self._trail.wanted(tx, person, asked))
                summed = write(entries, order, self._office.attest, lines)
            paper = Typesetter().pdf(summary_paper(order, summed, self._text))
            if paper is not None:
                bundle.writestr(private_entry(PAPER), paper)
                bundle.writestr(private_entry(CHECKER), checker())
        if paper is None:
            out.close()
            return NotPrinted()
        return out

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
