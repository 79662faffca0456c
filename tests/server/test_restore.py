"""A restored office: what copy and logs hold is there, what is missing is known, and phones bring it back."""

import errno
import os
import shutil
import time
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from server import backup_store, device_store, reach_store, restore_store
from server.backups import restoring
from server.backups.checking import check_medium
from server.backups.manifest import NONCE_BYTES, read_manifest, write_manifest
from server.backups.medium import Trouble
from server.backups.restoring import UNFINISHED
from server.compose import DATABASE
from server.engines.examining import inspected
from server.keys import write_keys
from server.store import SqlOfficeStore
from tests.server.backup_office import (
    Quiet,
    copied,
    files,
    keys_of,
    medium_at,
    restored,
    spoil,
)
from tests.server.restore_world import (  # noqa: F401 - the fixture `world`
    World,
    missing,
    phone_tip,
    photo,
    restore_world,
    serving,
    upload,
    warga,
)


def test_a_restored_office_is_the_one_that_was_copied(world: World) -> None:
    visit = world.visit()
    world.decide(visit)
    world.copy()
    made = world.restore("back")
    assert (made.missing.blobs, made.changes, made.damaged_copies) == (0, 0, [])
    with world.back("back") as deps:
        world.is_whole(deps, "back")
        assert world.record(deps, visit) == world.record(world.deps, visit)
        [blob] = deps.engine.read(backup_store.blobs)
        assert b"".join(deps.blobs.read(blob[0])) == photo(1)
        [known] = deps.engine.read(backup_store.newest_copies)
        assert (known.path, known.number) == (str(world.usb.path), 1), "it knows what it came from"


def test_nothing_that_is_there_is_touched(world: World) -> None:
    world.copy()
    before = {path: path.read_bytes() for path in files(world.usb.path)}
    made = restored(world.usb, world.data, world.key)
    assert isinstance(made, Trouble) and made.code == "folder_sudah_ada"
    (world.folder / "empty").mkdir()
    made = restored(world.usb, world.folder / "empty", world.key)
    assert isinstance(made, Trouble) and made.code == "folder_sudah_ada"
    world.restore("back")
    assert {path: path.read_bytes() for path in files(world.usb.path)} == before


def test_a_restore_that_was_cut_off_leaves_no_office_and_the_next_goes_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.visit()
    world.copy()

    def cut(*_: object) -> None:
        raise RuntimeError("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(restore_store, "add_restore", cut)
        with pytest.raises(RuntimeError, match="cut off"):
            world.restore("back")
    assert not (world.folder / "back").exists()
    assert (world.folder / f"back{UNFINISHED}").exists()
    world.restore("back")
    assert not (world.folder / f"back{UNFINISHED}").exists()
    with world.back("back") as deps:
        world.is_whole(deps, "back")


def test_a_new_disk_without_space_is_said_before_and_during_and_no_office_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.visit()
    world.copy()
    usage = shutil.disk_usage(world.folder)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000))
        made = restored(world.usb, world.folder / "back", world.key)
        assert isinstance(made, Trouble) and made.code == "tujuan_kurang"
    with monkeypatch.context() as patch:

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "no space")

        patch.setattr(os, "fsync", full)
        made = restored(world.usb, world.folder / "back", world.key)
        assert isinstance(made, Trouble) and made.code == "tujuan_penuh"
    assert not (world.folder / "back").exists()
    world.restore("back")


def test_a_medium_that_is_pulled_out_during_a_restore_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.visit()
    world.copy()
    real = restoring.file_hash

    def pulled(path: Path, *, durably: bool = False) -> str:
        if world.usb.path.exists():
            world.usb.path.rename(world.folder / "away")
        return real(path, durably=durably)

    monkeypatch.setattr(restoring, "file_hash", pulled)
    made = restored(world.usb, world.folder / "back", world.key)
    assert isinstance(made, Trouble) and made.code == "media_hilang"
    assert not (world.folder / "back").exists()


