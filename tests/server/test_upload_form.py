"""A posted form with files: whatever becomes of it, its files are closed at its end."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from typing import Any, BinaryIO

import pytest

from server.web.errors import UnreadableError
from server.web.upload_form import FormReader, SentFile

CSRF = "benar"
KIND = "multipart/form-data; boundary=batas"


def part(name: str, data: bytes, file: str = "") -> bytes:
    said = f'; filename="{file}"' if file else ""
    return f'--batas\r\nContent-Disposition: form-data; name="{name}"{said}\r\n\r\n'.encode() + data + b"\r\n"


FORM = part("csrf", CSRF.encode()) + part("berkas", b"satu", "a.csv") + part("berkas", b"dua", "b.csv")


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 50):
        yield body[start : start + 50]


async def at_once(work: Callable[[], Any]) -> Any:
    return work()


def read(body: bytes, made: list[BinaryIO]) -> list[SentFile]:
    """Read a form; `made` takes the files that it is written to."""

    def scratch() -> BinaryIO:
        made.append(io.BytesIO())
        return made[-1]

    with FormReader(CSRF, scratch, 1_000, at_once) as reader:
        found = asyncio.run(reader.read(KIND, pieces(body)))
        assert [each.file.read() for each in found] == [b"satu", b"dua"], "they are open until then"
    return found


def test_the_files_of_a_form_are_closed_at_its_end() -> None:
    made: list[BinaryIO] = []
    found = read(FORM + b"--batas--\r\n", made)
    assert [each.name for each in found] == ["a.csv", "b.csv"]
    assert len(made) == 2 and all(each.closed for each in made)


def test_the_files_of_a_form_that_was_cut_are_closed_too() -> None:
    made: list[BinaryIO] = []
    with pytest.raises(UnreadableError):
        read(FORM, made)
    assert len(made) == 2 and all(each.closed for each in made)
