"""`restore`: a new data folder from a backup. Rule: never over another; what is missing is said and kept."""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from schemas import format as written
from schemas.text import Text
from server import restore_store
from server.backups.medium import Medium, Trouble, open_medium
from server.backups.restoring import Restored, Wanted, restore
from server.commands.progress import RichProgress, progress_bar
from server.commands.shared import refuse, say_trouble
from server.compose import Refused, close_office, keys_at, open_office
from server.keys import Keys, default_path
from server.phone_list import Relearned

HELP = "pulihkan kantor dari cadangan ke folder baru"
SHOWN = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--from", dest="source", type=Path, required=True, metavar="MEDIA", help="media cadangan"
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder baru untuk data kantor"
    )
    parser.add_argument(
        "--key", type=Path, metavar="BERKAS", help="berkas kunci (biasanya DIR/../keys/<nama DIR>.key)"
    )
    parser.add_argument(
        "--also", type=Path, action="append", default=[], metavar="MEDIA",
        help="media lain: alirannya diputar ulang, dan foto yang kurang diambil dari sana",
    )  # fmt: skip
    parser.add_argument(
        "--at", metavar="WAKTU", help="keadaan paling lambat saat ini, seperti 2026-11-25T14:30 (WIB)"
    )


def run(args: argparse.Namespace, text: Text) -> int:
    """Restore, and say what came back and what did not; return the exit code."""
    until_ms = _moment(args.at)
    if isinstance(until_ms, Trouble):
        return say_trouble(text, until_ms)
    key: Path = args.key or default_path(args.data)
    keys = keys_at(key)
    if isinstance(keys, Refused):
        return refuse(text, keys)
    media = _media([args.source, *args.also], keys)
    if isinstance(media, Trouble):
        return say_trouble(text, media)
    wanted = Wanted(data=args.data, key=key, keys=keys, media=media, until_ms=until_ms)
    with progress_bar() as bar:
        restored = restore(wanted, RichProgress(bar, text, "cadangan.langkah"))
    if isinstance(restored, Refused):
        return refuse(text, restored)
    if isinstance(restored, Trouble):
        return say_trouble(text, restored)
    return _say(restored, args.data, key, text)


def _moment(given: str | None) -> int | Trouble | None:
    """Read a day or a time in WIB as UTC milliseconds; a day means its end."""
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return Trouble(code="waktu_salah", values={"waktu": given})
    if "T" not in given and " " not in given:
        moment = moment.replace(hour=23, minute=59, second=59)
    return int(moment.replace(tzinfo=moment.tzinfo or written.WIB).timestamp() * 1000)


def _media(paths: list[Path], keys: Keys) -> list[Medium] | Trouble:
    found: list[Medium] = []
    for path in paths:
        opened = open_medium(path.absolute(), keys.device)
        if isinstance(opened, Trouble):
            return opened
        found.append(opened)
    return found


def _say(restored: Restored, data: Path, key: Path, text: Text) -> int:
    manifest, missing = restored.manifest, restored.missing
    when = written.date_and_clock(manifest.begun_ms)
    print(
        text(
            "cadangan.perintah.dipulihkan", nama=manifest.name, folder=data, nomor=manifest.number, waktu=when
        )
    )
    print(text("cadangan.perintah.diputar_ulang", catatan=restored.changes, berkas=restored.blobs))
    for why, passed in (("dilewati", restored.damaged_copies), ("dilewati_kunci", restored.closed_copies)):
        if passed:
            numbers = ", ".join(str(number) for number in passed)
            print(text(f"cadangan.perintah.{why}", nomor=numbers), file=sys.stderr)
    if restored.damaged_logs:
        print(text("cadangan.perintah.aliran_rusak", jumlah=restored.damaged_logs), file=sys.stderr)
    for log in restored.passed_logs:
        why = "aliran_kunci_lama" if log.is_old else "aliran_riwayat_lain"
        begun = written.date_and_clock(log.begun_ms)
        said = text(f"cadangan.perintah.{why}", folder=log.folder, nomor=log.number, waktu=begun)
        print(said, file=sys.stderr)
    if restored.refused:
        print(text("cadangan.perintah.ditolak", jumlah=restored.refused), file=sys.stderr)
    if missing.is_empty:
        print(text("cadangan.perintah.lengkap"))
    else:
        print(text("cadangan.perintah.belum_kembali", hp=len(missing.phones), berkas=missing.blobs))
        _say_phones(data, key, text)
    _say_relearned(restored.phones, text)
    print(text("cadangan.perintah.masuk_lagi"))
    return 0


def _say_relearned(phones: Relearned, text: Text) -> None:
    """Name every phone that was let in: somebody must revoke those that should not be."""
    if phones.revoked:
        print(text("cadangan.perintah.hp_dicabut", jumlah=len(phones.revoked)))
    if phones.ordered:
        print(text("cadangan.perintah.hp_diperintah", jumlah=len(phones.ordered)))
    for device in phones.ordered:
        print(text("cadangan.perintah.hp_itu", perangkat=device))
    if phones.joined:
        print(text("cadangan.perintah.hp_masuk", jumlah=len(phones.joined)))
    for phone in phones.joined:
        when = written.date_and_clock(phone.enrolled_ms)
        state = "hp_bergabung" if phone.revoked_ms is None else "hp_bergabung_dicabut"
        print(text(f"cadangan.perintah.{state}", perangkat=phone.id, model=phone.model, waktu=when))


def _say_phones(data: Path, key: Path, text: Text) -> None:
    deps = open_office(data, key)
    if isinstance(deps, Refused):
        return
    try:
        counters = deps.engine.read(restore_store.known_counters)
    finally:
        close_office(deps)
    for device, counter in list(counters.items())[:SHOWN]:
        print(text("cadangan.perintah.hp", perangkat=device, nomor=counter))
    if len(counters) > SHOWN:
        print(text("cadangan.perintah.hp_lagi", jumlah=len(counters) - SHOWN))
