"""What two processes of ours say over a pipe. Rule: a length, then one message; nothing else ever."""

from collections.abc import Callable

LENGTH_BYTES = 4


def frame(message: bytes, most_bytes: int) -> bytes:
    """Return a message's bytes with their length before them. Raises ValueError for one that is too large."""
    if len(message) > most_bytes:
        raise ValueError("larger than any message")
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


def read_frame(read: Callable[[int], bytes], most_bytes: int) -> bytes | None:
    """Read one message's bytes; None where the other end is gone, or says what it may not."""
    head = read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES or (length := int.from_bytes(head, "big")) > most_bytes:
        return None
    raw = read(length)
    return raw if len(raw) == length else None
