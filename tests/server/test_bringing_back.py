"""An office whose disk lost photos: what a medium has comes back from it, the rest is asked for again."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from schemas.ids import BlobId, DeviceId
from server import backup_store, restore_store
from server.backups import bringing_back
from server.backups.bringing_back import BroughtBack, mend_office
from server.backups.medium import Medium
from server.deps import Deps
from server.store import SqlOfficeStore
from tests.server.backup_office import add_blobs, copied, medium_at, source_of, spoil
from tests.server.conftest import make_office


class Place:
    """An office with three photos, the first two of them on a medium."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "office"
        self.deps: Deps = make_office(folder)
        self.medium: Medium = medium_at(folder / "usb", self.data, self.deps)
        self.blobs = add_blobs(self.deps, 2, seed=1)
        copied(self.deps, self.data, self.medium)
        self.blobs += add_blobs(self.deps, 1, seed=2)

    def lose(self, *blobs: BlobId) -> None:
        for blob in blobs:
            self.deps.blobs.path(blob).unlink()

    def mend(self, *media: Medium, is_all: bool = True) -> BroughtBack:
        return mend_office(source_of(self.deps, self.data), media, is_all=is_all)

    def held(self) -> list[BlobId]:
        return [blob for blob, _ in self.deps.engine.read(backup_store.blobs)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_a_medium_has_comes_back_whole_and_the_rest_is_asked_for(place: Place) -> None:
    one, two, three = place.blobs
    place.lose(one, three)
    assert place.mend(place.medium) == BroughtBack(from_media=1, asked_for=1)
    assert place.deps.blobs.check(one) == place.deps.blobs.check(two)
    assert sorted(place.held()) == sorted([one, two])
    assert place.mend(place.medium) == BroughtBack(), "nothing is left to do"


def test_a_file_that_was_cut_short_is_replaced(place: Place) -> None:
    path = place.deps.blobs.path(place.blobs[0])
    path.write_bytes(path.read_bytes()[:100])
    assert place.mend(place.medium) == BroughtBack(from_media=1)
    assert place.deps.blobs.check(place.blobs[0])


def test_a_damaged_copy_is_not_taken_for_the_photo(place: Place) -> None:
    spoil(place.medium.blobs / place.deps.blobs.path(place.blobs[0]).relative_to(place.data / "blobs"))
    place.lose(place.blobs[0])
    assert place.mend(place.medium) == BroughtBack(asked_for=1)
    assert not place.deps.blobs.has(place.blobs[0])


def test_nobody_is_asked_while_a_medium_is_out_of_reach(place: Place) -> None:
    place.lose(place.blobs[0], place.blobs[2])
    assert place.mend(is_all=False) == BroughtBack()
    assert len(place.held()) == 3
    assert place.mend(place.medium, is_all=False) == BroughtBack(from_media=1)
    assert len(place.held()) == 3


def test_nobody_is_asked_where_a_medium_went_away_while_it_was_looked_at(place: Place) -> None:
    place.lose(place.blobs[0])
    place.medium.path.rename(place.folder / "pulled out")
    assert place.mend(place.medium) == BroughtBack()
    assert len(place.held()) == 3


def test_what_is_destroyed_while_it_is_looked_for_is_missed_by_nobody(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = place.blobs[2]
    place.lose(gone)

    def destroyed_meanwhile(media: Sequence[Medium], office: DeviceId) -> bool:
        place.deps.engine.write(lambda tx: SqlOfficeStore.writing(tx).destroy([], [gone])).result()
        return True

    monkeypatch.setattr(bringing_back, "all_there", destroyed_meanwhile)
    assert place.mend(place.medium) == BroughtBack()
    missing = place.deps.engine.read(lambda tx: restore_store.missing(tx, place.deps.office.device))
    assert missing.blobs == 0


def test_an_empty_folder_is_a_disk_that_is_not_there(place: Place) -> None:
    shutil.rmtree(place.data / "blobs")
    assert place.mend(place.medium) == BroughtBack()
    assert len(place.held()) == 3 and not place.deps.blobs.has(place.blobs[0])


def test_what_was_asked_for_stands_among_what_has_not_come_back(place: Place) -> None:
    place.lose(place.blobs[2])
    place.mend(place.medium)
    missing = place.deps.engine.read(lambda tx: restore_store.missing(tx, place.deps.office.device))
    assert missing.blobs == 1
