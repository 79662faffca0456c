"""What server/web/upload_form.py uses of multipart, which parses forms for Litestar too."""

from collections.abc import Generator
from types import TracebackType
from typing import Self

class MultipartError(ValueError): ...

class MultipartSegment:
    name: str
    filename: str | None

def parse_options_header(header: str) -> tuple[str, dict[str, str]]: ...

class PushMultipartParser:
    def __init__(self, boundary: str | bytes, *, max_segment_count: int = ...) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def parse(self, chunk: bytes) -> Generator[MultipartSegment | bytes | None]: ...
