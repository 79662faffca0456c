"""Other sync programs, installed and run as their makers say. Rule: pinned, and outside this tree.

`PEERS=1` installs them once, from npm and PyPI by the ordinary clients, into a cache folder. PouchDB is both
ends of its replication, with LevelDB on either side; express-pouchdb serves it. Kinto keeps all in memory
(its other store needs PostgreSQL) and is asked by plain HTTP, which is less work than its own client does.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

POUCHDB = ("pouchdb@9.0.0", "express-pouchdb@4.2.0", "express@4.21.2", "pouchdb-adapter-memory@9.0.0")
KINTO = ("kinto==26.5.0", "waitress==3.0.2")
SCRIPTS = Path(__file__).parent / "peer_programs"
START_S = 30
BATCH_OF_KINTO = 100
"""Requests in one of Kinto's batches; it allows 25 by default, and more is faster."""


def cache() -> Path:
    """Return the folder that the peers are installed in."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "sambang-peers"


def install() -> None:
    """Install what is missing. Raises CalledProcessError."""
    node, kinto = cache() / "node", cache() / "kinto"
    wanted = " ".join((*POUCHDB, *KINTO))
    mark = cache() / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return
    node.mkdir(parents=True, exist_ok=True)
    (node / "package.json").write_text('{"private": true}')
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", *POUCHDB], cwd=node, **quiet
    )
    subprocess.run([sys.executable, "-m", "venv", str(kinto)], **quiet)
    subprocess.run([str(kinto / "bin/python"), "-m", "pip", "install", "-q", *KINTO], **quiet)
    mark.write_text(wanted)


@contextmanager
def pouchdb_server(folder: Path) -> Iterator[str]:
    """Serve PouchDB from a folder; yields its address."""
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        ["node", str(SCRIPTS / "pouchdb_server.cjs"), f"{folder}/"],
        stdout=subprocess.PIPE,
        text=True,
        env=_node(),
        cwd=folder,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        _stop(process)


def pouchdb(command: str, **options: object) -> dict[str, Any]:
    """Run one command of the PouchDB client and return what it says; see peer_programs/pouchdb_client.cjs."""
    done = subprocess.run(
        ["node", str(SCRIPTS / "pouchdb_client.cjs"), command, json.dumps(options)],
        capture_output=True,
        text=True,
        check=True,
        env=_node(),
    )
    return json.loads(done.stdout)


@contextmanager
def kinto_server(folder: Path, port: int) -> Iterator[str]:
    """Serve an empty Kinto; yields its address."""
    folder.mkdir(parents=True, exist_ok=True)
    ini = folder / "kinto.ini"
    ini.write_text((SCRIPTS / "kinto.ini").read_text().replace("PORT", str(port)))
    process = subprocess.Popen(
        [str(cache() / "kinto/bin/kinto"), "start", "--ini", str(ini)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _until_it_answers(f"{address}/v1/", process)
        yield address
    finally:
        _stop(process)


class KintoClient:
    """Asks one collection of Kinto."""

    def __init__(self, address: str, collection: str) -> None:
        self._http = httpx.Client(base_url=f"{address}/v1", auth=("bench", "bench"), timeout=300)
        self._path = f"/buckets/bench/collections/{collection}"
        self._http.put("/buckets/bench").raise_for_status()
        self._http.put(self._path).raise_for_status()

    def push(self, documents: list[dict[str, Any]]) -> None:
        """Create records, many in a batch."""
        for first in range(0, len(documents), BATCH_OF_KINTO):
            requests = [
                {
                    "method": "PUT",
                    "path": f"/v1{self._path}/records/{doc['_id']}",
                    "body": {"data": {name: value for name, value in doc.items() if name != "_id"}},
                }
                for doc in documents[first : first + BATCH_OF_KINTO]
            ]
            answer = self._http.post("/batch", json={"requests": requests})
            answer.raise_for_status()
            if any(one["status"] not in (200, 201) for one in answer.json()["responses"]):
                raise RuntimeError("Kinto refused a record")

    def pull(self) -> int:
        """Fetch all records in one answer; return how many they are."""
        answer = self._http.get(f"{self._path}/records")
        answer.raise_for_status()
        return len(answer.json()["data"])


def _node() -> dict[str, str]:
    return {**os.environ, "NODE_PATH": str(cache() / "node/node_modules")}


def _until_it_answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"nothing answers at {url}")


def _stop(process: "subprocess.Popen[Any]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
