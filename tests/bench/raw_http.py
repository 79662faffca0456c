"""HTTP/1.1 with as little work as can be, for loads that share the machine with the server they measure.

Rule: bodies are made before; a connection stays open; what comes back is only split, never interpreted.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlsplit


@dataclass
class Answer:
    """What came back, and how long it took, opening the connection included."""

    status: int
    headers: dict[str, str]
    body: bytes
    ms: float


@dataclass
class RawHttp:
    """One connection to `http://127.0.0.1:port`; `token` goes with every request."""

    address: str
    token: str = ""
    _ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, init=False)

    async def open(self) -> None:
        """Connect."""
        where = urlsplit(self.address)
        self._ends = await asyncio.open_connection(where.hostname, where.port, limit=1 << 20)

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request and read its answer."""
        start = perf_counter()
        if self._ends is None:
            await self.open()
        assert self._ends is not None
        reader, writer = self._ends
        lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if self.token:
            lines.append(f"authorization: Bearer {self.token}")
        writer.write("\r\n".join((*lines, "", "")).encode("latin-1") + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        found = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:])
            if name
        }
        content = b""
        if method != "HEAD" and (length := int(found.get("content-length", "0"))):
            content = await reader.readexactly(length)
        return Answer(int(head[0].split()[1]), found, content, (perf_counter() - start) * 1000)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._ends is not None:
            self._ends[1].close()
            await self._ends[1].wait_closed()
            self._ends = None
