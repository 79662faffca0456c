"""Schedule and stream inside the server: what is due is made, one at a time, and nothing stops for it."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.ids import RecordId
from server import backup_store
from server.backup_store import Copy, Plan, Try
from server.backups import keeper
from server.backups.blob_copies import BlobCopies
from server.backups.keeper import RETRY_MS, Keeper, due
from server.backups.making import Made, StoppedError
from server.backups.medium import Medium, Trouble
from server.backups.stream import KEPT, log_numbers, read_log
from server.backups.streaming import Streamer
from server.compose import close_office
from server.deps import Deps
from server.store import SqlOfficeStore
from sync.change import Patch
from tests.server.backup_office import Quiet, add_blobs, keys_of, medium_at, source_of
from tests.server.conftest import DESA, make_office

HOUR_MS = 3_600_000
COPY = Copy(
    medium="m", path="/a", disk="d", beside_data=False, number=1, begun_ms=1_000_000_000,
    verified_ms=1_000_000_001, last_seq=1, tag=b"t", links=1, senders=0, size_bytes=1, blobs=0,
)  # fmt: skip


class Office:
    """An office with two media, and a keeper of its own."""

    def __init__(self, folder: Path) -> None:
        self.deps: Deps = make_office(folder)
        self.data = folder / "office"
        self.media = [medium_at(folder / name, self.data, self.deps) for name in ("usb1", "usb2")]
        self.source = source_of(self.deps, self.data)
        self.keeper = Keeper(self.source, age_days=0)
        self.written = 0

    def plan(self, copies: tuple[Medium, ...] = (), stream: Medium | None = None) -> None:
        plan = Plan(copies=tuple(str(m.path) for m in copies), stream=str(stream.path) if stream else "")
        self.deps.engine.write(lambda tx: backup_store.put_plan(tx, plan)).result()

    def write(self) -> None:
        self.written += 1
        new = {"nama": f"W{self.written}", "kode_desa": DESA, "layanan": ["bpnt"]}
        body = Patch(record=RecordId(f"{self.written:032x}"), kind="warga", base={}, new=new)
        self.deps.office.act(self.deps.office.person, body)

    def newest(self) -> dict[str, int]:
        found = self.deps.engine.read(backup_store.newest_copies)
        return {Path(copy.path).name: copy.number for copy in found}

    def streamed(self, medium: Medium) -> list[int]:
        """How many links each log holds."""
        found: list[int] = []
        for number in log_numbers(medium):
            opened = read_log(medium, keys_of(self.data), number)
            assert opened is not None
            found.append(sum(len(committed.links) for committed in opened[1]))
        return found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.keeper.stop()
    close_office(office.deps)


def wait_for(what: Callable[[], bool]) -> None:
    for _ in range(6_000):
        if what():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to that")


def test_a_run_that_was_missed_is_made_up_for_at_start(office: Office) -> None:
    office.plan(tuple(office.media))
    office.keeper.start()
    wait_for(lambda: office.newest() == {"usb1": 1, "usb2": 1})


def test_nothing_is_copied_before_it_is_due_but_whoever_asks_gets_a_copy(office: Office) -> None:
    office.plan(tuple(office.media))
    office.keeper.copy_to([str(medium.path) for medium in office.media], 7)
    office.keeper.start()
    assert office.keeper.ask()
    wait_for(lambda: office.newest() == {"usb1": 2, "usb2": 2})


def test_a_look_at_what_is_due_keeps_nobody_from_a_copy(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked in that moment was told that a copy is being made already."""
    held, looks = list[Path](), list[int]()
    real = keeper.held_alone

    def held_alone(path: Path) -> AbstractContextManager[bool]:
        held.append(path)
        return real(path)

    def nothing_due(*_: object) -> tuple[str, ...]:
        looks.append(len(held))
        return ()

    monkeypatch.setattr(keeper, "held_alone", held_alone)
    monkeypatch.setattr(keeper, "due", nothing_due)
    monkeypatch.setattr(keeper, "LOOK_S", 0.01)
    office.plan((office.media[0],))
    office.keeper.start()
    wait_for(lambda: len(looks) > 3)
    office.keeper.stop()
    assert held == []


def test_nobody_keeps_the_schedule_before_it_is_started(office: Office) -> None:
    assert not office.keeper.ask()


