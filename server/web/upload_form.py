"""A posted form that carries files. Rule: they go to the office's disk piece by piece, never to memory.

The hidden `csrf` field stands first in the form: before it was read and found right, nothing is written. What
lands on the disk are files without a name, gone when they are closed.
"""

import hmac
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, BinaryIO, Self

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from server.web.errors import ExpiredError, UnreadableError

MOST_PARTS = 100
LONGEST_FIELD = 10_000
LONGEST_NAME = 100
WRITE_BYTES = 1024 * 1024

Work = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]
"""Runs something that blocks in another thread."""


@dataclass
class SentFile:
    """One file of a form and the name of its field; `too_large` when it was longer than allowed, and then it
    is empty.
    """

    name: str
    field: str
    file: BinaryIO
    size_bytes: int = 0
    too_large: bool = False


class FormReader:
    """Reads one form. `scratch()` makes a file, `largest_bytes` is what each may have; `fields` is what was
    typed, once it was read.

    Used in a `with`, at whose end the files are closed, also where the form was not read to its end.
    """

    def __init__(self, csrf: str, scratch: Callable[[], BinaryIO], largest_bytes: int, work: Work) -> None:
        self._csrf, self._scratch, self._largest, self._work = csrf, scratch, largest_bytes, work
        self._allowed = False
        self._name = ""
        self._field = bytearray()
        self._waiting = bytearray()
        self._at: SentFile | None = None
        self._files: list[SentFile] = []
        self.fields: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._files:
            each.file.close()

    async def read(self, content_type: str, body: AsyncIterator[bytes]) -> list[SentFile]:
        """Return the files that were chosen, each at its beginning.

        Raises ExpiredError, UnreadableError, OSError.
        """
        kind, options = parse_options_header(content_type)
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise UnreadableError
        try:
            with PushMultipartParser(options["boundary"], max_segment_count=MOST_PARTS) as parser:
                async for chunk in body:
                    for event in parser.parse(chunk):
                        match event:
                            case MultipartSegment():
                                await self._begin(event)
                            case None:
                                await self._end()
                            case _:
                                await self._take(event)
        except MultipartError as error:
            raise UnreadableError from error
        return [each for each in self._files if each.name or each.size_bytes]

    async def only_file(self, content_type: str, body: AsyncIterator[bytes]) -> SentFile | str:
        """Return the one file of a form, or what is wrong: a key under `impor`. Raises as `read`."""
        sent = await self.read(content_type, body)
        if len(sent) != 1:
            return "tanpa_berkas"
        return "berkas.terlalu_besar" if sent[0].too_large else sent[0]

    async def _begin(self, segment: MultipartSegment) -> None:
        self._name, self._at = segment.name, None
        self._field.clear()
        if segment.filename is not None:
            if not self._allowed:
                raise ExpiredError
            self._at = SentFile(
                segment.filename[-LONGEST_NAME:], segment.name, await self._work(self._scratch)
            )
            self._files.append(self._at)

    async def _take(self, data: bytes) -> None:
        if self._at is None:
            self._field += data
            if len(self._field) > LONGEST_FIELD:
                raise UnreadableError
            return
        self._at.size_bytes += len(data)
        self._at.too_large = self._at.size_bytes > self._largest
        if not self._at.too_large:
            self._waiting += data
        if self._at.too_large or len(self._waiting) >= WRITE_BYTES:
            await self._write(self._at)

    async def _end(self) -> None:
        if self._at is not None:
            file = self._at.file
            await self._write(self._at)
            await self._work(lambda: file.seek(0))
        elif self._name == "csrf":
            if not hmac.compare_digest(bytes(self._field), self._csrf.encode()):
                raise ExpiredError
            self._allowed = True
        elif self._allowed:
            self.fields[self._name] = self._field.decode(errors="replace").replace("\r\n", "\n")

    async def _write(self, at: SentFile) -> None:
        data = bytes(self._waiting)
        self._waiting.clear()
        if at.too_large:
            await self._work(lambda: at.file.truncate(0))
        elif data:
            await self._work(lambda: at.file.write(data))
