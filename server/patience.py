"""Connections of phones that are gone. Rule: nobody holds a place at the office by being silent.

A phone that walks out of reach in the midst of a request says no farewell, and one that its system put to
sleep says nothing more. Each would keep its connection until the office has no file left to open, and then
nobody is answered. So the system asks silent connections for a sign (TCP keepalive, RFC 9293, 3.8.4), and
whoever sends nothing more of a request, or begins none, is hung up on. What had come of an upload is
stored.
"""

import asyncio
import socket
from contextlib import suppress
from typing import Any

from server.hosts import TargetProtocol

SILENCE_S = 90.0
"""Longer than an upload waits for its next bytes (api/upload_body.py), so that it is answered first."""
MOST_FILES = 65_536
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


class PatientProtocol(TargetProtocol):
    """HTTP that hangs up on whoever is silent where it is their turn to speak."""

    silence_s = SILENCE_S
    _heard = 0.0
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch."""
        super().connection_made(transport)
        self._heard = self.loop.time()
        self._watch = self.loop.call_later(self.silence_s, self._look)

    def data_received(self, data: bytes) -> None:
        """Note that somebody is there."""
        self._heard = self.loop.time()
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        due = self._heard + self.silence_s
        if self._is_their_turn() and due <= self.loop.time():
            self.transport.close()
            return
        self._watch = self.loop.call_at(max(due, self.loop.time() + self.silence_s / 4), self._look)

    def _is_their_turn(self) -> bool:
        """Whether we wait for a request, or for the rest of one that we are ready to read."""
        cycle: Any = self.cycle  # None before the first request
        return cycle is None or cycle.response_complete or (cycle.more_body and not self.flow.read_paused)
