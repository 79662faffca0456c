"""Blobs that the office itself no longer has: brought back from a medium, or asked for again.

Rule: a blob counts as lost only where no medium has it, and none was out of reach when it was looked for.
"""

from collections.abc import Callable, Sequence

from schemas.base import Data
from schemas.ids import BlobId, DeviceId
from server import backup_store, restore_store
from server.backups.blob_copies import BlobCopies, is_as_long
from server.backups.making import Source
from server.backups.medium import Medium, Trouble, open_medium
from server.blobs import BlobStore
from server.engine import Writer


class BroughtBack(Data, frozen=True, kw_only=True):
    """How many blobs came back from a medium, and how many are asked for again of their phones."""

    from_media: int = 0
    asked_for: int = 0


def mend_office(source: Source, media: Sequence[Medium], *, is_all: bool) -> BroughtBack:
    """Find what the database names and the folder of blobs lacks, as a disk or a hand that went wrong leaves
    it, and get it back. `is_all`: these are all the media there are. Raises OSError where a disk fails.

    A folder in which nothing is left is a disk that is not there: then nobody is asked for anything.
    """
    held = source.engine.read(backup_store.blobs)
    gone = [(blob, size) for blob, size in held if not is_as_long(source.blobs.path(blob), size)]
    if not gone or len(gone) == len(held):
        return BroughtBack()
    masters, folder = source.keys.blob_masters(), source.database.parent / "blobs"
    copies = [BlobCopies(BlobStore(medium.blobs, *masters), folder, masters) for medium in media]
    lost = bring_back(copies, gone, lambda: None)
    if not is_all or not all_there(media, source.keys.device):
        return BroughtBack(from_media=len(gone) - len(lost))

    def ask(writer: Writer) -> int:
        # what was destroyed meanwhile is missed by nobody
        missed = [blob for blob in lost if backup_store.is_held(writer, blob)]
        restore_store.lose_blobs(writer, missed)
        return len(missed)

    asked_for = source.engine.write(ask).result() if lost else 0
    return BroughtBack(from_media=len(gone) - len(lost), asked_for=asked_for)


def bring_back(
    copies: Sequence[BlobCopies], blobs: Sequence[tuple[BlobId, int]], advance: Callable[[], None]
) -> list[BlobId]:
    """Copy blobs from the first medium that has each whole; return those that none has."""
    lost: list[BlobId] = []
    for blob, size in blobs:
        if not any(_brought(medium, blob, size) for medium in copies):
            lost.append(blob)
        advance()
    for medium in copies:
        medium.settle()
    return lost


def all_there(media: Sequence[Medium], office: DeviceId) -> bool:
    """Say whether no medium went away meanwhile: its blobs would look as if they had never been on it."""
    return not any(isinstance(open_medium(medium.path, office), Trouble) for medium in media)


def _brought(medium: BlobCopies, blob: BlobId, size_bytes: int) -> bool:
    """Copy a blob from a medium; what is not whole is taken away again."""
    if not medium.copy(blob, size_bytes):
        return False
    if medium.is_whole(blob, size_bytes):
        return True
    medium.store.remove(blob)
    return False
