"""What is streamed to a second disk, however it is cut: every link, in whole runs that a signature ends."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.ids import NO_LINK, LinkHash
from server import feed_store
from server.engine import Writer as Transaction
from server.engines.sqlite import SqliteEngine
from server.feed_store import FedLink, Position, newest, since
from server.store import SqlOfficeStore
from sync.chain import START, head_message, link_hash, read_link
from sync.change import Patch
from sync.intake import Malformed, read_run
from sync.server import push
from sync.store import Entry
from tests.contract.people import OpenRules, Writer, record_id
from tests.server.offices import NOW_MS, make_engine

PHONE, BRANCHED, LATE = (Writer(seed) for seed in (21, 22, 23))
CALLERS = {writer.device: writer.caller() for writer in (PHONE, BRANCHED, LATE)}
BLOBS = [digit * 64 for digit in "abc"]


def written(writer: Writer, count: int) -> list[Entry]:
    body = Patch(record=record_id(writer.seed), kind="warga", base={}, new={"nama": "Warga"})
    return [writer.write(body) for _ in range(count)]


def take(tx: Transaction, writer: Writer, entries: list[Entry]) -> None:
    caller, signature = writer.caller(), writer.key.sign(head_message(entries[-1].hash))
    contents = [entry.content or b"" for entry in entries]
    run = read_run([entry.raw_link for entry in entries], contents, signature, None, caller)
    assert not isinstance(run, Malformed)
    store, rules = SqlOfficeStore.writing(tx), OpenRules()
    done = push(store, run, caller=caller, callers=lambda _: caller, rules=rules, now_ms=NOW_MS)
    assert not isinstance(done, Malformed)


def fill(tx: Transaction) -> None:
    """Runs that came in order, a branch, and a run of which the midst was here before."""
    take(tx, PHONE, written(PHONE, 5))
    take(tx, BRANCHED, written(BRANCHED, 3))
    BRANCHED.tip = START
    take(tx, BRANCHED, written(BRANCHED, 2))
    late = written(LATE, 5)
    take(tx, LATE, late[2:4])
    take(tx, PHONE, written(PHONE, 2))
    take(tx, LATE, late)
    for blob in BLOBS:
        SqlOfficeStore.writing(tx).blob_received(blob, 9, PHONE.device, NOW_MS)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteEngine]:
    folder: Path = tmp_path_factory.mktemp("fed")
    engine = make_engine(folder)
    engine.write(fill).result()
    yield engine
    engine.close()


def runs_of(links: list[FedLink]) -> list[list[FedLink]]:
    runs: list[list[FedLink]] = [[]]
    for link in links:
        runs[-1].append(link)
        if link.signature is not None:
            runs.append([])
    assert runs.pop() == [], "the last run ends with its signature"
    return runs


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 100])
def test_all_that_came_is_told_in_whole_runs_however_it_is_cut(
    engine: SqliteEngine, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_store, "BATCH", batch)
    position, told, senders = Position(), Counter[LinkHash](), list[str]()
    end = engine.read(newest)
    for _ in range(30):
        fed = engine.read(lambda reader, position=position: since(reader, position))
        for run in runs_of(fed.links):
            prev = read_link(run[0].raw).prev
            for link in run:
                assert prev == read_link(link.raw).prev, "within a run each link follows the one before"
                prev = link_hash(link.raw)
                told[prev] += 1
            device, signature = read_link(run[0].raw).device, run[-1].signature
            assert signature is not None
            assert CALLERS[device].verify(signature, head_message(prev)), "a run that is refused is lost"
        senders += [blob.blob for blob in fed.blobs]
        position = Position(links=fed.position[0], senders=fed.position[1])
    assert position == end and senders == BLOBS
    links = engine.read(lambda reader: reader.query("SELECT hash, device FROM links"))
    assert told.keys() == {name for name, _ in links} and NO_LINK not in told
    assert all(told[name] == 1 for name, device in links if device == PHONE.device), "each is told once"
