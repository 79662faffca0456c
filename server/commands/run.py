"""`run`: serve the office until told to stop. Rule: it stops cleanly, with everything in the main file."""

import argparse
import asyncio
import ctypes
import errno
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import uvicorn

from schemas.addresses import MOST_ADDRESSES
from schemas.text import Text
from server.app import create_app
from server.certificates import Authority, Certificates, is_address, is_server_name
from server.commands.shared import add_folder_options, no_authority, opened, refuse
from server.compose import Refused
from server.deps import Deps
from server.hosts import Hosts
from server.keys import default_path, is_open_to_others
from server.patience import PatientProtocol, ask_the_silent, open_all_files, tell_seldom
from server.web.building import build_site
from server.web.cookie_names import named
from server.web.pages import page_routes
from server.web.site import Site

HELP = "jalankan server"
PORT_TAKEN = 4
LAST_PORT = 65_535
GRACE_S = 10
BACKLOG = 512
RENEW_EVERY_S = 86_400
TIDY_EVERY_S = 3_600
STRICT = ("strict-transport-security", "max-age=31536000")
"""A browser that came by TLS once comes by nothing else for a year (RFC 6797)."""
GARBAGE = (20_000, 20, 50)
SWITCH_S = 0.001
"""A thread that writes a long list gives way so soon. Each statement of the writer's needs the interpreter
anew: after the usual five milliseconds, thirty of them beside such a thread take a seventh of a second."""
ARENA_MAX = -8
"""As <malloc.h> names it for mallopt(3)."""
logger = logging.getLogger("server")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)
    parser.add_argument("--host", default="127.0.0.1", help="alamat untuk mendengarkan")
    parser.add_argument("--port", type=int, default=8314, help="port; 0 memilih yang kosong")
    parser.add_argument("--tls", action="store_true", help="HTTPS dengan sertifikat kantor sendiri")
    parser.add_argument(
        "--name", action="append", default=[], metavar="NAMA",
        help="nama atau alamat IP kantor di mata HP, untuk --tls, juga yang akan dipakai; boleh beberapa,"
        " yang pertama masuk kode QR",
    )  # fmt: skip
    parser.add_argument(
        "--host-name", action="append", default=[], metavar="NAMA",
        help="nama lain yang dipakai orang untuk kantor ini, misalnya di belakang proxy; boleh beberapa",
    )  # fmt: skip
    parser.add_argument(
        "--proxy", action="append", default=[], metavar="ALAMAT",
        help="alamat IP proxy di depan kantor, yang dipercaya menyebut asal permintaan; boleh beberapa",
    )  # fmt: skip


def run(args: argparse.Namespace, text: Text) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    _share_memory()
    names = _checked_names(args)
    if isinstance(names, Refused):
        return refuse(text, names)
    listener = listen(args.host, args.port)
    if isinstance(listener, Refused):
        refuse(text, listener)
        return PORT_TAKEN
    with listener, opened(args, alone=True) as deps:
        if isinstance(deps, Refused):
            return refuse(text, deps)
        refused = _serve_opened(deps, listener, names, args, text)
    if refused is not None:
        return refuse(text, refused)
    try:
        print(text("perintah.selesai"), flush=True)
    except OSError:  # the window is closed: what is still to be said goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _share_memory() -> None:
    """Let all threads share two arenas of glibc; no other C library has these, or the name.

    Of an arena of its own each thread keeps what it needed once: with photos 10 MB more at the peak.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, 2)


def _checked_names(args: argparse.Namespace) -> tuple[str, ...] | Refused:
    """Return the names for the server's certificate, none without TLS; refuse what is no name or address."""
    names = tls_names(args.name, args.host) if args.tls else ()
    if isinstance(names, Refused):
        return names
    wrong = next((name for name in args.host_name if not is_server_name(name)), None)
    if wrong is not None:
        return Refused(say="nama_salah", values={"nama": wrong})
    unknown = next((proxy for proxy in args.proxy if not is_address(proxy)), None)
    if unknown is not None:
        return Refused(say="proxy_salah", values={"alamat": unknown})
    return names


def _serve_opened(
    deps: Deps, listener: socket.socket, names: tuple[str, ...], args: argparse.Namespace, text: Text
) -> Refused | None:
    """Say what is unwise and where the office is found, and serve it; over TLS where it has names."""
    _warn(args.data, args.key or default_path(args.data), text)
    host, port = listener.getsockname()[:2]
    address = f"https://{_shown(names[0])}:{port}" if names else f"http://{_shown(host)}:{port}"
    certificates = None
    authority = deps.authority
    deps = replace(deps, addresses=told_addresses(args, port))
    if isinstance(authority, Authority):
        if names:
            deps = replace(deps, address=address)
            certificates = Certificates(authority, names, deps.now_ms())
    else:
        refused = no_authority(authority, deps.own_authority)
        if names:
            return refused
        refuse(text, refused)  # only said: without TLS it is served as ever
    print(text("perintah.alamat", nama=deps.office_name, alamat=address), flush=True)
    serve(deps, listener, Hosts(_names(names, args.host_name, args.host)), certificates, args.proxy)
    return None


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
        ask_the_silent(listener)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        if listener is not None:
            listener.close()
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        say = "port_terpakai" if taken else "alamat_salah"
        return Refused(say=say, values={"host": host, "port": str(port)})
    return listener


