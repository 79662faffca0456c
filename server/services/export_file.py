"""A file that goes out, kept while it is written. Rule: a transaction a piece, none for what nobody wants."""

from hashlib import sha256

from schemas.ids import RecordId
from server import export_store
from server.engine import Engine, Writer

PIECE_BYTES = 256 * 1024


class ForgottenError(Exception):
    """The list is no longer wanted: it was thrown away, or something was destroyed."""


class FilePieces:
    """Takes a file's bytes and keeps them a piece at a time, each in a transaction of its own."""

    def __init__(self, engine: Engine, name: RecordId) -> None:
        self._engine, self._name = engine, name
        self._held = bytearray()
        self._digest, self._size, self._place = sha256(), 0, 0

    def write(self, data: bytes, /) -> int:
        """See writing.Sink."""
        self._held += data
        while len(self._held) >= PIECE_BYTES:
            self._put(bytes(self._held[:PIECE_BYTES]))
            del self._held[:PIECE_BYTES]
        return len(data)

    def flush(self) -> None:
        """See writing.Sink; what is less than a piece waits for its end."""

    def finish(self) -> tuple[int, str]:
        """Keep the last piece; return the size in bytes and the SHA-256 of the whole."""
        if self._held:
            self._put(bytes(self._held))
            self._held.clear()
        return self._size, self._digest.hexdigest()

    def _put(self, data: bytes) -> None:
        place = self._place

        def work(tx: Writer) -> None:
            still_wanted(tx, self._name)
            export_store.put_piece(tx, self._name, place, data)

        self._engine.write(work).result()
        self._digest.update(data)
        self._size += len(data)
        self._place += 1


def still_wanted(tx: Writer, name: RecordId) -> None:
    """See that a list is still wanted. Raises ForgottenError."""
    if export_store.order(tx, name) is None:
        raise ForgottenError
