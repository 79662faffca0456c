"""What lies in a folder, and that one which cannot be read is no empty one."""

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.folders import below, listed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("b.txt", "a.txt", ".a.txt", "b/d.txt", "b/c/e.txt"):
        (tmp_path / name).touch()
    (tmp_path / "b" / "around").symlink_to(tmp_path)
    return tmp_path


def test_a_folder_is_listed_by_name_and_by_what_things_are_called(folder: Path) -> None:
    assert [path.name for path in listed(folder)] == [".a.txt", "a.txt", "b", "b.txt"]
    assert listed(folder, "?.txt") == [folder / "a.txt", folder / "b.txt"]
    assert listed(folder, "A.txt") == []


def test_what_lies_below_a_folder_is_given_once_however_the_links_go(folder: Path) -> None:
    given = [str(path.relative_to(folder)) for path in below(folder)]
    assert given == [".a.txt", "a.txt", "b", "b/around", "b/c", "b/c/e.txt", "b/d.txt", "b.txt"]


def test_where_no_folder_is_nothing_lies(folder: Path) -> None:
    assert listed(folder / "none") == listed(folder / "a.txt") == list(below(folder / "none")) == []


@pytest.mark.parametrize("read", [listed, lambda folder: list(below(folder))], ids=["listed", "below"])
def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(
    read: Callable[[Path], list[Path]], folder: Path
) -> None:
    granted = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, granted[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            read(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, granted)
