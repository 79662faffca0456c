"""HTTP/1.1 with as little work as can be, for loads that share the machine with the server they measure.

Rule: bodies are made before; a connection stays open; what comes back is only split, never interpreted.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlsplit

END = b"\r\n\r\n"


@dataclass
class Answer:
    """What came back, and how long it took, opening the connection included."""

    status: int
    headers: dict[str, str]
    body: bytes
    ms: float


class _Line(asyncio.Protocol):
    """One connection: what comes is kept until it is as long as its head says."""

    def __init__(self) -> None:
        self._came = bytearray()
        self._whole: asyncio.Future[tuple[list[str], bytes]] | None = None
        self._is_bodiless = False
        self.transport: asyncio.Transport | None = None
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, request: bytes, is_bodiless: bool) -> "asyncio.Future[tuple[list[str], bytes]]":
        """Send a request; give the lines of the head of its answer, and its body."""
        assert self.transport is not None
        self._whole, self._is_bodiless = asyncio.get_running_loop().create_future(), is_bodiless
        self.transport.write(request)
        return self._whole

    def data_received(self, data: bytes) -> None:
        self._came += data
        end = self._came.find(END)
        if end < 0 or self._whole is None:
            return
        lines = self._came[:end].decode("latin-1").split("\r\n")
        length = 0
        if not self._is_bodiless:
            named = (line[15:] for line in lines if line[:15].lower() == "content-length:")
            length = int(next(named, "0"))
        if len(self._came) >= end + len(END) + length:
            body = bytes(self._came[end + len(END) : end + len(END) + length])
            self._came.clear()
            whole, self._whole = self._whole, None
            whole.set_result((lines, body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._whole is not None and not self._whole.done():
            self._whole.set_exception(exc or ConnectionResetError("the server hung up"))
        self.closed.set_result(None)


@dataclass
class RawHttp:
    """One connection to `http://127.0.0.1:port`; `token` goes with every request."""

    address: str
    token: str = ""
    _line: _Line | None = field(default=None, init=False)

    async def open(self) -> None:
        """Connect."""
        where = urlsplit(self.address)
        loop = asyncio.get_running_loop()
        _, self._line = await loop.create_connection(_Line, where.hostname, where.port)

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request and read its answer."""
        start = perf_counter()
        if self._line is None or self._line.closed.done():  # the server hangs up on who is silent for long
            await self.open()
        assert self._line is not None
        lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if self.token:
            lines.append(f"authorization: Bearer {self.token}")
        request = "\r\n".join((*lines, "", "")).encode("latin-1") + body
        head, content = await self._line.ask(request, method == "HEAD")
        ms = (perf_counter() - start) * 1000
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        return Answer(int(head[0].split()[1]), found, content, ms)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._line is not None and self._line.transport is not None:
            self._line.transport.close()
            await self._line.closed
            self._line = None
