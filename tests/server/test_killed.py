"""A server that is killed: what it had answered is there afterwards, and an upload goes on where it stood."""

import random
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from schemas.problem import Problem
from server.__main__ import main
from server.compose import close_office
from sync.change import Patch
from tests.contract.people import record_id
from tests.server.conftest import DESA, Running, make_office
from tests.server.letting_in import beside
from tests.server.phones import Phone
from tests.server.test_uploads_at_once import kept_within

DATA = random.Random(8).randbytes(300_000)


@contextmanager
def served(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve in a process of its own; kill it at the end."""
    command = [sys.executable, "-m", "server", "run", "--data", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found is not None
        try:
            yield server, found.group()
        finally:
            server.kill()


def test_what_was_answered_survives_a_kill_and_an_upload_goes_on(tmp_path: Path) -> None:
    deps = make_office(tmp_path)
    person = Running(deps, "", tmp_path / "office").person()
    code = deps.joinings.new_code(person)
    assert not isinstance(code, Problem)
    close_office(deps)
    folder = tmp_path / "office"
    with served(folder) as (server, address), httpx.Client(base_url=address, timeout=20) as http:
        phone = Phone(http)
        with beside(folder) as hand:
            phone.enrol(code.code, hand)
        phone.login()
        place = phone.begin_upload(DATA).headers["location"]
        phone.send(place, DATA[:100_000], 0)
        for number in range(5):
            new = {"nama": f"W{number}", "kode_desa": DESA, "layanan": ["bpnt"]}
            phone.write(Patch(record=record_id(number), kind="warga", base={}, new=new))
        phone.sync()
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line:
            head = (
                f"PATCH {place} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {phone.token}\r\n"
                "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
                f"Upload-Offset: 100000\r\nContent-Length: {len(DATA) - 100_000}\r\n\r\n"
            )
            line.sendall(head.encode() + DATA[100_000:200_000])
            assert kept_within(folder, 200_000)
            server.kill()
            server.wait()
    assert main(["verify", "--data", str(folder)]) == 0
    with served(folder) as (_, address), httpx.Client(base_url=address, timeout=20) as http:
        phone.http = http
        known = len(phone.store.table)
        phone.sync()
        assert len(phone.store.table) == known
        kept = int(phone.tus("HEAD", place).headers["upload-offset"])
        assert 200_000 - kept <= 16 * 1024
        assert phone.send(place, DATA[kept:], kept).status_code == 204
    assert main(["verify", "--data", str(folder)]) == 0
