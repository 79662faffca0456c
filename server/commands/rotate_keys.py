"""`rotate-keys`: new keys for database, photos and backups. Rule: cut off at any moment, nothing is lost.

Run again after it was cut off, it goes on where it stood; only a run that finds nothing left to do begins
another generation.
"""

import argparse
import os
import secrets
import sys
from pathlib import Path

from schemas.base import Data
from schemas.text import Text
from server import backup_store
from server.beside_key import DamagedListError
from server.commands.progress import RichProgress, progress_bar
from server.commands.shared import add_folder_options, hold, refuse
from server.compose import DATABASE, Refused, close_office, keys_at, open_office, unlock, unusable_list
from server.disk import is_full
from server.engine import DamagedError, FullError, InUseError
from server.keys import KeyFileError, Keys, default_path
from server.paper_key import place
from server.rotating import change_database, renew_blobs
from server.verifying.findings import Progress

HELP = "ganti kunci basis data, foto dan cadangan; server harus berhenti"
NOT_ALL = 1


class Rotated(Data, frozen=True, kw_only=True):
    """The generation that counts now, and how many blobs could not be read and stay under an older one.

    `chain_key` is the public half (hexadecimal) of the chain's key, `turned` whether this run changed it.
    """

    number: int
    unreadable: int
    chain_key: str
    turned: bool


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument(
        "--chain",
        action="store_true",
        help="ganti juga kunci yang menandatangani rantai kantor, misalnya sesudah berkas kunci bocor",
    )


def run(args: argparse.Namespace, text: Text) -> int:
    """Change the keys, or finish a change that was cut off; return the exit code."""
    lock = hold(args.data)
    if isinstance(lock, Refused):
        return refuse(text, lock)
    key: Path = args.key or default_path(args.data)
    try:
        opened = unlock(args.data, key)
        if isinstance(opened, Refused):
            return refuse(text, opened)
        with progress_bar() as bar:
            done = rotate(args.data, key, RichProgress(bar, text, "putar.langkah"), chain=args.chain)
    finally:
        os.close(lock)
    if isinstance(done, Refused):
        return refuse(text, done)
    print(text("putar.selesai", nomor=done.number))
    if done.unreadable:
        print(text("putar.foto_rusak", jumlah=done.unreadable), file=sys.stderr)
    print(text("putar.lalu", kunci=key))
    if done.turned:
        print(text("putar.rantai", kunci=done.chain_key))
    elif args.chain:
        print(text("putar.rantai_tetap", kunci=done.chain_key), file=sys.stderr)
    return NOT_ALL if done.unreadable or (args.chain and not done.turned) else 0


def rotate(data: Path, key: Path, progress: Progress, *, chain: bool = False) -> Rotated | Refused:
    """Bring an office under new keys, or say why not. Nobody else may use the folder meanwhile.

    `chain`: give its chain another key too; a run that finishes an earlier one does only that.
    """
    opened = open_office(data, key)  # what was cut off is settled, and the database is of this program
    if isinstance(opened, Refused):
        return opened
    close_office(opened)
    keys = keys_at(key)
    if isinstance(keys, Refused):
        return keys
    try:
        if not keys.unfinished:
            change_database(key, data / DATABASE, secrets.token_bytes, progress, chain=chain)
        return _renew(data, key, progress, keys)
    except InUseError:
        return _refused("folder_dipakai", data)
    except DamagedError:
        return _refused("putar_rusak", data)
    except (FullError, OSError) as error:
        return _refused("putar_penuh" if is_full(error) else "putar_gagal", data)
    except DamagedListError as error:
        return unusable_list(error)
    except KeyFileError as error:
        return Refused(say=error.say, values={"kunci": str(key)})


def _renew(data: Path, key: Path, progress: Progress, before: Keys) -> Rotated | Refused:
    deps = open_office(data, key)
    if isinstance(deps, Refused):
        return deps
    try:
        deps.phones.keep()  # once all is under the new keys, a list under older ones is not believed
        blobs = [blob for blob, _ in deps.engine.read(backup_store.blobs)]
        keys, unreadable = renew_blobs(key, deps.blobs, blobs, progress)
        place(data, key)
    finally:
        close_office(deps)
    return Rotated(
        number=keys.number,
        unreadable=unreadable,
        chain_key=keys.public_bytes().hex(),
        turned=keys.signing != before.signing,
    )


def _refused(say: str, data: Path) -> Refused:
    return Refused(say=say, values={"folder": str(data)})
