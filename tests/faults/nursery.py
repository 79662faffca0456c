"""Processes that die at a chosen moment: before a chosen statement, or in the middle of a write to the disk.

Rule: they run the real programs on real files, and die by a signal that no code of theirs can answer.

One process has everything loaded and no threads; it forks a child for each piece of work, so that a death
costs some milliseconds. Run as `python -m tests.faults.nursery`; it reads orders from stdin, one JSON a line.
"""

import gc
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TORN = -signal.SIGXFSZ
KILLED = -signal.SIGKILL


class Nursery:
    """The test's side: start a child, wait for its end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self._process.communicate()

    def begin(self, do: str, out: Path, *given: Any, seen: Sequence[str] = (), torn_at: int = 0) -> int:
        """Start a child and return its pid. Its stdout goes to `out`, its stderr to `out` with `.log`.

        It is killed before the statement that matches the last of `seen`, once those before it were met, in
        order ("" meets every statement); with `torn_at`, in the write that would make any file longer.
        """
        return self._order(do=do, out=str(out), given=given, seen=list(seen), torn_at=torn_at)

    def wait(self, pid: int) -> int:
        """Return how a child ended: its exit code, or the negative number of the signal that killed it."""
        return self._order(wait=pid)

    def run(self, do: str, out: Path, *given: Any, seen: Sequence[str] = (), torn_at: int = 0) -> int:
        return self.wait(self.begin(do, out, *given, seen=seen, torn_at=torn_at))

    def _order(self, **order: Any) -> int:
        pipe = self._process
        assert pipe.stdin is not None and pipe.stdout is not None
        pipe.stdin.write(json.dumps(order, default=str) + "\n")
        pipe.stdin.flush()
        return int(pipe.stdout.readline())


# the children -----------------------------------------------------------------------------------------------


class Doom:
    """Counts the statements of every connection, and kills its own process at the one that was chosen."""

    def __init__(self, seen: Sequence[str], torn_at: int) -> None:
        self._waiting = list(seen)
        self._torn_at = torn_at
        self._armed = False
        self.statements = 0

    def arm(self) -> None:
        self._armed = True
        if self._torn_at:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (self._torn_at, resource.RLIM_INFINITY))

    def disarm(self) -> None:
        self._armed = False

    def see(self, statement: str) -> None:
        if not self._armed:
            return
        self.statements += 1
        if self._waiting and self._waiting[0] in statement:
            self._waiting.pop(0)
            if not self._waiting:
                os.kill(os.getpid(), signal.SIGKILL)


def _watch(doom: Doom) -> None:
    """Show every statement of every connection that is opened from now on, and each step of a key file."""
    import sqlcipher3
    import sqlcipher3.dbapi2

    for module in (sqlcipher3, sqlcipher3.dbapi2):

        def connect(*given: Any, real: Callable[..., Any] = module.connect, **named: Any) -> Any:
            connection = real(*given, **named)
            connection.set_trace_callback(doom.see)
            return connection

        module.connect = connect  # type: ignore[assignment]

    def hook(event: str, given: tuple[Any, ...]) -> None:
        """Let what happens to the key files of drafts count as a statement too."""
        if event in ("open", "os.remove", "os.rename") and ".kunci" in str(given[0]):
            doom.see(f"{event} draf.kunci")

    sys.addaudithook(hook)


def serve(doom: Doom, folder: str, *options: str) -> None:
    """The real server; doomed once it answers. Its clock is off by so many ms as DIR.jam says, in the time
    zone of DIR.zona.

    What a password costs is no matter here, and is not waited for.
    """
    from server import app, compose
    from server.__main__ import main
    from server.commands import run
    from server.passwords import Passwords
    from server.web import building

    real = app.create_app

    def create_app(*given: Any) -> Any:
        doom.arm()
        return real(*given)

    clock, real_ms = Path(f"{folder}.jam"), compose.now_ms
    zone = Path(f"{folder}.zona")

    def now_ms() -> int:
        if zone.exists() and (named := zone.read_text("utf-8")) != os.environ.get("TZ"):
            os.environ["TZ"] = named
            time.tzset()
        return real_ms() + (int(clock.read_text("utf-8")) if clock.exists() else 0)

    compose.now_ms = now_ms
    run.create_app = create_app
    building.Passwords = partial(Passwords, memory_kib=64)  # type: ignore[misc, assignment]
    sys.exit(main(["run", "--data", folder, "--port", "0", *options]))


def use(doom: Doom, folder: str, what: str, *given: Any) -> None:
    """A real phone, opened; doomed while it does one thing, and only then."""
    from field_app.views import PhotoView
    from tests.faults import world

    phone = world.make_phone(Path(folder))
    assert phone.unlock(world.PIN) is None
    phone.visits.home()
    if what.endswith("_sealed"):
        assert phone.sealed.unlock(world.PIN) is None
    doom.arm()
    match what:
        case "answer":
            draft, field, value = given
            phone.visits.save(draft, world.FORM, field, value)
        case "photo":
            draft, seed = given
            world.photograph(phone, draft, seed)
        case "retake":
            draft, seed, number = given
            world.photograph(phone, draft, seed, replaces=number)
        case "photo_sealed":
            draft, seed = given
            assert isinstance(
                phone.visits.add_photo(draft, "ktk", "fc_ktp", world.picture(seed), None), PhotoView
            )
        case "begin_sealed":
            (kasus,) = given
            phone.visits.start("uep", kasus, None)
        case "finalise" | "finalise_sealed":
            (draft,) = given
            world.finish(phone, draft)
        case "sync":
            phone.worker.run_once()
        case "answer_file":
            (answer,) = given
            phone.handover.read(Path(answer))
        case _:
            raise ValueError(what)
    doom.disarm()
    phone.lock()


def open_vault(doom: Doom, path: str, key: str, migrations: str) -> None:
    """Bring a phone's vault up to date."""
    from field_app import vault

    doom.arm()
    vault.open_vault(Path(path), bytes.fromhex(key), Path(migrations)).close()


