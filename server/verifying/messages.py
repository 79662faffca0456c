"""What the office and the process beside it say. Rule: one task, then how far it is and what it found."""

import msgspec

from schemas.base import Message, encode
from schemas.ids import DeviceId
from server import frames
from server.verifying.findings import Fault

MOST_BYTES = 1 << 20
FAULTS_TOGETHER = 500
"""Faults in one message, so that none is too large."""


class Task(Message, frozen=True, kw_only=True):
    """Check structure, chains and signatures of the database at this absolute path, with its 32-byte key.

    `office_keys` are the public keys of the office's chain from the key file, the oldest first.
    """

    database: str
    key: bytes
    office: DeviceId
    office_keys: tuple[bytes, ...]


class Step(Message, frozen=True, kw_only=True, tag="step"):
    """A step of `total` things begins."""

    name: str
    total: int


class Advanced(Message, frozen=True, kw_only=True, tag="advanced"):
    """So many more were looked at."""

    count: int


class Faults(Message, frozen=True, kw_only=True, tag="faults"):
    """Some of what is not in order."""

    found: list[Fault]


class Done(Message, frozen=True, kw_only=True, tag="done"):
    """All was looked at. Without this word nothing is known of what was left."""

    counts: dict[str, int]


Said = Step | Advanced | Faults | Done

sayings: msgspec.msgpack.Decoder[Said] = msgspec.msgpack.Decoder(Said)


def frame(message: Task | Said) -> bytes:
    """Return a message with its length before it."""
    return frames.frame(encode(message), MOST_BYTES)
