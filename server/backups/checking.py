"""Reading copies back. Rule: whole is what opens under the office's key and holds what its manifest says."""

import os
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

import msgspec

from schemas.base import Data
from schemas.ids import NO_LINK, BlobId, DeviceId
from server import backup_store, reach_store
from server.backups.blob_copies import is_whole, sealed_bytes
from server.backups.manifest import DamagedManifestError, Manifest, keys_of, read_manifest
from server.backups.medium import Medium, Trouble, forget_cached
from server.backups.stream import is_closed_log, log_numbers, read_log
from server.blobs import BlobStore
from server.engine import EngineError, Reader
from server.engines.examining import inspected
from server.keys import Keys
from server.part_file import DamagedPartError
from server.store import SqlOfficeStore
from server.verifying.findings import Progress
from server.verifying.paging import is_of_another_key
from sync.chain import Tip

CHUNK_BYTES = 1024 * 1024


class MediumFindings(Data, frozen=True, kw_only=True):
    """What was found on a medium: whole copies, the numbers of others, blobs and logs, and bad ones.

    `closed`: that many copies and logs lie under keys which the key file has not. Then blobs and logs, which
    may be under them too, are not judged.
    """

    whole: list[Manifest]
    damaged: list[int]
    blobs: int
    bad_blobs: list[BlobId]
    logs: int
    bad_logs: int
    closed: int = 0


def file_hash(path: Path, *, durably: bool = False) -> str:
    """Return the SHA-256 of a file as the disk holds it; `durably` first makes sure that it does."""
    digest = sha256()
    handle = os.open(path, os.O_RDONLY)
    try:
        if durably:
            os.fsync(handle)
        forget_cached(handle)
        while chunk := os.read(handle, CHUNK_BYTES):
            digest.update(chunk)
    finally:
        os.close(handle)
    return digest.hexdigest()


def is_verified(medium: Medium, keys: Keys, number: int) -> bool | None:
    """Say whether a copy was read back when it was made; None for a manifest that is damaged."""
    try:
        return read_manifest(medium, keys, number).verified_ms > 0
    except DamagedManifestError:
        return None


def is_closed(medium: Medium, keys: Keys, number: int) -> bool:
    """Say whether a copy whose manifest does not open is under keys of another time, and not damaged."""
    path = medium.database(number)
    return path.is_file() and all(is_of_another_key(path, each.database) for each in keys.each())


def check_database(
    medium: Medium, keys: Keys, manifest: Manifest, absent: Collection[BlobId]
) -> dict[DeviceId, Tip] | Trouble:
    """Open a copy, compare all of it with its manifest, and return up to where it reaches.

    Raises OSError when the medium fails.
    """
    path = medium.database(manifest.number)
    bad = Trouble(code="salinan_rusak", values={"folder": str(medium.path), "nomor": str(manifest.number)})
    if not path.is_file() or file_hash(path) != manifest.sha256:
        return bad
    try:
        if read_manifest(medium, keys, manifest.number) != manifest:
            return bad
        with inspected(path, keys_of(keys, manifest).database) as (inspection, reader):
            if inspection.pages or inspection.structure or reader is None:
                return bad
            if not _is_what_it_says(reader, keys, manifest):
                return bad
            return reach_store.reach(reader, absent)
    except (EngineError, DamagedManifestError):
        return bad


def is_damaged(database: Path, keys: Keys) -> bool:
    """Say whether the office's own database is what a copy was spoiled by."""
    try:
        with inspected(database, keys.database) as (inspection, _):
            return bool(inspection.pages or inspection.structure)
    except EngineError:
        return True


def check_medium(medium: Medium, keys: Keys, progress: Progress) -> MediumFindings:
    """Check every copy, every blob that any of them names, every log. Raises OSError for a failing medium."""
    whole: list[Manifest] = []
    damaged: list[int] = []
    closed = 0
    wanted: dict[BlobId, int] = {}
    destroyed: set[BlobId] = set()
    numbers = medium.numbers()
    progress.step("salinan", len(numbers))
    for number in numbers:
        try:
            manifest = read_manifest(medium, keys, number)
        except DamagedManifestError:
            manifest = None
        if manifest is None and is_closed(medium, keys, number):
            closed += 1
        elif manifest is None:
            damaged.append(number)
        elif manifest.verified_ms:
            if isinstance(check_database(medium, keys, manifest, ()), Trouble):
                damaged.append(number)
            else:
                whole.append(manifest)
                named, gone = _blobs_of(medium, keys, manifest)
                wanted |= named
                destroyed |= gone
        progress.advance()
    logs = log_numbers(medium)
    closed += sum(is_closed_log(medium, keys, number) for number in logs)
    if closed:
        return MediumFindings(
            whole=whole, damaged=damaged, blobs=0, bad_blobs=[], logs=0, bad_logs=0, closed=closed
        )
    store = BlobStore(medium.blobs, *keys.blob_masters())
    for blob in destroyed:  # an older copy does not know of it
        wanted.pop(blob, None)
    progress.step("berkas", len(wanted))
    bad_blobs: list[BlobId] = []
    for blob, size_bytes in sorted(wanted.items()):
        if not is_whole(store, blob, size_bytes):
            bad_blobs.append(blob)
        progress.advance()
    return MediumFindings(
        whole=whole,
        damaged=damaged,
        blobs=len(wanted),
        bad_blobs=bad_blobs,
        logs=len(logs),
        bad_logs=sum(not _is_whole_log(medium, keys, number) for number in logs),
    )


def _is_whole_log(medium: Medium, keys: Keys, number: int) -> bool:
    """Read a log to its end; one that is torn there is as whole as it can be."""
    opened = read_log(medium, keys, number)
    if opened is None:
        return False
    _, messages = opened
    try:
        for _ in messages:
            pass
    except (DamagedPartError, msgspec.DecodeError):
        return False
    return True


def _blobs_of(medium: Medium, keys: Keys, manifest: Manifest) -> tuple[dict[BlobId, int], set[BlobId]]:
    """Return the blobs that a copy names and has, and those that it knows to be destroyed."""
    missing = set(manifest.absent)
    with inspected(medium.database(manifest.number), keys_of(keys, manifest).database) as (_, reader):
        if reader is None:
            return {}, set()
        found = {blob: size for blob, size in backup_store.blobs(reader) if blob not in missing}
        return found, set(backup_store.destroyed_blobs(reader))


def _is_what_it_says(reader: Reader, keys: Keys, manifest: Manifest) -> bool:
    store = SqlOfficeStore.reading(reader)
    tips = store.tips(keys.device)
    blob_bytes = sum(sealed_bytes(size) for _, size in backup_store.blobs(reader))
    return (
        store.last_seq() == manifest.last_seq
        and store.tag_at(manifest.last_seq) == manifest.tag
        and (tips[0].hash if tips else NO_LINK) == manifest.head
        and backup_store.counts(reader) == manifest.counts
        and blob_bytes == manifest.blob_bytes
    )