def test_phones_bring_back_all_that_the_copy_does_not_have(world: World) -> None:
    world.visit()
    second = world.office.phone(901)
    world.visit(second)
    world.copy()
    for phone in (world.phone, second, world.phone):
        world.visit(phone)
    made = world.restore("back")
    assert sorted(made.missing.phones) == sorted([world.phone.device, second.device])
    with world.back("back") as deps, serving(deps) as address:
        assert phone_tip(deps, world.phone) == 1
        for number, phone in enumerate((world.phone, second)):
            world.office.client()
            phone.http.base_url = address
            phone.login()
            phone.sync()
            for data in map(photo, range(1, 6)):
                if sha256(data).hexdigest() in phone.store.wanted_blobs:
                    upload(phone, data)
            phone.sync()
            assert phone.store.wanted_blobs == []
            left = missing(deps)
            assert len(left.phones) == 1 - number
        assert (phone_tip(deps, world.phone), phone_tip(deps, second)) == (3, 2)
        assert len(deps.engine.read(backup_store.blobs)) == 5
        world.is_whole(deps, "back")


def test_a_phone_that_was_revoked_after_the_copy_stays_revoked(world: World) -> None:
    world.visit()
    world.copy()
    world.stream()
    world.visit()
    world.stream()
    world.deps.devices.revoke(world.phone.device)
    world.stream()
    world.restore("back", world.other)
    with world.back("back") as deps:
        device = deps.engine.read(lambda tx: device_store.device(tx, world.phone.device))
        assert device is not None and device.revoked_ms is not None
        assert phone_tip(deps, world.phone) == 2
        world.is_whole(deps, "back")


def test_a_blob_that_no_medium_holds_is_asked_for_again(world: World) -> None:
    world.visit()
    world.visit()
    world.copy()
    [path, _] = files(world.usb.blobs)
    spoil(path)
    made = world.restore("back")
    assert made.missing.blobs == 1
    with world.back("back") as deps, serving(deps) as address:
        world.is_whole(deps, "back")
        world.phone.http.base_url = address
        world.phone.login()
        world.phone.sync()
        [wanted] = world.phone.store.wanted_blobs
        upload(world.phone, next(data for data in map(photo, (1, 2)) if sha256(data).hexdigest() == wanted))
        world.phone.sync()
        assert world.phone.store.wanted_blobs == []
        assert missing(deps).is_empty


def test_a_blob_that_one_medium_lost_comes_from_another(world: World) -> None:
    world.visit()
    world.copy()
    copied(world.deps, world.data, world.other)
    [path] = files(world.usb.blobs)
    path.unlink()
    assert world.restore("back", world.other).missing.blobs == 0


def test_a_damaged_copy_is_passed_over_for_the_one_before(world: World) -> None:
    world.visit()
    world.copy()
    world.visit()
    world.copy()
    path = world.usb.database(2)
    data = path.read_bytes()
    path.write_bytes(data[:9_000] + bytes([data[9_000] ^ 1]) + data[9_001:])
    made = world.restore("back")
    assert (made.manifest.number, made.damaged_copies) == (1, [2])


def test_a_copy_that_was_never_read_back_is_nobodys(world: World) -> None:
    world.copy()
    world.visit()
    world.copy()
    keys = keys_of(world.data)
    cut_off = replace(read_manifest(world.usb, keys, 2), verified_ms=0)
    write_manifest(world.usb, keys, cut_off, bytes(NONCE_BYTES))
    made = world.restore("back")
    assert (made.manifest.number, made.damaged_copies) == (1, [])


def test_an_earlier_moment_can_be_asked_for(world: World) -> None:
    world.copy()
    world.stream()
    world.visit()
    world.stream()
    between = world.deps.now_ms()
    time.sleep(0.005)
    world.visit()
    world.stream()
    world.copy()
    world.restore("back", world.other, until_ms=between)
    with world.back("back") as deps:
        assert phone_tip(deps, world.phone) == 1
    made = restored(world.usb, world.folder / "never", world.key, until_ms=1)
    assert isinstance(made, Trouble) and made.code == "tidak_ada_salinan"


def test_links_of_the_office_that_phones_saw_and_that_are_gone_are_counted(world: World) -> None:
    world.copy()
    visit = world.visit()
    world.decide(visit)
    world.phone.sync()
    world.visit()  # names the office's newest link as seen
    world.restore("back")
    with world.back("back") as deps, serving(deps) as address:
        world.phone.http.base_url = address
        world.phone.login()
        world.phone.sync()
        assert missing(deps).heads >= 1
        # and the office goes on from its own head, as a branch of what was lost
        deps.office.act(deps.office.person, warga(5, "Baru"))
        world.is_whole(deps, "back")


