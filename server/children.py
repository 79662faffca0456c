"""Our own programs as children of the office. Rule: what a child is told comes by its pipe, and only so.

Its command line names a module of ours and nothing else, and of our environment it gets nothing.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, cast

ROOT = Path(__file__).resolve().parents[1]
START = "import sys; sys.path.insert(0, {root!r}); from {module} import main; main()"


class ChildProcess:
    """A process at the other end of two pipes: the `main` of a module of ours."""

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
            [sys.executable, "-I", "-c", START.format(root=str(ROOT), module=module)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment or {}),
            cwd="/",
            start_new_session=True,
        )
        self._in, self._out = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)

    @property
    def pid(self) -> int:
        """Its number among the processes."""
        return self._process.pid

    def is_running(self) -> bool:
        """Say whether it has not ended."""
        return self._process.poll() is None

    def say(self, said: bytes) -> None:
        """Give it these bytes. Raises OSError if it is gone."""
        self._in.write(said)
        self._in.flush()

    def read(self, count: int) -> bytes:
        """Return so many bytes of what it says; less when it is gone."""
        return self._out.read(count)

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()

    def end(self) -> None:
        """Kill it, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._in, self._out):
            try:
                pipe.close()
            except OSError:
                continue  # what was not written to a dead child is lost, as it should be
