"""A log of SQLite whose bytes were changed is told apart from one that only ends."""

import sqlite3
import struct
from pathlib import Path

import pytest

from server.verifying import wal
from server.verifying.wal import FRAME_HEADER_BYTES, HEADER_BYTES, first_bad_frame

PAGE_BYTES = 512
FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of four frames at least, as it lies after a crash."""
    return _kept(tmp_path, again=False)


def _kept(folder: Path, *, again: bool) -> Path:
    """Copy a log beside its open database; `again`: it began anew over a longer one that had been copied."""
    connection = sqlite3.connect(folder / "office.db", isolation_level=None)
    for sql in (f"PRAGMA page_size={PAGE_BYTES}", "PRAGMA journal_mode=WAL", "CREATE TABLE t (a)"):
        connection.execute(sql)
    connection.execute("INSERT INTO t VALUES (randomblob(2000))")
    if again:
        connection.execute("PRAGMA wal_checkpoint(RESTART)")
        connection.execute("INSERT INTO t VALUES (randomblob(600))")
    log = folder / "log"
    log.write_bytes((folder / "office.db-wal").read_bytes())
    connection.close()
    return log


def _frames(data: bytes) -> int:
    assert (len(data) - HEADER_BYTES) % FRAME_BYTES == 0
    return (len(data) - HEADER_BYTES) // FRAME_BYTES


def _bent(log: Path, whole: bytes, place: int) -> int | None:
    log.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    return first_bad_frame(log)


def test_a_log_that_is_not_there_or_holds_nothing_is_whole(log: Path, tmp_path: Path) -> None:
    whole = log.read_bytes()
    assert first_bad_frame(log) is None and _frames(whole) >= 4
    assert first_bad_frame(tmp_path / "none") is None
    for size in (0, 1, HEADER_BYTES - 1, HEADER_BYTES):
        log.write_bytes(whole[:size])
        assert first_bad_frame(log) is None, size


def test_each_byte_of_the_header_counts(log: Path) -> None:
    whole = log.read_bytes()
    assert {_bent(log, whole, place) for place in range(HEADER_BYTES)} == {0}
    log.write_bytes(whole[:24] + bytes(8))
    assert first_bad_frame(log) == 0, "also where nothing follows"


def test_a_log_that_sqlite_would_pass_by_is_bad_though_its_sums_are_right(log: Path) -> None:
    other = struct.pack(">I", 0x377F0681) + log.read_bytes()[4:24]
    log.write_bytes(other + struct.pack(">2I", *_sums(other, ">", (0, 0))))
    assert first_bad_frame(log) == 0


def test_of_several_changed_frames_the_first_is_named(log: Path) -> None:
    changed = bytearray(log.read_bytes())
    for number in (1, 2):
        changed[HEADER_BYTES + number * FRAME_BYTES + 8] ^= 1
    log.write_bytes(changed)
    assert first_bad_frame(log) == 2


def test_a_changed_byte_of_a_frame_names_the_frame(log: Path) -> None:
    whole = log.read_bytes()
    for number in range(_frames(whole) - 1):
        begins = HEADER_BYTES + number * FRAME_BYTES
        for place in (*range(FRAME_HEADER_BYTES), FRAME_HEADER_BYTES + 1, FRAME_BYTES - 1):
            assert _bent(log, whole, begins + place) == number + 1, (number, place)
    assert _bent(log, whole, len(whole) - 1) == _frames(whole)


def test_a_last_frame_that_was_not_written_to_its_end_is_the_end(log: Path) -> None:
    whole = log.read_bytes()
    for missing in (1, PAGE_BYTES, FRAME_BYTES - 1):
        log.write_bytes(whole[:-missing])
        assert first_bad_frame(log) is None, missing


def test_frames_that_an_earlier_log_left_are_the_end(tmp_path: Path) -> None:
    log = _kept(tmp_path, again=True)
    whole = log.read_bytes()
    salts = [whole[begins + 8 : begins + 16] for begins in range(HEADER_BYTES, len(whole), FRAME_BYTES)]
    now = salts.count(whole[16:24])
    assert first_bad_frame(log) is None and 2 <= now < len(salts) - 1
    for number in range(len(salts)):
        changed = _bent(log, whole, HEADER_BYTES + number * FRAME_BYTES + FRAME_HEADER_BYTES)
        assert changed == (number + 1 if number < now else None), number


def test_a_log_that_begins_anew_while_it_is_read_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of a served office: frames of the new log then stand before those of the old one."""
    connection = sqlite3.connect(tmp_path / "office.db", isolation_level=None)
    for sql in (f"PRAGMA page_size={PAGE_BYTES}", "PRAGMA journal_mode=WAL", "CREATE TABLE t (a)"):
        connection.execute(sql)
    connection.execute("INSERT INTO t VALUES (randomblob(30000))")
    later = ["PRAGMA wal_checkpoint(RESTART)", "INSERT INTO t VALUES (randomblob(15000))"]
    sums = wal.checksum

    def slow(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
        while later:
            connection.execute(later.pop(0))
        return sums(data, order, start)

    monkeypatch.setattr(wal, "checksum", slow)
    assert first_bad_frame(tmp_path / "office.db-wal") is None and not later
    connection.close()


def test_a_log_with_sums_of_the_other_order_is_read_too(log: Path) -> None:
    """SQLite writes them in the order of the machine's numbers, and reads both."""
    whole = log.read_bytes()
    magic = struct.unpack(">I", whole[:4])[0] ^ 1
    order = ">" if magic & 1 else "<"
    header = struct.pack(">I", magic) + whole[4:24]
    sums = _sums(header, order, (0, 0))
    other = header + struct.pack(">2I", *sums)
    for begins in range(HEADER_BYTES, len(whole), FRAME_BYTES):
        frame = whole[begins : begins + FRAME_BYTES]
        sums = _sums(frame[:8] + frame[FRAME_HEADER_BYTES:], order, sums)
        other += frame[:16] + struct.pack(">2I", *sums) + frame[FRAME_HEADER_BYTES:]
    log.write_bytes(other)
    assert first_bad_frame(log) is None
    assert _bent(log, other, HEADER_BYTES + FRAME_BYTES + 100) == 2


def _sums(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    one, two = sums
    numbers = [each for (each,) in struct.iter_unpack(f"{order}I", data)]
    for at in range(0, len(numbers), 2):
        one = (one + numbers[at] + two) % 2**32
        two = (two + numbers[at + 1] + one) % 2**32
    return one, two
