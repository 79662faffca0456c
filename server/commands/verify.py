"""`verify`: check all of a data folder, or of a medium. Rule: exit code 0 only if all of it is whole.

A key that does not open it says nothing about the data, and has another exit code.
"""

import argparse
import sys
from pathlib import Path

from schemas import format as written
from schemas.form import load_forms
from schemas.text import Text
from schemas.workflow import load_workflows
from server.backups.checking import check_medium
from server.backups.medium import Trouble, open_medium, trouble_of
from server.commands.progress import RichProgress, progress_bar
from server.commands.shared import UNUSABLE, add_folder_options, refuse, say_trouble
from server.compose import Refused, keys_at, unlock
from server.keys import default_path
from server.published import judged_with
from server.rotating import opens
from server.verify import verify
from server.verifying.paging import is_of_another_key

HELP = "periksa setiap rantai, tanda tangan, baris dan berkas"
NOT_IN_ORDER = 1
SHOWN = 20
UNCHECKED = {"versi_lama", "versi_baru", "dipegang"}
"""Why nothing was checked: it says nothing about the data."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument(
        "--medium", type=Path, metavar="MEDIA", help="periksa media cadangan ini, bukan folder datanya"
    )


def run(args: argparse.Namespace, text: Text) -> int:
    """Check, and print what was counted and what is not in order; return the exit code."""
    if args.medium is not None:
        return _check_medium(args.medium.absolute(), args.key or default_path(args.data), text)
    opened = unlock(args.data, args.key)
    if isinstance(opened, Refused):
        return refuse(text, opened)
    keys, database = opened
    if not opens(database, keys.database) and is_of_another_key(database, keys.database):
        return refuse(text, Refused(say="kunci_tidak_membuka", values={"folder": str(args.data)}))
    judging = judged_with(load_forms(), load_workflows(), text)
    with progress_bar() as bar:
        findings = verify(args.data, database, keys, judging, text, RichProgress(bar, text, "periksa"))
    if {one.key for one in findings.found} <= UNCHECKED and findings.found:
        print(*findings.faults, sep="\n", file=sys.stderr)
        return UNUSABLE
    if faults := findings.faults:
        for fault in faults[:SHOWN]:
            print(fault, file=sys.stderr)
        if len(faults) > SHOWN:
            print(text("periksa.lagi", jumlah=len(faults) - SHOWN), file=sys.stderr)
        print(text("periksa.rusak", jumlah=len(faults)))
        return NOT_IN_ORDER
    names = text.fields("periksa.baik")
    print(text("periksa.baik", **{name: findings.counts[name] for name in names}))
    return 0


def _check_medium(path: Path, key: Path, text: Text) -> int:
    """Check a medium whole, and say what is on it; return the exit code. The data folder may be gone."""
    keys = keys_at(key)
    if isinstance(keys, Refused):
        return refuse(text, keys)
    medium = open_medium(path, keys.device)
    if isinstance(medium, Trouble):
        return say_trouble(text, medium)
    try:
        with progress_bar() as bar:
            found = check_medium(medium, keys, RichProgress(bar, text, "cadangan.langkah"))
    except OSError as error:
        return say_trouble(text, trouble_of(error, path))
    if found.closed:
        return say_trouble(text, Trouble(code="kunci_media", values={"folder": str(path)}))
    bad = {"salinan": len(found.damaged), "berkas": len(found.bad_blobs), "aliran": found.bad_logs}
    if any(bad.values()):
        print(text("cadangan.perintah.media_tidak_utuh", folder=path, **bad))
        return NOT_IN_ORDER
    if not found.whole and not found.logs:
        print(text("cadangan.perintah.media_kosong", folder=path))
        return NOT_IN_ORDER
    counts = {"salinan": len(found.whole), "berkas": found.blobs, "aliran": found.logs}
    print(text("cadangan.perintah.media_utuh", folder=path, **counts))
    if found.whole:
        newest = found.whole[0]
        when = written.date_and_clock(newest.begun_ms)
        print(text("cadangan.perintah.media_terbaru", nomor=newest.number, waktu=when))
    return 0
