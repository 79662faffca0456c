"""A backup disk that was formatted FAT32, which takes no file beyond 4 GB: an office grew over that.

Rule: what is told is what is wrong. The limit is that of the process here, and of a smaller file.
"""

import resource
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from server.__main__ import main
from server.compose import DATABASE
from tests.faults.conftest import Make


@contextmanager
def no_file_beyond(size_bytes: int) -> Generator[None]:
    """Let the system refuse to make any file longer, with the same word as FAT32 (EFBIG)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_file_as_large_as_the_database_is_not_called_broken(
    regency: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row 73. The copy before it stays whole, and so does the office."""
    world = regency(served=False)
    usb, backup = world.folder / "usb", ["backup", "--data", str(world.office)]
    assert main([*backup, "--prepare", str(usb)]) == 0
    assert main([*backup, "--to", str(usb)]) == 0
    capsys.readouterr()
    size_bytes = (world.office / DATABASE).stat().st_size
    with no_file_beyond(size_bytes - 100_000):
        assert main([*backup, "--to", str(usb)]) != 0
    said = capsys.readouterr().err
    assert "FAT32" in said and "exFAT" in said and "Ganti disknya" not in said
    assert main(["verify", "--data", str(world.office), "--medium", str(usb)]) == 0
    assert main([*backup, "--to", str(usb)]) == 0
    assert world.faults() == []
