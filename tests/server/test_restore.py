"""A restored office: what copy and logs hold is there, what is missing is known, and phones bring it back."""

import errno
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.ids import BlobId, RecordId
from server import backup_store, device_store, restore_store, subject_store
from server.app import create_app
from server.backups import restoring
from server.backups.checking import check_medium
from server.backups.making import Made, make_copy
from server.backups.medium import Medium, Trouble
from server.backups.restoring import UNFINISHED, Restored
from server.backups.streaming import Streamer
from server.compose import DATABASE
from server.deps import Deps
from server.engines.examining import inspected
from server.keys import default_path, write_keys
from server.restore_store import Missing
from server.services.indexing import Indexing
from server.store import SqlOfficeStore
from sync.change import Decide, Evidence, FormAnswers, Gap, Patch, Submit
from tests.contract.people import record_id
from tests.server.backup_office import (
    Quiet,
    copied,
    faults,
    files,
    keys_of,
    medium_at,
    opened,
    restored,
    source_of,
    spoil,
    with_disks,
)
from tests.server.conftest import DESA, Running
from tests.server.phones import Phone
from tests.server.threaded import in_thread


def photo(number: int) -> bytes:
    return b"photo" * 2_000 + number.to_bytes(4, "big")


class World:
    """A served office that streams to one disk and is copied to another, and a phone."""

    def __init__(self, office: Running, folder: Path) -> None:
        self.office, self.folder = office, folder
        self.deps: Deps = with_disks(office.deps, office.data, age_days=0)
        self.data = office.data
        self.key = default_path(office.data)
        self.usb = medium_at(folder / "usb1", self.data, self.deps)
        self.other = medium_at(folder / "usb2", self.data, self.deps)
        self.streamer = Streamer(source_of(self.deps, self.data))
        self.phone: Phone = office.phone()
        self.visits = 0

    def visit(self, phone: Phone | None = None, *, sent: bool = True) -> RecordId:
        self.visits += 1
        phone = phone or self.phone
        data = photo(self.visits)
        evidence = Evidence(
            blob=BlobId(sha256(data).hexdigest()), form="bpnt_kpm", field="foto_rumah_depan",
            size_bytes=len(data), media_type="image/jpeg", camera_sha256="ab" * 32, taken_ms=1,
        )  # fmt: skip
        visit = RecordId(f"b{self.visits:031x}")
        answers = {"hasil_kunjungan": "tidak_bertemu"}
        phone.write(
            Submit(
                visit=visit,
                follows=None,
                subject=None,
                form="bpnt_kpm",
                forms={"bpnt_kpm": FormAnswers(version=1, answers=answers)},
                evidence=[evidence],
                place=None,
                tugas=None,
            )
        )
        phone.sync()
        if sent:
            upload(phone, data)
        return visit

    def decide(self, visit: RecordId) -> None:
        head = self.record(self.deps, visit).head
        assert head is not None
        author = self.office.person(77)
        self.deps.office.act(
            author,
            Decide(visit=visit, follows=head, decision="kembalikan", reasons={}, note="Foto ulang"),
        )

    def record(self, deps: Deps, name: RecordId):
        return deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([name]))[name]

    def copy(self) -> None:
        self.deps.keeper.copy_to([str(self.usb.path)], 7)

    def stream(self) -> None:
        self.streamer.step(str(self.other.path))
        assert self.streamer.state.trouble is None, self.streamer.state

    def restore(self, name: str, *also: Medium, until_ms: int | None = None) -> Restored:
        made = restored(self.usb, self.folder / name, self.key, *also, until_ms=until_ms)
        assert isinstance(made, Restored), made
        return made

    @contextmanager
    def back(self, name: str) -> Iterator[Deps]:
        with opened(self.folder / name, self.key) as deps:
            yield deps

    def is_whole(self, deps: Deps, name: str) -> None:
        assert faults(deps, self.folder / name, self.key) == []


def upload(phone: Phone, data: bytes) -> None:
    begun = phone.begin_upload(data)
    place = begun.headers["location"]
    if int(begun.headers.get("upload-offset", "0")) < len(data):
        assert phone.send(place, data, 0).status_code == 204


