"""Small pictures for the pages. Rule: made once from the evidence, never evidence themselves.

They rest in the encrypted database and can be made again at any time. A child process makes them
(server/parsing), as a picture comes from elsewhere.
"""

from collections.abc import Callable
from contextlib import suppress

from schemas.ids import BlobId
from server import page_store
from server.blobs import BlobStore
from server.engine import DiskError, Engine, Writer
from server.parsing.pool import Parsers

MOST_BYTES = 40 * 1024 * 1024
KEEP_MS = 60 * 86_400_000


class Thumbnails:
    """Thumbnails of the evidence that the office holds."""

    def __init__(self, engine: Engine, blobs: BlobStore, parsers: Parsers, now_ms: Callable[[], int]) -> None:
        self._engine, self._blobs, self._parsers, self._now_ms = engine, blobs, parsers, now_ms

    def get(self, blob: BlobId) -> bytes | None:
        """Return a JPEG of at most 320 pixels a side; None for a blob that is no picture. Blocks its thread.

        Raises DamagedBlobError when the evidence itself is missing or changed.
        """
        kept = self._engine.read(lambda tx: page_store.thumbnail(tx, blob))
        if kept is not None:
            return kept
        made = self._parsers.thumbnail(whole(self._blobs, blob))
        if made is not None:
            with suppress(DiskError):  # it can be shown all the same, and made again
                self._keep(blob, made)
        return made

    def _keep(self, blob: BlobId, made: bytes) -> None:
        now = self._now_ms()

        def work(tx: Writer) -> None:
            page_store.drop_thumbnails(tx, now - KEEP_MS)
            page_store.put_thumbnail(tx, blob, made, now)

        self._engine.write(work).result()


def whole(blobs: BlobStore, blob: BlobId) -> bytes:
    """Return all bytes of a blob, up to 40 MB. Raises DamagedBlobError; ValueError for a larger one."""
    buffer = bytearray()
    for piece in blobs.read(blob):
        buffer += piece
        if len(buffer) > MOST_BYTES:
            raise ValueError("larger than any evidence")
    return bytes(buffer)
