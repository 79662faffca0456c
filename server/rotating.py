"""New keys for an office. Rule: killed at any moment, it ends under the old keys or the new, never between.

The key file first names the generation that follows. A copy of the database is brought under it, read back
and given the database's name in one step; which key opens that file tells ever after whether the change
counts, and whoever opens the office next writes it down. Photos follow one by one, each readable all the
while. The key of the office's chain stays unless it is to be changed too: then whoever opens the office next
has the one before sign it, before anything else is done (server/chain_keys.py).
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from schemas.ids import BlobId
from server.blobs import BlobStore, DamagedBlobError
from server.disk import sync_folder
from server.engine import DamagedError, EngineError, InUseError
from server.engines.connecting import connect
from server.engines.examining import inspected
from server.engines.sqlite_copy import alone, bring_under
from server.keys import KEY_BYTES, KeyFileError, Keys, change_keys, is_older_file, read_keys
from server.paper_key import place
from server.second_factor import reseal
from server.verifying.findings import Progress

FRESH = ".baru"
"""The ending of a database under keys that do not count yet."""


def standing(keys: Keys, database: Path) -> Keys:
    """Return the keys as they count, when a change of them was cut off; nothing is written."""
    if keys.following is not None and opens(database, keys.following.database):
        return keys.changed()
    return keys


def settle(key_path: Path, database: Path) -> Keys:
    """Write down which generation counts after a change that was cut off, and clear away what it left.

    A key file of before there were sums is brought into the present format. Raises KeyFileError, OSError.
    """
    keys = read_keys(key_path)
    if keys.following is None:
        return change_keys(key_path, lambda each: each) if is_older_file(key_path) else keys
    # decided while nobody else changes the file: what another wrote there meanwhile stays
    return change_keys(key_path, lambda each: _settled(each, database))


def _settled(keys: Keys, database: Path) -> Keys:
    now = standing(keys, database)
    if now.following is None:
        return now
    if not opens(database, keys.database):
        return keys  # neither key opens it, so neither is thrown away
    _fresh(database).unlink(missing_ok=True)
    return replace(keys, following=None)


def change_database(
    key_path: Path,
    database: Path,
    randomness: Callable[[int], bytes],
    progress: Progress,
    *,
    chain: bool = False,
) -> Keys:
    """Bring the database under a new generation, and return the keys as they are then.

    `chain`: the key that signs the office's chain is a new one too. Nobody may have the database open: raises
    InUseError. Raises FullError, OSError or DamagedError, and then all is as it was before.
    """
    old = change_keys(key_path, lambda keys: keys.prepared(randomness((4 if chain else 3) * KEY_BYTES)))
    new = old.changed()
    fresh = _fresh(database)
    fresh.unlink(missing_ok=True)
    try:
        place(database.parent, key_path)  # the papers open both generations, whichever will count
        with alone(database, old.database) as held:
            handle = os.open(database, os.O_RDWR)
            try:
                progress.step("salin", 1)
                held.copy_to(fresh, lambda _, __: None)
                progress.advance()
                progress.step("kunci_baru", 1)
                rekey(fresh, old, new, randomness)
                progress.advance()
                _check(fresh, new)
                keys = change_keys(key_path, lambda each: _swapped(each, old, fresh, database))
                # Whoever waited to open the old file finds nothing in it, and writes nothing that is lost.
                os.ftruncate(handle, 0)
            finally:
                os.close(handle)
    except BaseException:
        fresh.unlink(missing_ok=True)
        with suppress(OSError, KeyFileError):  # else whoever opens the office next does it
            settle(key_path, database)
        raise
    return keys


def _swapped(keys: Keys, old: Keys, fresh: Path, database: Path) -> Keys:
    """Give the new database the name, and return the keys as they are then.

    Raises InUseError where the key file does not name its keys any more: whoever opened the office before it
    was locked settled them, and under keys that stand nowhere it could never be read.
    """
    if keys.following != old.following:
        raise InUseError("the keys were settled meanwhile")
    fresh.rename(database)
    sync_folder(database.parent)
    return keys.changed()


def rekey(path: Path, old: Keys, new: Keys, randomness: Callable[[int], bytes]) -> None:
    """Bring a copy of the database, which is nobody's yet, from one generation under another, durably.

    Raises FullError, DamagedError, OSError.
    """
    bring_under(
        path,
        old.database,
        new.database,
        lambda tx: reseal(tx, old.factor_key(), new.factor_key(), randomness),
    )
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def renew_blobs(
    key_path: Path, store: BlobStore, blobs: Iterable[BlobId], progress: Progress
) -> tuple[Keys, int]:
    """Bring blobs under the present generation, as far as an earlier run did not.

    Returns the keys as they are then, and how many blobs cannot be read: those stay as they are. A blob that
    the database names and that is nowhere is not counted, `verify` tells of it. Raises OSError.
    """
    unreadable = 0
    waiting = list(blobs)
    progress.step("foto", len(waiting))
    for blob in waiting:
        try:
            if store.has(blob):
                store.renew(blob, blob)
        except DamagedBlobError:
            unreadable += 1
        progress.advance()
    return change_keys(key_path, lambda keys: replace(keys, unfinished=False)), unreadable


def _check(fresh: Path, new: Keys) -> None:
    """Read a database back. Raises DamagedError."""
    with inspected(fresh, new.database) as (inspection, _):
        if inspection.pages or inspection.structure:
            raise DamagedError("the copy is not whole")


def opens(database: Path, key: bytes) -> bool:
    """Say whether a database opens with this key (32 bytes)."""
    try:
        connect(database, key, read_only=True).close()
    except EngineError:
        return False
    return True


def _fresh(database: Path) -> Path:
    return database.with_name(database.name + FRESH)