def test_what_is_due_follows_from_what_was_verified() -> None:
    plan = Plan(copies=("/a", "/b"), every_ms=24 * HOUR_MS)
    begun = COPY.begun_ms
    assert due(plan, [], {}, begun) == ("/a", "/b")
    assert due(plan, [COPY], {}, begun + HOUR_MS) == ("/b",)
    assert due(plan, [COPY], {}, begun + 24 * HOUR_MS) == ("/a", "/b")
    assert due(plan, [COPY], {}, begun - 1) == ("/a", "/b"), "a copy from the future says nothing"
    failed = {"/b": Try(path="/b", at_ms=begun, trouble=Trouble(code="media_tidak_ada"))}
    assert due(plan, [COPY], failed, begun + RETRY_MS - 1) == ()
    assert due(plan, [COPY], failed, begun + RETRY_MS) == ("/b",)
    older = replace(COPY, medium="n", path="/b", begun_ms=begun - 48 * HOUR_MS)
    assert due(plan, [COPY, older], {}, begun) == ("/b",)
    ahead = replace(COPY, medium="n", begun_ms=begun + 999 * HOUR_MS)
    assert due(plan, [COPY, ahead], {}, begun) == ("/b",), "nor beside one of now, of a disk that went"


def test_a_disk_whose_copies_somebody_took_away_is_not_copied_to_without_end(office: Office) -> None:
    medium, path = office.media[0], str(office.media[0].path)
    office.plan((medium,))
    for _ in range(3):
        assert isinstance(office.keeper.copy_to([path], 7)[path], Made)
    for file in medium.copies.iterdir():
        file.unlink()
    before_ms = office.deps.now_ms()
    assert isinstance(office.keeper.copy_to([path], 7)[path], Made)
    assert office.newest() == {"usb1": 4}
    [newest] = office.deps.engine.read(backup_store.newest_copies)
    assert newest.begun_ms >= before_ms, "the copy that is there is the one that counts"


def test_one_medium_that_fails_is_noted_and_stops_neither_the_other_nor_the_server(office: Office) -> None:
    gone, there = office.media
    gone.path.rename(gone.path.with_name("away"))
    office.plan((gone, there))
    office.keeper.start()
    wait_for(lambda: office.newest() == {"usb2": 1})
    tried = office.deps.engine.read(backup_store.tries)
    failed = tried[str(gone.path)].trouble
    assert failed is not None and failed.code == "media_tidak_ada"
    assert tried[str(there.path)].trouble is None
    office.write()


def test_two_are_never_made_at_once_whoever_asks(office: Office) -> None:
    other = Keeper(office.source)  # as the command, in another process
    seen: list[Made | Trouble] = []
    path = str(office.media[1].path)

    class Meanwhile(Quiet):
        def at(self, name: str) -> None:
            if name == "periksa":
                seen.extend(other.copy_to([path], 7).values())

    office.keeper.copy_to([str(office.media[0].path)], 7, Meanwhile())
    [refused] = seen
    assert isinstance(refused, Trouble) and refused.code == "sedang_berjalan"
    assert isinstance(other.copy_to([path], 7)[path], Made)


def test_a_server_that_stops_does_not_wait_for_the_end_of_a_copy(office: Office) -> None:
    reached = threading.Event()

    class Slow(Quiet):
        def at(self, name: str) -> None:
            if name == "berkas":
                reached.set()
                office.keeper._stop.set()

    with pytest.raises(StoppedError):
        office.keeper.copy_to([str(office.media[0].path)], 7, Slow())
    assert reached.is_set() and office.keeper.running is None
    assert office.newest() == {}


def test_what_is_committed_is_in_the_log_within_a_moment(office: Office) -> None:
    office.plan(stream=office.media[0])
    office.keeper.start()
    wait_for(lambda: office.keeper.stream.since_ms > 0)
    wait_for(lambda: sum(office.streamed(office.media[0])) == 1)  # the office's first change
    office.write()
    wait_for(lambda: sum(office.streamed(office.media[0])) == 2)


