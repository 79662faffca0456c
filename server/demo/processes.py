"""The demo's processes: the office's server and the phone. Rule: each is the real program."""

import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

START_S = 120
"""A machine that is busy with other things takes its time; a server that cannot start ends at once."""
STOP_S = 30


class ProcessFailedError(Exception):
    """A process of the demo ended with an error; what it said was printed already."""


class Server:
    """The office's server on one port, started and stopped as often as wanted."""

    def __init__(self, data: Path, port: int) -> None:
        self._data, self._port = data, port
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        """Start the server and wait until it answers. Raises ProcessFailedError."""
        where = ["--data", str(self._data), "--port", str(self._port)]
        command = [sys.executable, "-m", "server", "run", *where]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            if self.answers():
                return
            time.sleep(0.05)
        self.stop()
        raise ProcessFailedError("server run")

    def answers(self) -> bool:
        """Say whether the server answers right now."""
        try:
            with urlopen(f"{self.address}/api/health", timeout=1) as answer:  # noqa: S310 - our own address
                return answer.status == 200
        except (URLError, OSError):
            return False

    @property
    def pid(self) -> int:
        """The process that serves. Raises ProcessFailedError when none does."""
        if self._process is None:
            raise ProcessFailedError("server run")
        return self._process.pid

    def stop(self) -> None:
        """Ask the server to finish, and wait until it has."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def wait(self) -> None:
        """Wait until the server ends by itself or by Ctrl-C."""
        if self._process is not None:
            self._process.wait()


def phone(command: str, *arguments: str) -> None:
    """Run one command of the phone; its lines go where ours go. Raises ProcessFailedError."""
    done = subprocess.run([sys.executable, "-m", "field_app", command, *arguments], check=False)  # noqa: S603
    if done.returncode:
        raise ProcessFailedError(f"field_app {command}")


@contextmanager
def joining_phone(command: str, *arguments: str) -> Generator[Iterator[str]]:
    """Run a command of the phone that waits for the office; gives its lines, which are printed too.

    Raises ProcessFailedError when it ends without success.
    """
    whole = [sys.executable, "-u", "-m", "field_app", command, *arguments]
    with subprocess.Popen(whole, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        if process.stdout is None:
            raise ProcessFailedError(f"field_app {command}")
        lines = _printed(process.stdout)
        try:
            yield lines
            for _ in lines:
                pass
        finally:
            if process.poll() is None and sys.exc_info()[0] is not None:
                process.kill()
    if process.returncode:
        raise ProcessFailedError(f"field_app {command}")


def _printed(stream: IO[str]) -> Iterator[str]:
    for line in stream:
        print(line, end="", flush=True)
        yield line


def open_window(folder: Path, address: str) -> "subprocess.Popen[bytes]":
    """Open the phone's window and return its process."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "field_app", "--dir", str(folder), "--address", address]
    )