def upgrade(doom: Doom, path: str, key: str) -> None:
    """Bring an office's database up to date."""
    from server.engines import sqlite

    doom.arm()
    sqlite.upgrade(Path(path), bytes.fromhex(key))


LOADED = (
    "tests.conftest",
    "anyio._backends._asyncio",
    "litestar._kwargs",
    "litestar.exceptions.responses",
    "litestar.middleware.response_cache",
    "server.commands.demo",
    "server.commands.run",
    "tests.faults.world",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
"""What a child would load by itself, loaded once before any is forked; the first keeps what ships."""

WORK: dict[str, Callable[..., None]] = {
    "serve": serve,
    "use": use,
    "open_vault": open_vault,
    "upgrade": upgrade,
}


def _child(order: dict[str, Any]) -> None:
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    log = os.open(order["out"] + ".log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(log, 2)
    doom = Doom(order["seen"], order["torn_at"])
    _watch(doom)
    WORK[order["do"]](doom, *order["given"])
    print(doom.statements, flush=True)


def _make_ready() -> None:
    """Do once what each child would do: load all, and put an office together."""
    for name in LOADED:
        importlib.import_module(name)
    from server.app import create_app
    from server.web.pages import web_pages
    from tests.conftest import pytest_collection_finish
    from tests.server.web_office import open_at, shut

    pytest_collection_finish()
    with tempfile.TemporaryDirectory() as folder:
        office = open_at(Path(folder))
        create_app(office.deps, web_pages(office.deps))
        shut(office)
    # a child that searched all this for garbage would have it copied
    gc.collect()
    gc.freeze()


def main() -> None:
    """Fork a child for each order; say its pid, or how it ended."""
    _make_ready()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        elif pid := os.fork():
            print(pid, flush=True)
        else:
            try:
                _child(order)
            except SystemExit as end:
                os._exit(int(end.code or 0))
            except BaseException as error:  # noqa: BLE001 - a child never goes on as its parent
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
                os._exit(70)
            os._exit(0)


if __name__ == "__main__":
    main()