def test_the_writer_is_not_held_up_by_a_log_that_hangs(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    streamer, hanging, free = Streamer(office.source), threading.Event(), threading.Event()
    path = str(office.media[0].path)
    streamer.step(path)

    def hang(*_: object) -> None:
        hanging.set()
        assert free.wait(20)

    assert streamer._log is not None
    monkeypatch.setattr(streamer._log, "append", hang)
    office.write()
    thread = threading.Thread(target=streamer.step, args=[path])
    thread.start()
    assert hanging.wait(20)
    for _ in range(20):
        office.write()  # each waits for its own commit
    free.set()
    thread.join()
    streamer.close()


def test_a_medium_that_vanishes_is_said_and_taken_up_again_with_nothing_left_out(office: Office) -> None:
    streamer = Streamer(office.source)
    medium = office.media[0]
    office.write()
    streamer.step(str(medium.path))
    away = medium.path.with_name("away")
    medium.path.rename(away)
    office.write()
    (away / "stream" / "00000001.log").chmod(0o400)
    streamer.close()  # as a disk that is pulled out takes its open file along
    streamer.step(str(medium.path))
    assert streamer.state.trouble is not None and streamer.state.trouble.code == "media_tidak_ada"
    office.write()
    away.rename(medium.path)
    streamer.step(str(medium.path))
    assert streamer.state.trouble is None
    assert office.streamed(medium)[-1] == 4  # the office's first change and the three
    streamer.close()


def test_a_log_that_finds_no_space_is_said_and_leaves_nothing_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    streamer, medium = Streamer(office.source), office.media[0]
    streamer.step(str(medium.path))
    office.write()
    with monkeypatch.context() as patch:

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "no space")

        patch.setattr(os, "fsync", full)
        streamer.step(str(medium.path))
    assert streamer.state.trouble is not None and streamer.state.trouble.code == "media_penuh"
    streamer.step(str(medium.path))
    assert streamer.state.trouble is None
    assert office.streamed(medium)[-1] == 2  # the office's first change and this one
    streamer.close()


def test_a_log_begins_where_the_copies_end_and_old_logs_go(office: Office) -> None:
    streamer = Streamer(office.source)
    medium = office.media[0]
    for number in range(KEPT + 3):
        office.write()
        office.write()
        office.keeper.copy_to([str(office.media[1].path)], 2)
        office.write()
        streamer.step(str(medium.path))
        assert office.streamed(medium)[-1] == 1, number
    assert len(log_numbers(medium)) == KEPT + 1
    streamer.close()


def test_what_the_office_destroyed_leaves_the_disk_of_the_stream_with_its_next_log(office: Office) -> None:
    streamer, medium = Streamer(office.source), office.media[0]
    gone, kept = add_blobs(office.deps, 2, seed=5)
    streamer.step(str(medium.path))
    copies = BlobCopies(office.deps.blobs, medium.blobs, office.source.keys.blob_masters())
    assert copies.store.has(gone) and copies.store.has(kept)
    office.deps.engine.write(lambda tx: SqlOfficeStore.writing(tx).destroy([], [gone])).result()
    office.keeper.copy_to([str(office.media[1].path)], 2)
    streamer.step(str(medium.path))
    assert not copies.store.has(gone) and copies.store.has(kept)
    streamer.close()


def test_a_log_serves_the_older_of_two_disks_too(office: Office) -> None:
    first, second = office.media
    office.keeper.copy_to([str(first.path)], 7)
    office.write()
    (blob,) = add_blobs(office.deps, 1, seed=3)
    office.keeper.copy_to([str(second.path)], 7)
    office.write()
    streamer = Streamer(office.source)
    streamer.step(str(first.path))
    streamer.close()
    assert office.streamed(first) == [2]
    opened = read_log(first, keys_of(office.data), 1)
    assert opened is not None
    assert [sent.blob for committed in opened[1] for sent in committed.blobs] == [blob]


def test_an_import_longer_than_a_batch_is_one_run(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from server import feed_store

    monkeypatch.setattr(feed_store, "BATCH", 3)
    streamer = Streamer(office.source)
    bodies = [
        Patch(
            record=RecordId(f"{n:032x}"),
            kind="warga",
            base={},
            new={"nama": "W", "kode_desa": DESA, "layanan": []},
        )
        for n in range(1, 41)
    ]
    office.deps.office.act_all(office.deps.office.person, bodies)
    office.write()
    streamer.step(str(office.media[0].path))
    streamer.close()
    assert office.streamed(office.media[0]) == [42]
