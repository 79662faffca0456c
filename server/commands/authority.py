"""`authority`: the certificate authority of the office's TLS. Rule: another counts only when asked for."""

import argparse
from contextlib import suppress
from pathlib import Path

from schemas.text import Text
from server.certificates import Authority, AuthorityError
from server.commands.shared import add_folder_options, no_authority, opened, refuse
from server.compose import Refused
from server.deps import Deps
from server.engine import DiskError
from server.keys import KeyFileError
from server.own_authority import NoAuthority
from server.paper_key import place

HELP = "sertifikat kantor: sidiknya, atau yang baru bila yang lama hilang atau bocor"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument(
        "--new", action="store_true",
        help="yang ada di samping berkas kunci berlaku sejak sekarang; bila tidak ada, dibuat yang baru",
    )  # fmt: skip


def run(args: argparse.Namespace, text: Text) -> int:
    """Say which authority counts, or have another count; return the exit code."""
    with opened(args, alone=args.new) as deps:
        if isinstance(deps, Refused):
            return refuse(text, deps)
        authority = _another(deps, args.data) if args.new else deps.authority
    if isinstance(authority, Refused):
        return refuse(text, authority)
    if not isinstance(authority, Authority):
        return refuse(text, no_authority(authority, deps.own_authority))
    print(text("perintah.wewenang_sidik", sidik=authority.fingerprint().hex()))
    if args.new:
        print(text("perintah.wewenang_baru", berkas=deps.own_authority.path))
    return 0


def _another(deps: Deps, data: Path) -> Authority | NoAuthority | Refused:
    own = deps.own_authority
    if isinstance(deps.authority, Authority):
        return Refused(say="wewenang_masih_ada", values={"berkas": str(own.path)})
    try:
        authority = own.take()
    except (AuthorityError, DiskError):
        return Refused(say="wewenang_tidak_ada", values={"berkas": str(own.path)})
    with suppress(OSError, KeyFileError):
        place(data, deps.key_file.path)  # what the papers open has the new one too
    return authority
