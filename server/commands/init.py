"""`init`: make a new office in an empty folder. Rule: nothing that is there is touched."""

import argparse

from schemas.ids import Regency
from schemas.text import Text
from server.certificates import authority_path, read_authority
from server.commands.shared import add_folder_options, refuse
from server.compose import init_office
from server.keys import default_path

HELP = "buat kantor baru di folder kosong"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument("--regency", default="33.14", metavar="KODE", help="kode Kemendagri kabupaten")
    parser.add_argument("--name", default="Dinas Sosial Kabupaten Sragen", help="nama kantor")


def run(args: argparse.Namespace, text: Text) -> int:
    """Make the office; return the exit code."""
    refused = init_office(args.data, args.key, Regency(args.regency), args.name)
    if refused is not None:
        return refuse(text, refused)
    print(text("perintah.kantor_dibuat", nama=args.name, kode=args.regency, folder=args.data))
    key = args.key or default_path(args.data)
    print(text("perintah.kunci_dibuat", kunci=key))
    authority = authority_path(key)
    print(text("perintah.wewenang_dibuat", berkas=authority))
    print(text("perintah.wewenang_sidik", sidik=read_authority(authority).fingerprint().hex()))
    return 0
