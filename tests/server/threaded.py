"""A server in a thread of its own. Rule: it stops as soon as it is told.

uvicorn looks ten times a second whether it was told to stop, and waits as long once more for those who are
connected. A thousand tests would stand still for minutes in all.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from server.patience import PatientProtocol

STOPS_S = 30
LOOKS_S = 0.001


class PromptServer(uvicorn.Server):
    """The real one, but for its pauses."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Serve until told to stop."""
        self._loop = asyncio.get_running_loop()
        while not self._told.is_set():
            await self.on_tick(0)  # the answers' date
            self.ready.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is under way, and close."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(LOOKS_S)
        for server in self.servers:
            await server.wait_closed()
        await self.lifespan.shutdown()

    def stop(self) -> None:
        """Tell it so, from another thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._told.set)


@contextmanager
def in_thread(app: Any, listener: socket.socket, **options: Any) -> Iterator[PromptServer]:
    """Serve on a listener, and close it in the end."""
    told = {"http": PatientProtocol, "access_log": False, "log_level": "warning", **options}
    config = uvicorn.Config(app, **told)
    server = PromptServer(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    assert server.ready.wait(STOPS_S), "the server did not start"
    try:
        yield server
    finally:
        server.stop()
        thread.join(timeout=STOPS_S)
        listener.close()
