"""Connections of phones that are gone, and of whoever would hold one. Rule: nobody holds a place at the
office by being silent, nor by a word now and then.

A phone that walks out of reach in the midst of a request says no farewell, and one that its system put to
sleep says nothing more. Each would keep its connection until the office has no file left to open, and then
nobody is answered. So the system asks silent connections for a sign (TCP keepalive, RFC 9293, 3.8.4), and
whoever sends nothing more of a request, or begins none, is hung up on. What had come of an upload is
stored.

Somebody who means it speaks just often enough. So the head of a request has its time and its size, and a body
goes on at no less than a pace that the worst of lines still has; how long it takes in all does not matter.
"""

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Any

from server.arrivals import ArrivalProtocol

logger = logging.getLogger("server")

SILENCE_S = 90.0
"""Longer than an upload waits for its next bytes (api/upload_body.py), so that it is answered first."""
HEAD_S = 120.0
"""How long the head of a request may take from its first byte: some hundred bytes, or two thousand."""
MOST_HEAD_BYTES = 32 * 1024
"""Nothing of ours comes near: a browser's cookies for other sites do not come here."""
LINE_BYTES = len(": \r\n")
WINDOW_S, LEAST_BYTES = 120.0, 4 * 1024
"""So many bytes of a body come within each so many seconds, or its rest does: 34 bytes a second, where GPRS
at its worst still has some hundreds."""
MOST_FILES = 65_536
NO_FILE_LEFT = "socket.accept() out of system resource"
"""What asyncio says once for each connection that it could have accepted, two thousand times a second."""
TOLD_EVERY_S = 60.0
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 20, "TCP_KEEPCNT": 3}
"""Seconds of quiet before the first question and between two, and how many stay without an answer."""


def ask_the_silent(listener: socket.socket) -> None:
    """Have the system ask whoever connects here, and falls silent, for a sign of life."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        option = getattr(socket, name, None)  # not every system lets the times be chosen
        if option is not None:
            listener.setsockopt(socket.IPPROTO_TCP, option, value)


def open_all_files() -> None:
    """Take as many open files as the system grants: each phone that is connected holds one."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
        if granted < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def tell_seldom(loop: asyncio.AbstractEventLoop) -> None:
    """Say once a minute that no file is left for a connection: to say it each time leaves none to answer."""
    told_s = -TOLD_EVERY_S

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal told_s
        if context.get("message") != NO_FILE_LEFT:
            loop.default_exception_handler(context)
        elif loop.time() - told_s >= TOLD_EVERY_S:
            told_s = loop.time()
            logger.error("no more files can be opened: who connects has to wait")

    loop.set_exception_handler(handle)


class TooLongError(Exception):
    """The head of a request is longer than any of ours; httptools makes a broken message of it."""


class PatientProtocol(ArrivalProtocol):
    """HTTP that hangs up on whoever is silent, or hardly speaks, where it is their turn to speak."""

    silence_s, head_s, window_s = SILENCE_S, HEAD_S, WINDOW_S
    _heard = 0.0
    _watch: asyncio.TimerHandle | None = None
    _head_since: float | None = None
    """When a head that is not whole yet began: at whatever byte came when none was expected."""
    _head_bytes = 0
    _named_bytes = 0
    _is_in_body = False
    _window_since = 0.0
    _window_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch."""
        super().connection_made(transport)
        self._heard = self.loop.time()
        self._watch = self.loop.call_later(self.silence_s, self._look)

    def data_received(self, data: bytes) -> None:
        """Note that somebody is there."""
        self._heard = self.loop.time()
        if not self._is_in_body and self._head_since is None:
            self._head_since = self._heard
        super().data_received(data)
        if self._head_since is not None and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:  # one long header is nowhere named before its end
                self.send_400_response("Too long.")

    def on_url(self, url: bytes) -> None:
        """Measure the target."""
        self._measure(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Measure a header, or a trailer: none of them is counted as body."""
        self._measure(len(name) + len(value) + LINE_BYTES)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Expect a body at a pace."""
        self._is_in_body, self._head_since, self._head_bytes = True, None, 0
        self._window_since, self._window_bytes = self.loop.time(), 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Begin a new window with each bit that makes one full."""
        self._window_bytes += len(body)
        if self._window_bytes >= LEAST_BYTES:
            self._window_since, self._window_bytes = self.loop.time(), 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect another head, whenever it pleases."""
        self._is_in_body, self._named_bytes = False, 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def _measure(self, more_bytes: int) -> None:
        self._named_bytes += more_bytes
        if self._named_bytes > MOST_HEAD_BYTES:
            raise TooLongError

    def _look(self) -> None:
        now, due = self.loop.time(), self._due()
        if due is None:
            self._window_since = now  # while we do not read, nobody can be slow
            due = now + self.silence_s / 4
        elif due <= now:
            self.transport.close()
            return
        self._watch = self.loop.call_at(max(due, now + self.silence_s / 4), self._look)

    def _due(self) -> float | None:
        """Return when whoever's turn it is to speak has to have spoken; None where it is ours."""
        cycle: Any = self.cycle  # None before the first request
        silent = self._heard + self.silence_s
        if self._is_in_body:
            return None if self.flow.read_paused else min(silent, self._window_since + self.window_s)
        if cycle is not None and not cycle.response_complete:
            return None
        return silent if self._head_since is None else min(silent, self._head_since + self.head_s)
