"""The lists beside the key file, in the copy that two papers open: what came of a lost phone is not lost."""

import errno
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.ids import DeviceId, PersonId
from server import lost_store
from server.backups.streaming import Streamer
from server.deps import Deps
from server.lost_store import Wipe
from server.paper_key import note_printed, open_sealed, read_sealed
from server.phone_list import phones_path
from tests.server.backup_office import opened, source_of
from tests.server.test_paper_key import Line, Place, joined_phone

SECRET = bytes(range(32))
"""What the papers of a stream hold."""


class Followed:
    """An office that is on paper and streams to a disk, and a phone of its."""

    def __init__(self, place: Place, deps: Deps, phone: DeviceId) -> None:
        self.place, self.deps, self.phone = place, deps, phone
        self.list, self.disk = phones_path(place.key), place.usb.path
        self.streamer = Streamer(replace(source_of(deps, place.data), key_path=place.key))
        self.step()

    def step(self) -> None:
        self.streamer.step(str(self.disk))
        assert self.streamer.state.trouble is None

    def order(self, letter: str) -> None:
        """Have somebody order the phone to be wiped, and the list beside the key file say so."""
        order_wipe(self.deps, self.phone, letter)

    def is_sealed(self) -> bool:
        """Whether the disk has the list as it is now."""
        bundle = open_sealed(read_sealed(self.disk), SECRET)
        assert bundle is not None
        return bundle.phones == self.list.read_bytes()


def order_wipe(deps: Deps, phone: DeviceId, letter: str) -> None:
    wipe = Wipe(id=letter * 32, device=phone, reason="Dicuri", ordered_by=PersonId("a" * 32), ordered_ms=1)
    deps.engine.write(lambda tx: lost_store.put_wipe(tx, wipe)).result()
    deps.phones.keep()


@pytest.fixture
def place(tmp_path: Path, capsys: Line) -> Place:
    return Place(tmp_path, capsys)


@pytest.fixture
def followed(place: Place) -> Iterator[Followed]:
    phone = joined_phone(place)
    note_printed(place.key, SECRET, 1)
    with opened(place.data, place.key) as deps:
        followed = Followed(place, deps, phone)
        yield followed
        followed.streamer.close()


def test_a_list_that_could_not_be_read_once_is_sealed_at_the_next_step(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed.order("f")

    def fails(path: Path) -> bytes:
        raise OSError(errno.EIO, "the stick's", str(path))

    with monkeypatch.context() as torn:
        torn.setattr("server.paper_key._bytes_of", fails)
        followed.step()
    assert not followed.is_sealed()
    followed.step()
    assert followed.is_sealed()


def test_a_list_that_is_written_twice_within_the_two_seconds_of_a_stick_is_sealed_twice(
    followed: Followed,
) -> None:
    for letter in "fe":
        followed.order(letter)
        os.utime(followed.list, ns=(0, 0))
        followed.step()
        assert followed.is_sealed(), letter
