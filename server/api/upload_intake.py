"""Bytes on their way into one upload. Rule: what is whole at once becomes a blob at once; else it is kept.

On a good line a photo is here in a blink. It is verified and stored from memory, and creation, bytes and
receipt are one commit. What takes longer, is longer, comes in parts or is cut goes to the upload's part file
instead, durably, and can be gone on with.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

from schemas.problem import Problem
from server.api.upload_body import UploadBody
from server.part_file import PartFile
from server.tus import Uploads
from server.upload_store import Upload

T = TypeVar("T")
Check = tuple[Any, bytes]
"""A hasher, and the digest that a body should have."""


class UploadIntake:
    """One request's work on an upload that nobody else works on.

    `part` is what was kept of it before, if anything was. `is_stored` says whether the upload itself is.
    """

    def __init__(
        self, uploads: Uploads, pool: Executor, upload: Upload, part: PartFile | None, *, is_stored: bool
    ) -> None:
        self._uploads, self._pool, self.upload = uploads, pool, upload
        self._part, self._is_stored = part, is_stored
        self._start = part.mark() if part is not None else None

    @property
    def offset(self) -> int:
        """How much was kept."""
        return self._part.offset if self._part is not None else 0

    async def run(self, body: UploadBody, check: Check | None) -> int | Problem | None:
        """Take a body in. Returns the offset after it; None if the line was cut, and what came is kept."""
        size = self.upload.size_bytes
        while True:
            data = await body.take()
            if self.offset + len(data) > size:
                await self._aside(self._undo)
                return Problem(code="unggah_lebih_panjang")
            if check is not None:
                check[0].update(data)
                if body.is_over and not (body.is_whole and check[0].digest() == check[1]):
                    await self._aside(self._undo)
                    return Problem(code="unggah_checksum_salah")
            if body.is_whole and self._part is None and len(data) == size:
                return await self._aside(self._uploads.finish, self.upload, (data,)) or size
            if data or body.is_whole:
                refused = await self._aside(self._keep, data, body.is_over)
                if refused is not None or self.upload.done:
                    return refused or size
            if body.is_over:
                return self.offset if body.is_whole else None

    def _keep(self, data: bytes, is_last: bool) -> Problem | None:
        """Store bytes durably, and first of all the upload; finish it if these are its last."""
        if not self._is_stored:
            stored = self._uploads.keep(self.upload)
            if isinstance(stored, Problem):
                return stored
            # the same device may have sent the same meanwhile, by another line or in a file
            self.upload, self._is_stored = stored, True
            if stored.done:
                return None
        if data:
            if self._part is None:
                self._part = self._uploads.open(self.upload)
            self._part.append(data)
        if is_last and self._part is not None and self._part.offset == self.upload.size_bytes:
            return self._uploads.finish(self.upload, self._part.chunks())
        return None

    async def close(self) -> None:
        """Let go of the part file."""
        if self._part is not None:
            await self._aside(self._part.close)

    def _undo(self) -> None:
        """Forget durably what this request brought."""
        if self._part is not None:
            self._part.back_to(self._start or (0, 0))

    async def _aside(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
