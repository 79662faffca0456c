"""Clients that others wrote upload to the real server, also over a line that is cut.

Rule: nothing is installed for it. tuspy is found like any package, tus-js-client by NODE_PATH; without them
the tests are skipped and say so.
"""

import importlib.util
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.line import UP
from tests.faults.test_broken_uploads import named, submit, wanted

HERE = Path(__file__).parent


def command(client: str) -> list[str]:
    """How a client is run; skips where it is not installed."""
    if client == "tuspy":
        if importlib.util.find_spec("tusclient") is None:
            pytest.skip("tuspy is not installed")
        return [sys.executable, str(HERE / "tus_upload.py")]
    node = shutil.which("node")
    if node is None or not (Path(os.environ.get("NODE_PATH", "/nowhere")) / "tus-js-client").is_dir():
        pytest.skip("NODE_PATH names no folder with tus-js-client")
    return [node, str(HERE / "tus_upload.cjs")]


def at_once(client: str) -> list[str]:
    """What is added where a client sends its first bytes with the creation."""
    return ["at-once"] if client.endswith("at-once") else []


@pytest.mark.parametrize("cut", [0, 150_000, 390_000], ids=["whole", "cut-once", "cut-late"])
@pytest.mark.parametrize("client", ["tuspy", "tus-js-client", "tus-js-client-at-once"])
def test_a_client_that_others_wrote_uploads_a_photo(regency: Make, client: str, cut: int) -> None:
    """Row 10. Creation, offsets, resuming after a cut, checksums where the client sends them."""
    program = command(client)
    world = regency()
    phone = world.wire_phone()
    data = random.Random(cut).randbytes(500_000)
    file = world.folder / "foto"
    file.write_bytes(data)
    phone.write(submit(record_id(50), ("foto_rumah_depan", data)))
    assert wanted(phone) == [named(data)]
    if cut:
        world.line.cut(UP, cut)
    given = [f"{world.line.address}/tus/", phone.token, str(file), named(data), *at_once(client)]
    done = subprocess.run([*program, *given], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "500000"), done.stderr
    assert world.line.cuts == bool(cut)
    assert wanted(phone) == []
    assert world.rows("SELECT blob FROM blobs") == [(named(data),)]
    assert (world.lacks(), world.faults()) == ([], [])
