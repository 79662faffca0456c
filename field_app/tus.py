"""Uploading one blob by tus 1.0. Rule: only the office's own offset says how much it has, never our count.

A blob goes with the creation of its upload: one request for a photo on a good line. After a cut we ask for
the offset and go on from there: the office keeps it durable to within 16 KB, also when the line was cut
before it could say where (`UNTOLD`). An upload that it no longer knows is begun again. `Received` is given
only when the office's offset reached the end, which it grants after verifying the whole by SHA-256
(docs/protocol.md, "Photos").
"""

import base64
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit

from field_app.link import UNREACHABLE, Failure, Link, Reply
from schemas.base import Data
from schemas.ids import BlobId

VERSION = {"tus-resumable": "1.0.0"}
CHUNK_TYPE = "application/offset+octet-stream"
PIECE_BYTES = 16 * 1024
STEP_BYTES = 512 * 1024
LEAST_STEP_BYTES = 16 * 1024
SHRINK = 4
FORBIDDEN = frozenset({403, 405, 501})
"""What they say who let no PATCH through; the office itself says it of no upload."""
UNTOLD = "/tus/"
"""The address of an upload that was begun and whose own the office could not say: it is asked here for it."""
BEGUN = "begun"
"""What asks with it for the upload that was begun: without, a new one of no bytes begins."""
GONE = frozenset({404, 410})
CONFLICT, TOO_LARGE = 409, 413


class Received(Data, frozen=True, kw_only=True):
    """The office holds the whole blob, verified."""


