"""`handover`: hand-over files of phones taken in, and answered. Rule: as on the page Serah-terima."""

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

from schemas.ids import DeviceId
from schemas.problem import TEXTS, Problem
from schemas.text import Text
from server.commands.shared import add_folder_options, opened, refuse
from server.compose import Refused
from server.deps import Deps
from server.disk import NoPromiseError, is_full, sync_folder
from server.engine import DamagedError, DiskError, FailingError
from server.services.handover import sentences

HELP = "berkas serah-terima: sinkron tanpa jaringan"
NOT_ALL = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    what = parser.add_subparsers(dest="what", required=True, metavar="take|answer")
    take = what.add_parser("take", help="ambil berkas dari HP")
    take.add_argument("files", type=Path, nargs="+", metavar="BERKAS")
    answer = what.add_parser("answer", help="tulis jawaban untuk satu HP")
    answer.add_argument("--device", required=True, metavar="PERANGKAT", help="id HP")
    answer.add_argument("--out", type=Path, required=True, metavar="BERKAS", help="berkas jawaban")


def run(args: argparse.Namespace, text: Text) -> int:
    """Do what was asked; return the exit code."""
    with opened(args, alone=True) as deps:
        if isinstance(deps, Refused):
            if deps.say == "folder_dipakai":
                print(text("serah_terima.pakai_halaman"), file=sys.stderr)
                return NOT_ALL
            return refuse(text, deps)
        if args.what == "take":
            return take_files(deps, args.files, text)
        return _answer(deps, DeviceId(args.device), args.out, text)


def take_files(deps: Deps, paths: list[Path], text: Text) -> int:
    """Take files in, and say of each what was in it; return the exit code."""
    code = 0
    for path in paths:
        try:
            with path.open("rb") as file:
                outcome = deps.handovers.take(file, deps.office.person)
        except (OSError, DiskError) as error:
            print(untaken(text, error, path), file=sys.stderr)
            code = NOT_ALL
            continue
        if isinstance(outcome, Problem):
            [why] = sentences(text, outcome)
            print(text("serah_terima.ditolak", berkas=path.name, sebab=why), file=sys.stderr)
            code = NOT_ALL
            continue
        about = {"berkas": path.name, "perangkat": outcome.device.id, "nomor": outcome.number}
        print(text("serah_terima.berkas", **about))
        for line in sentences(text, outcome):
            print(f"  {line}")
        code = NOT_ALL if outcome.problems else code
    return code


def _answer(deps: Deps, device: DeviceId, out: Path, text: Text) -> int:
    unfinished = out.with_name(f".{out.name}.tmp")
    try:
        with unfinished.open("wb") as file:
            outcome = deps.handovers.answer(device, None, file)
            file.flush()
            os.fsync(file.fileno())
        if isinstance(outcome, Problem):
            [why] = sentences(text, outcome)
            print(text("serah_terima.ditolak", berkas=out.name, sebab=why), file=sys.stderr)
            return NOT_ALL
        unfinished.replace(out)
        with suppress(NoPromiseError):  # an answer that is lost is written again
            sync_folder(out.absolute().parent)
    except OSError:
        print(text("serah_terima.tidak_dapat_ditulis", berkas=out), file=sys.stderr)
        return NOT_ALL
    finally:
        unfinished.unlink(missing_ok=True)
    print(text("serah_terima.jawaban", perangkat=device, berkas=out))
    return 0


def untaken(text: Text, error: OSError | DiskError, path: Path) -> str:
    """Say why a file was not taken in: the office's own disk, or else what the file lies on."""
    if is_full(error):
        return text(f"{TEXTS}.penyimpanan_penuh")
    if isinstance(error, FailingError | DamagedError):
        return text(f"{TEXTS}.disk_gagal")
    return text("serah_terima.tidak_terbaca", berkas=path.name)
