"""`rescue kept`: what a wiped or damaged phone left in a folder, taken in. Rule: hand-over files first, then
each vault; what is still under work stays in the folder, and is told.
"""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

from schemas import format as written
from schemas.folders import listed
from schemas.handover import ENDING
from schemas.text import Text
from server import rescue
from server.access import Person
from server.commands.handover import take_files, untaken
from server.commands.rescue_asking import NOT_DONE, open_private, say
from server.deps import Deps
from server.device_store import Device
from server.engine import DiskError
from server.rescue import Letter
from server.services.handover import Taken, sentences
from server.services.kept_vaults import Emptied, KeptVaults
from server.services.rescuing import NotRescued, Rescuing, is_purpose

KEY_FILE, VAULT = "kunci.json", "vault.db"
KEPT = "brankas-"
ASIDE = f"{VAULT}.lama-*"
"""Vaults whose key file was gone when the phone joined anew: field_app/enrol.py."""
LEFT = (VAULT, f"{KEPT}*.db", f"*{ENDING}", ASIDE)
"""What tells a folder that a phone left from any other."""


def take_kept(deps: Deps, work: Rescuing, by: Person, args: argparse.Namespace, text: Text) -> int:
    """Take in what a folder holds, and say what was found; return the exit code."""
    folder: Path = args.folder
    files, vaults = listed(folder, f"*{ENDING}"), listed(folder, "*.db")
    beneath, aside = _beneath(folder), _aside(folder)
    if not (folder / VAULT).exists() and (folder / KEY_FILE).exists():
        vaults, aside = [*vaults, *aside], []  # no other vault is here that the key file could be of
    if not any((files, vaults, beneath, aside)):
        return say(text, NotRescued(why="folder_kosong"))
    code = take_files(deps, files, text) if files else 0
    kept = KeptVaults(deps, work)
    for path in vaults:
        try:
            found = _take(kept, work, by, path, args, text)
        except (OSError, DiskError) as error:
            print(untaken(text, error, path), file=sys.stderr)
            code = NOT_DONE
            continue
        if isinstance(found, NotRescued):
            code = say(text, found)
            continue
        for line in told(deps, text, path, found):
            print(line)
        code = NOT_DONE if found.problems or found.lost or found.is_damaged else code
    for each in aside:
        print(text("penyelamat.isi.disisihkan", berkas=each.name, folder=folder), file=sys.stderr)
        code = NOT_DONE
    for each in beneath:
        print(text("penyelamat.isi.di_dalamnya", folder=each), file=sys.stderr)
        code = NOT_DONE
    return code


def _aside(folder: Path) -> list[Path]:
    """Return the vaults that were set aside, without the logs beside them."""
    return [path for path in listed(folder, ASIDE) if path.suffix.removeprefix(".lama-").isdigit()]


def _beneath(folder: Path) -> list[Path]:
    """Return the folders within this one that hold what a phone left: another worker's, a wiped vault's."""
    found: list[Path] = []
    for each in (path for path in listed(folder) if path.is_dir()):
        with suppress(PermissionError):
            inner = [each, *(path for path in listed(each) if path.is_dir())]
            found += [path for path in inner if any(listed(path, name) for name in LEFT)]
    return found


def _take(
    kept: KeptVaults, work: Rescuing, by: Person, path: Path, args: argparse.Namespace, text: Text
) -> Emptied | NotRescued:
    sealed = path.with_name(f"{path.name}.kunci")
    beginning = path.stem.removeprefix(KEPT) if path.name.startswith(KEPT) else args.device
    device = kept.device_named(args.device or beginning)
    if isinstance(device, NotRescued):
        return device
    if sealed.exists():
        key = kept.key_by_office(sealed.read_bytes(), device.id)
    else:
        key = _by_rescue(kept, work, path, device, args, text)
    if isinstance(key, NotRescued):
        return key
    if not is_purpose(args.purpose):
        return NotRescued(why="keperluan")
    work.note(by.id, device.id, args.purpose)
    return kept.take(path, key, device)


def _by_rescue(
    kept: KeptVaults, work: Rescuing, path: Path, device: Device, args: argparse.Namespace, text: Text
) -> bytes | NotRescued:
    """Open a vault that lies as the phone used it, by the letter in its own key file."""
    file = path.with_name(KEY_FILE)
    found = rescue.read_key_file(file.read_bytes()) if file.exists() else None
    if found is None:
        return NotRescued(why="berkas_surat")
    letter = Letter(device=device.id, rescue_key=found.public, sealed=found.letter)
    private = open_private(work, letter, text, by_paper=args.paper)
    if isinstance(private, NotRescued):
        return private
    code = work.code_of(letter, private)
    return code if isinstance(code, NotRescued) else kept.key_by_rescue(code, found)


def told(deps: Deps, text: Text, path: Path, found: Emptied) -> list[str]:
    """Say what was in a vault, and what to do about what cannot be taken in."""
    about = {"berkas": path.name, "perangkat": found.device.id}
    taken = Taken(
        device=found.device, file=b"", number=0, made_ms=0, counts=found.counts, problems=found.problems
    )
    said = [text("penyelamat.isi.brankas", **about), *(f"  {line}" for line in sentences(text, taken))]
    if found.lost:
        said.append("  " + text("penyelamat.isi.hilang", jumlah=found.lost))
    for draft in found.drafts:
        title = deps.forms.get(draft.form).title if draft.form in deps.forms.ids() else draft.form
        said.append("  " + text("penyelamat.isi.draf", judul=title, hari=_day(draft.started_ms)))
    for sealed in found.sealed:
        day = _day(sealed.started_ms)
        said.append("  " + text("penyelamat.isi.draf_tersegel", kode=sealed.kode, hari=day))
    if found.is_damaged:
        said.append("  " + text("penyelamat.isi.rusak"))
    if found.drafts or found.sealed:
        said.append("  " + text("penyelamat.isi.simpan"))
    return said


def _day(at_ms: int) -> str:
    return written.short_date(written.local_date(at_ms))
