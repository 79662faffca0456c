"""The form of a case's next step, which may ask for a file. Rule: of a file its SHA-256 is kept, and no byte.

A file may name victims: it goes to no disk and is not held in memory, its sum is made while it arrives.
"""

from hashlib import sha256
from io import RawIOBase
from typing import Any, BinaryIO, cast

from server.web.site import Asking, Site, Visitor
from server.web.upload_form import FormReader

MULTIPART = "multipart/form-data"
LARGEST_STEP_BYTES = 10 * 1024 * 1024


class _Sum(RawIOBase):
    """A file that only keeps the sum of what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self._sum = sha256()

    def write(self, data: Any, /) -> int:
        self._sum.update(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return 0

    def hex(self) -> str:
        return self._sum.hexdigest()


async def read_step(site: Site, visitor: Visitor, request: Asking) -> dict[str, str]:
    """Read what was posted: where a file was chosen its sum (hex) stands, and nothing for an empty one.

    Raises ExpiredError, UnreadableError.
    """
    kind = request.headers.get("content-type", "")
    if not kind.startswith(MULTIPART):
        return await site.form(request, visitor.csrf)
    with FormReader(visitor.csrf, lambda: cast(BinaryIO, _Sum()), LARGEST_STEP_BYTES, site.work) as reader:
        files = await reader.read(kind, request.stream())
        return reader.fields | {each.field: cast(_Sum, each.file).hex() for each in files if each.size_bytes}
