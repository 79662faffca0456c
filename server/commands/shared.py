"""What every command of the office shares: its options, and how it says no."""

import argparse
import fcntl
import os
import pwd
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from schemas.problem import TEXTS
from schemas.text import Text
from server.backups.medium import Trouble
from server.compose import DATABASE, Refused, close_office, open_office, unsound
from server.deps import Deps
from server.engine import DamagedError, EngineError, FailingError, FullError, LockedError
from server.keys import default_path
from server.own_authority import NoAuthority, OwnAuthority

UNUSABLE = 3
LAYING = ("init", "restore", "restore-key")
"""The commands that write where no office is yet."""


def add_folder_options(parser: argparse.ArgumentParser) -> None:
    """Add --data and --key."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder data kantor")
    parser.add_argument(
        "--key", type=Path, metavar="BERKAS", help="berkas kunci (biasanya DIR/../keys/<nama DIR>.key)"
    )


def refuse(text: Text, refused: Refused) -> int:
    """Say in one line why a data folder cannot be used; return the exit code."""
    print(text(f"perintah.{refused.say}", **refused.values), file=sys.stderr)
    return UNUSABLE


def of_another_user(args: argparse.Namespace) -> Refused | None:
    """Say why root is not to work on an office that belongs to another user, or to lay one where only another
    could be its user: a key file or a photo that root writes is root's alone, and the server could not read
    it any more.
    """
    data: Path | None = getattr(args, "data", None)
    if data is None or os.geteuid() != 0:
        return None
    owner = _owner(data / DATABASE)
    if owner is None and args.command in LAYING:
        return _next_to_another(data, args.key or default_path(data))
    # there may be no office, or none that can be read: the command says so
    return (
        Refused(say="pemilik_lain", values={"folder": str(data), "pemilik": _name(owner)}) if owner else None
    )


def _next_to_another(data: Path, key: Path) -> Refused | None:
    """Say as whose an office is laid here: the owner of its key file or its data folder where these are there
    already, or of the folder around either.
    """
    around = (next(each for each in path.absolute().parents if each.exists()) for path in (key, data))
    for path in (key, data, *around):
        if owner := _owner(path):
            return Refused(say="pemilik_di_sebelah", values={"berkas": str(path), "pemilik": _name(owner)})
    return None


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def broken_off(text: Text, error: EngineError, args: argparse.Namespace) -> int | None:
    """Say in one line what broke a command off; return the exit code, None where it is a mistake of ours."""
    match error:
        case DamagedError():
            said = text("perintah.basis_data_cacat", folder=args.data)
        case LockedError():
            said = text("perintah.basis_data_dipakai", folder=args.data)
        case FullError():
            said = text(f"{TEXTS}.penyimpanan_penuh")
        case FailingError():
            said = text(f"{TEXTS}.disk_gagal")
        case _:
            return None
    print(said, file=sys.stderr)
    return UNUSABLE


def no_authority(why: NoAuthority, own: OwnAuthority) -> Refused:
    """Return what to say where the office speaks no TLS of its own."""
    return Refused(say=why, values={"berkas": str(own.path)})


def say_trouble(text: Text, trouble: Trouble) -> int:
    """Say in one line what is wrong with a medium or a wish; return the exit code."""
    print(text(f"cadangan.masalah.{trouble.code}", **trouble.values), file=sys.stderr)
    return UNUSABLE


def hold(data: Path) -> int | Refused:
    """Hold the folder, so that no server and no other such command works on it; close what is returned."""
    try:
        handle = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return Refused(say="folder_tidak_ada", values={"folder": str(data)})
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return Refused(say="folder_dipakai", values={"folder": str(data)})
    return handle


@contextmanager
def opened(args: argparse.Namespace, *, alone: bool = False) -> Generator[Deps | Refused]:
    """Open the office that --data and --key name, and close it; `alone`: hold its folder all the while."""
    with ExitStack() as ending:
        deps = _open(args, ending if alone else None)
        if isinstance(deps, Deps):
            ending.callback(close_office, deps)
        yield deps
        if isinstance(deps, Deps):
            deps.phones.follow()  # what cannot be written now the next opening does


def _open(args: argparse.Namespace, ending: ExitStack | None) -> Deps | Refused:
    """Open an office, looked over before where nobody works on it; `ending` lets its folder go, if given."""
    handle = hold(args.data)
    if isinstance(handle, Refused):
        return handle if ending else open_office(args.data, args.key)
    if ending:
        ending.callback(os.close, handle)
    refused = unsound(args.data, args.key)
    if not ending:
        os.close(handle)
    return refused if refused is not None else open_office(args.data, args.key)
