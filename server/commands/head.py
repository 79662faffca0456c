"""`head`: print the day's sheet, or check an older one. Rule: it only reads, and may while serving."""

import argparse
import sys
from pathlib import Path

from schemas import format as written
from schemas.text import Text
from server import head_store
from server.commands.shared import add_folder_options, refuse
from server.compose import Refused, now_ms, unlock
from server.engine import EngineError
from server.engines.examining import inspected
from server.keys import Keys
from server.parsing.typesetting import Typesetter
from server.proof.head import Same, Sheet, check, sheet, sheet_paper
from server.proof.verdicts import said

HELP = "cetak lembar harian rantai catatan, atau periksa lembar lama"
NOT_THE_SAME = 1
UNUSABLE = 3


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument("--pdf", type=Path, metavar="BERKAS", help="tulis lembarnya ke berkas PDF ini")
    parser.add_argument("--check", metavar="UJUNG", help="dua belas kata atau sidik dari lembar lama")
    parser.add_argument("--number", type=int, default=0, metavar="N", help="jumlah catatan di lembar itu")


def run(args: argparse.Namespace, text: Text) -> int:
    """Print, or check; return the exit code."""
    opened = unlock(args.data, args.key)
    if isinstance(opened, Refused):
        return refuse(text, opened)
    keys, database = opened
    try:
        with inspected(database, keys.database) as (_, reader):
            if reader is None:
                return _broken(text)
            if args.check is not None:
                verdict = check(reader, keys.device, args.check, max(0, args.number))
                print("\n".join(said(verdict, text)))
                return 0 if isinstance(verdict, Same) else NOT_THE_SAME
            made = sheet(reader, keys.device, keys.chain_bytes(), now_ms())
            name = head_store.office_name(reader)
    except EngineError:
        return _broken(text)
    if made is None:
        print(text("lembar_harian.belum"), file=sys.stderr)
        return UNUSABLE
    return _print(made, keys, name, args.pdf, text)


def _print(made: Sheet, keys: Keys, name: str, path: Path | None, text: Text) -> int:
    when = written.date_and_clock(made.made_ms)
    print(text("lembar_harian.baris", waktu=when, nomor=written.number(made.number)))
    print(" ".join(made.words))
    print(made.head.hex())
    print(f"{text('lembar_harian.kunci')}: {keys.public_bytes().hex()}")
    if path is None:
        return 0
    paper = Typesetter().pdf(sheet_paper(made, name, text))
    if paper is None:
        print(text("lembar_harian.gagal"), file=sys.stderr)
        return UNUSABLE
    try:
        with path.open("xb") as file:
            file.write(paper)
    except OSError:
        print(text("lembar_harian.berkas_ada", berkas=path), file=sys.stderr)
        return UNUSABLE
    print(text("lembar_harian.tersimpan", berkas=path))
    return 0


def _broken(text: Text) -> int:
    print(text("periksa.salah.terputus"), file=sys.stderr)
    return UNUSABLE
