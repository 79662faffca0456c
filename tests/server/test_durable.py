"""A copy or an office that counts is on the disk, contents and names: a power cut takes none of it back."""

import os
from pathlib import Path
from typing import Any

import pytest

from server.backups.bringing_back import mend_office
from server.backups.restoring import Restored
from server.keys import default_path
from tests.server.backup_office import restored, source_of
from tests.server.test_backup import Office


class Disk:
    """Sees what is made durable, and what stood on the disk at each rename."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._contents: dict[int, int] = {}
        self._names: set[Path] = set()
        self.torn: list[Path] = []
        self.at_rename: dict[str, list[Path]] = {}
        self._fsync, self._rename = os.fsync, os.rename
        patch.setattr(os, "fsync", self._synced)
        patch.setattr(os, "rename", self._renamed)

    def volatile(self, folder: Path) -> list[Path]:
        """Return what a power cut could take away of what lies in a folder, or leave half written."""
        return [path for path in sorted(folder.rglob("*")) if path not in self._names or self._is_torn(path)]

    def _is_torn(self, path: Path) -> bool:
        found = path.stat()
        return path.is_file() and self._contents.get(found.st_ino) != found.st_mtime_ns

    def _synced(self, handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if path.is_dir():
            self._names |= set(path.iterdir())
        else:
            found = os.fstat(handle)
            self._contents[found.st_ino] = found.st_mtime_ns
        self._fsync(handle)

    def _renamed(self, source: Any, target: Any) -> None:
        before, after = Path(source), Path(target)
        if self._is_torn(before):
            self.torn.append(after)
        top = before if before.is_dir() else after.parent.parent
        self.at_rename[after.name] = [path for path in self.volatile(top) if path != before]
        self._names.discard(after)
        if before.is_dir():
            inside = {path for path in self._names if path.is_relative_to(before)}
            self._names |= {after / path.relative_to(before) for path in inside}
        self._rename(source, target)


def test_all_of_a_copy_is_on_the_disk_before_the_word_that_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    office = Office(tmp_path)
    office.write(1)
    office.add_blob()
    number = office.copy().manifest.number
    assert disk.at_rename[office.medium.manifest(number).name] == []
    assert disk.torn == [] and disk.volatile(office.medium.path) == []
    office.deps.engine.close()


def test_a_photo_that_came_back_from_a_medium_is_on_the_disk_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    office = Office(tmp_path)
    lost, _ = office.add_blob(), office.add_blob()
    office.copy()
    office.deps.blobs.path(lost).unlink()
    came = mend_office(source_of(office.deps, office.data), [office.medium], is_all=True)
    assert came.from_media == 1 and office.deps.blobs.check(lost)
    assert disk.torn == [] and disk.volatile(office.data / "blobs") == []
    office.deps.engine.close()


def test_a_restored_office_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)
    office.write(1)
    office.add_blob()
    office.copy()
    with monkeypatch.context() as patch:
        disk, new = Disk(patch), tmp_path / "baru" / "office"
        made = restored(office.medium, new, default_path(office.data))
    assert isinstance(made, Restored), made
    assert disk.at_rename["office"] == [] and disk.torn == []
    assert disk.volatile(new.parent) == []
    office.deps.engine.close()
