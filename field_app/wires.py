"""The lines of an HTTP client. Rule: closing them from another thread wakes whoever waits for an answer.

Closing a socket alone does not: whoever reads from it waits until the time is over.
"""

import socket
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import httpx

MADE = ("connection.connect_tcp.complete", "connection.start_tls.complete")
"""What is told of a line that is there by now (httpcore, "Trace")."""


class Wires:
    """Of one client, from now on."""

    def __init__(self, client: httpx.Client) -> None:
        self._client, self._is_closed = client, False
        self._sockets: WeakSet[socket.socket] = WeakSet()
        client.event_hooks = {"request": [self._watch]}

    def close(self) -> None:
        """End all that is under way, and close the client."""
        self._is_closed = True
        for line in list(self._sockets):
            _end(line)
        self._client.close()

    def _watch(self, request: httpx.Request) -> None:
        request.extensions = {**request.extensions, "trace": self._told}

    def _told(self, event: str, info: dict[str, Any]) -> None:
        if event in MADE:
            line = info["return_value"].get_extra_info("socket")
            self._sockets.add(line)
            if self._is_closed:  # meanwhile
                _end(line)


def _end(line: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        # not SSLSocket.shutdown: after that, what is written would go out as it is
        socket.socket.shutdown(line, socket.SHUT_RDWR)
