"""By which names this office is asked for. Rule: a request for another name is somebody else's, and gets 421.

So no page of another site can make a browser take this office for its own by pointing a name here (DNS
rebinding), and no name that a stranger made up comes into an answer. Loopback is always ours, and so is the
very address at which a request arrived: whoever reached it has named no name. What a proxy says of names
(X-Forwarded-Host) is not read: it must pass on the name that it was asked for, or one of ours.
Sources: RFC 9110, 7.2, 7.4 and 15.5.20; RFC 9112, 3.2.2.
"""

import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from schemas.problem import MEDIA_TYPE, TEXTS, Problem
from schemas.text import Text
from server.problems import problem_json, status_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

LOCAL = "localhost"
MACHINES = ("/api/", "/tus")
_AUTHORITY = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9.-]+))(?::[0-9]{0,5})?")
_STRICT = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


def host_of(authority: str) -> str:
    """Return the name or address of `host` or `host:port` in one spelling; empty when it is neither."""
    found = _AUTHORITY.fullmatch(authority)
    return same_spelling(found["six"] or found["host"]) if found else ""


def same_spelling(name: str) -> str:
    """Return a name in small letters without its last dot, an IP address in its short form."""
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name.lower().removesuffix(".")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


class Hosts:
    """The names of one running office; in whichever spelling they are given."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(map(same_spelling, names))

    def has(self, authority: str, arrived_at: str) -> bool:
        """Whether a request for `host[:port]` that arrived at that address of ours is for us."""
        name = host_of(authority)
        if not name:
            return False
        return name in self._names or name == same_spelling(arrived_at) or is_loopback(name)

    def guard(self, app: App, text: Text) -> App:
        """Wrap an application: what is for another office does not reach it."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            problem = self._problem(scope) if scope["type"] == "http" else None
            if problem is None:
                await app(scope, receive, send)
            else:
                await _refuse(scope, send, problem, text)

        return guarded

    def _problem(self, scope: Scope) -> Problem | None:
        asked = [value.decode("latin-1").strip() for name, value in scope["headers"] if name == b"host"]
        if len(asked) != 1:
            return Problem(code="pesan_tidak_terbaca")
        server = scope.get("server")
        return None if self.has(asked[0], server[0] if server else "") else Problem(code="alamat_lain")


class TargetProtocol(HttpToolsProtocol):
    """HTTP in which a name in the request's target counts, and not the Host beside it (RFC 9112, 3.2.2)."""

    def on_headers_complete(self) -> None:
        """Put the name of an absolute target in the place of Host, before anybody reads it."""
        if not self.url.startswith((b"/", b"*")):
            try:
                target = httptools.parse_url(self.url)
                port = b":%d" % target.port if target.port else b""
                name = target.host or b""
            except httptools.HttpParserInvalidURLError:
                name, port = b"", b""
            host = b"[" + name + b"]" if b":" in name else name
            self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"]
            self.headers.append((b"host", host + port))
        super().on_headers_complete()


def is_loopback(name: str) -> bool:
    """Whether a name or address, in one spelling, leads to whoever asks for it."""
    try:
        return name == LOCAL or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _refuse(scope: Scope, send: Send, problem: Problem, text: Text) -> None:
    if scope["path"].startswith(MACHINES):
        media_type, body = MEDIA_TYPE, problem_json(problem, text)
    else:
        media_type, body = "text/plain; charset=utf-8", text(f"{TEXTS}.{problem.code}").encode()
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        *_STRICT,
    ]
    await send({"type": "http.response.start", "status": status_of(problem), "headers": headers})
    sent = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": sent, "more_body": False})
