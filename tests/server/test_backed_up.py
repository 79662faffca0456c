"""What a phone may forget: what two separate disks hold, with all before it and all their blobs, for long."""

import copy
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from schemas.ids import BlobId, DeviceId, RecordId
from server import reach_store
from server.backups.making import Made
from server.backups.medium import Medium
from server.deps import Deps
from server.engine import Writer
from server.store import SqlOfficeStore
from sync.chain import Tip
from sync.change import Evidence, FormAnswers, Gap, Submit
from tests.server.backup_office import medium_at, with_disks
from tests.server.conftest import Running
from tests.server.phones import Phone

DAY_MS = 24 * 3_600_000


class World:
    """A served office with two disks, and a phone that visits."""

    def __init__(self, office: Running, tmp_path: Path) -> None:
        self.deps: Deps = with_disks(office.deps, office.data, age_days=0)
        self.office = office
        self.media = [medium_at(tmp_path / name, office.data, self.deps) for name in ("usb1", "usb2")]
        self.phone: Phone = office.phone()
        self.visits = 0

    def visit(self, *, with_photo: bool = False, sent: bool = True) -> None:
        """Record a visit, send it, and its photo if there is one."""
        self.visits += 1
        data = b"photo" * 1000 + self.visits.to_bytes(4, "big")
        blob = BlobId(sha256(data).hexdigest())
        evidence = [_evidence(blob, len(data))] if with_photo else []
        self.phone.write(
            Submit(
                visit=RecordId(f"{self.visits:032x}"),
                follows=None,
                subject=None,
                form="bpnt_kpm",
                forms={"bpnt_kpm": FormAnswers(version=1, answers={"hasil_kunjungan": "tidak_bertemu"})},
                evidence=evidence,
                place=None,
                tugas=None,
            )
        )
        self.phone.sync()
        if with_photo and sent:
            self.send(data)

    def send(self, data: bytes) -> None:
        place = self.phone.begin_upload(data).headers["location"]
        assert self.phone.send(place, data, 0).status_code == 204

    def copy(self, *media: Medium) -> None:
        ended = self.deps.keeper.copy_to([str(medium.path) for medium in media or self.media], 7)
        assert all(isinstance(made, Made) for made in ended.values()), ended

    def counter(self, device: DeviceId | None = None) -> int:
        tip = self.deps.engine.read(
            lambda tx: SqlOfficeStore.reading(tx).backed_up(device or self.phone.device)
        )
        return tip.counter if tip else 0

    def later(self, days: int, age_days: int) -> int:
        """Work it out as if so many days had gone by."""
        now = self.deps.now_ms() + days * DAY_MS
        found = self.deps.engine.read(lambda tx: reach_store.work_out_backed_up(tx, now, age_days))
        tip = found.get(self.phone.device)
        return tip.counter if tip else 0


def _evidence(blob: BlobId, size: int) -> Evidence:
    return Evidence(
        blob=blob, form="bpnt_kpm", field="foto_rumah_depan", size_bytes=size, media_type="image/jpeg",
        camera_sha256="ab" * 32, taken_ms=1, place=None,
    )  # fmt: skip


@pytest.fixture
def world(office: Running, tmp_path: Path) -> Iterator[World]:
    world = World(office, tmp_path)
    yield world


def test_one_disk_is_not_enough_two_are(world: World) -> None:
    world.visit()
    world.visit(with_photo=True)
    world.copy(world.media[0])
    assert world.counter() == 0
    world.copy(world.media[1])
    assert world.counter() == 2
    tip = world.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).backed_up(world.phone.device))
    assert tip is not None and tip == world.phone.store.acknowledged()


def test_a_disk_that_was_read_on_a_day_that_has_not_come_does_not_count(world: World) -> None:
    """Else it counts for a year longer than anybody has looked at it, once a clock ran that far ahead."""
    world.visit()
    world.copy()
    assert (world.later(0, 0), world.later(-1, -2)) == (1, 0)


def test_two_folders_on_one_disk_are_one_disk(world: World, office: Running) -> None:
    world.deps = with_disks(office.deps, office.data, age_days=0, one_disk=True)
    world.visit()
    world.copy()
    assert world.counter() == 0
    world.deps = with_disks(office.deps, office.data, age_days=0)
    world.copy()
    assert world.counter() == 1


def test_folders_of_a_real_disk_are_known_to_be_on_it(office: Running, tmp_path: Path) -> None:
    world = World(office, tmp_path)
    world.deps = office.deps  # asks the real file system, on which the data and both folders are
    world.visit()
    world.copy()
    assert world.counter() == 0


def test_the_disk_of_the_data_does_not_count(world: World, office: Running) -> None:
    world.deps = with_disks(office.deps, office.data, age_days=0, own_disk="usb1")
    world.visit()
    world.copy()
    assert world.counter() == 0


def test_what_came_after_the_older_of_the_two_copies_does_not_count(world: World) -> None:
    world.visit()
    world.copy()
    world.visit()
    world.copy(world.media[0])
    assert world.counter() == 1
    world.copy(world.media[1])
    assert world.counter() == 2


def test_a_photo_that_has_not_come_holds_back_its_visit_and_all_after_it(world: World) -> None:
    world.visit()
    world.visit(with_photo=True, sent=False)
    world.visit()
    world.visit(with_photo=True, sent=False)
    world.visit()
    world.copy()
    assert world.counter() == 1