def tls_names(given: list[str], host: str) -> tuple[str, ...] | Refused:
    """Return the names for the server's certificate, the one that phones use first."""
    named = tuple(dict.fromkeys(given or (() if _is_everywhere(host) else (host,))))
    if not named:
        return Refused(say="tls_tanpa_nama", values={})
    wrong = next((name for name in named if not is_server_name(name)), None)
    if wrong is not None:
        return Refused(say="nama_salah", values={"nama": wrong})
    return tuple(dict.fromkeys((*named, "localhost", "127.0.0.1")))


def told_addresses(args: argparse.Namespace, port: int) -> tuple[str, ...]:
    """Return the addresses over TLS that phones are told: by `--name`, or behind a proxy by `--host-name`."""
    if args.tls:
        return tuple(f"https://{_shown(name)}:{port}" for name in args.name)[:MOST_ADDRESSES]
    return tuple(f"https://{_shown(name)}" for name in args.host_name if args.proxy)[:MOST_ADDRESSES]


def serve(
    deps: Deps,
    listener: socket.socket,
    hosts: Hosts,
    certificates: Certificates | None,
    proxies: list[str],
) -> None:
    """Answer until a signal asks to stop; what is under way is finished. With certificates: over TLS.

    Only `proxies`, which are IP addresses, are believed about whom they speak for: limits count by address.
    """
    open_all_files()
    deps.blobs.sweep()
    deps.uploads.tidy()
    deps.uploads.sweep()
    site = build_site(deps)
    site.quarantine.judge_after_upgrade()
    deps.keeper.start()
    config = uvicorn.Config(
        hosts.guard(named(create_app(deps, page_routes(site))), deps.text),
        http=PatientProtocol,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=GRACE_S,
        headers=[STRICT] if certificates else [],
    )
    if certificates is not None:
        config.load()
        config.ssl = certificates.context
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        """End cleanly, by closing the window too, and when asked before uvicorn listens.

        uvicorn raises a signal again after it has stopped; then it must not end us before we have closed.
        """
        server.should_exit = True

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) != signal.SIG_IGN:  # as `nohup` asks for
            signal.signal(name, stop)
    # What was built by now stays: looking through it for garbage would only cost time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    sys.setswitchinterval(SWITCH_S)
    site.indexing.start()
    try:
        asyncio.run(_answer(server, listener, certificates, site))
    finally:
        site.indexing.stop()


async def _answer(
    server: uvicorn.Server,
    listener: socket.socket,
    certificates: Certificates | None,
    site: Site,
) -> None:
    tell_seldom(asyncio.get_running_loop())
    beside = [asyncio.create_task(keep_house(site))]
    if certificates is not None:
        beside.append(asyncio.create_task(renew_in_time(certificates, site.deps.now_ms)))
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in beside:
            task.cancel()


async def keep_house(site: Site) -> None:
    """Forget what only waited for a time, and put on record who read, for as long as the server runs."""
    while True:
        try:
            await site.work(site.exporting.forget_old)
            await site.work(site.importing.forget_old)
            await site.work(site.api_keys.note_days)
        except Exception as error:  # noqa: BLE001 - a full disk, say: the next hour may be better
            logger.error("%s while keeping house", type(error).__name__)
        await asyncio.sleep(TIDY_EVERY_S)


async def renew_in_time(certificates: Certificates, now_ms: Callable[[], int]) -> None:
    """Take a new certificate in time, for as long as the server runs; new connections get it."""
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        try:
            certificates.renew(now_ms())
        except Exception as error:  # noqa: BLE001 - no file handle left, say: there are thirty days for it
            logger.error("%s while renewing the certificate", type(error).__name__)


def _is_everywhere(host: str) -> bool:
    return host in ("", "0.0.0.0", "::")  # noqa: S104 - what was asked for, not what we do


def _names(tls: tuple[str, ...], given: list[str], host: str) -> tuple[str, ...]:
    """Return what people call this office, but for loopback and its own addresses."""
    return (*tls, *given, *(() if _is_everywhere(host) else (host,)))


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host.lower()


def _warn(data: Path, key: Path, text: Text) -> None:
    if data.stat().st_dev == key.stat().st_dev:
        print(text("perintah.kunci_sekeping"), file=sys.stderr)
    if is_open_to_others(key):
        print(text("perintah.kunci_terbuka", kunci=key), file=sys.stderr)
