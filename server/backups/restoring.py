"""A new data folder from a medium. Rule: nothing that is there is touched; half done is no office.

The folder is built beside its place under another name, and renamed when all of it is durable. Blobs that no
medium holds count as not received, so that phones are asked for them again. Everybody logs in anew.
"""

import errno
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from schemas.base import Data
from schemas.folders import below
from schemas.ids import BlobId
from server import backup_store, reach_store, restore_store
from server.backups.blob_copies import BlobCopies
from server.backups.bringing_back import all_there, bring_back
from server.backups.checking import check_database, file_hash, is_closed
from server.backups.making import SPARE_BYTES, Progress, megabytes
from server.backups.manifest import DamagedManifestError, Manifest, copy_at, keys_of, read_manifest
from server.backups.medium import Medium, Trouble, disk_of, is_full, open_medium, trouble_of
from server.backups.replaying import Gone, Replayed, replay
from server.backups.stream import Committed, Head, log_generation, log_numbers, read_log
from server.beside_key import DamagedListError, UnreadableListError
from server.blobs import BlobStore
from server.compose import DATABASE, Refused, close_office, open_office, unusable_list
from server.deps import Deps
from server.disk import NoPromiseError, sync_folder
from server.engine import FullError, Reader, Writer
from server.keys import Keys, change_keys
from server.part_file import DamagedPartError
from server.phone_list import Relearned
from server.restore_store import Missing, Restore
from server.rotating import rekey
from server.store import SqlOfficeStore
from sync.rules import DomainRules

UNFINISHED = ".memulihkan"
"""What the folder that is being built is called beside its place."""


class PassedLog(Data, frozen=True, kw_only=True):
    """A log that was not applied: under keys of before the copy's (`is_old`), or of another history."""

    folder: str
    number: int
    begun_ms: int
    is_old: bool


