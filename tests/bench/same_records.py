"""The records that every program of a comparison moves: the demo's warga. Rule: the same JSON for all.

What an office's list shows of a warga (`listed`) is what phones pull; what a worker at the door may write
(`written`) is what phones push. The others move exactly these documents.
"""

import json
import random
import socket
import sqlite3
import threading
from datetime import date
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from schemas.ids import RecordId, uuid7
from schemas.wilayah import load_wilayah
from server.demo.data import Maker
from sync.change import Patch
from sync.fields import PHONE_FIELDS
from sync.scope import reduced
from tests.bench.figures import timed_ms

Document = dict[str, Any]
COMMIT_EVERY = 500


def every_desa() -> list[str]:
    """Return the codes of all 208 desa."""
    wilayah = load_wilayah()
    return [desa.kode for kecamatan in wilayah.kecamatan() for desa in wilayah.desa(kecamatan.kode)]


def warga(count: int, seed: int = 1) -> list[Patch]:
    """Return that many warga over all desa, as the office would import them."""
    maker = Maker(random.Random(seed), load_wilayah(), date(2026, 11, 22), 1_790_000_000_000 + seed)
    made = enumerate(maker.warga(count))
    return [replace(patch, record=_made_later(patch.record, number)) for number, patch in made]


def _made_later(record: RecordId, by_ms: int) -> RecordId:
    """Return an id as it is made so much later: who writes people down does so one after another."""
    return uuid7(int(record[:12], 16) + by_ms, bytes.fromhex(record[12:]))


def listed(patches: list[Patch]) -> list[Document]:
    """Return what a phone of the desa is shown of each, with its id."""
    return [{"_id": patch.record, **reduced(patch.new)} for patch in patches]


def from_the_door(patches: list[Patch]) -> list[Patch]:
    """Return the same warga as a worker writes them down: only fields that a phone may set."""
    return [
        Patch(
            record=patch.record,
            kind="warga",
            base={},
            new={name: value for name, value in patch.new.items() if name in PHONE_FIELDS["warga"]},
        )
        for patch in patches
    ]


def written(patches: list[Patch]) -> list[Document]:
    """Return what was written down of each, with its id."""
    return [{"_id": patch.record, **patch.new} for patch in from_the_door(patches)]


def save(documents: list[Document], path: Path) -> Path:
    """Write documents as one JSON array."""
    path.write_text(json.dumps(documents, separators=(",", ":")), "utf-8")
    return path


def bare_inserts(folder: Path, documents: list[Document]) -> float:
    """Return records a second that plain SQLite stores, durably, 500 in a commit."""
    bodies = [(doc["_id"], json.dumps(doc)) for doc in documents]
    connection = sqlite3.connect(folder / f"bare-{len(documents)}.db", isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE w (id, body)"
    )

    def insert() -> None:
        for first in range(0, len(bodies), COMMIT_EVERY):
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO w VALUES (?, ?)", bodies[first : first + COMMIT_EVERY])
            connection.execute("COMMIT")

    try:
        return len(documents) / timed_ms(insert) * 1000
    finally:
        connection.close()


def bare_copy(documents: list[Document]) -> float:
    """Return records a second whose JSON goes through a socket of this machine and back out of it."""
    bodies = [json.dumps(doc).encode() for doc in documents]
    listener = socket.create_server(("127.0.0.1", 0))
    total = sum(map(len, bodies))

    def send() -> None:
        with socket.create_connection(listener.getsockname()) as line:
            for body in bodies:
                line.sendall(body)

    def receive() -> None:
        sender = threading.Thread(target=send)
        sender.start()
        with listener.accept()[0] as line:
            left = total
            while left:
                left -= len(line.recv(1 << 18))
        sender.join()

    with listener:
        return len(documents) / timed_ms(receive) * 1000
