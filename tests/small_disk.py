"""A real disk that is nearly full: a folder moved to a file system of its own, and filled up.

Rule: only what a test moved is mounted, and it is let go of whatever becomes of the test.
"""

import shutil
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

Disk = Callable[..., Path]


@contextmanager
def small_disks() -> Generator[Disk]:
    """Give what moves a folder to a disk of so many KB, and names, more than it has; only root may."""
    mounted: list[Path] = []

    def move(folder: Path, room_kb: int, names: int = 0) -> Path:
        held = 1 + sum(1 for _ in folder.rglob("*"))
        held_kb = sum(-(-path.stat().st_size // 4096) * 4 + 4 for path in folder.rglob("*"))
        aside = folder.with_name(folder.name + "-asal")
        folder.rename(aside)
        folder.mkdir()
        size = f"size={held_kb + room_kb}k" + (f",nr_inodes={held + names}" if names else "")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("a small disk can be mounted by root only")
        mounted.append(folder)
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        return folder

    try:
        yield move
    finally:
        for folder in mounted:
            # open files of a test that failed must not keep the disk
            subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave_kb: int = 0) -> Path:
    """Fill the disk of a folder but for so much; return the file whose removal makes room."""
    ballast = folder / "isi"
    with ballast.open("wb") as file:
        room = shutil.disk_usage(folder).free - leave_kb * 1024
        if room > 0:
            file.write(bytes(room))
    return ballast
