"""The lists beside the key file, in the copy that two papers open: what came of a lost phone is not lost."""

import errno
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from schemas.ids import DeviceId, PersonId
from server import device_store, lost_store
from server.__main__ import main
from server.backups.streaming import Streamer
from server.certificates import authority_path
from server.deps import Deps
from server.lost_store import Wipe
from server.paper_key import FORMAT, SEALED, note_printed, open_sealed, read_sealed
from server.phone_list import phones_path
from tests.server.backup_office import files, opened, source_of
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


def test_papers_join_an_older_list_of_phones_that_lies_there_with_the_sealed_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the stick of the other building was put in first."""
    place.print_key(monkeypatch)
    phone = joined_phone(place)
    place.copy()
    older = phones_path(place.key).read_bytes()
    with opened(place.data, place.key) as deps:
        deps.engine.write(lambda tx: device_store.revoke(tx, phone, 2)).result()
        order_wipe(deps, phone, "f")
    place.copy()
    max(place.usb.copies.glob("*.db")).unlink()  # only the older copy of the database is left
    place.lose_everything()
    place.key.parent.mkdir()
    phones_path(place.key).write_bytes(older)
    assert place.restore_key(monkeypatch, place.usb.path, place.key) == 0
    assert main(["restore", "--from", str(place.usb.path), "--data", str(place.data)]) == 0
    with opened(place.data, place.key) as deps:
        assert [each.revoked_ms for each in deps.engine.read(device_store.devices)] == [2]
        assert [each.id for each in deps.engine.read(lost_store.all_wipes)] == ["f" * 32]


def test_papers_leave_a_list_that_nobody_can_join_and_say_which(
    place: Place, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined_phone(place)
    place.print_key(monkeypatch)
    elsewhere = place.folder / "elsewhere" / "k.key"
    elsewhere.parent.mkdir()
    phones_path(elsewhere).write_bytes(b"another office's")
    assert place.restore_key(monkeypatch, place.data, elsewhere) == 3
    assert str(phones_path(elsewhere)) in capsys.readouterr().err
    assert files(elsewhere.parent) == [phones_path(elsewhere)]
    assert phones_path(elsewhere).read_bytes() == b"another office's"


def test_papers_that_were_stopped_by_a_file_of_another_wrote_nothing_before(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined_phone(place)
    place.print_key(monkeypatch)
    elsewhere = place.folder / "elsewhere" / "k.key"
    elsewhere.parent.mkdir()
    authority_path(elsewhere).write_bytes(b"another office's")
    assert place.restore_key(monkeypatch, place.data, elsewhere) == 3
    assert files(elsewhere.parent) == [authority_path(elsewhere)]


def test_a_sealed_copy_with_a_list_of_phones_is_of_another_format_and_one_without_is_as_before(
    place: Place,
) -> None:
    note_printed(place.key, SECRET, 1)
    sealed_formats: list[int] = []
    for joins in (False, True):
        if joins:
            joined_phone(place)
        place.copy()
        found = read_sealed(place.usb.path)
        bundle = open_sealed(found, SECRET)
        assert bundle is not None
        assert (b"phones" in msgspec.msgpack.encode(bundle)) is joins
        sealed_formats.append(found.format)
    assert sealed_formats == [1, 2]


def test_a_sealed_copy_of_a_newer_program_is_called_so_before_anybody_types(
    place: Place, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_printed(place.key, SECRET, 1)
    place.copy()
    newer = msgspec.structs.replace(read_sealed(place.usb.path), format=FORMAT + 1)
    (place.usb.path / SEALED).write_bytes(msgspec.msgpack.encode(newer))
    capsys.readouterr()
    assert place.restore_key(monkeypatch, place.usb.path, place.folder / "again" / "k.key", []) == 3
    assert "ditulis program yang lebih baru" in capsys.readouterr().err
