"""Custody reports as files: JSON, paper, checking program, photos, and the signed list of them.

Rule: who asked is on record first.
"""

import zipfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import IO

from schemas.base import Data
from schemas.ids import BlobId, PersonId, RecordId
from schemas.text import Text
from server.blobs import BlobStore, DamagedBlobError
from server.deps import Deps
from server.engine import Engine
from server.office import Office
from server.parsing.paper import Section
from server.parsing.typesetting import Typesetter
from server.proof import offline
from server.proof.custody_paper import custody_paper
from server.proof.gathering import Asked, gather
from server.proof.report import OfficeOf, Report, turns_of, write_list, write_report
from server.services.looks import note_looks
from sync.change import Accessed

JSON, PDF, CHECKER, PHOTOS = "laporan.json", "laporan.pdf", "periksa.py", "foto"
LIST = offline.LIST
MOST_PURPOSE = 200
"""Characters of a purpose that are kept."""
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
"""A phone says what a blob is: its word picks an ending and never is one."""


class Maker(Data, frozen=True, kw_only=True):
    """Makes reports of visits. `name` is the office's, `now_ms` the time of the request (UTC)."""

    engine: Engine
    office: Office
    blobs: BlobStore
    name: str
    text: Text
    now_ms: int
    typesetter: Typesetter

    @classmethod
    def of(cls, deps: Deps) -> "Maker":
        """Make one for a request to an open office."""
        return cls(
            engine=deps.engine,
            office=deps.office,
            blobs=deps.blobs,
            name=deps.office_name,
            text=deps.text,
            now_ms=deps.now_ms(),
            typesetter=deps.typesetter,
        )

    def report(self, visit: RecordId, *, with_contents: bool) -> Report | None:
        """Gather what is told of a visit; None where there is no such visit."""
        regency, turns = self.engine.read(lambda tx: (tx.regency, self.office.turns(tx)))
        office = OfficeOf(
            name=self.name,
            regency=regency,
            device=self.office.device,
            key=self.office.public_key.hex(),
            turns=turns_of(turns),
        )
        asked = Asked(visit=visit, with_contents=with_contents, office=office, now_ms=self.now_ms)
        return self.engine.read(lambda tx: gather(tx, asked))

    def record(self, person: PersonId, report: Report, purpose: str) -> None:
        """Put on record who asked and why.

        A sealed visit's report says only what stands outside of it, and plaintext about it is refused.
        """
        if report.contents != "tersegel":
            body = Accessed(subject=RecordId(report.visit), purpose=purpose.strip()[:MOST_PURPOSE])
            self.engine.write(lambda tx: note_looks(tx, self.office, person, body)).result()

    def write(self, report: Report) -> bytes:
        """Write the JSON, signed by the office."""
        return write_report(report, self.office.attest)

    def paper(self, report: Report, file: bytes, answers: Sequence[Section] = ()) -> bytes | None:
        """Set the paper; None where it cannot be set."""
        return self.typesetter.pdf(custody_paper(report, file, self.text, answers))

    def files(self, report: Report, file: bytes, paper: bytes | None) -> Iterator[tuple[str, bytes]]:
        """Give every file of the package by its name, the signed list last.

        A photo that is not held, or not whole, is left out.
        """
        hashes: dict[str, str] = {}
        papers = () if paper is None else ((PDF, paper),)
        for name, data in chain([(JSON, file), *papers, (CHECKER, checker())], self._photos(report)):
            hashes[name] = sha256(data).hexdigest()
            yield name, data
        yield LIST, write_list(hashes, self.office.attest)

    def _photos(self, report: Report) -> Iterator[tuple[str, bytes]]:
        for photo in report.photos if report.contents == "isi" else ():
            try:
                data = b"".join(self.blobs.read(BlobId(photo.sha256)))
            except DamagedBlobError:
                continue
            yield f"{PHOTOS}/{photo.sha256}.{ENDINGS.get(photo.media_type, 'bin')}", data


def checker() -> bytes:
    """Return the program that checks a report anywhere."""
    return Path(offline.__file__).read_bytes()


def pack(maker: Maker, report: Report, file: bytes, paper: bytes, out: IO[bytes]) -> None:
    """Write all of it as one ZIP."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
        for name, data in maker.files(report, file, paper):
            put(bundle, name, data)


def put(bundle: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Put a file into a ZIP, packed as the ZIP says; `open` makes it of mode 0600, for whoever unpacks it."""
    with bundle.open(name, "w", force_zip64=True) as file:
        file.write(data)
