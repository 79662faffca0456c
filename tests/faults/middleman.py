"""Somebody between phone and office who speaks HTTP: a Wi-Fi that wants a login, a proxy that means well.

Rule: bytes pass as they are unless a test says otherwise; a plain line, without TLS, is the worst case.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONNECTION_HEADERS = frozenset({"connection", "transfer-encoding", "content-length", "date", "server"})


@dataclass(frozen=True)
class Answer:
    """What comes back to the phone."""

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


Front = Callable[[str, str], Answer | None]
"""Answers a method and a path without asking the office; None lets the request through."""
Back = Callable[[str, str, Answer], Answer]
"""Changes what the office answered."""


class Middleman:
    """Stands before one office, at an address of its own."""

    def __init__(self, office: tuple[str, int]) -> None:
        self.front: Front = lambda _method, _path: None
        self.back: Back = lambda _method, _path, answer: answer
        self.most_bytes: int | None = None
        """Of a request's body; a larger one is answered `too_large` once it was read."""
        self.too_large = 413
        self.takes_off = ""
        """A header of requests that it does not pass on."""
        self.is_old = False
        """Of HTTP/1.0: it says no length, and hangs up where an answer ends."""
        self._server = _Server(office, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Where a line leads to reach it."""
        return "127.0.0.1", self._server.server_port

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, office: tuple[str, int], middleman: Middleman) -> None:
        self.office, self.middleman = office, middleman
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A phone that hangs up, or an office that is gone, is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server  # type: ignore[assignment]

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        middleman = self.server.middleman
        announced = int(self.headers.get("content-length", "0"))
        body = self.rfile.read(announced)
        if len(body) < announced:  # it passes on whole requests only
            self.close_connection = True
            return
        answer = middleman.front(self.command, self.path)
        if answer is None and middleman.most_bytes is not None and len(body) > middleman.most_bytes:
            answer = Answer(middleman.too_large)
        if answer is None:
            answer = middleman.back(self.command, self.path, self._ask(body))
        self.protocol_version = "HTTP/1.0" if middleman.is_old else "HTTP/1.1"
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.close_connection = middleman.is_old
        if answer.status != 204 and not middleman.is_old:
            self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _ask(self, body: bytes) -> Answer:
        office = HTTPConnection(*self.server.office, timeout=30)
        try:
            off = self.server.middleman.takes_off
            said = {name: value for name, value in self.headers.items() if name.lower() != off}
            office.request(self.command, self.path, body, said)
            answer = office.getresponse()
            data = answer.read()
            headers = {
                name: value for name, value in answer.getheaders() if name.lower() not in CONNECTION_HEADERS
            }
            return Answer(answer.status, headers, data)
        finally:
            office.close()