class Upload:
    """Sends blobs over one link. `progress(sent_bytes, url)` is told what the office confirmed."""

    def __init__(self, link: Link, step_bytes: int = STEP_BYTES) -> None:
        self._link = link
        self._most_bytes = self._step_bytes = step_bytes
        self._tried: dict[BlobId, int] = {}
        """From where on bytes of each went last, while it is not known whether any arrived."""
        self._patch_as_post = False

    def run(
        self, blob: BlobId, data: bytes, url: str, progress: Callable[[int, str], None]
    ) -> Received | Failure:
        """Send what the office lacks of a blob. `url` is that of an upload begun before; empty for a blob
        that the office said it lacks, `UNTOLD` if it may have some of it. `progress` must remember that
        like any address, or bytes go twice.
        """
        begun = self._resume(url, blob, data) if url else None
        if begun is None:
            progress(0, UNTOLD)
            begun = self._create(blob, data, self._step_bytes)
            while self._takes_less(begun, len(data)):
                begun = self._create(blob, data, self._step_bytes)
        if isinstance(begun, Failure):
            return begun
        url, offset = begun
        if self._tried.get(blob) == offset:  # none did
            self._shrink(len(data) - offset)
        progress(offset, url)
        while offset < len(data):
            reply = self._carried(blob, offset, self._patch(url, data, offset))
            if self._takes_less(reply, len(data) - offset):
                continue
            if isinstance(reply, Failure):
                if reply.status != CONFLICT:
                    return reply
                found = self._offset(url, len(data))
            else:
                found = _number(reply, len(data))
            if isinstance(found, Failure):
                return found
            if found <= offset and isinstance(reply, Reply):
                return Failure(kind="rusak", say="lapangan.jawaban_rusak")
            if found == offset:
                return Failure(kind="jaringan", say="lapangan.sambungan_putus")
            offset = found
            progress(offset, url)
        self._step_bytes = min(self._step_bytes * 2, self._most_bytes)
        return Received()

    def _resume(self, url: str, blob: BlobId, data: bytes) -> tuple[str, int] | Failure | None:
        """Ask how far an upload is; None when the office does not know it any more."""
        if url == UNTOLD:
            # a creation without bytes finds the upload that this device has begun, or begins it
            return self._create(blob, data, 0)
        found = self._offset(url)
        if isinstance(found, Failure):
            return None if found.status in GONE or found.kind == "rusak" else found
        return None if found > len(data) else (url, found)

    def _create(self, blob: BlobId, data: bytes, first_bytes: int) -> tuple[str, int] | Failure:
        """Begin an upload with so many of its bytes; return its address and how far it is."""
        named = base64.b64encode(blob.encode()).decode()
        end = min(first_bytes, len(data))
        headers = {
            **VERSION,
            "upload-length": str(len(data)),
            "upload-metadata": f"sha256 {named}" if end else f"sha256 {named},{BEGUN}",
            "content-length": str(end),
        }
        if end:
            headers["content-type"] = CHUNK_TYPE
        reply = self._link.send("POST", UNTOLD, headers, _pieces(data, 0, end) if end else None)
        if end:
            self._carried(blob, 0, reply)
        if isinstance(reply, Failure):
            return reply
        place = _place(reply)
        if not place:
            return Failure(kind="rusak", say="lapangan.jawaban_rusak", status=reply.status)
        offset = _number(reply, len(data)) if "upload-offset" in reply.headers else 0
        return offset if isinstance(offset, Failure) else (place, offset)

    def _carried(self, blob: BlobId, offset: int, reply: Reply | Failure) -> Reply | Failure:
        """Note that bytes went, and nobody answered for them: how many arrived shows at the next offset."""
        if isinstance(reply, Failure) and reply.say != UNREACHABLE and reply.kind != "kantor":
            self._tried[blob] = offset
        else:
            self._tried.pop(blob, None)
        return reply

    def _takes_less(self, reply: object, left_bytes: int) -> bool:
        """Say whether somebody on the way finds a request too large, and a smaller one is to be tried."""
        is_refused = isinstance(reply, Failure) and reply.kind != "kantor" and reply.status == TOO_LARGE
        return is_refused and self._shrink(left_bytes)

    def _shrink(self, left_bytes: int) -> bool:
        """Send less at once than what went of so many bytes; False where that is as little as it can be."""
        went = min(self._step_bytes, left_bytes)
        self._step_bytes = max(went // SHRINK, min(LEAST_STEP_BYTES, self._most_bytes))
        return self._step_bytes < went

    def _offset(self, url: str, most: int | None = None) -> int | Failure:
        reply = self._link.send("HEAD", url, VERSION)
        return reply if isinstance(reply, Failure) else _number(reply, most)

    def _patch(self, url: str, data: bytes, offset: int) -> Reply | Failure:
        end = min(offset + self._step_bytes, len(data))
        headers = {
            **VERSION,
            "content-type": CHUNK_TYPE,
            "upload-offset": str(offset),
            "content-length": str(end - offset),
        }
        if not self._patch_as_post:
            reply = self._link.send("PATCH", url, headers, _pieces(data, offset, end))
            if isinstance(reply, Reply) or reply.kind == "kantor" or reply.status not in FORBIDDEN:
                return reply
            self._patch_as_post = True
        headers["x-http-method-override"] = "PATCH"
        return self._link.send("POST", url, headers, _pieces(data, offset, end))


def _pieces(data: bytes, start: int, end: int) -> Iterator[bytes]:
    """Yield small pieces, so that a cut leaves little that was sent and not counted."""
    for at in range(start, end, PIECE_BYTES):
        yield data[at : min(at + PIECE_BYTES, end)]


def _place(reply: Reply) -> str:
    """Return the path of a Location: how the office calls itself, behind whatever proxy, is not asked for."""
    try:
        path = urlsplit(urljoin(UNTOLD, reply.headers.get("location", ""))).path
    except ValueError:
        return ""
    return "" if path == UNTOLD else path


def _number(reply: Reply, most: int | None) -> int | Failure:
    text = reply.headers.get("upload-offset", "")
    if not (text.isascii() and text.isdigit()) or (most is not None and int(text) > most):
        return Failure(kind="rusak", say="lapangan.jawaban_rusak", status=reply.status)
    return int(text)
