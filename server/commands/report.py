"""`report`: the custody report of a visit, and the file that checks it. Rule: asking is itself on record."""

import argparse
import sys
from pathlib import Path

from schemas.ids import RecordId
from schemas.text import Text
from server.access import SHORTEST_PURPOSE
from server.commands.shared import add_folder_options, opened, refuse
from server.compose import Refused
from server.deps import Deps
from server.proof.making import Maker

HELP = "laporan bukti satu kunjungan, yang dapat diperiksa tanpa server"
NOT_MADE = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument("--visit", required=True, metavar="ID", help="id kunjungan")
    parser.add_argument("--purpose", required=True, metavar="KEPERLUAN", help="untuk apa; ikut tercatat")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder baru untuk laporan")
    parser.add_argument("--pdf", action="store_true", help="buat juga laporan.pdf untuk dicetak")
    parser.add_argument("--answers", action="store_true", help="sertakan isi dan foto, bukan sidiknya saja")


def run(args: argparse.Namespace, text: Text) -> int:
    """Write the report; return the exit code."""
    if len(args.purpose.strip()) < SHORTEST_PURPOSE:
        print(text("laporan.perlu_keperluan"), file=sys.stderr)
        return NOT_MADE
    with opened(args, alone=True) as deps:
        return refuse(text, deps) if isinstance(deps, Refused) else _make(deps, args, text)


def _make(deps: Deps, args: argparse.Namespace, text: Text) -> int:
    maker = Maker.of(deps)
    visit = RecordId(args.visit)
    first = maker.report(visit, with_contents=False)
    if first is None:
        print(text("laporan.tidak_ada"), file=sys.stderr)
        return NOT_MADE
    try:
        args.out.mkdir(parents=True, mode=0o700)
    except OSError:
        print(text("laporan.folder_tidak_dapat", folder=args.out), file=sys.stderr)
        return NOT_MADE
    maker.record(deps.office.person, first, args.purpose)
    made = maker.report(visit, with_contents=args.answers) or first
    file = maker.write(made)
    paper = maker.paper(made, file) if args.pdf else None
    missing = len(made.photos) if made.contents == "isi" else 0
    for name, data in maker.files(made, file, paper):
        path = args.out / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        missing -= path.parent != args.out
    if missing:
        print(text("laporan.foto_kurang", jumlah=missing), file=sys.stderr)
    if args.pdf and paper is None:
        print(text("laporan.tanpa_pdf"), file=sys.stderr)
    print(text("laporan.selesai", folder=args.out, kunci=made.office.key))
    return NOT_MADE if missing or (args.pdf and paper is None) else 0
