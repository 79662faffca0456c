"""`run`: serve the office until told to stop. Rule: it stops cleanly, with everything in the main file."""

import argparse
import asyncio
import errno
import gc
import os
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from schemas.text import Text
from server.app import create_app
from server.commands.shared import add_folder_options, hold, refuse
from server.compose import Refused, close_office, open_office
from server.deps import Deps
from server.keys import default_path
from server.web.pages import web_pages

HELP = "jalankan server"
PORT_TAKEN = 4
LAST_PORT = 65_535
GRACE_S = 10
BACKLOG = 512
GARBAGE = (20_000, 20, 50)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument("--host", default="127.0.0.1", help="alamat untuk mendengarkan")
    parser.add_argument("--port", type=int, default=8314, help="port; 0 memilih yang kosong")


def run(args: argparse.Namespace, text: Text) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    listener = listen(args.host, args.port)
    if isinstance(listener, Refused):
        print(text(f"perintah.{listener.say}", **listener.values), file=sys.stderr)
        return PORT_TAKEN
    with listener:
        lock = hold(args.data)
        if isinstance(lock, Refused):
            return refuse(text, lock)
        deps = open_office(args.data, args.key)
        if isinstance(deps, Refused):
            os.close(lock)
            return refuse(text, deps)
        try:
            _warn(args.data, args.key or default_path(args.data), text)
            host, port = listener.getsockname()[:2]
            address = f"http://{host}:{port}"
            print(text("perintah.alamat", nama=deps.office_name, alamat=address), flush=True)
            serve(deps, listener)
        finally:
            close_office(deps)
            os.close(lock)
    print(text("perintah.selesai"), flush=True)
    return 0


def listen(host: str, port: int) -> socket.socket | Refused:
    """Take the port before anything is opened."""
    if not 0 <= port <= LAST_PORT:
        return Refused(say="port_salah", values={"port": str(port)})
    listener: socket.socket | None = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # asyncio sends without delay (TCP_NODELAY) only where the protocol is named
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        if listener is not None:
            listener.close()
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        say = "port_terpakai" if taken else "alamat_salah"
        return Refused(say=say, values={"host": host, "port": str(port)})
    return listener


def serve(deps: Deps, listener: socket.socket) -> None:
    """Answer until a signal asks to stop; what is under way is finished."""
    deps.blobs.sweep()
    deps.uploads.tidy()
    deps.uploads.sweep()
    deps.keeper.start()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(deps, web_pages(deps)),
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
    # uvicorn raises the signal again after it has stopped; then it must not end us before we have closed.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _pass)
    # What was built by now stays: looking through it for garbage would only cost time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    asyncio.run(server.serve(sockets=[listener]))


def _pass(*_: object) -> None:
    """Do nothing about a signal."""


def _warn(data: Path, key: Path, text: Text) -> None:
    if data.stat().st_dev == key.stat().st_dev:
        print(text("perintah.kunci_sekeping"), file=sys.stderr)
