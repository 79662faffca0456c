"""Files: every blob whole, every file accounted for. Rule: what is there and not expected is a fault too."""

from collections.abc import Sequence
from pathlib import Path

from schemas.folders import below
from server import upload_store
from server.blobs import UNFINISHED, BlobStore, DamagedBlobError
from server.engine import Reader
from server.keys import derive
from server.part_file import DamagedPartError, PartFile, fitting, no_writing
from server.verifying.findings import Notes, Progress


def check_blobs(reader: Reader, blobs: BlobStore, findings: Notes, progress: Progress) -> set[Path]:
    """Decrypt and hash every blob; return the files that belong to them."""
    found = reader.query("SELECT blob, size_bytes FROM blobs WHERE kabupaten = :kabupaten ORDER BY blob")
    progress.step("berkas", len(found))
    mine: set[Path] = set()
    for blob, size_bytes in found:
        progress.advance()
        findings.counts["berkas"] += 1
        mine.update(blobs.paths(blob))
        try:
            is_right = blobs.check(blob) == size_bytes
        except DamagedBlobError:
            is_right = False
        if not is_right:
            findings.fault("berkas_rusak", berkas=blob)
    return mine


def check_uploads(reader: Reader, folder: Path, masters: Sequence[bytes], findings: Notes) -> set[Path]:
    """Decrypt what has come of each unfinished upload; return the files that belong to them."""
    mine: set[Path] = set()
    for upload in upload_store.uploads(reader):
        path = folder / upload.id
        if upload.done or not path.exists():
            continue
        mine.add(path)
        key = fitting(path, [derive(master, "upload", upload.id) for master in masters], upload.id)
        part = PartFile(path, key, upload.id, no_writing, read_only=True)
        try:
            is_right = sum(map(len, part.chunks())) <= upload.size_bytes and not part.is_torn
        except DamagedPartError:
            is_right = False
        finally:
            part.close()
        if not is_right:
            findings.fault("unggahan_rusak", nama=upload.id)
    return mine


def check_folder(data: Path, mine: set[Path], findings: Notes) -> None:
    """Note every file in the data folder that belongs to nothing; what a crash left half done is none."""
    for path in below(data):
        if path.is_dir() and not path.is_symlink():
            continue
        is_unfinished = path.parent.name == "blobs" and path.suffix == UNFINISHED
        if path not in mine and not is_unfinished:
            findings.fault("berkas_lebih", nama=path.relative_to(data))
