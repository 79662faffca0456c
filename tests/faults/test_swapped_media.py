"""Backup disks that change under the office's hands, and what a restore makes of what they hold."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.ids import PersonId
from server import backup_store, feed_store
from server.backup_store import Plan
from server.backups.checking import check_medium
from server.backups.making import Made, make_copy
from server.backups.medium import Medium, Trouble, open_medium
from server.backups.stream import log_numbers, read_log
from server.backups.streaming import Streamer
from server.compose import close_office
from server.deps import Deps
from server.feed_store import FedAccount
from server.keys import default_path
from server.store import SqlOfficeStore
from sync.change import Patch
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.test_office_clock import YEAR_MS
from tests.faults.world import World, sync, until, visit
from tests.server.backup_office import (
    Quiet,
    add_blobs,
    copied,
    files,
    keys_of,
    medium_at,
    opened,
    restored,
    source_of,
)
from tests.server.conftest import DESA, make_office


class Streaming:
    """A regency that serves and streams to one disk, with a copy on another."""

    def __init__(self, world: World) -> None:
        self.world, self.place = world, world.folder / "usb2"
        with world.hand() as deps:
            self.copy = medium_at(world.folder / "usb1", world.office, deps)
            copied(deps, world.office, self.copy)
            medium_at(self.place, world.office, deps)
            medium_at(world.folder / "usb3", world.office, deps)
            plan = Plan(copies=(), stream=str(self.place))
            deps.engine.write(lambda tx: backup_store.put_plan(tx, plan)).result()
        world.serve()

    @property
    def medium(self) -> Medium:
        """The disk that lies there now."""
        medium = open_medium(self.place, None)
        assert isinstance(medium, Medium)
        return medium

    def holds(self, change: bytes) -> bool:
        """Whether the newest log of the disk that lies there holds a change."""
        number = max(log_numbers(self.medium), default=0)
        log = read_log(self.medium, keys_of(self.world.office), number) if number else None
        return log is not None and any(change in link.raw for one in log[1] for link in one.links)


def another_disk(streaming: Streaming) -> None:
    """Somebody pulls the disk and puts the third one where it was."""
    streaming.place.rename(streaming.place.with_name("diambil"))
    streaming.place.with_name("usb3").rename(streaming.place)


def cleared(streaming: Streaming) -> None:
    """Somebody takes the log for rubbish."""
    for log in files(streaming.medium.stream):
        log.unlink()


@pytest.mark.parametrize("befalls", [another_disk, cleared])
def test_what_is_streamed_can_be_found_again_on_the_disk_that_lies_there(
    regency: Make, befalls: Callable[[Streaming], None]
) -> None:
    """Row 77. All that the copy lacks, also of before it was exchanged."""
    world = regency(served=False)
    streaming = Streaming(world)
    phone = world.phone()
    sync(phone)
    done = [visit(phone, world.beats[0], 1)]
    sync(phone)
    until(lambda: streaming.holds(done[0].change))
    befalls(streaming)
    done.append(visit(phone, None, 2))
    sync(phone)
    until(lambda: streaming.holds(done[1].change))
    world.kill()
    back = world.folder / "kantor-baru"
    restored(streaming.copy, back, default_path(world.office), streaming.medium)
    with opened(back, default_path(world.office)) as deps:
        found = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([one.visit for one in done]))
    assert sorted(found) == sorted(one.visit for one in done)


def test_a_disk_of_another_office_where_the_stream_lay_takes_nothing(regency: Make, tmp_path: Path) -> None:
    """Row 77. Nothing is written on it; the stream goes on when the right one lies there again."""
    world = regency(served=False)
    streaming = Streaming(world)
    other = make_office(tmp_path)
    foreign = medium_at(world.folder / "asing", tmp_path / "office", other).path
    close_office(other)
    phone = world.phone()
    sync(phone)
    until(lambda: streaming.medium.stream.exists())
    streaming.place.rename(world.folder / "diambil")
    foreign.rename(streaming.place)
    done = visit(phone, world.beats[0], 1)
    sync(phone)
    time.sleep(1)
    assert [path.name for path in files(streaming.place)] == ["sambang-medium.json"]
    streaming.place.rename(foreign)
    (world.folder / "diambil").rename(streaming.place)
    until(lambda: streaming.holds(done.change))


def test_logs_are_applied_in_the_order_of_what_they_tell_whatever_the_clock_said(tmp_path: Path) -> None:
    """Row 78. The older was begun while the clock was a year ahead: a password of before must not be back."""
    deps, data = make_office(tmp_path), tmp_path / "office"
    person = PersonId("a" * 32)

    def put(deps: Deps, password: str) -> None:
        new = FedAccount(person=person, username="uji", password=password, active=True, changed_ms=1)
        deps.engine.write(lambda tx: feed_store.put_account(tx, new)).result()

    try:
        usb, log = (medium_at(tmp_path / name, data, deps) for name in ("usb1", "usb2"))
        put(deps, "yang pertama")
        copied(deps, data, usb)
        source = source_of(deps, data)
        for number, (password, off_ms) in enumerate((("yang bocor", YEAR_MS), ("yang baru", 0)), 1):
            put(deps, password)
            streamer = Streamer(replace(source, now_ms=lambda off_ms=off_ms: deps.now_ms() + off_ms))
            streamer.step(str(log.path))
            streamer.close()
            new = {"nama": password, "kode_desa": DESA, "layanan": ["bpnt"]}
            body = Patch(record=record_id(number), kind="warga", base={}, new=new)
            deps.office.act(deps.office.person, body)
    finally:
        close_office(deps)
    restored(usb, tmp_path / "back", default_path(data), log)
    with opened(tmp_path / "back", default_path(data)) as back:
        [account] = back.engine.read(feed_store.accounts)
    assert account.password == "yang baru"


class Exchanging(Quiet):
    """Somebody pulls the disk at a chosen moment of the copy, and puts another where it lay."""

    def __init__(self, place: Path, at: int) -> None:
        self._place, self._left = place, at

    def step(self, name: str, total: int) -> None:
        self._passes()

    def advance(self, count: int = 1) -> None:
        self._passes()

    def _passes(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._place.rename(self._place.with_name("diambil"))
            self._place.with_name("usb2").rename(self._place)


def contents(folder: Path) -> dict[Path, bytes]:
    """All that a folder holds."""
    return {path.relative_to(folder): path.read_bytes() for path in files(folder)}


def test_a_disk_put_in_another_ones_place_in_the_midst_of_a_copy_loses_none_of_its_own(
    tmp_path: Path,
) -> None:
    """Row 86. Both count their copies from one: what is written for the first would be the other's copy."""
    deps, data, place = make_office(tmp_path), tmp_path / "office", tmp_path / "usb1"
    try:
        first, second = (medium_at(place.with_name(name), data, deps) for name in ("usb1", "usb2"))
        for medium in (second, first, second):
            copied(deps, data, medium)
        add_blobs(deps, 3, 1)
        source, before = source_of(deps, data), contents(second.path)
        at, away = 1, place.with_name("diambil")
        while not isinstance(made := make_copy(source, first, 2, Exchanging(place, at)), Made):
            assert made == Trouble(code="media_ditukar", values={"folder": str(place)}), at
            assert contents(place) == before, at
            place.rename(place.with_name("usb2"))
            away.rename(place)
            at += 1
        assert at > 7 and not away.exists()
        for medium in (first, second):
            copied(deps, data, medium)
            found = check_medium(medium, keys_of(data), Quiet())
            assert found.whole and not found.damaged and not found.bad_blobs
    finally:
        close_office(deps)
