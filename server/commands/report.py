"""`report`: the custody report of a visit, and the file that checks it. Rule: asking is itself on record."""

import argparse
import os
import sys
from pathlib import Path

from schemas.ids import BlobId, RecordId
from schemas.text import Text
from server.blobs import DamagedBlobError
from server.commands.shared import add_folder_options, hold, refuse
from server.compose import Refused, close_office, open_office
from server.deps import Deps
from server.proof import offline
from server.proof.gathering import Asked, gather
from server.proof.report import OfficeOf, Report, write_report
from sync.change import Accessed

HELP = "laporan bukti satu kunjungan, yang dapat diperiksa tanpa server"
NOT_MADE = 1
SHORTEST_PURPOSE = 5
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
"""A phone says what a blob is: its word picks an ending and never is one."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument("--visit", required=True, metavar="ID", help="id kunjungan")
    parser.add_argument("--purpose", required=True, metavar="KEPERLUAN", help="untuk apa; ikut tercatat")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder baru untuk laporan")
    parser.add_argument("--answers", action="store_true", help="sertakan isi dan foto, bukan sidiknya saja")


def run(args: argparse.Namespace, text: Text) -> int:
    """Write the report; return the exit code."""
    if len(args.purpose.strip()) < SHORTEST_PURPOSE:
        print(text("laporan.perlu_keperluan"), file=sys.stderr)
        return NOT_MADE
    held = hold(args.data)
    if isinstance(held, Refused):
        return refuse(text, held)
    try:
        deps = open_office(args.data, args.key)
        if isinstance(deps, Refused):
            return refuse(text, deps)
        try:
            return _make(deps, args, text)
        finally:
            close_office(deps)
    finally:
        os.close(held)


def _make(deps: Deps, args: argparse.Namespace, text: Text) -> int:
    made = _gather(deps, RecordId(args.visit), with_contents=args.answers)
    if made is None:
        print(text("laporan.tidak_ada"), file=sys.stderr)
        return NOT_MADE
    try:
        args.out.mkdir(parents=True)
    except OSError:
        print(text("laporan.folder_tidak_dapat", folder=args.out), file=sys.stderr)
        return NOT_MADE
    if made.contents != "tersegel":
        # A sealed visit's report says only what stands outside of it, and plaintext about it is refused.
        purpose = Accessed(subject=RecordId(args.visit), purpose=args.purpose.strip()[:200])
        deps.office.act(deps.office.person, purpose)
        made = _gather(deps, RecordId(args.visit), with_contents=args.answers) or made
    (args.out / "laporan.json").write_bytes(write_report(made, deps.office.attest))
    (args.out / "periksa.py").write_bytes(Path(offline.__file__).read_bytes())
    missing = _write_photos(deps, made, args.out / "foto") if made.contents == "isi" else 0
    if missing:
        print(text("laporan.foto_kurang", jumlah=missing), file=sys.stderr)
    print(text("laporan.selesai", folder=args.out, kunci=made.office.key))
    return NOT_MADE if missing else 0


def _gather(deps: Deps, visit: RecordId, *, with_contents: bool) -> Report | None:
    office = OfficeOf(
        name=deps.office_name,
        regency=deps.engine.read(lambda tx: tx.regency),
        device=deps.office.device,
        key=deps.office.public_key.hex(),
    )
    asked = Asked(visit=visit, with_contents=with_contents, office=office, now_ms=deps.now_ms())
    return deps.engine.read(lambda tx: gather(tx, asked))


def _write_photos(deps: Deps, made: Report, folder: Path) -> int:
    """Write the photos that are held; return how many are not."""
    folder.mkdir()
    missing = 0
    for photo in made.photos:
        path = folder / f"{photo.sha256}.{ENDINGS.get(photo.media_type, 'bin')}"
        try:
            with path.open("wb") as file:
                file.writelines(deps.blobs.read(BlobId(photo.sha256)))
        except DamagedBlobError:
            path.unlink()
            missing += 1
    return missing
