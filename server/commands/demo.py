"""`demo`: a working office and a phone, of people who do not exist. Rule: the real program throughout."""

import argparse
import os
import shutil
import socket
import sys
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from schemas.format import local_date
from schemas.ids import Regency
from schemas.problem import Problem
from schemas.text import Text
from schemas.wilayah import load_wilayah
from server.accounts import Accounts
from server.compose import Refused, close_office, init_office, now_ms, open_office
from server.demo.build import Built, build
from server.demo.play import Day, sayer, serve
from server.demo.processes import ProcessFailedError, Server
from server.deps import Deps
from server.passwords import Passwords

HELP = "kantor dan HP contoh, dengan satu hari lapangan"
SEED = 2026
MARK = ".sambang-demo"
"""A file by which the demo knows a folder as its own, and may make it anew."""
CHANGES = 2_000 + 60 + 12 + 7
REGENCY = Regency("33.14")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--dir", type=Path, default=Path("demo"), metavar="DIR", help="folder demo")
    parser.add_argument("--once", action="store_true", help="mainkan satu hari lapangan, lalu selesai")
    parser.add_argument("--seed", type=int, default=SEED, help="benih data contoh")
    parser.add_argument("--port", type=int, default=0, help="port server; 0 memilih yang kosong")


def run(args: argparse.Namespace, text: Text) -> int:
    """Build the demo and play it; return the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    say = sayer(text, console.print)
    folder: Path = args.dir
    if not _take(folder):
        say("ada_lain", folder=str(folder))
        return 2
    made = _make(folder, args.seed, console, text)
    if isinstance(made, Refused):
        print(text(f"perintah.{made.say}", **made.values), file=sys.stderr)
        return 3
    built, code = made
    server = Server(folder / "office", args.port or _free_port())
    say("kantor_siap", warga=built.warga, desa=208, ewarong=built.ewarong, tugas=built.tugas)
    day = Day(folder, server, built, say)
    try:
        day.enrol(code)
        day.record_offline()
        day.send()
        if args.once:
            day.approve()
            day.see_decision()
        else:
            serve(folder, server, built, say, has_display=_has_display())
    except ProcessFailedError as failed:
        say("gagal", langkah=str(failed))
        return 1
    finally:
        server.stop()
    say("selesai", folder=str(folder))
    return 0


def _take(folder: Path) -> bool:
    """Make the folder empty and our own; False where it holds something else."""
    if folder.exists():
        if not (folder / MARK).exists() and any(folder.iterdir()):
            return False
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    return True


def _make(folder: Path, seed: int, console: Console, text: Text) -> Refused | tuple[Built, str]:
    """Make the office and its data, and one enrolment code for the pendamping's phone."""
    refused = init_office(folder / "office", None, REGENCY, "Dinas Sosial Kabupaten Sragen (contoh)")
    if refused is not None:
        return refused
    deps = open_office(folder / "office", None)
    if isinstance(deps, Refused):
        return deps
    try:
        built = _fill(deps, seed, console, text)
        code = deps.joinings.new_code(built.person("pendamping").id)
        if isinstance(code, Problem):
            return Refused(say=code.code, values={})
        return built, code.code
    finally:
        close_office(deps)


def _fill(deps: Deps, seed: int, console: Console, text: Text) -> Built:
    now = now_ms()
    accounts = Accounts(
        deps.engine, Passwords(deps.randomness), now_ms=deps.now_ms, randomness=deps.randomness
    )
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(text("demo.membangun"), total=CHANGES)
        return build(
            deps.office,
            accounts,
            load_wilayah(),
            seed=seed,
            today=local_date(now),
            now_ms=now - int(timedelta(days=30).total_seconds() * 1000),
            step=lambda count: progress.advance(task, count),
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