def test_nobody_is_logged_in_and_nothing_is_promised_after_a_restore(world: World) -> None:
    world.visit()
    third = medium_at(world.folder / "usb3", world.data, world.deps)
    world.deps.keeper.copy_to([str(world.other.path), str(third.path)], 7)
    assert (
        world.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).backed_up(world.phone.device))
        is not None
    )
    world.copy()
    world.restore("back")
    with world.back("back") as deps:
        assert deps.devices.device_of(world.phone.token) is None
        assert deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).backed_up(world.phone.device)) is None
        assert deps.engine.read(lambda tx: reach_store.work_out_backed_up(tx, deps.now_ms(), 0)) == {}


def test_two_offices_may_be_restored_from_one_copy(world: World) -> None:
    world.visit()
    world.copy()
    world.restore("one")
    world.restore("two")
    tags: list[bytes] = []
    for name in ("one", "two"):
        with world.back(name) as deps:
            deps.office.act(deps.office.person, warga(5, name))
            world.is_whole(deps, name)
            seq = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).last_seq())
            tag = deps.engine.read(lambda tx, seq=seq: SqlOfficeStore.reading(tx).tag_at(seq))
            assert tag is not None
            tags.append(tag)
    assert tags[0] != tags[1]  # so a phone notices which of them it met before


@pytest.mark.parametrize("streamed", ["before", "after", "never"])
def test_what_was_destroyed_comes_back_from_no_copy_and_no_log(world: World, streamed: str) -> None:
    first = world.visit()
    world.copy()
    world.stream()
    second = world.visit()
    if streamed == "before":
        world.stream()
    entries = world.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).entries(world.phone.device, 0, 9))
    changes = [entry.link.change for entry in entries]
    world.deps.destruction.destroy(world.deps.office.person, changes, [first, second], "BA 7")
    if streamed == "after":
        world.stream()
    world.restore("back", world.other)
    assert files(world.folder / "back" / "blobs") == [], "also before the office is opened"
    with inspected(world.folder / "back" / DATABASE, keys_of(world.data).database) as (_, reader):
        assert reader is not None
        laid = SqlOfficeStore.reading(reader).entries(world.phone.device, 0, 9)
        assert {entry.content for entry in laid} == {None}
    with world.back("back") as deps:
        kept = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).entries(world.phone.device, 0, 9))
        assert [entry.content for entry in kept] == [None] * (1 if streamed == "never" else 2)
        assert deps.engine.read(backup_store.blobs) == []
        assert missing(deps).blobs == 0
        world.is_whole(deps, "back")
    assert files(world.folder / "back" / "blobs") == []


def test_a_visit_whose_content_was_destroyed_keeps_its_place(world: World) -> None:
    world.copy()
    visit = world.visit()
    [entry] = world.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).entries(world.phone.device, 0, 9))
    world.deps.destruction.destroy(world.deps.office.person, [entry.link.change], [], "BA 7")
    world.stream()
    world.restore("back", world.other)
    with world.back("back") as deps:
        assert world.record(deps, visit).kind == "kunjungan"
        world.is_whole(deps, "back")


def test_a_medium_loses_what_the_office_destroyed_with_the_next_copy(world: World) -> None:
    visit = world.visit()
    world.copy()
    assert len(files(world.usb.blobs)) == 1
    entries = world.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).entries(world.phone.device, 0, 9))
    changes = [entry.link.change for entry in entries]
    world.deps.destruction.destroy(world.deps.office.person, changes, [visit], "BA 7")
    world.copy()
    assert files(world.usb.blobs) == []
    assert check_medium(world.usb, keys_of(world.data), Quiet()).bad_blobs == []
    world.usb.manifest(2).unlink()  # and the older copy, which knows nothing of it, asks no phone for it
    assert world.restore("back").missing.blobs == 0


def test_another_key_and_another_office_are_told_apart(world: World, tmp_path: Path) -> None:
    world.copy()
    keys = keys_of(world.data)
    wrong = tmp_path / "wrong.key"
    write_keys(wrong, replace(keys, database=keys.blobs))
    made = restored(world.usb, world.folder / "back", wrong)
    assert isinstance(made, Trouble) and made.code == "kunci_cadangan_salah"
    assert not (world.folder / "back").exists()
