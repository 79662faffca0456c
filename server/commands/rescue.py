"""`rescue`: the officers' rescue key made, and a phone's vault opened with it when nothing else opens it.

Rule: neither passphrase nor paper is an argument; a new key counts when both papers were typed back.
"""

import argparse
import sys
from pathlib import Path

import segno

from schemas.ids import DeviceId
from schemas.text import Text
from schemas.words import PASSPHRASE_WORDS, propose
from server import custody, rescue
from server.access import Person
from server.commands.rescue_asking import ask_paper, ask_unseen, open_private, say
from server.commands.rescue_kept import take_kept
from server.commands.shared import add_folder_options, opened, refuse
from server.compose import Refused
from server.deps import Deps
from server.recovery_paper import WrongLines, lines_of
from server.rescue import Letter
from server.services.rescuing import NotRescued, Rescuing

HELP = "kunci penyelamat: buat, atau buka brankas HP yang tidak dapat dibuka lagi"
CLEAR = "\033[2J\033[3J\033[H"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument("--by", required=True, metavar="PETUGAS", help="petugas atau kabid (kode atau id)")
    what = parser.add_subparsers(dest="what", required=True, metavar="new|open|kept")
    what.add_parser("new", help="buat kunci penyelamat baru, dengan dua kertas")
    opening = what.add_parser("open", help="beri kode pembuka untuk satu HP")
    opening.add_argument("--device", required=True, metavar="PERANGKAT", help="id HP")
    opening.add_argument("--purpose", required=True, metavar="TEKS", help="untuk keperluan apa")
    opening.add_argument("--paper", action="store_true", help="buka dengan kedua kertas, bukan frasa sandi")
    opening.add_argument(
        "--letter", type=Path, metavar="BERKAS", help="kunci.json dari folder HP, bila suratnya belum sampai"
    )
    kept = what.add_parser("kept", help="ambil isi folder yang ditinggalkan HP yang dihapus atau rusak")
    kept.add_argument(
        "folder", type=Path, metavar="FOLDER", help="salinan folder serah-terima atau folder HP"
    )
    kept.add_argument("--device", default="", metavar="PERANGKAT", help="id HP, untuk folder HP yang rusak")
    kept.add_argument("--purpose", required=True, metavar="TEKS", help="untuk keperluan apa")
    kept.add_argument("--paper", action="store_true", help="buka dengan kedua kertas, bukan frasa sandi")


def run(args: argparse.Namespace, text: Text) -> int:
    """Do what was asked; return the exit code."""
    # what `kept` takes in goes through the uploads, as a hand-over file does
    with opened(args, alone=args.what == "kept") as deps:
        if isinstance(deps, Refused):
            return refuse(text, deps)
        work = Rescuing(deps.engine, deps.office, deps.now_ms, deps.randomness)
        by = work.officer(args.by)
        if isinstance(by, NotRescued):
            return say(text, by)
        match args.what:
            case "new":
                return _new(deps, work, by, text)
            case "open":
                return _open(work, by, args, text)
            case _:
                return take_kept(deps, work, by, args, text)


def _new(deps: Deps, work: Rescuing, by: Person, text: Text) -> int:
    proposal = " ".join(propose(deps.randomness(2 * PASSPHRASE_WORDS)))
    print(text("penyelamat.usul", usul=proposal))
    phrase, again = (ask_unseen(text(key)) for key in ("penyelamat.frasa", "penyelamat.frasa_ulang"))
    if custody.unfit(phrase) or phrase != again:
        return say(text, NotRescued(why="frasa_lemah" if custody.unfit(phrase) else "frasa_beda"))
    made = work.make(phrase)
    for number, half in enumerate(made.halves, 1):
        print(text("penyelamat.kertas", nomor=number, kantor=deps.office_name))
        for at, line in enumerate(lines_of(half, number), 1):
            print(f"  {at}  {line}")
        if sys.stdin.isatty():
            input(text("penyelamat.sudah_dicatat"))
            print(CLEAR, end="")
        if not _typed_back(half, number, text):
            return say(text, NotRescued(why="kertas_salah"))
    work.keep(by, made)
    print(text("penyelamat.dibuat"))
    return 0


def _typed_back(half: bytes, number: int, text: Text) -> bool:
    """Ask for a paper until it is right; what does not come from a terminal has one try."""
    while True:
        typed = ask_paper(number, text)
        if typed == half:
            return True
        if isinstance(typed, WrongLines):
            wrong = ", ".join(str(line) for line in typed.lines)
            print(text("penyelamat.baris_salah", baris=wrong), file=sys.stderr)
        if not sys.stdin.isatty():
            return False


def _open(work: Rescuing, by: Person, args: argparse.Namespace, text: Text) -> int:
    device = DeviceId(args.device)
    letter = _letter(args.letter, device) if args.letter else work.letter(device)
    if isinstance(letter, NotRescued):
        return say(text, letter)
    private = open_private(work, letter, text, by_paper=args.paper)
    if isinstance(private, NotRescued):
        return say(text, private)
    code = work.use(by, letter, private, args.purpose)
    if isinstance(code, NotRescued):
        return say(text, code)
    print(text("penyelamat.kode", kode=code))
    if sys.stdout.isatty():  # a file or another program gets the words alone
        segno.make(code, error="m", micro=False).terminal(border=2, compact=True)
    return 0


def _letter(path: Path, device: DeviceId) -> Letter | NotRescued:
    try:
        found = rescue.read_key_file(path.read_bytes())
    except OSError:
        found = None
    if found is None:
        return NotRescued(why="berkas_surat")
    return Letter(device=device, rescue_key=found.public, sealed=found.letter)
