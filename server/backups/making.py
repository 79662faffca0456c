"""Making one copy on one medium. Rule: what was there before stays whole until the new copy was read back.

The order is what makes it safe to kill at any moment: the database under another name, the blobs, a manifest
that says "not verified", reading back, and only then the manifest that counts. A copy without a manifest, or
with one that was not verified, is nobody's, and the next run takes it away.

Disks take turns at one place, and each counts its copies from one: before each step it is seen that this one
still lies there.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from schemas.base import Data
from schemas.ids import NO_LINK, BlobId, DeviceId
from server import backup_store, feed_store
from server.backups import blob_copies
from server.backups.blob_copies import BlobCopies, check_back, copy_all, in_turn
from server.backups.checking import check_database, file_hash, is_damaged, is_verified
from server.backups.manifest import FORMAT, NONCE_BYTES, Manifest, write_manifest
from server.backups.medium import (
    UNFINISHED,
    Medium,
    SwappedError,
    Trouble,
    open_medium,
    trouble_of,
    unfit_place,
)
from server.blobs import BlobStore
from server.disk import ensure_folder, sync_folder
from server.engine import DamagedError, Engine, FailingError, FullError, Reader
from server.engines.sqlite_copy import snapshot
from server.key_file import KeyFile
from server.keys import KeyFileError, Keys
from server.paper_key import place
from server.store import SqlOfficeStore
from sync.chain import Tip

SPARE_BYTES = 4 * 1024 * 1024
"""Space that a copy needs besides its files."""


class Progress(Protocol):
    """Shows how far one step is; may raise StoppedError to end it."""

    def step(self, name: str, total: int) -> None:
        """Begin a step of `total` things."""
        ...

    def advance(self, count: int = 1) -> None:
        """Note that so many are done."""
        ...


class StoppedError(Exception):
    """Whoever asked for the copy wants it no longer."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The office that is copied. `disk_of` names the disk that a path is on.

    From `key_path` the key file goes along, sealed to what is on paper.
    """

    engine: Engine
    database: Path
    keys: Keys
    blobs: BlobStore
    disk_of: Callable[[Path], str]
    now_ms: Callable[[], int]
    randomness: Callable[[int], bytes]
    key_path: Path | None = None

    def medium_at(self, path: Path) -> Medium | Trouble:
        """Open the medium at a place, unless it is one where no copy belongs."""
        unfit = unfit_place(path, self.database.parent, self.key_path)
        return unfit or open_medium(path, self.keys.device)


class Made(Data, frozen=True, kw_only=True):
    """A verified copy: how many blobs are new or were mended, and up to where it reaches."""

    manifest: Manifest
    fresh: int
    mended: int
    reach: dict[DeviceId, Tip]


@dataclass
class _Work:
    """A copy that is being made."""

    number: int
    begun_ms: int
    manifest: Manifest | None = None
    blobs: list[tuple[BlobId, int]] = field(default_factory=list[tuple[BlobId, int]])


def make_copy(source: Source, medium: Medium, keep: int, progress: Progress) -> Made | Trouble:
    """Copy the office to a medium and read the copy back; keep the newest `keep` copies.

    Raises StoppedError, or EngineError when the office itself cannot be read.
    """
    try:
        with medium.locked() as is_ours:
            if not is_ours:
                return Trouble(code="media_dipakai", values={"folder": str(medium.path)})
            return _make(source, medium, keep, _Watching(medium, progress))
    except (DamagedError, FailingError):
        return Trouble(code="kantor_rusak")
    except (OSError, FullError) as error:
        is_swapped = isinstance(error, OSError) and medium.is_swapped()
        return trouble_of(SwappedError() if is_swapped else error, medium.path)


class _Watching:
    """Progress that ends a copy once another medium lies in the place of this one."""

    def __init__(self, medium: Medium, shown: Progress) -> None:
        self._medium, self._shown = medium, shown

    def step(self, name: str, total: int) -> None:
        self._shown.step(name, total)
        self._medium.ensure_here()

    def advance(self, count: int = 1) -> None:
        self._shown.advance(count)
        self._medium.ensure_here()


def _make(source: Source, medium: Medium, keep: int, progress: Progress) -> Made | Trouble:
    for folder in (medium.copies, medium.blobs):
        ensure_folder(folder)
    copies = BlobCopies(source.blobs, medium.blobs, source.keys.blob_masters())
    copies.sweep()
    copies.destroy(source.engine.read(backup_store.destroyed_blobs))
    kept = tidy(medium, source.keys)
    # a number is used once, also where somebody took the copies away: the newest is told by it
    last = source.engine.read(lambda reader: backup_store.last_number(reader, medium.id))
    work = _Work(number=max([last, *medium.numbers()]) + 1, begun_ms=source.now_ms())
    short = no_room(medium, source.database.stat().st_size)
    if short is not None:
        return short
    facts = _copy_database(source, medium, work, progress)
    missing = [(blob, size) for blob, size in work.blobs if not copies.has(blob, size)]
    short = no_room(medium, sum(blob_copies.sealed_bytes(size) for _, size in missing))
    if short is not None:
        medium.database(work.number).unlink()
        return short
    progress.step("berkas", len(missing))
    fresh, absent = copy_all(copies, missing, progress.advance)
    absent = _still_held(source.engine, absent)
    medium.ensure_here()
    manifest = replace(facts, absent=sorted(absent))
    write_manifest(medium, source.keys, manifest, source.randomness(NONCE_BYTES))
    new = {blob for blob, _ in missing}
    old = [
        (blob, size)
        for blob, size in work.blobs
        if blob not in new and (in_turn(copies.store, blob, work.number) or copies.is_twice(blob))
    ]
    progress.step("periksa", len(fresh) + len(old))
    lost_fresh, mended_fresh = _check(copies, fresh, progress)
    lost_old, mended_old = _check(copies, old, progress)
    lost = _still_held(source.engine, lost_fresh + lost_old)
    progress.step("basis_data", 1)
    reach = check_database(medium, source.keys, manifest, [*absent, *lost])
    if isinstance(reach, Trouble):
        medium.ensure_here()
        return Trouble(code="kantor_rusak") if is_damaged(source.database, source.keys) else reach
    progress.advance()
    manifest = replace(manifest, absent=sorted({*absent, *lost}), verified_ms=source.now_ms())
    medium.ensure_here()
    write_manifest(medium, source.keys, manifest, source.randomness(NONCE_BYTES))
    medium.ensure_here()
    retire(medium, [work.number, *kept], keep)
    place_key(source, medium)
    return Made(manifest=manifest, fresh=len(fresh), mended=mended_fresh + mended_old, reach=reach)


def tidy(medium: Medium, keys: Keys) -> list[int]:
    """Take away what a run that was cut off left; return the copies that count, newest first.

    What cannot be read is no leftover: it stays, to be looked at.
    """
    kept: list[int] = []
    for number in medium.numbers():
        verified = is_verified(medium, keys, number)
        if verified is False:
            medium.manifest(number).unlink()
            medium.database(number).unlink(missing_ok=True)
        elif verified:
            kept.append(number)
    for path in medium.copies.iterdir():
        has_manifest = path.with_suffix(".manifest").exists()
        if path.name.endswith(UNFINISHED) or (path.suffix == ".db" and not has_manifest):
            path.unlink()
    sync_folder(medium.copies)
    return kept


def retire(medium: Medium, verified: Sequence[int], keep: int) -> None:
    """Remove the oldest verified copies beyond `keep`, each manifest before its copy."""
    for number in verified[max(keep, 1) :]:
        medium.manifest(number).unlink(missing_ok=True)
        sync_folder(medium.copies)
        medium.database(number).unlink(missing_ok=True)


def no_room(medium: Medium, needed_bytes: int) -> Trouble | None:
    """Say in time that a medium has too little space left."""
    free_bytes = shutil.disk_usage(medium.path).free
    if free_bytes > needed_bytes + SPARE_BYTES:
        return None
    values = {
        "folder": str(medium.path),
        "perlu": megabytes(needed_bytes + SPARE_BYTES),
        "ada": megabytes(free_bytes),
    }
    return Trouble(code="media_kurang", values=values)


def _copy_database(source: Source, medium: Medium, work: _Work, progress: Progress) -> Manifest:
    """Copy one snapshot durably, and say what it is."""
    target = medium.database(work.number)
    temporary = target.with_name(target.name + UNFINISHED)
    progress.step("salin", 0)
    done = 0

    def copied(pages: int, total: int) -> None:
        nonlocal done
        if not done:
            progress.step("salin", total)
        progress.advance(pages - done)
        done = pages

    with snapshot(source.database, source.keys.database) as taken:
        work.blobs = backup_store.blobs(taken.reader)
        facts = _facts(taken.reader, source, medium, work)
        taken.copy_to(temporary, copied)
    digest = file_hash(temporary, durably=True)
    medium.ensure_here()
    temporary.rename(target)
    sync_folder(medium.copies)
    return replace(facts, size_bytes=target.stat().st_size, sha256=digest)


def place_key(source: Source, medium: Medium) -> bool:
    """Lay the key file, sealed to what is on paper, onto a medium; False where it has to be tried again, as
    it or what lies beside it cannot be read: then what was sealed before stays. Raises OSError.
    """
    if source.key_path is None:
        return True
    if KeyFile(source.key_path, source.keys).trouble():
        return False
    try:
        place(medium.path, source.key_path)
    except KeyFileError:
        return False
    return True


def _facts(reader: Reader, source: Source, medium: Medium, work: _Work) -> Manifest:
    store = SqlOfficeStore.reading(reader)
    last_seq = store.last_seq()
    tips = store.tips(source.keys.device)
    position = feed_store.newest(reader)
    [(name,)] = reader.query("SELECT name FROM kabupaten WHERE kabupaten = :kabupaten")
    return Manifest(
        format=FORMAT,
        number=work.number,
        medium=medium.id,
        office=source.keys.device,
        regency=reader.regency,
        name=name,
        begun_ms=work.begun_ms,
        verified_ms=0,
        size_bytes=0,
        sha256="",
        last_seq=last_seq,
        tag=store.tag_at(last_seq) or b"",
        head=tips[0].hash if tips else NO_LINK,
        links=position.links,
        senders=position.senders,
        counts=backup_store.counts(reader),
        blob_bytes=sum(blob_copies.sealed_bytes(size) for _, size in work.blobs),
        absent=[],
        generation=source.keys.number,
    )


def _check(
    copies: BlobCopies, blobs: Sequence[tuple[BlobId, int]], progress: Progress
) -> tuple[list[BlobId], int]:
    """Read blobs back; return those that are lost, and how many had to be replaced."""
    before = copies.mended
    lost = check_back(copies, blobs, progress.advance)
    return lost, copies.mended - before


def _still_held(engine: Engine, blobs: Sequence[BlobId]) -> list[BlobId]:
    """Return those of these that the office still says it holds: some may be destroyed meanwhile."""
    return engine.read(lambda reader: [blob for blob in blobs if backup_store.is_held(reader, blob)])


def megabytes(size_bytes: int) -> str:
    """Write a size in whole megabytes, rounded up."""
    return str(-(-size_bytes // 1024**2))