def test_a_photo_that_came_after_the_copy_does_not_count(world: World) -> None:
    world.visit()
    world.visit(with_photo=True, sent=False)
    world.copy()
    world.send(b"photo" * 1000 + (2).to_bytes(4, "big"))
    world.deps.keeper.work_out()
    assert world.counter() == 1
    world.copy(world.media[0])
    assert world.counter() == 1
    world.copy(world.media[1])
    assert world.counter() == 2


def test_a_photo_that_the_office_lost_holds_back_its_visit(world: World) -> None:
    world.visit()
    world.visit(with_photo=True)
    [(blob,)] = world.deps.engine.read(lambda tx: tx.query("SELECT blob FROM blobs"))
    world.deps.blobs.path(BlobId(blob)).unlink()
    world.copy()
    assert world.counter() == 1


def test_only_what_is_old_enough_counts(world: World, office: Running) -> None:
    world.deps = with_disks(office.deps, office.data, age_days=90)
    world.visit()
    world.visit(with_photo=True)
    world.copy()
    assert world.counter() == 0
    assert world.later(58, age_days=59) == 0
    assert world.later(58, age_days=57) == 2


def test_a_photo_that_came_late_holds_back_its_visit_however_old_that_is(
    world: World, office: Running
) -> None:
    world.deps = with_disks(office.deps, office.data, age_days=90)
    world.visit()
    world.visit(with_photo=True)
    world.copy()
    aged = "UPDATE changes SET received_ms = 1 WHERE kabupaten = :kabupaten"
    world.deps.engine.write(lambda tx: tx.execute(aged)).result()
    assert world.later(1, age_days=2) == 1
    assert world.later(2, age_days=1) == 2


def test_a_medium_that_nobody_verified_for_long_does_not_count(world: World) -> None:
    world.visit()
    world.copy()
    assert world.later(59, age_days=1) == 1
    assert world.later(61, age_days=1) == 0


def test_each_branch_of_a_copied_phone_counts_by_itself(world: World) -> None:
    world.visit()
    first = world.phone.store.acknowledged()
    older = copy.deepcopy(world.phone.store, {id(world.phone.store._sign): world.phone.key.sign})
    world.visit(with_photo=True, sent=False)
    world.phone.store = older
    world.visits += 10
    world.visit()
    world.visit()
    world.copy()
    tip = world.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).backed_up(world.phone.device))
    assert tip is not None and tip.counter == first.counter + 2
    assert tip == older.acknowledged()


def test_of_two_disks_that_reach_different_branches_only_what_is_before_both_counts(world: World) -> None:
    world.visit()
    older = copy.deepcopy(world.phone.store, {id(world.phone.store._sign): world.phone.key.sign})
    world.visit(with_photo=True)
    world.visit()
    world.copy(world.media[0])
    [(blob,)] = world.deps.engine.read(lambda tx: tx.query("SELECT blob FROM blobs"))
    world.deps.blobs.path(BlobId(blob)).unlink()
    world.media[0].path.rename(world.media[0].path.with_name("away"))
    world.phone.store = older
    world.visit()
    world.copy(world.media[1])
    sql = "SELECT counter FROM backup_reach WHERE device = :device ORDER BY counter"
    reached = world.deps.engine.read(lambda tx: tx.query(sql, {"device": world.phone.device}))
    assert [counter for (counter,) in reached] == [2, 3], "beyond the lost photo only the other branch counts"
    assert world.counter() == 1


def test_what_is_young_on_one_branch_leaves_what_is_before_it_on_that_branch(
    world: World, office: Running
) -> None:
    """A link of the other branch at the same place may not be safe, and its phone would forget it."""
    world.deps = with_disks(office.deps, office.data, age_days=90)
    world.visit()
    branches = [world.phone.store]
    branches.append(copy.deepcopy(branches[0], {id(branches[0]._sign): world.phone.key.sign}))
    for store in branches:
        world.phone.store = store
        world.visits += 10
        world.visit()
        world.visit()
    world.copy()
    aged = "UPDATE changes SET received_ms = 1 WHERE kabupaten = :kabupaten AND counter < 3"
    world.deps.engine.write(lambda tx: tx.execute(aged)).result()
    for store in branches:
        before, end = (
            Tip(counter=each.link.counter, hash=each.hash) for each in store.entries(world.phone.device, 1, 2)
        )

        def reach(tx: Writer, end: Tip = end) -> None:
            for medium in world.media:
                reach_store.put_reach(tx, medium.id, {world.phone.device: end})

        world.deps.engine.write(reach).result()
        now = world.deps.now_ms()
        found = world.deps.engine.read(lambda tx, now=now: reach_store.work_out_backed_up(tx, now, 1))
        assert found[world.phone.device] == before


def test_nothing_from_a_declared_gap_on_counts(world: World) -> None:
    """A phone that is put back holds again what it had declared lost, and nobody else may."""
    for _ in range(6):
        world.visit(with_photo=True)
    for lost in (5, 3, 4, 6):
        world.phone.write(Gap(first=lost, last=lost))
    world.phone.sync()
    world.copy()
    assert world.counter() == 2
