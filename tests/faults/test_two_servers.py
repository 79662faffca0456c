"""The office's program is started twice on one folder: somebody clicked again, or did not see that it runs.

Rule: one serves; whoever came second is told so in plain words, and touched nothing.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest

from server.keys import default_path
from tests.faults.conftest import Make
from tests.faults.line import UP
from tests.faults.nursery import ROOT
from tests.faults.world import World, pending, picture, sync, until, visit, words

SECOND = re.compile(r"Folder data \S+ sedang dipakai server lain\. Hentikan dulu server itu\.\n")


@contextmanager
def started(data: Path, *options: str) -> Generator[subprocess.Popen[str]]:
    """The office's program on a folder, as somebody starts it."""
    command = [sys.executable, "-m", "server", "run", "--data", str(data), "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True) as program:
        try:
            yield program
        finally:
            program.kill()


def is_stopped(pid: int) -> bool:
    """Whether no thread of a process runs any more: each stops a little after the signal was sent."""
    tasks = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(task.read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)


def files(world: World) -> dict[str, bytes]:
    """All that lies in the office's folder and beside its key."""
    found = (*world.office.rglob("*"), *(world.folder / "keys").rglob("*"))
    return {str(path): path.read_bytes() for path in found if path.is_file()}


@pytest.mark.parametrize("way", ["again", "with-tls", "by-a-link"])
def test_a_second_server_on_a_served_folder_says_so_and_touches_nothing(regency: Make, way: str) -> None:
    """Row 82. While a photo is half there, which then goes on where it was."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    world.line.die(UP, 12_000)
    assert phone.worker.run_once() is not None
    data, options = world.office, list[str]()
    until(lambda: any((world.office / "uploads").iterdir()))
    if way == "with-tls":
        options = ["--tls", "--name", "localhost"]
    elif way == "by-a-link":
        data = world.folder / "pintasan"
        data.symlink_to(world.office, target_is_directory=True)
        options = ["--key", str(default_path(world.office))]
    os.kill(world.server, signal.SIGSTOP)  # what changes now is not of its doing
    try:
        until(lambda: is_stopped(world.server))
        before = files(world)
        with started(data, *options) as second:
            out, err = second.communicate(timeout=60)
        assert (second.returncode, out) == (3, "")
        assert SECOND.fullmatch(err), err
        assert files(world) == before
    finally:
        os.kill(world.server, signal.SIGCONT)
    world.line.mend()
    begun = world.line.carried[UP]
    sync(phone)
    assert world.line.carried[UP] - begun < len(picture(1))
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.lacks()) == ([done.change.hex()], [])
    assert world.faults() == []


def test_of_two_servers_that_are_started_at_one_moment_one_serves(regency: Make) -> None:
    """Row 82. Which one is chance; the other touched nothing that it needs."""
    world = regency(served=False)
    with started(world.office) as one, started(world.office) as other:
        until(lambda: None not in (one.poll(), other.poll()) or {one.poll(), other.poll()} == {None, 3})
        first, second = (one, other) if one.poll() is None else (other, one)
        assert (first.poll(), second.returncode) == (None, 3)
        out, err = second.communicate(timeout=60)
        assert out == "" and SECOND.fullmatch(err), err
        assert first.stdout is not None
        found = re.search(r"http://([\d.]+):(\d+)", first.stdout.readline())
        assert found is not None
        world.line.office = (found.group(1), int(found.group(2)))
        phone = world.phone()
        done = visit(phone, None, 1)
        sync(phone)
        assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.lacks(), world.faults()) == ([done.change.hex()], [], [])
