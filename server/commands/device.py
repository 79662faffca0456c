"""`device`: enrolment codes, and the devices that joined. Rule: a code is shown once and kept as a hash."""

import argparse
import sys

from schemas.ids import DeviceId, PersonId
from schemas.problem import TEXTS, Problem
from schemas.text import Text
from server import device_store, queries
from server.commands.shared import add_folder_options, refuse
from server.compose import Refused, close_office, open_office
from server.deps import Deps

HELP = "kode pendaftaran dan daftar perangkat"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--new", metavar="PETUGAS", help="kode pendaftaran untuk petugas ini (kode atau id)")
    what.add_argument("--list", action="store_true", help="daftar perangkat")
    what.add_argument("--revoke", metavar="PERANGKAT", help="cabut perangkat ini (id)")


def run(args: argparse.Namespace, text: Text) -> int:
    """Do what was asked; return the exit code."""
    deps = open_office(args.data, args.key)
    if isinstance(deps, Refused):
        return refuse(text, deps)
    try:
        if args.new is not None:
            return _new(deps, args.new, text)
        if args.revoke is not None:
            return _revoke(deps, args.revoke, text)
        return _list(deps, text)
    finally:
        close_office(deps)


def _new(deps: Deps, who: str, text: Text) -> int:
    person = deps.engine.read(lambda reader: queries.find_petugas(reader, who))
    if person is None:
        print(text("perintah.orang_tidak_dikenal"), file=sys.stderr)
        return 1
    code = deps.devices.new_code(PersonId(person.id))
    if isinstance(code, Problem):
        print(text(f"{TEXTS}.{code.code}", **code.values), file=sys.stderr)
        return 1
    print(text("perintah.kode_baru", nama=person.fields.get("nama", ""), kode=code.code))
    print(text("perintah.kode_berlaku"))
    return 0


def _revoke(deps: Deps, name: str, text: Text) -> int:
    if not deps.devices.revoke(DeviceId(name)):
        print(text("perintah.perangkat_tidak_ada"), file=sys.stderr)
        return 1
    print(text("perintah.perangkat_dicabut", perangkat=name))
    return 0


def _list(deps: Deps, text: Text) -> int:
    people = {str(person.id): person for person in deps.engine.read(queries.petugas)}
    for device in deps.engine.read(device_store.devices):
        owner = people.get(str(device.person))
        state = "perangkat_tercabut" if device.revoked_ms else "perangkat_aktif"
        print(
            text(
                "perintah.perangkat_baris",
                perangkat=device.id,
                petugas=owner.fields.get("nama", "") if owner else device.person,
                model=device.model,
                keadaan=text(f"perintah.{state}"),
            )
        )
    return 0