class Restored(Data, frozen=True, kw_only=True):
    """What a restore brought: from which copy, what logs added, what is missing, what was passed over.

    `phones`: what the list beside the key file told.
    """

    manifest: Manifest
    changes: int
    blobs: int
    refused: int
    missing: Missing
    damaged_copies: list[int]
    closed_copies: list[int]
    damaged_logs: int
    passed_logs: list[PassedLog]
    phones: Relearned


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to restore, and where to: the first medium has the copy, the others may add logs and blobs."""

    data: Path
    key: Path
    keys: Keys
    media: Sequence[Medium]
    until_ms: int | None


class Chosen(Data, frozen=True, kw_only=True):
    """The copy to restore, and the numbers of those passed over: damaged, or under keys that are not here."""

    manifest: Manifest
    damaged: list[int]
    closed: list[int]


@dataclass(frozen=True, kw_only=True)
class _Log:
    """A log that continues the copy; `medium` is its place in the list of media, `begun` the number of the
    newest commit when it was begun, with the clock's word for it (which may have been set back since).
    """

    medium: int
    begun: tuple[int, int]
    messages: Iterator[Committed]


def restore(wanted: Wanted, progress: Progress) -> Restored | Trouble | Refused:
    """Lay a new data folder; whatever goes wrong, there is either all of it or none."""
    if wanted.data.exists():
        return Trouble(code="folder_sudah_ada", values={"folder": str(wanted.data)})
    try:
        return _restore(wanted, progress)
    except (DamagedListError, UnreadableListError) as error:
        return unusable_list(error)
    except (OSError, FullError) as error:
        return _trouble(wanted, error)


def _restore(wanted: Wanted, progress: Progress) -> Restored | Trouble | Refused:
    building = wanted.data.with_name(wanted.data.name + UNFINISHED)
    if building.exists():
        shutil.rmtree(building)  # only a restore that was cut off leaves one
    chosen = choose(wanted, progress)
    if isinstance(chosen, Trouble):
        return chosen
    manifest = chosen.manifest
    medium = wanted.media[0]
    building.mkdir(parents=True, mode=0o700)
    sync_folder(building)
    needed_bytes = manifest.size_bytes + manifest.blob_bytes + SPARE_BYTES
    free_bytes = shutil.disk_usage(building).free
    if free_bytes < needed_bytes:
        values = {"perlu": megabytes(needed_bytes), "ada": megabytes(free_bytes)}
        return Trouble(code="tujuan_kurang", values={"folder": str(wanted.data), **values})
    shutil.copyfile(medium.database(manifest.number), building / DATABASE)
    if file_hash(building / DATABASE, durably=True) != manifest.sha256:
        return Trouble(code="media_rusak", values={"folder": str(medium.path)})
    if manifest.generation != wanted.keys.number:
        rekey(building / DATABASE, keys_of(wanted.keys, manifest), wanted.keys, secrets.token_bytes)
        change_keys(wanted.key, lambda keys: replace(keys, unfinished=True))
    deps = open_office(building, wanted.key, restoring=True)
    if isinstance(deps, Refused):
        return deps
    try:
        restored = _fill(wanted, building, deps, chosen, progress)
    finally:
        close_office(deps)
    _settle(building)
    building.rename(wanted.data)
    sync_folder(wanted.data.parent)
    return restored


def _trouble(wanted: Wanted, error: OSError | FullError) -> Trouble:
    """Tell a medium that failed from the disk that is restored to."""
    to = {"folder": str(wanted.data)}
    if is_full(error):
        return Trouble(code="tujuan_penuh", values=to)
    if isinstance(error, NoPromiseError):  # media are only read here
        return Trouble(code="tujuan_tanpa_jaminan", values=to)
    for medium in wanted.media:
        if isinstance(open_medium(medium.path, wanted.keys.device), Trouble):
            return trouble_of(error, medium.path)
    is_ours = isinstance(error, OSError) and str(error.filename or "").startswith(str(wanted.data))
    return Trouble(code="tujuan_gagal", values=to) if is_ours else trouble_of(error, wanted.media[0].path)


def choose(wanted: Wanted, progress: Progress) -> Chosen | Trouble:
    """Return the newest whole copy of the wanted time.

    Copies under keys that are not here are passed over only where an earlier moment is asked for: else an
    older key file would quietly bring an older office.
    """
    medium, damaged, closed, readable = wanted.media[0], list[int](), list[int](), 0
    numbers = medium.numbers()
    progress.step("salinan", len(numbers))
    for number in numbers:
        progress.advance()
        try:
            manifest = read_manifest(medium, wanted.keys, number)
        except DamagedManifestError:
            (closed if is_closed(medium, wanted.keys, number) else damaged).append(number)
            continue
        if closed and wanted.until_ms is None:
            return Trouble(code="kunci_lama", values={"folder": str(medium.path)})
        readable += 1
        is_too_late = wanted.until_ms is not None and manifest.begun_ms > wanted.until_ms
        if not manifest.verified_ms or is_too_late:
            continue
        if isinstance(check_database(medium, wanted.keys, manifest, ()), Trouble):
            damaged.append(number)
            continue
        return Chosen(manifest=manifest, damaged=damaged, closed=closed)
    code = "kunci_cadangan_salah" if (damaged or closed) and not readable else "tidak_ada_salinan"
    return Trouble(code=code, values={"folder": str(medium.path)})


def _fill(wanted: Wanted, building: Path, deps: Deps, chosen: Chosen, progress: Progress) -> Restored:
    """Bring blobs back, apply logs, and note what is missing."""
    manifest = chosen.manifest
    masters = wanted.keys.blob_masters()
    copies = [
        BlobCopies(BlobStore(medium.blobs, *masters), building / "blobs", masters) for medium in wanted.media
    ]
    gone = _gone(deps)
    known = deps.engine.read(backup_store.blobs)
    kept = [(blob, size) for blob, size in known if blob not in gone.blobs]
    progress.step("berkas", len(kept))
    lost = bring_back(copies, kept, progress.advance)
    logs, passed, damaged_logs = deps.engine.read(lambda reader: _logs_of(wanted, reader, manifest))
    deps.engine.write(lambda writer: _begin(writer, wanted, manifest, lost)).result()
    done = Replayed()
    rules = DomainRules(deps.forms, deps.workflows)
    progress.step("putar_ulang", len(logs))
    for log in logs:
        try:
            for committed in log.messages:
                if wanted.until_ms is None or committed.at_ms <= wanted.until_ms:
                    from_medium = copies[log.medium]
                    replay(deps.engine, deps.office, rules, from_medium, gone, committed, done)
        except (DamagedPartError, msgspec.DecodeError):
            damaged_logs += 1
        progress.advance()
    if not all_there(wanted.media, wanted.keys.device):
        raise OSError(errno.ENODEV, "a medium went away")
    deps.destruction.apply_list()
    phones = deps.phones.apply()
    _sweep(deps)

    def finish(writer: Writer) -> Missing:
        new = Restore(
            at_ms=deps.now_ms(),
            medium=manifest.medium,
            number=manifest.number,
            begun_ms=manifest.begun_ms,
            last_seq=manifest.last_seq,
            replayed=done.changes,
        )
        restore_store.add_restore(writer, new)
        return restore_store.missing(writer, wanted.keys.device)

    return Restored(
        manifest=manifest,
        changes=done.changes,
        blobs=done.blobs,
        refused=done.refused,
        missing=deps.engine.write(finish).result(),
        damaged_copies=chosen.damaged,
        closed_copies=chosen.closed,
        damaged_logs=damaged_logs,
        passed_logs=passed,
        phones=phones,
    )


def _begin(writer: Writer, wanted: Wanted, manifest: Manifest, lost: Sequence[BlobId]) -> None:
    """Make of a copy an office that may go on: nobody logged in, nothing promised, nothing destroyed back."""
    restore_store.begin(writer)
    reach_store.forget_reach(writer)
    restore_store.lose_blobs(writer, lost)
    path = wanted.media[0].path
    copy = copy_at(path, manifest, disk_of(path), disk_of(wanted.data.parent))
    backup_store.add_copy(writer, copy)


def _gone(deps: Deps) -> Gone:
    """Return what the list beside the key file says was destroyed. Raises DamagedListError."""
    bodies = list(deps.destruction.entries.bodies())
    return Gone(
        changes={name: stub for body in bodies for name, stub in body.changes.items()},
        blobs=frozenset(blob for body in bodies for blob in body.blobs),
    )


def _sweep(deps: Deps) -> None:
    """Remove blobs that a log brought and a later line of it destroyed."""
    known = deps.engine.read(backup_store.blobs)
    mine = {path for blob, _ in known for path in deps.blobs.paths(blob)}
    for path in list(deps.blobs.files()):
        if path not in mine:
            path.unlink()


def _logs_of(wanted: Wanted, reader: Reader, manifest: Manifest) -> tuple[list[_Log], list[PassedLog], int]:
    """Return the logs that continue this copy's history, oldest first, those that do not, and how many cannot
    be opened.
    """
    store, found, passed, damaged = SqlOfficeStore.reading(reader), list[_Log](), list[PassedLog](), 0
    for index, medium in enumerate(wanted.media):
        for number in log_numbers(medium):
            opened = read_log(medium, wanted.keys, number)
            if opened is None:
                damaged += 1
                continue
            head, messages = opened
            # What the office wrote under keys of before the copy's is in the copy. Anything else under them
            # may be by whoever got hold of that key file.
            is_old = log_generation(medium, wanted.keys, number) < manifest.generation
            if not is_old and _continues(store, head, manifest.last_seq):
                begun = head.history[-1][0], head.begun_ms
                found.append(_Log(medium=index, begun=begun, messages=messages))
                continue
            folder = str(medium.path)
            passed.append(PassedLog(folder=folder, number=number, begun_ms=head.begun_ms, is_old=is_old))
    return sorted(found, key=lambda log: log.begun), passed, damaged


def _continues(store: SqlOfficeStore, head: Head, last_seq: int) -> bool:
    """Say whether a log tells of the history that the copy is of: the newest commit both can know is one."""
    common = [(seq, tag) for seq, tag in head.history if seq <= last_seq]
    return bool(common) and store.tag_at(common[-1][0]) == common[-1][1]


def _settle(folder: Path) -> None:
    """Make every folder that was built durable; the files in them are already."""
    for path in [folder, *(path for path in below(folder) if path.is_dir())]:
        sync_folder(path)
    for path in folder.iterdir():
        if path.is_file():
            file_hash(path, durably=True)
