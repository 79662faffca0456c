"""Logs of what was committed between copies. Rule: only appended to, sealed, and believed up to a torn end.

One log is one file that one run of the server wrote; it begins where the oldest of the newest copies ends, so
that it serves each of them by itself. Written as server/part_file.py does: sealed segments with their place
bound in, each append fsynced. In it stand messages, each after its length: first a `Head`, then `Committed`.
"""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import msgspec

from schemas.base import Message, encode
from schemas.folders import listed
from schemas.ids import DeviceId
from server.backups.medium import Medium
from server.disk import ensure_folder, sync_folder
from server.feed_store import FedAccount, FedBlob, FedDevice, FedLink
from server.keys import Keys, derive
from server.part_file import DamagedPartError, PartFile, fitting, no_writing

FORMAT = 1
LENGTH_BYTES = 4
KEPT = 4
"""Older logs that stay: copies that are older than the newest may need them."""


class Head(Message, frozen=True, kw_only=True):
    """Whose log this is, and which history it continues: (seq, tag) of commits, the newest last."""

    format: int
    office: DeviceId
    begun_ms: int
    history: list[tuple[int, bytes]]


class Committed(Message, frozen=True, kw_only=True):
    """What was committed since the last message. `at_ms` is when it was noticed, UTC ms.

    `devices` and `accounts` are whole lists, or empty where nothing changed.
    """

    at_ms: int
    links: list[FedLink]
    blobs: list[FedBlob]
    devices: list[FedDevice]
    accounts: list[FedAccount]


_head = msgspec.msgpack.Decoder(Head)
_committed = msgspec.msgpack.Decoder(Committed)


class LogWriter:
    """A new log on a medium. Every method raises OSError when the medium fails."""

    def __init__(self, medium: Medium, keys: Keys, head: Head, randomness: Callable[[int], bytes]) -> None:
        ensure_folder(medium.stream)
        self.number = max(log_numbers(medium), default=0) + 1
        path = _path(medium, self.number)
        self._part = PartFile(path, _key(keys, medium, self.number), path.name, randomness)
        self.append(head)

    def append(self, message: Message) -> None:
        """Add one message durably."""
        data = encode(message)
        self._part.append(len(data).to_bytes(LENGTH_BYTES, "big") + data)

    def is_in_place(self) -> bool:
        """Say whether what is appended can be found again: not when its disk was exchanged for another."""
        return self._part.is_in_place()

    def close(self) -> None:
        """Let go of the file; it stays."""
        self._part.close()


def log_numbers(medium: Medium) -> list[int]:
    """Return the numbers of all logs on a medium, oldest first."""
    found = (path.stem for path in listed(medium.stream, "*.log"))
    return sorted(int(name) for name in found if name.isdigit())


def retire_logs(medium: Medium) -> None:
    """Remove all but the newest logs."""
    for number in log_numbers(medium)[: -KEPT - 1]:
        _path(medium, number).unlink()
    sync_folder(medium.stream)


def read_log(medium: Medium, keys: Keys, number: int) -> tuple[Head, Iterator[Committed]] | None:
    """Open a log: its head, and what follows up to its end or to where it is torn.

    None where not even the head can be read, or it is of another office. The rest raises DamagedPartError at
    a place that was changed.
    """
    path = _path(medium, number)
    key = _key(_fitting(medium, keys, number), medium, number)
    part = PartFile(path, key, path.name, no_writing, read_only=True)
    messages = _messages(part)
    try:
        head = _head.decode(next(messages))
    except (StopIteration, DamagedPartError, msgspec.DecodeError):
        messages.close()  # and with it the file, which it closed already where it ended
        return None
    if head.format != FORMAT or head.office != keys.device:
        messages.close()
        return None
    return head, (_committed.decode(data) for data in messages)


def log_generation(medium: Medium, keys: Keys, number: int) -> int:
    """Return the generation of keys that a log was begun under, the present one where none opens it."""
    return _fitting(medium, keys, number).number


def is_closed_log(medium: Medium, keys: Keys, number: int) -> bool:
    """Say whether nothing of a log opens: it is under keys of another time, or all of it was changed."""
    path = _path(medium, number)
    key = _key(_fitting(medium, keys, number), medium, number)
    part = PartFile(path, key, path.name, no_writing, read_only=True)
    part.close()
    return not part.offset and part.is_torn


def _fitting(medium: Medium, keys: Keys, number: int) -> Keys:
    path = _path(medium, number)
    each = {_key(one, medium, number): one for one in keys.each()}
    return each[fitting(path, list(each), path.name)]


def _messages(part: PartFile) -> Generator[bytes]:
    """Give each whole message; a message that is cut off at the end is none. Closes the file at the end."""
    buffer = bytearray()
    try:
        for chunk in part.chunks():
            buffer += chunk
            while len(buffer) >= LENGTH_BYTES:
                end = LENGTH_BYTES + int.from_bytes(buffer[:LENGTH_BYTES], "big")
                if len(buffer) < end:
                    break
                yield bytes(buffer[LENGTH_BYTES:end])
                del buffer[:end]
    finally:
        part.close()


def _path(medium: Medium, number: int) -> Path:
    return medium.stream / f"{number:08}.log"


def _key(keys: Keys, medium: Medium, number: int) -> bytes:
    return derive(keys.database, "backup stream", f"{medium.id} {number}")
