"""What came over a line before it was cut. Rule: the application gets all of it, however slow it is to ask.

uvicorn drops what it holds of a body as soon as it sees the end of a connection. So nothing more is read of a
line, its end neither, while a piece of a body waits to be taken.
"""

from typing import Any

from server.hosts import TargetProtocol


class ArrivalProtocol(TargetProtocol):
    """HTTP in which a cut takes back nothing that arrived before it."""

    def data_received(self, data: bytes) -> None:
        """Read on only when what came of a body was taken; a body that is whole needs no more reading."""
        super().data_received(data)
        cycle: Any = self.cycle  # None before the first request
        if cycle is not None and cycle.body and cycle.more_body and not cycle.response_complete:
            self.flow.pause_reading()
