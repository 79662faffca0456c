"""The window is closed in which the office's server runs: a person at the machine ends it without a word."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.faults.conftest import Make
from tests.faults.nursery import ROOT
from tests.faults.world import sync, visit

INSIDE = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    " signal.signal(signal.SIGHUP, signal.SIG_DFL);"
    " os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""Makes the terminal the one whose end ends whoever runs in it, also where the tests run under `nohup`,
which a server heeds.
"""


class Window:
    """A terminal of its own with a server in it."""

    def __init__(self, data: Path) -> None:
        self._line, inside = os.openpty()
        command = [sys.executable, "-c", INSIDE, "-m", "server", "run", "--data", str(data), "--port", "0"]
        self._server = subprocess.Popen(
            command, cwd=ROOT, stdin=inside, stdout=inside, stderr=inside, start_new_session=True
        )
        os.close(inside)
        said = b""
        while not (found := re.search(rb"http://([\d.]+):(\d+)\r", said)):
            said += os.read(self._line, 4096)
        self.address = (found.group(1).decode(), int(found.group(2)))
        httpx.get(f"http://{self.address[0]}:{self.address[1]}/api/time", timeout=20)

    def close(self) -> int:
        """Close it; return how the server ended, as the shell would tell it."""
        os.close(self._line)
        try:
            return self._server.wait(20)
        finally:
            self._server.kill()
            self._server.wait()


def test_a_server_whose_window_is_closed_ends_cleanly_and_keeps_all(regency: Make) -> None:
    """Row 55. It closes its database as when it is told to stop: the file is whole by itself."""
    world = regency(served=False)
    window = Window(world.office)
    world.line.office = window.address
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    sync(phone)
    assert window.close() == 0
    assert sorted(each.name for each in world.office.glob("office.db*")) == ["office.db"]
    assert world.versions(done.visit) == [done.change.hex()]
    assert (world.lacks(), world.faults()) == ([], [])
