"""Durable changes a second through HTTP, beside a bare set-based loop that stores the same rows."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from schemas.wire import PROTOCOL, Applied, Cursor, SyncRequest, SyncResponse
from server.compose import unlock
from server.engines.connecting import connect
from server.engines.sqlite import create
from sync.chain import head_message
from sync.change import Patch
from tests.bench.figures import Figure
from tests.bench.offices import BATCH, Line, office
from tests.contract.people import record_id

PHONES = 16
ROUNDS = 8
TURNS = 3
TABLES = ("links", "changes", "records", "rows")


def measure(folder: Path) -> list[Figure]:
    """Measure both a few times in turn, since the machine's speed drifts; the medians are quoted."""
    turns = [_turn(folder / str(number)) for number in range(TURNS)]
    rate, bare = (median(figures) for figures in zip(*turns, strict=True))
    return [
        Figure(
            name="server: durable changes through HTTP, in batches of 500",
            value=rate,
            unit="changes/s",
            budget=8_000,
            limit=bare,
            limit_name="bare set-based SQLCipher loop",
            more_is_better=True,
        )
    ]


def _turn(folder: Path) -> tuple[float, float]:
    """Let each phone push batches of changes to warga of its own; return changes/s there and in a bare loop.

    Every change is applied.
    """
    folder.mkdir()
    warga = [
        Patch(
            record=record_id(phone * 10_000 + number),
            kind="warga",
            base={},
            new={"nama": f"Warga {number}", "kode_desa": _desa(phone), "layanan": ["bpnt"], "pekerjaan": "0"},
        )
        for phone in range(PHONES)
        for number in range(BATCH)
    ]
    with office(folder, warga, {seed: [_desa(seed)] for seed in range(PHONES)}) as bench:
        lines = [Line(bench, seed) for seed in range(PHONES)]
        requests = [_requests(line, phone) for phone, line in enumerate(lines)]
        with ThreadPoolExecutor(PHONES) as pool:
            start = time.perf_counter()
            answers = list(pool.map(_push, lines, requests))
            seconds = time.perf_counter() - start
    outcomes = [one.outcome for run in answers for answer in run for one in answer.results]
    if not all(isinstance(outcome, Applied) for outcome in outcomes):
        raise RuntimeError("a change of the benchmark was not applied")
    return len(outcomes) / seconds, _bare(folder)


def _desa(phone: int) -> str:
    return f"33.14.01.{2001 + phone}"


def _push(line: Line, requests: list[SyncRequest]) -> list[SyncResponse]:
    """Push as a phone does: each message goes on from the cursor that the last answer gave."""
    cursor, answers = Cursor(), list[SyncResponse]()
    for request in requests:
        answers.append(line.sync(replace(request, cursor=cursor)))
        cursor = answers[-1].cursor
    return answers


def _requests(line: Line, phone: int) -> list[SyncRequest]:
    """Return the pushes of one phone, made beforehand: round k sets a field from k to k + 1."""
    requests: list[SyncRequest] = []
    for turn in range(ROUNDS):
        entries = [
            line.writer.write(
                Patch(
                    record=record_id(phone * 10_000 + number),
                    kind="warga",
                    base={"pekerjaan": str(turn)},
                    new={"pekerjaan": str(turn + 1)},
                )
            )
            for number in range(BATCH)
        ]
        requests.append(
            SyncRequest(
                protocol=PROTOCOL,
                device=line.device,
                cursor=Cursor(),
                links=[entry.raw_link for entry in entries],
                contents=[entry.content for entry in entries],
                signature=line.writer.key.sign(head_message(entries[-1].hash)),
            )
        )
    return requests


def _bare(folder: Path) -> float:
    """Return changes a second of a loop that only stores: the same rows, the same batches and durability."""
    keys, path = unlock(folder / "office", None)
    source = connect(path, keys.database, read_only=True).conn
    rows = {table: source.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
    source.close()
    create(folder / "bare.db", keys.database, "33.14", "x", 0)
    target = connect(folder / "bare.db", keys.database).conn
    count = len(rows["changes"])
    start = time.perf_counter()
    for first in range(0, count, BATCH):
        target.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            # Records and rows are fewer than changes: each batch stores as many of them as of changes.
            batch = [rows[table][(first + n) % len(rows[table])] for n in range(min(BATCH, count - first))]
            marks = ", ".join("?" * len(batch[0]))
            target.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", batch)
        target.execute("COMMIT")
    return count / (time.perf_counter() - start)
