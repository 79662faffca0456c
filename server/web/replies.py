"""What a handler answers without a page: go on over there, or here is a file. Rule: strict as a page."""

import io
from collections.abc import Iterator
from typing import IO, Any

from litestar import Response
from litestar.response import Redirect, Stream

from server.web.site import SECURITY_HEADERS

READ_BYTES = 256 * 1024
KEPT_NOWHERE = {**SECURITY_HEADERS, "cache-control": "no-store"}


def onward(target: str) -> Response[Any]:
    """Go on to another page after something was done, or where somebody has to go first."""
    return Redirect(target, status_code=303, headers=KEPT_NOWHERE)


def download(file: IO[bytes] | bytes, media_type: str, name: str) -> Response[Any]:
    """Answer with a file to be kept under a name; one that is open is closed when it was sent."""
    return streamed(_pieces(io.BytesIO(file) if isinstance(file, bytes) else file), media_type, name)


def streamed(pieces: Iterator[bytes], media_type: str, name: str) -> Response[Any]:
    """Answer with a file to be kept under a name, piece by piece as it is read."""
    headers = {**KEPT_NOWHERE, "content-disposition": f'attachment; filename="{name}"'}
    return Stream(pieces, media_type=media_type, headers=headers, status_code=200)  # type: ignore[return-value]


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(READ_BYTES):
            yield piece
