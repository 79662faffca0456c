"""`device`: enrolment codes, phones that wait for their words to be compared, and the devices that joined.

Rule: a code is shown once and kept as a hash; a phone is let in by its four words, typed as it shows them.
"""

import argparse
import sys

from schemas.ids import DeviceId, PersonId
from schemas.problem import TEXTS, Problem
from schemas.text import Text
from schemas.words import ENROLMENT_WORDS, tidy
from server import device_store, queries
from server.certificates import Authority
from server.commands.shared import add_folder_options, no_authority, opened, refuse
from server.compose import Refused
from server.deps import Deps

HELP = "kode pendaftaran dan daftar perangkat"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--new", metavar="PETUGAS", help="kode pendaftaran untuk petugas ini (kode atau id)")
    what.add_argument(
        "--waiting", action="store_true", help="HP yang menunggu dicocokkan, dengan empat katanya"
    )
    what.add_argument("--confirm", metavar="KATA", help="daftarkan HP yang menampilkan empat kata ini")
    what.add_argument(
        "--refuse", metavar="KATA", help="tolak HP dengan empat kata ini, seperti tampil di --waiting"
    )
    what.add_argument("--list", action="store_true", help="daftar perangkat")
    what.add_argument("--revoke", metavar="PERANGKAT", help="cabut perangkat ini (id)")
    parser.add_argument(
        "--tls",
        action="store_true",
        help="untuk --new: kode menyebut sertifikat kantor (server berjalan dengan --tls)",
    )


def run(args: argparse.Namespace, text: Text) -> int:
    """Do what was asked; return the exit code."""
    with opened(args) as deps:
        if isinstance(deps, Refused):
            return refuse(text, deps)
        if args.new is not None:
            return _new(deps, args.new, text, pinned=args.tls)
        if args.waiting:
            return _waiting(deps, text)
        if args.confirm is not None:
            return _decide(deps, args.confirm, text, let_in=True)
        if args.refuse is not None:
            return _decide(deps, args.refuse, text, let_in=False)
        if args.revoke is not None:
            return _revoke(deps, args.revoke, text)
        return _list(deps, text)


def _new(deps: Deps, who: str, text: Text, *, pinned: bool) -> int:
    person = deps.engine.read(lambda reader: queries.find_petugas(reader, who))
    if person is None:
        print(text("perintah.orang_tidak_dikenal"), file=sys.stderr)
        return 1
    if pinned and not isinstance(deps.authority, Authority):
        return refuse(text, no_authority(deps.authority, deps.own_authority))
    code = deps.joinings.new_code(PersonId(person.id), pinned=pinned)
    if isinstance(code, Problem):
        print(text(f"{TEXTS}.{code.code}", **code.values), file=sys.stderr)
        return 1
    print(text("perintah.kode_baru", nama=person.fields.get("nama", ""), kode=code.code))
    print(text("perintah.kode_berlaku"))
    print(text("perintah.kode_tunggu"))
    return 0


def _waiting(deps: Deps, text: Text) -> int:
    people = {str(person.id): person for person in deps.engine.read(queries.petugas)}
    found = deps.joinings.waiting()
    for number, phone in enumerate(found, 1):
        owner = people.get(str(phone.person))
        print(
            text(
                "perintah.menunggu_baris",
                nomor=number,
                petugas=owner.fields.get("nama", "") if owner else phone.person,
                model=phone.model,
                kata=" ".join(phone.words) or text("perintah.menunggu_tanpa_kata"),
            )
        )
    if not found:
        print(text("perintah.menunggu_kosong"))
    return 0


def _decide(deps: Deps, said: str, text: Text, *, let_in: bool) -> int:
    """Find the phone by the words that were typed, and let it in or send it away."""
    words = tidy(said)
    if len(words) != ENROLMENT_WORDS:
        print(text("perintah.kata_empat"), file=sys.stderr)
        return 1
    phone = next((phone for phone in deps.joinings.waiting() if phone.words == words), None)
    if phone is None:
        print(text("perintah.menunggu_tidak_ada"), file=sys.stderr)
        return 1
    by = deps.office.person
    done = deps.joinings.confirm(phone.id, by) if let_in else deps.joinings.refuse(phone.id, by)
    if isinstance(done, Problem):
        print(text(f"{TEXTS}.{done.code}", **done.values), file=sys.stderr)
        return 1
    print(text("perintah.menunggu_diterima", perangkat=done) if done else text("perintah.menunggu_ditolak"))
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
