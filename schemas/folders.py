"""What lies in a folder. Rule: one that cannot be read is never taken for an empty one.

`Path.glob` and `Path.rglob` do so since Python 3.12, whatever stood in the way: a failing disk, or no file
handle left.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path


def listed(folder: Path, pattern: str = "*") -> list[Path]:
    """Return what is called so in a folder, by name; nothing where no folder is. Raises OSError."""
    try:
        return sorted(path for path in folder.iterdir() if fnmatchcase(path.name, pattern))
    except (FileNotFoundError, NotADirectoryError):
        return []


def below(folder: Path) -> Iterator[Path]:
    """Give what lies in a folder and in those within it, each before what it holds; links are not followed.

    Nothing where no folder is. Raises OSError.
    """
    for path in listed(folder):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from below(path)
