"""The lines of an HTTP client. Rule: closing them from another thread wakes whoever waits for an answer.

Closing a socket alone does not: whoever reads from it waits until the time is over.
"""

import socket
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any
from weakref import WeakSet

import httpx

TCP, TLS = "connection.connect_tcp.complete", "connection.start_tls.complete"
"""What is told of a line that is there by now (httpcore, "Trace")."""
NO_TLS = "connection.start_tls.failed"


class Wires:
    """Of one client, from now on."""

    def __init__(self, client: httpx.Client) -> None:
        self._client, self._is_closed = client, False
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._lock = Lock()
        client.event_hooks = {"request": [self._watch]}

    def close(self) -> None:
        """End all that is under way, and close the client."""
        with self._lock:  # another thread may be adding one
            self._is_closed, lines = True, list(self._sockets)
        for line in lines:
            _end(line)
        self._client.close()

    def _watch(self, request: httpx.Request) -> None:
        told = partial(self._told, request.url.scheme == "https", [])
        request.extensions = {**request.extensions, "trace": told}

    def _told(self, is_tls: bool, shaking: list[socket.socket], event: str, info: dict[str, Any]) -> None:
        if event in (TCP, TLS):
            line: socket.socket = info["return_value"].get_extra_info("socket")
            if is_tls and event == TCP:  # a handshake takes the socket away; a second name of it stays ours
                line = line.dup()
                shaking.append(line)
            self._keep(line)
        if event in (TLS, NO_TLS):
            while shaking:
                shaking.pop().close()

    def _keep(self, line: socket.socket) -> None:
        with self._lock:
            self._sockets.add(line)
            is_closed = self._is_closed
        if is_closed:  # meanwhile
            _end(line)


def _end(line: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        # not SSLSocket.shutdown: after that, what is written would go out as it is
        socket.socket.shutdown(line, socket.SHUT_RDWR)
