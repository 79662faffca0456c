"""Wiping this phone because the office ordered it. Rule: only a paper in the folder that was written after
all was handed over sets it off, and it goes on from any step it was cut off at.

Nothing here is started by a wrong PIN, by time, or by anything but custody.py, which checks the order. The
keys go first: what is left after them is ciphertext that nobody opens. What is kept is sealed to the office:
hand-over files and, if visits were still under work, the vault itself, its key sealed to the office's; sealed
drafts in it open with the code that the office was given when the phone joined, and with nothing else.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from field_app.devices import Keystore, KeystoreError
from field_app.durable import UNFINISHED, write_whole
from field_app.enrol import VAULT, WAITING
from field_app.keys import FILE, GUARD
from field_app.link import Door, Failure, Link
from schemas.base import Data, decode, encode
from schemas.device_word import WipeWord
from schemas.folders import listed

PAPER = "perintah-hapus"
KEPT = "serah-terima"
"""Folder for what was handed over as files: the wipe leaves it alone."""
ENDINGS = ("-wal", "-shm", "")


class Paper(Data, frozen=True, kw_only=True):
    """What is left of an order outside the vault: how far it is, and the last word, signed, with its address.

    `keep`: the name that the vault is kept under, empty when it was seen that nothing in it is still under
    work. `authority`:
    the certificate (DER) that the office is known by, empty where none is pinned.
    """

    step: Literal["siap", "terhapus"]
    address: str
    word: WipeWord
    keep: str = ""
    authority: bytes = b""


def write_paper(folder: Path, paper: Paper) -> None:
    """Make a paper durable. From here on the phone will be wiped, whatever happens in between."""
    write_whole(folder / PAPER, encode(paper))


def read_paper(folder: Path) -> Paper | None:
    """Return the paper, None when there is none, or one that cannot be read: then nothing is wiped."""
    try:
        return decode((folder / PAPER).read_bytes(), Paper)
    except (OSError, msgspec.DecodeError):
        return None


def left_sealed(folder: Path) -> bool:
    """Say whether what a wiped vault left for the office lies here still: it cannot be sent from here."""
    return not (folder / FILE).exists() and bool(listed(folder / KEPT))


def wipe(folder: Path, keystore: Keystore) -> bool:
    """Wipe if a paper says so; return whether this phone is wiped now. The vault must be closed."""
    paper = read_paper(folder)
    if paper is None:
        return False
    if paper.step == "siap":
        for name in (FILE, GUARD):
            _shred(folder / name)
        for unfinished in listed(folder, f"*{UNFINISHED}"):
            _shred(unfinished)  # a crash while a key file was written leaves one
        forgotten = _forget(keystore)
        if paper.keep:
            (folder / KEPT).mkdir(mode=0o700, exist_ok=True)  # somebody may have taken it away
        for ending in ENDINGS:
            part = folder / (VAULT + ending)
            if paper.keep and part.exists():
                part.replace(folder / KEPT / (paper.keep + ending))
            else:
                part.unlink(missing_ok=True)
        for draft in listed(folder, "draf-*.kunci"):
            if paper.keep:
                draft.replace(folder / KEPT / f"{paper.keep}.{draft.name}")
            else:
                _shred(draft)
        for waiting in listed(folder, f"{WAITING}-*"):
            _shred(waiting)
        if forgotten:
            write_paper(folder, msgspec.structs.replace(paper, step="terhapus"))
    return True


def _forget(keystore: Keystore) -> bool:
    """Destroy the device's secret; False when it does not answer now: the next start tries again."""
    try:
        keystore.forget()
    except KeystoreError:
        return False
    return True


def tell(folder: Path, connect: Callable[[Door], Link]) -> Failure | None:
    """Bring the last word of a wiped phone to the office; None when there is none left to bring."""
    paper = read_paper(folder)
    if paper is None or paper.step != "terhapus":
        return None
    link = connect(Door(address=paper.address, authority=paper.authority))
    try:
        failure = link.tell_wipe(paper.word)
    finally:
        link.close()
    if failure is None:
        (folder / PAPER).unlink(missing_ok=True)
    return failure


def _shred(path: Path) -> None:
    """Overwrite a small file before its name goes. Flash may keep the old bytes all the same: what they hold
    opens nothing without the device's secret, which goes too.
    """
    try:
        with path.open("r+b") as stream:
            stream.write(os.urandom(path.stat().st_size))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()
    except FileNotFoundError:
        return
