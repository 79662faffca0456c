"""`print-key`: the key on two papers. Rule: a paper counts once both were typed back, and not before."""

import argparse
import secrets
import sys
from pathlib import Path

from schemas.text import Text
from server import backup_store
from server.backups.medium import Trouble, open_medium, trouble_of
from server.commands.halves import ask_half
from server.commands.shared import add_folder_options, refuse, say_trouble
from server.compose import Refused, close_office, open_office, unlock
from server.deps import Deps
from server.keys import KEY_BYTES, KeyFileError, default_path
from server.paper_key import PAPERS, note_printed, place
from server.recovery_paper import lines_of, split

HELP = "tulis kunci di dua kertas, yang bersama-sama membuat lagi berkas kunci"
NOT_DONE = 1
CLEARED = "\033[2J\033[3J\033[H"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)


def run(args: argparse.Namespace, text: Text) -> int:
    """Show each half, have it typed back, and then let the papers count; return the exit code."""
    key: Path = args.key or default_path(args.data)
    opened = unlock(args.data, key)
    if isinstance(opened, Refused):
        return refuse(text, opened)
    secret = secrets.token_bytes(KEY_BYTES)
    print(text("kertas.mulai"))
    for paper, half in enumerate(split(secret, secrets.token_bytes(KEY_BYTES)), 1):
        _show(text, paper, half)
        typed = ask_half(text, paper)
        if typed != half:  # it ended, or lines of another printing were typed
            print(text("kertas.batal"), file=sys.stderr)
            return NOT_DONE
    deps = open_office(args.data, key)
    if isinstance(deps, Refused):
        return refuse(text, deps)
    try:
        note_printed(key, secret, deps.now_ms())
        place(args.data, key)
        return _place_on_media(deps, key, text)
    except KeyFileError as error:
        return refuse(text, Refused(say=error.say, values={"kunci": str(key)}))
    except OSError:
        return refuse(text, Refused(say="kunci_tidak_dapat_ditulis", values={"kunci": str(key)}))
    finally:
        close_office(deps)


def _show(text: Text, paper: int, half: bytes) -> None:
    print(text("kertas.tulis", nomor=paper))
    for at, line in enumerate(lines_of(half, PAPERS[paper - 1]), 1):
        print(f"  {at}  {line}")
    if sys.stdin.isatty():
        input(text("kertas.tutup"))
        print(CLEARED, end="")


def _place_on_media(deps: Deps, key: Path, text: Text) -> int:
    """Lay the sealed copy on every planned medium that is there; say which still lack it."""
    plan = deps.engine.read(backup_store.plan)
    print(text("kertas.berlaku"))
    placed = 0
    for path in (Path(each) for each in dict.fromkeys([*plan.copies, plan.stream]) if each):
        medium = open_medium(path, deps.office.device)
        try:
            if not isinstance(medium, Trouble) and place(medium.path, key):
                print(text("kertas.di_media", folder=path))
                placed += 1
                continue
        except OSError as error:
            medium = trouble_of(error, path)
        if isinstance(medium, Trouble):
            say_trouble(text, medium)
    print(text("kertas.simpan" if placed else "kertas.cadangkan"))
    return 0
