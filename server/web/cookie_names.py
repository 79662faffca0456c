"""What our cookies are called over HTTPS. Rule: the name says that no other host and no plain line set them.

Browsers take a name with `__Host-` from this very host by TLS only, for all its paths; cookies of the sealed
room, which go to its pages alone, have `__Secure-`. So neither somebody on the line nor a neighbour under the
same domain puts a session into a browser. Without TLS no browser would keep such a name, so it is plain.
Source: RFC 6265bis, 4.1.3.
"""

from typing import Any

from server.hosts import App, Receive, Scope, Send
from server.web.room_frame import ADDING_COOKIE, CEREMONY_COOKIE, OPEN_COOKIE

OURS = "sambang_"
HOST, SECURE = "__Host-", "__Secure-"
OF_THE_ROOM = frozenset({OPEN_COOKIE, CEREMONY_COOKIE, ADDING_COOKIE})


def over_tls(name: str) -> str:
    """Return what a cookie of ours is called over HTTPS."""
    return (SECURE if name in OF_THE_ROOM else HOST) + name


def named(app: App) -> App:
    """Wrap an application, which knows the plain names only."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["scheme"] != "https":
            await app(scope, receive, send)
            return

        async def send_named(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [_going(*pair) for pair in message["headers"]]}
            await send(message)

        await app({**scope, "headers": [_coming(*pair) for pair in scope["headers"]]}, receive, send_named)

    return wrapped


def _going(header: bytes, value: bytes) -> tuple[bytes, bytes]:
    name = value.partition(b"=")[0].decode("latin-1")
    if header.lower() != b"set-cookie" or not name.startswith(OURS):
        return header, value
    parts = [part.strip().lower() for part in value.split(b";")]
    # one that is taken back is not believed without it either
    secure = b"" if b"secure" in parts else b"; Secure"
    return header, over_tls(name).encode("latin-1") + value[len(name) :] + secure


def _coming(header: bytes, value: bytes) -> tuple[bytes, bytes]:
    if header.lower() != b"cookie":
        return header, value
    kept: list[str] = []
    for pair in value.decode("latin-1").split(";"):
        name, _, held = pair.strip().partition("=")
        plain = name.removeprefix(HOST).removeprefix(SECURE)
        if not plain.startswith(OURS):
            kept.append(pair.strip())
        elif name == over_tls(plain):
            kept.append(f"{plain}={held}")
    return header, "; ".join(kept).encode("latin-1")
