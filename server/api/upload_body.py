"""The body of a PATCH as it comes in. Rule: it is read as fast as it comes, so that a cut line loses nothing.

An ASGI server drops what it holds when the line is cut, so a task of its own takes every piece at once. It
stops taking when `MOST_WAITING` bytes wait for the disk.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

MOST_WAITING = 512 * 1024
QUIET_S = 0.1
"""A pause after which a body that somebody newer waits for is over: by then all that arrived was read."""
LAST_S = 5.0
"""How long such a body may still go on without a pause."""


class UploadBody:
    """Takes a body piece by piece. `is_whole` is true once its end was seen, `is_cut` if the line broke."""

    def __init__(self, receive: Callable[[], Awaitable[Any]]) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.is_whole = False
        self.is_cut = False
        self._until: float | None = None
        self._task = asyncio.create_task(self._pull())

    async def take(self, least: int, most: int, patience_s: float) -> bytes:
        """Return `least` to `most` bytes; fewer only at the end, at a cut or after `patience_s` of quiet."""
        while len(self._buffer) < least and not self.is_whole and not self.is_cut:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), QUIET_S if self._until else patience_s)
            except TimeoutError:
                self.is_cut = True
        if self._until is not None and asyncio.get_running_loop().time() >= self._until:
            self.is_cut = True
        taken = bytes(self._buffer[:most])
        del self._buffer[:most]
        self._room.set()
        return taken

    @property
    def is_empty(self) -> bool:
        """Whether all that came was taken."""
        return not self._buffer

    def hurry(self) -> None:
        """End at the first pause: what has arrived, and may still lie in a buffer below, is taken first."""
        if self._until is None:
            self._until = asyncio.get_running_loop().time() + LAST_S
            self._changed.set()

    async def close(self) -> None:
        """Stop reading."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _pull(self) -> None:
        while not self.is_whole and not self.is_cut:
            if len(self._buffer) >= MOST_WAITING:
                self._room.clear()
                await self._room.wait()
            event = await self._receive()
            if event["type"] == "http.disconnect":
                self.is_cut = True
            else:
                self._buffer += event.get("body", b"")
                self.is_whole = not event.get("more_body", False)
            self._changed.set()
