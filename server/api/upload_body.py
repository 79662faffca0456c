"""The body of an upload's request as it comes in. Rule: it is read as fast as it comes, so that a cut line
loses nothing.

What the system holds for us is lost when a line is reset, so a task of its own takes every piece at once. It
stops taking when `MOST_WAITING` bytes wait for the disk, and earlier while it is not known whose they are.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

LEAST_BYTES = 16 * 1024
"""What is worth a write of its own; so much may be lost if the office itself dies."""
MOST_WAITING = 512 * 1024
MOST_OF_STRANGERS = 64 * 1024
HOLD_S = 0.1
"""How long bytes may wait in memory for the rest of their body, which is then stored at one go."""
PATIENCE_S = 60.0
QUIET_S = 0.1
"""A pause after which a body that somebody newer waits for is over: by then all that arrived was read."""
LAST_S = 5.0
"""How long such a body may still go on without a pause."""


class UploadBody:
    """Takes a body piece by piece. `is_whole` is true once its end was seen, `is_cut` if the line broke."""

    def __init__(self, receive: Callable[[], Awaitable[Any]]) -> None:
        self._receive = receive
        self._clock = asyncio.get_running_loop().time
        self._pieces: list[bytes] = []
        self._waiting = 0
        self._most = MOST_OF_STRANGERS
        self._since = self._last = self._clock()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.is_whole = False
        self.is_cut = False
        self._until: float | None = None
        self._task = asyncio.create_task(self._pull())

    async def take(self) -> bytes:
        """Return all that waits, as soon as the body is over, or enough of it waits for long enough.

        Fewer than `LEAST_BYTES` come only at the end, at a cut, or after `PATIENCE_S` of quiet.
        """
        while not self.is_whole and not self.is_cut and self._waiting < MOST_WAITING:
            now = self._clock()
            over = self._last + PATIENCE_S if self._until is None else min(self._last + QUIET_S, self._until)
            if over <= now:
                self.is_cut = True
                break
            due = self._since + HOLD_S if self._waiting >= LEAST_BYTES else over
            if due <= now:
                break
            await self._change(min(due, over))
        taken = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._waiting = 0
        self._room.set()
        return taken

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come and all that came was taken."""
        return not self._waiting and (self.is_whole or self.is_cut)

    def admit(self) -> None:
        """Take as much as may wait: it is known now who sends it."""
        self._most = MOST_WAITING
        self._room.set()

    def hurry(self) -> None:
        """End at the first pause: what has arrived, and may still lie in a buffer below, is taken first."""
        if self._until is None:
            self._last = self._clock()
            self._until = self._last + LAST_S
            self._changed.set()

    async def close(self) -> None:
        """Stop reading."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _change(self, until: float) -> None:
        """Wait until something came, or until a moment of the loop's clock."""
        self._changed.clear()
        timer = asyncio.get_running_loop().call_at(until, self._changed.set)
        await self._changed.wait()
        timer.cancel()

    async def _pull(self) -> None:
        while not self.is_whole and not self.is_cut:
            if self._waiting >= self._most:
                self._room.clear()
                await self._room.wait()
            event = await self._receive()
            if event["type"] == "http.disconnect":
                self.is_cut = True
            else:
                self._add(event.get("body", b""))
                self.is_whole = not event.get("more_body", False)
            self._changed.set()

    def _add(self, piece: bytes) -> None:
        self._last = self._clock()
        if piece:
            self._since = self._since if self._pieces else self._last
            self._pieces.append(piece)
            self._waiting += len(piece)
