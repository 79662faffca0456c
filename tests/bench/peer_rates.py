"""PouchDB and Kinto moving the same records over the same line. Rule: each at its best, and never less."""

from dataclasses import dataclass
from pathlib import Path

from server.commands.demo import _free_port as free_port
from tests.bench import peers
from tests.bench.figures import timed_ms
from tests.bench.same_records import Document, save
from tests.bench.tcp_line import TcpLine, line_to

BATCHES = (100, 500, 1000, 2000)
RUNS = 3
KINTO_SLOW = 2_000
"""Above so many records Kinto's batches are pushed once only: they take their time."""


@dataclass
class Rates:
    """Records a second, and payload bytes of TCP both ways for the whole set; `how` says at what setting."""

    pull: float = 0
    push: float = 0
    pull_memory: float = 0
    pull_bytes: int = 0
    push_bytes: int = 0
    quiet_requests: int = 0
    quiet_bytes: int = 0
    pull_how: str = ""
    push_how: str = ""


def measure(folder: Path, listed: list[Document], written: list[Document]) -> dict[str, Rates]:
    """Install the peers if need be, and measure each: `listed` is pulled, `written` is pushed."""
    peers.install()
    return {
        "PouchDB": _pouchdb(folder / "pouchdb", listed, written),
        "Kinto": _kinto(folder, listed, written),
    }


def _pouchdb(folder: Path, listed: list[Document], written: list[Document]) -> Rates:
    best = Rates()
    local = folder / "local"
    local.mkdir(parents=True)
    files = {
        "listed": save(listed, folder / "listed.json"),
        "written": save(written, folder / "written.json"),
    }
    with peers.pouchdb_server(folder / "server") as address, line_to(address) as line:
        url = f"{line.address}/warga"
        peers.pouchdb("fill", url=url, file=str(files["listed"]))
        for batch in BATCHES:
            common = {"folder": str(local), "batch": batch, "runs": RUNS}
            line.take()
            done = peers.pouchdb("pull", url=url, **common)
            rate, size = len(listed) / min(done["seconds"]), line.take().total_bytes // RUNS
            if rate > best.pull:
                best.pull, best.pull_how = rate, f"batches of {batch}"
            best.pull_bytes = min(size, best.pull_bytes or size)
            done = peers.pouchdb("pull", url=url, adapter="memory", **common)
            best.pull_memory = max(best.pull_memory, len(listed) / min(done["seconds"]))
            line.take()
            done = peers.pouchdb("push", url=url, file=str(files["written"]), **common)
            rate, size = len(written) / min(done["seconds"]), line.take().total_bytes // RUNS
            if rate > best.push:
                best.push, best.push_how = rate, f"batches of {batch}"
            best.push_bytes = min(size, best.push_bytes or size)
        for _ in range(2):  # the second looks through what the first brought; only then is nothing new
            peers.pouchdb("sync", url=url, folder=str(local), name="stays")
        line.take()
        peers.pouchdb("sync", url=url, folder=str(local), name="stays")
        quiet = line.take()
        best.quiet_requests, best.quiet_bytes = quiet.requests, quiet.total_bytes
    return best


def pouchdb_pull(folder: Path, listed: list[Document], batch: int = 1000) -> Rates:
    """Pull a large set into LevelDB once, at the batch size that was near its best with smaller ones."""
    peers.install()
    (folder / "local").mkdir(parents=True)
    rates = Rates(pull_how=f"batches of {batch}")
    with peers.pouchdb_server(folder / "server") as address, line_to(address) as line:
        url = f"{line.address}/warga"
        peers.pouchdb("fill", url=url, file=str(save(listed, folder / "listed.json")))
        line.take()
        done = peers.pouchdb("pull", url=url, folder=str(folder / "local"), batch=batch, runs=1)
        rates.pull, rates.pull_bytes = len(listed) / min(done["seconds"]), line.take().total_bytes
    return rates


def _kinto(folder: Path, listed: list[Document], written: list[Document]) -> Rates:
    rates = Rates(pull_how="one answer", push_how=f"batches of {peers.BATCH_OF_KINTO}")
    runs = 1 if len(written) > KINTO_SLOW else RUNS
    with peers.kinto_server(folder / "kinto", free_port()) as address, line_to(address) as line:
        peers.KintoClient(address, "listed").push(listed)
        rates.push, rates.push_bytes = max(_kinto_push(line, run, written) for run in range(runs))
        client = peers.KintoClient(line.address, "listed")
        for _ in range(RUNS):
            line.take()
            seconds = timed_ms(client.pull) / 1000
            rates.pull = max(rates.pull, len(listed) / seconds)
            rates.pull_bytes = line.take().total_bytes
    return rates


def _kinto_push(line: TcpLine, run: int, written: list[Document]) -> tuple[float, int]:
    client = peers.KintoClient(line.address, f"written{run}")
    line.take()
    seconds = timed_ms(lambda: client.push(written)) / 1000
    return len(written) / seconds, line.take().total_bytes
