"""Clients that others wrote upload to the real server, also over a line that is cut.

Rule: no test installs anything. `.ci/setup clients` lays them into .venv/clients, which CI does; without them
the tests are skipped and say so.
"""

import os
import random
import shutil
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.line import UP
from tests.faults.test_broken_uploads import named, submit, wanted
from tests.faults.world import World
from tests.server.phones import Phone as WirePhone

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / ".venv" / "clients"
IN_PYTHON = {"tuspy": "tusclient", "tuspy-async": "tusclient", "aiotus": "aiotus"}
IN_NODE = {"tus-js": "tus-js-client", "tus-js-at-once": "tus-js-client", "tus-js-as-post": "tus-js-client"}
LASTING = [*IN_PYTHON, *IN_NODE, "uppy"]
"""Those that try again after a cut."""


def command(client: str) -> list[str]:
    """How a client is run; skips where it is not installed."""
    if client in IN_PYTHON or client in ("pytus", "tuspy-plain"):
        if not (INSTALLED / IN_PYTHON.get(client, "tusclient")).is_dir():
            pytest.skip(f"{client} is not installed: .ci/setup clients")
        return [sys.executable, str(HERE / "tus_upload.py"), client]
    node = shutil.which("node")
    if node is None or not (INSTALLED / "node_modules" / IN_NODE.get(client, "@uppy/tus")).is_dir():
        pytest.skip(f"{client} is not installed: .ci/setup clients")
    return [node, str(HERE / "tus_upload.cjs"), client]


def photo(world: World, phone: WirePhone, number: int, size: int) -> tuple[Path, str]:
    """A photo that the office wants: its file and its hash."""
    data = random.Random(number).randbytes(size)
    file = world.folder / f"foto-{number}"
    file.write_bytes(data)
    phone.write(submit(record_id(50 + number), ("foto_rumah_depan", data)))
    assert named(data) in wanted(phone)
    return file, named(data)


def run(client: str, *given: object, authority: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Let a client upload: endpoint, token, file, hash, size of a piece; which authority it trusts."""
    found = {"PYTHONPATH": str(INSTALLED), "NODE_PATH": str(INSTALLED / "node_modules")}
    if authority is not None:
        found |= dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), str(authority))
    done = subprocess.run(
        [*command(client), *map(str, given)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **found},
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize(
    ("client", "cut"),
    [*((client, cut) for client in LASTING for cut in (0, 150_000, 390_000)), ("pytus", 0)],
)
def test_a_client_that_others_wrote_uploads_a_photo(regency: Make, client: str, cut: int) -> None:
    """Row 10. Creation, offsets, resuming after a cut, checksums where the client sends them."""
    command(client)
    world = regency()
    phone = world.wire_phone()
    file, blob = photo(world, phone, cut, 500_000)
    if cut:
        world.line.cut(UP, cut)
    run(client, f"{world.line.address}/tus/", phone.token, file, blob, 200_000)
    assert world.line.cuts == bool(cut)
    assert wanted(phone) == []
    assert world.rows("SELECT blob FROM blobs") == [(blob,)]
    assert (world.lacks(), world.faults()) == ([], [])


@pytest.mark.parametrize("client", LASTING)
def test_a_client_that_others_wrote_uploads_over_tls_once_it_was_told_of_the_authority(
    regency: Make, client: str
) -> None:
    """Row 10. With the office's own certificate and a cut on the way, and none of its checks turned off."""
    command(client)
    world = regency(served=False)
    world.serve(options=("--tls", "--name", "127.0.0.1"))
    phone = world.wire_phone()
    known = world.folder / "otoritas.pem"
    known.write_text(ssl.DER_cert_to_PEM_cert(phone.http.get("/api/authority").content))
    file, blob = photo(world, phone, 1, 500_000)
    world.line.cut(UP, 200_000)
    given = f"{world.line.address}/tus/", phone.token, file, blob, 150_000
    run(client, *given, authority=known)
    assert world.line.cuts == 1 and wanted(phone) == []
    assert world.rows("SELECT blob FROM blobs") == [(blob,)]
    assert (world.lacks(), world.faults()) == ([], [])


def test_photos_of_several_clients_at_once_in_pieces_of_odd_sizes_all_arrive(regency: Make) -> None:
    """Row 10. One phone's token, each client with a photo and a size of its own, all at one moment."""
    clients = ["tuspy", "tuspy-async", "aiotus", "tus-js", "tus-js-at-once", "uppy", "pytus"]
    for client in clients:
        command(client)
    world = regency()
    phone = world.wire_phone()
    photos = [photo(world, phone, number, 100_000 + 77_777 * number) for number in range(len(clients))]
    given = f"{world.line.address}/tus/", phone.token
    with ThreadPoolExecutor(len(clients)) as together:
        runs = [
            together.submit(run, client, *given, *photos[at], 7_919 * (at + 1))
            for at, client in enumerate(clients)
        ]
        for each in runs:
            each.result()
    assert wanted(phone) == []
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_client_that_was_closed_midway_and_knows_nothing_of_it_uploads_from_the_first_byte(
    regency: Make,
) -> None:
    """Row 10. It takes its creation for a new file, and gives up where the office does not."""
    command("tuspy-plain")
    world = regency()
    phone = world.wire_phone()
    file, blob = photo(world, phone, 1, 300_000)
    given = (f"{world.line.address}/tus/", phone.token, file, blob, 70_000)
    run("tuspy-plain", *given, 140_000)
    assert wanted(phone) == [blob]
    run("tuspy-plain", *given)
    assert wanted(phone) == []
    run("tuspy-plain", *given)  # and once more, of what is there
    assert (world.lacks(), world.faults()) == ([], [])
