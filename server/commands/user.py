"""`user`: people of the office, with a record and perhaps a login. Rule: a password is no argument."""

import argparse
import getpass
import sys

from schemas.ids import PersonId, uuid7
from schemas.text import Text
from server import access, factor_store, people_store, queries
from server.access import Person
from server.accounts import Accounts, NotCreated
from server.commands.shared import add_folder_options, opened, refuse
from server.compose import Refused
from server.deps import Deps
from server.engine import Writer
from server.passwords import Passwords
from server.services.looks import note_looks
from server.services.people import create_user, joining
from server.weak_passwords import weakness
from sync.change import Accessed

HELP = "tambah petugas, ganti sandi, cabut kode langkah kedua, atau daftar petugas"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--new", metavar="KODE", help="tambah petugas dengan kode pendek ini")
    what.add_argument("--password", metavar="PETUGAS", help="ganti sandi petugas ini (kode atau id)")
    what.add_argument("--drop-code", metavar="PETUGAS", help="cabut kode langkah kedua petugas ini")
    what.add_argument("--list", action="store_true", help="daftar petugas")
    parser.add_argument("--name", default="", help="nama petugas baru")
    parser.add_argument("--role", action="append", default=[], choices=access.ROLES, help="peran, berulang")
    parser.add_argument("--desa", action="append", default=[], metavar="KODE", help="wilayah, berulang")
    parser.add_argument("--service", action="append", default=[], metavar="ID", help="layanan, berulang")
    parser.add_argument("--login", default="", metavar="NAMA", help="nama untuk masuk di halaman kantor")


def run(args: argparse.Namespace, text: Text) -> int:
    """Do what was asked; return the exit code."""
    with opened(args) as deps:
        if isinstance(deps, Refused):
            return refuse(text, deps)
        if args.new is not None:
            return _new(deps, args, text)
        if args.password is not None:
            return _password(deps, args.password, text)
        if args.drop_code is not None:
            return _drop_code(deps, args.drop_code, text)
        return _list(deps, text)


def _new(deps: Deps, args: argparse.Namespace, text: Text) -> int:
    if deps.engine.read(lambda reader: queries.find_petugas(reader, args.new)) is not None:
        print(text("perintah.kode_petugas_terpakai", kode=args.new), file=sys.stderr)
        return 1
    person = Person(
        id=PersonId(uuid7(deps.now_ms(), deps.randomness(10))),
        nama=args.name or args.new,
        kode=args.new,
        roles=tuple(args.role),
        areas=tuple(args.desa),
        services=tuple(args.service),
    )
    office = deps.office
    if args.login:
        made = create_user(
            _accounts(deps), office, author=office.person, person=person, username=args.login,
            password=_ask(text),
        )  # fmt: skip
        if isinstance(made, NotCreated):
            print(text(made.say), file=sys.stderr)
            return 1
    else:
        office.act(office.person, joining(person))
    print(text("perintah.petugas_dibuat", nama=person.nama, id=person.id))
    return 0


def _password(deps: Deps, who: str, text: Text) -> int:
    person = deps.engine.read(lambda reader: queries.find_petugas(reader, who))
    if person is None:
        print(text("perintah.orang_tidak_dikenal"), file=sys.stderr)
        return 1
    new = _ask(text)
    if why := weakness(new):
        print(text(f"kantor.akun.{why}"), file=sys.stderr)
        return 1
    body = Accessed(subject=person.id, purpose=text("perintah.sandi_diganti_alasan"))

    def record(writer: Writer) -> None:
        note_looks(writer, deps.office, deps.office.person, body)

    if not _accounts(deps).set_password(PersonId(person.id), new, record):
        print(text("perintah.tanpa_akun"), file=sys.stderr)
        return 1
    print(text("perintah.sandi_diganti"))
    return 0


def _drop_code(deps: Deps, who: str, text: Text) -> int:
    """Let somebody who lost phone and recovery codes log in by password again; on record in the chain."""
    found = deps.engine.read(lambda reader: queries.find_petugas(reader, who))
    if found is None:
        print(text("perintah.orang_tidak_dikenal"), file=sys.stderr)
        return 1
    person = PersonId(found.id)

    def drop(writer: Writer) -> bool:
        if not factor_store.drop_factor(writer, person):
            return False
        people_store.drop_sessions_of(writer, person)
        body = Accessed(subject=found.id, purpose=text("perintah.kode_dicabut_alasan"))
        note_looks(writer, deps.office, deps.office.person, body)
        return True

    if not deps.engine.write(drop).result():
        print(text("perintah.tanpa_kode"), file=sys.stderr)
        return 1
    print(text("perintah.kode_dicabut"))
    return 0


def _list(deps: Deps, text: Text) -> int:
    for person in deps.engine.read(queries.petugas):
        has_left = "" if access.is_active(person) else text("perintah.petugas_keluar")
        roles = has_left or ", ".join(person.fields.get("peran") or ())
        kode, nama = person.fields.get("kode", ""), person.fields.get("nama", "")
        print(text("perintah.petugas_baris", id=person.id, kode=kode, nama=nama, peran=roles))
    return 0


def _accounts(deps: Deps) -> Accounts:
    passwords = Passwords(deps.randomness)
    return Accounts(deps.engine, passwords, now_ms=deps.now_ms, randomness=deps.randomness)


def _ask(text: Text) -> str:
    """Ask for a password: unseen at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(text("perintah.sandi"))
    return sys.stdin.readline().rstrip("\n")
