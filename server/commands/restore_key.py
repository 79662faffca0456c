"""`restore-key`: the key file again, from two papers and a sealed copy. Rule: nothing is overwritten, and a
list of phones that lies there is joined with the sealed one.
"""

import argparse
import secrets
import sys
from contextlib import suppress
from pathlib import Path

from schemas.text import Text
from server.beside_key import DamagedListError, UnreadableListError
from server.commands.halves import ask_half
from server.commands.shared import UNUSABLE, refuse
from server.compose import DATABASE, Refused, unusable_list
from server.destruction import DestructionList, said_destroyed
from server.disk import ensure_folder
from server.engine import EngineError
from server.engines.examining import inspected
from server.key_file import KeyFile
from server.keys import default_path, read_keys
from server.paper_key import NewerSealedKeyError, NoSealedKeyError, lay_down, open_sealed, read_sealed
from server.recovery_paper import joined
from server.rotating import standing

HELP = "buat lagi berkas kunci dari dua kertas dan salinan tersegel di media cadangan"
NOT_DONE = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--from", dest="source", type=Path, required=True, metavar="FOLDER",
        help="media cadangan, atau folder data kantor yang kuncinya hilang",
    )  # fmt: skip
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder data kantor nanti")
    parser.add_argument(
        "--key", type=Path, metavar="BERKAS", help="berkas kunci baru (biasanya DIR/../keys/<nama DIR>.key)"
    )


def run(args: argparse.Namespace, text: Text) -> int:
    """Ask for both papers and write the key file; return the exit code."""
    key: Path = args.key or default_path(args.data)
    if key.exists():
        return refuse(text, Refused(say="kunci_ada", values={"kunci": str(key)}))
    if key.absolute().is_relative_to(args.data.absolute()):
        return refuse(text, Refused(say="kunci_di_dalam", values={}))
    try:
        found = read_sealed(args.source)
    except NoSealedKeyError as error:
        is_newer = isinstance(error, NewerSealedKeyError)
        say = "kertas.salinan_lebih_baru" if is_newer else "kertas.tidak_ada_salinan"
        print(text(say, folder=args.source), file=sys.stderr)
        return UNUSABLE
    first = ask_half(text, 1)
    second = ask_half(text, 2) if first is not None else None
    if first is None or second is None:
        print(text("kertas.terputus"), file=sys.stderr)
        return NOT_DONE
    bundle = open_sealed(found, joined(first, second))
    if bundle is None:
        print(text("kertas.tidak_sepasang", folder=args.source), file=sys.stderr)
        return NOT_DONE
    try:
        ensure_folder(key.parent)
        lay_down(bundle, key, secrets.token_bytes)
    except FileExistsError as error:
        return refuse(text, Refused(say="kunci_ada", values={"kunci": str(error.filename)}))
    except (DamagedListError, UnreadableListError) as error:
        return refuse(text, unusable_list(error))
    except OSError:
        return refuse(text, Refused(say="kunci_tidak_dapat_ditulis", values={"kunci": str(key)}))
    _complete_list(args.data / DATABASE, key)
    print(text("kertas.dibuat_lagi", kunci=key))
    return 0


def _complete_list(database: Path, key: Path) -> None:
    """Add to the list of what was destroyed what was since the copy was sealed, where the data is there."""
    if not database.exists():
        return
    keys = standing(read_keys(key), database)
    entries = DestructionList(KeyFile(key, keys), keys, secrets.token_bytes)
    # a database that cannot be read tells nothing, and is told by whoever opens it next
    with suppress(EngineError), inspected(database, keys.database) as (_, reader):
        if reader is not None:
            entries.complete(said_destroyed(reader, keys.device))
