"""A medium: a folder on a disk, prepared once for one office. Rule: nothing is written where no mark stands.

A disk that is not mounted is an empty folder on the wrong disk; the mark tells it from the medium.

PATH/sambang-medium.json   the mark: a random id, and whose backups these are
PATH/copies/               NUMBER.db, encrypted under the office's key, and NUMBER.manifest beside it
PATH/blobs/                photos and files, shared by all copies, encrypted as at the office
PATH/stream/               logs of what was committed between copies
"""

import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from schemas.base import Data
from schemas.folders import listed
from schemas.ids import DeviceId
from server.disk import NoPromiseError, ensure_folder, held_alone, replace_durably, sync_folder
from server.engine import FullError

FORMAT = 1
MARK = "sambang-medium.json"
UNFINISHED = ".tmp"
DISKS = Path("/dev/disk/by-uuid")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class SwappedError(OSError):
    """Another disk lies where this one lay."""


class Trouble(Data, frozen=True, kw_only=True):
    """Why something cannot be done with a medium: a key under `cadangan.masalah`, and its fields."""

    code: str
    values: dict[str, str] = {}


class Mark(Data, frozen=True, kw_only=True):
    """What makes a folder a medium. It tells nothing of the office but the id of its chain."""

    format: int
    medium: str
    office: DeviceId


class Medium(Data, frozen=True, kw_only=True):
    """A folder that carries our mark."""

    id: str
    path: Path

    @property
    def copies(self) -> Path:
        """Where databases and their manifests lie."""
        return self.path / "copies"

    @property
    def blobs(self) -> Path:
        """Where blobs lie, shared by all copies."""
        return self.path / "blobs"

    @property
    def stream(self) -> Path:
        """Where logs lie."""
        return self.path / "stream"

    def database(self, number: int) -> Path:
        """Return where the database of a copy lies."""
        return self.copies / f"{number:08}.db"

    def manifest(self, number: int) -> Path:
        """Return where the manifest of a copy lies."""
        return self.copies / f"{number:08}.manifest"

    def numbers(self) -> list[int]:
        """Return the numbers of all copies that have a manifest, newest first."""
        found = (path.stem for path in listed(self.copies, "*.manifest"))
        return sorted((int(name) for name in found if name.isdigit()), reverse=True)

    def is_swapped(self) -> bool:
        """Say whether another medium lies at this path now: two count their copies alike."""
        mark = read_mark(self.path)
        return mark is not None and mark.medium != self.id

    def ensure_here(self) -> None:
        """See that what is written next goes onto this very medium. Raises SwappedError."""
        if self.is_swapped():
            raise SwappedError(errno.ESTALE, "another medium", str(self.path))

    def locked(self) -> AbstractContextManager[bool]:
        """Hold the medium, so that no other process works on it; False where one does."""
        return held_alone(self.path / MARK)


def prepare(path: Path, office: DeviceId, randomness: Callable[[int], bytes]) -> Medium | Trouble:
    """Make a folder a medium of this office; one that is already stays as it is."""
    opened = open_medium(path, office)
    if isinstance(opened, Medium) or opened.code in ("kantor_lain", "media_lebih_baru"):
        return opened  # under another mark nobody would read the copies that lie there
    if not path.parent.is_dir():
        return _trouble("media_tidak_ada", path)
    mark = Mark(format=FORMAT, medium=randomness(8).hex(), office=office)
    try:
        ensure_folder(path)
        sync_folder(path)  # where nothing can be made durable no mark is left either
        replace_durably(path / MARK, msgspec.json.encode(mark))
    except OSError as error:
        return trouble_of(error, path)
    return Medium(id=mark.medium, path=path)


def unfit_place(path: Path, data: Path, key: Path | None) -> Trouble | None:
    """Say why a folder is no place for copies of this office: its own data, or beside its key file.

    Its blobs would be their own copy, and be mended and cleared away as one.
    """
    place = path.resolve()
    if place.is_relative_to(data.resolve()):
        return _trouble("media_di_data", path)
    if key is not None and key.resolve().parent.is_relative_to(place):
        return _trouble("media_di_kunci", path)
    return None


def beside_key(path: Path, data: Path, key: Path, disk_of: Callable[[Path], str]) -> bool:
    """Say whether a medium lies now on one disk with the key file: whoever takes that disk reads everything.

    On the disk of the data that is said already, of both.
    """
    try:
        disk = disk_of(path)
        return read_mark(path) is not None and disk == disk_of(key) and disk != disk_of(data)
    except OSError:
        return False  # one of them is not there now


def open_medium(path: Path, office: DeviceId | None) -> Medium | Trouble:
    """Open a folder that was prepared for this office; None takes that of any office."""
    if not path.is_dir():
        return _trouble("media_tidak_ada", path)
    mark = read_mark(path)
    if mark is None:
        return _trouble("bukan_folder_cadangan", path)
    if mark.format != FORMAT:
        return _trouble("media_lebih_baru", path)
    if office is not None and mark.office != office:
        return _trouble("kantor_lain", path)
    return Medium(id=mark.medium, path=path)


def read_mark(path: Path) -> Mark | None:
    """Return the mark of a folder, if there is one that can be read."""
    try:
        return msgspec.json.decode((path / MARK).read_bytes(), type=Mark)
    except (OSError, msgspec.DecodeError):
        return None


def disk_of(path: Path) -> str:
    """Name the file system that a path is on: by its UUID where the system tells, else by its number.

    Numbers are given out anew each time a disk is plugged in, so two disks that take turns may share one.
    """
    number = path.stat().st_dev
    try:
        for entry in DISKS.iterdir():
            if entry.stat().st_rdev == number:
                return f"uuid:{entry.name}"
    except OSError:
        pass
    return f"dev:{os.major(number)}:{os.minor(number)}"


def forget_cached(handle: int) -> None:
    """Have what is read next of a durable file come from the disk, as far as the system obeys."""
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


def is_full(error: OSError | FullError) -> bool:
    """Say whether an error means that no space is left."""
    return isinstance(error, FullError) or error.errno in _FULL


def trouble_of(error: OSError | FullError, path: Path) -> Trouble:
    """Say what an error of reading or writing a medium means to the one who looks after it."""
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, SwappedError):
        return _trouble("media_ditukar", path)
    if is_full(error):
        return _trouble("media_penuh", path)
    if number == errno.EFBIG:
        return _trouble("media_berkas_terbatas", path)
    if isinstance(error, NoPromiseError):
        return _trouble("media_tanpa_jaminan", path)
    if not path.is_dir() or read_mark(path) is None:
        return _trouble("media_hilang", path)
    if number in _CLOSED:
        return _trouble("media_tidak_dapat_ditulis", path)
    return _trouble("media_rusak", path)


def _trouble(code: str, path: Path) -> Trouble:
    return Trouble(code=code, values={"folder": str(path)})
