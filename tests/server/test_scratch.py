"""A file for a while: it gives back what was written, and the disk has nothing of it to read."""

import io
import os
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from cryptography.exceptions import InvalidTag

from server.scratch import PIECE_BYTES, SealedScratch
from tests.server.conftest import Running

MARK = b"3314990101800001 Sutarmi"


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return tmp_path / "isi"


def scratch(disk: Path) -> SealedScratch:
    return SealedScratch(cast(BinaryIO, disk.open("w+b", buffering=0)), os.urandom(32))


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 3 * PIECE_BYTES + 5])
def test_what_was_written_is_read_back_as_often_as_wanted_and_lies_nowhere_plain(
    disk: Path, size: int
) -> None:
    data = (MARK * (size // len(MARK) + 1))[:size]
    with scratch(disk) as file:
        for at in range(0, size, 100_000):
            file.write(data[at : at + 100_000])
        for _ in range(2):
            file.seek(0)
            assert b"".join(iter(lambda: file.read(70_001), b"")) == data
        file.seek(0)
        assert file.read() == data
        assert MARK not in disk.read_bytes() and len(disk.read_bytes()) >= size


def test_what_was_cut_to_nothing_is_forgotten_and_its_nonces_are_not_used_again(disk: Path) -> None:
    with scratch(disk) as file:
        file.write(bytes(PIECE_BYTES))
        first = disk.read_bytes()
        file.truncate(0)
        file.write(bytes(PIECE_BYTES))
        assert disk.read_bytes() != first  # the same bytes at the same place, under another nonce
        file.seek(0)
        assert file.read() == bytes(PIECE_BYTES)


def test_it_is_written_to_its_end_and_then_read_from_its_beginning(disk: Path) -> None:
    with scratch(disk) as file:
        file.write(b"abc")
        for wrong in (lambda: file.read(), lambda: file.seek(1), lambda: file.seek(0, 2), file.tell):
            with pytest.raises(io.UnsupportedOperation):
                wrong()
        file.seek(0)
        for wrong in (lambda: file.write(b"d"), lambda: file.truncate(0)):
            with pytest.raises(io.UnsupportedOperation):
                wrong()


def test_a_disk_that_changes_a_byte_is_noticed(disk: Path) -> None:
    with scratch(disk) as file:
        file.write(MARK)
        file.seek(0)
        first, *rest = disk.read_bytes()
        disk.write_bytes(bytes([first ^ 1, *rest]))
        with pytest.raises(InvalidTag):
            file.read()


def test_a_zip_can_be_written_to_it(disk: Path) -> None:
    with scratch(disk) as file:
        with zipfile.ZipFile(cast(Any, file), "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("a.txt", MARK * 20_000)
        file.seek(0)
        with zipfile.ZipFile(io.BytesIO(file.read())) as bundle:
            assert bundle.read("a.txt") == MARK * 20_000


def test_what_an_office_needs_for_a_while_is_sealed(office: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists that are sent, reports and exports that are taken along."""
    made: list[BinaryIO] = []
    from server import tus

    real = tus.TemporaryFile
    monkeypatch.setattr(tus, "TemporaryFile", lambda **where: made.append(real(**where)) or made[-1])  # type: ignore[arg-type]
    with office.deps.uploads.scratch() as file:
        file.write(MARK * 40_000)
        made[0].seek(0)
        assert MARK not in made[0].read()