@contextmanager
def serving(deps: Deps) -> Iterator[str]:
    """Serve a restored office."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    with in_thread(create_app(deps), listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def world(office: Running, tmp_path: Path) -> World:
    return World(office, tmp_path)


def missing(deps: Deps) -> Missing:
    return deps.engine.read(lambda tx: restore_store.missing(tx, deps.office.device))


def phone_tip(deps: Deps, phone: Phone) -> int:
    tips = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(phone.device))
    return tips[0].counter if tips else 0


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


def test_what_was_streamed_after_the_copy_comes_back_without_any_phone(world: World) -> None:
    first = world.visit()
    world.copy()
    world.stream()
    world.decide(first)
    second = world.visit()
    late = world.office.phone(902)
    world.visit(late)
    world.stream()
    made = world.restore("back", world.other)
    assert (made.blobs, made.refused, made.damaged_logs) == (2, 0, 0)
    with world.back("back") as deps:
        world.is_whole(deps, "back")
        assert world.record(deps, second).fields == world.record(world.deps, second).fields
        assert world.record(deps, first).fields == world.record(world.deps, first).fields
        assert (phone_tip(deps, world.phone), phone_tip(deps, late)) == (2, 1)
        ours, theirs = (
            d.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(world.deps.office.device))
            for d in (world.deps, deps)
        )
        assert ours == theirs
        assert deps.engine.read(lambda tx: tx.query("SELECT visit, change FROM decisions")) != []
    with world.back("back") as deps, serving(deps) as address:
        late.http.base_url = address
        late.login()
        assert [len(effects.session.__class__.__name__) > 0 for effects in late.sync()]
        assert late.store.wanted_blobs == []


def test_who_came_before_and_after_the_copy_is_found_in_the_restored_office(world: World) -> None:
    office = world.deps.office
    before = Indexing(world.deps.engine, office.device)
    for number, step in ((701, world.copy), (702, world.stream)):
        if step == world.stream:
            world.stream()  # a log begins where the copy ends
        fields = {
            "nama": f"Sutarmi {'Lama' if number == 701 else 'Baru'}",
            "kode_desa": DESA,
            "layanan": ["bpnt"],
        }
        office.act(office.person, Patch(record=record_id(number), kind="warga", base={}, new=fields))
        before.catch_up()
        step()
    world.restore("back", world.other)
    with world.back("back") as deps:
        Indexing(deps.engine, deps.office.device).catch_up()
        found = deps.engine.read(lambda tx: subject_store.beginning(tx, "warga", "sutarmi", [1], 9))
        assert {record_id(701), record_id(702)} <= set(found)


def test_a_log_that_is_applied_twice_changes_nothing(world: World) -> None:
    world.copy()
    world.stream()
    world.visit()
    world.stream()
    world.streamer.close()
    world.stream()  # a second log of the same
    world.streamer.close()
    made = world.restore("back", world.other, world.other)
    assert made.changes > 0 and made.refused == 0
    with world.back("back") as deps:
        world.is_whole(deps, "back")
        assert phone_tip(deps, world.phone) == 1


def test_a_torn_end_of_a_log_loses_only_that_end(world: World) -> None:
    world.copy()
    world.stream()
    world.visit()
    world.stream()
    [log] = (world.other.stream).glob("*.log")
    whole = log.stat().st_size
    world.visit()
    world.stream()
    world.streamer.close()
    data = log.read_bytes()
    assert len(data) > whole
    for end in (whole, whole + 1, whole + 20, (whole + len(data)) // 2, len(data) - 1):
        log.write_bytes(data[:end])
        made = world.restore(f"back{end}", world.other)
        assert made.damaged_logs == 0
        with world.back(f"back{end}") as deps:
            assert phone_tip(deps, world.phone) == 1, end
            world.is_whole(deps, f"back{end}")


def test_a_changed_byte_in_a_log_is_noticed_and_nothing_after_it_believed(world: World) -> None:
    world.copy()
    world.stream()
    world.visit()
    world.stream()
    [log] = (world.other.stream).glob("*.log")
    place = log.stat().st_size - 100
    world.visit()
    world.stream()
    world.streamer.close()
    data = log.read_bytes()
    log.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    made = world.restore("back", world.other)
    assert made.damaged_logs == 1
    with world.back("back") as deps:
        assert phone_tip(deps, world.phone) == 0
        world.is_whole(deps, "back")


def test_a_phone_that_was_revoked_after_the_copy_stays_revoked(world: World) -> None:
    world.visit()
    world.copy()
    world.stream()
    world.visit()
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
        deps.office.act(
            deps.office.person,
            Patch(
                record=record_id(5),
                kind="warga",
                base={},
                new={"nama": "Baru", "kode_desa": DESA, "layanan": []},
            ),
        )
        world.is_whole(deps, "back")


def test_nobody_is_logged_in_and_nothing_is_promised_after_a_restore(world: World) -> None:
    world.visit()
    copied(world.deps, world.data, world.other)
    world.deps.keeper.copy_to([str(world.other.path), str(world.usb.path)], 7)
    assert (
        world.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).backed_up(world.phone.device))
        is not None
    )
    world.copy()
    world.restore("back")
    with world.back("back") as deps:
        assert deps.devices.device_of(world.phone.token) is None
        assert deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).backed_up(world.phone.device)) is None
        deps.keeper.work_out()
        assert deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).backed_up(world.phone.device)) is None


def test_two_offices_may_be_restored_from_one_copy(world: World) -> None:
    world.visit()
    world.copy()
    world.restore("one")
    world.restore("two")
    tags: list[bytes] = []
    for name in ("one", "two"):
        with world.back(name) as deps:
            deps.office.act(
                deps.office.person,
                Patch(
                    record=record_id(5),
                    kind="warga",
                    base={},
                    new={"nama": name, "kode_desa": DESA, "layanan": []},
                ),
            )
            world.is_whole(deps, name)
            seq = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).last_seq())
            tag = deps.engine.read(lambda tx, seq=seq: SqlOfficeStore.reading(tx).tag_at(seq))
            assert tag is not None
            tags.append(tag)
    assert tags[0] != tags[1]  # so a phone notices which of them it met before


def test_the_log_of_a_restored_office_continues_the_copy_it_came_from(world: World) -> None:
    world.copy()
    world.restore("one")
    with world.back("one") as deps:
        streamer = Streamer(source_of(deps, world.folder / "one", key=world.key))

        deps.office.act(
            deps.office.person,
            Patch(
                record=record_id(5),
                kind="warga",
                base={},
                new={"nama": "Satu", "kode_desa": DESA, "layanan": []},
            ),
        )
        streamer.step(str(world.other.path))
        streamer.close()
    made = world.restore("two", world.other)
    assert made.changes == 1


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


def test_a_log_of_another_branch_is_not_applied(world: World) -> None:
    world.copy()
    world.visit()
    world.stream()  # begins after the copy, in a history that goes no further
    world.streamer.close()
    world.restore("one")
    with world.back("one") as deps:
        for number in range(20):
            new = {"nama": f"W{number}", "kode_desa": DESA, "layanan": []}
            deps.office.act(
                deps.office.person, Patch(record=record_id(number), kind="warga", base={}, new=new)
            )
        copied_again = make_copy(source_of(deps, world.folder / "one", key=world.key), world.usb, 7, Quiet())
        assert isinstance(copied_again, Made)
    made = world.restore("two", world.other)
    assert (made.manifest.number, made.changes) == (2, 0)
    assert [(log.folder, log.is_old) for log in made.passed_logs] == [(str(world.other.path), False)]
    with world.back("two") as deps:
        assert phone_tip(deps, world.phone) == 0


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


def test_a_gap_that_a_phone_declared_is_streamed_with_what_rests_on_it(world: World) -> None:
    world.copy()
    world.stream()
    phone = world.phone
    for number in (1, 2, 3):
        new = {"nama": f"W{number}", "kode_desa": DESA, "layanan": ["bpnt"]}
        phone.write(Patch(record=record_id(number), kind="warga", base={}, new=new))
    for entry in phone.store.entries(phone.device, 0, 2)[:2]:  # lost for good, as by a damaged file
        del phone.store.content_table[entry.link.change]
    phone.write(Gap(first=1, last=2))
    phone.sync()
    assert phone_tip(world.deps, phone) == 4
    world.stream()
    made = world.restore("back", world.other)
    assert made.refused == 0
    with world.back("back") as deps:
        world.is_whole(deps, "back")
        assert phone_tip(deps, phone) == 4
        assert world.record(deps, record_id(3)) is not None


def test_another_key_and_another_office_are_told_apart(world: World, tmp_path: Path) -> None:
    world.copy()
    keys = keys_of(world.data)
    wrong = tmp_path / "wrong.key"
    write_keys(wrong, replace(keys, database=keys.blobs))
    made = restored(world.usb, world.folder / "back", wrong)
    assert isinstance(made, Trouble) and made.code == "kunci_cadangan_salah"
    assert not (world.folder / "back").exists()
