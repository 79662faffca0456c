"""Small pictures for the pages. Rule: made once from the evidence, never evidence themselves.

They rest in the encrypted database and can be made again at any time. Only JPEG and PNG are read, their size
known before any pixel.
"""

import io
import warnings
from collections.abc import Callable

from PIL import Image, ImageOps

from schemas.ids import BlobId
from server import page_store
from server.blobs import BlobStore
from server.engine import Engine, Writer

LONGEST_SIDE = 320
QUALITY = 70
MOST_PIXELS = 60_000_000
MOST_BYTES = 40 * 1024 * 1024
KEEP_MS = 60 * 86_400_000


class Thumbnails:
    """Thumbnails of the evidence that the office holds."""

    def __init__(self, engine: Engine, blobs: BlobStore, now_ms: Callable[[], int]) -> None:
        self._engine, self._blobs, self._now_ms = engine, blobs, now_ms

    def get(self, blob: BlobId) -> bytes | None:
        """Return a JPEG of at most 320 pixels a side; None for a blob that is no picture. Blocks its thread.

        Raises DamagedBlobError when the evidence itself is missing or changed.
        """
        kept = self._engine.read(lambda tx: page_store.thumbnail(tx, blob))
        if kept is not None:
            return kept
        made = shrink(whole(self._blobs, blob))
        if made is not None:
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


def open_picture(data: bytes) -> Image.Image | None:
    """Read a picture's head; None for what is no JPEG or PNG, or far too large."""
    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
    except (OSError, ValueError, *bombs):
        return None
    return picture if picture.width * picture.height <= MOST_PIXELS else None


def shrink(data: bytes) -> bytes | None:
    """Make a thumbnail without any metadata; None for what cannot be read as a picture."""
    picture = open_picture(data)
    if picture is None:
        return None
    try:
        picture.draft("RGB", (LONGEST_SIDE * 2, LONGEST_SIDE * 2))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        plain = Image.new("RGB", upright.size, "white")
        plain.paste(upright, mask=upright.getchannel("A") if "A" in upright.getbands() else None)
    except (OSError, ValueError, SyntaxError):
        return None
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
