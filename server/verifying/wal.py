"""The write-ahead log, as bytes. Rule: a log that was changed in its middle is told apart from its end.

SQLite takes the first frame whose checksum is wrong for the end of the log, and so would quietly lose what
stands behind it. Format: sqlite.org/fileformat2.html, "The Write-Ahead Log".
"""

import struct
from pathlib import Path

HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
_LITTLE = 0x377F0682
_BIG = 0x377F0683


def first_bad_frame(path: Path) -> int | None:
    """Return the number (from 1) of a frame that was changed, 0 for the header, None if the log is whole.

    An office that is served writes its log meanwhile, and begins it anew: what is wrong has to be so twice.
    """
    found = _look(path)
    while found is not None:
        again = _look(path)
        if again == found:
            return found[1]
        found = again
    return None


def _look(path: Path) -> tuple[bytes, int] | None:
    """Return the header of a log and what `first_bad_frame` says of it, None if it is whole."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            return None
        magic, _, page_bytes, _ = struct.unpack(">4I", header[:16])
        if magic not in (_LITTLE, _BIG):
            return header, 0
        order = "<" if magic == _LITTLE else ">"
        sums = checksum(header[:24], order, (0, 0))
        if sums != struct.unpack(">2I", header[24:32]):
            return header, 0
        salts, bad = header[16:24], None
        number = 0
        while len(frame := file.read(FRAME_HEADER_BYTES + page_bytes)) == FRAME_HEADER_BYTES + page_bytes:
            number += 1
            is_of_this_log = frame[8:16] == salts
            if bad is not None and is_of_this_log:
                return header, bad
            sums = checksum(frame[:8] + frame[FRAME_HEADER_BYTES:], order, sums)
            if bad is None and not (is_of_this_log and sums == struct.unpack(">2I", frame[16:24])):
                bad = number
                if is_of_this_log:
                    return header, bad
    return None


def checksum(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
    """Go on with a log's sums over data of whole pairs of words, which lie in an order (`<` or `>`)."""
    first, second = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for one, two in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + two + first) & 0xFFFFFFFF
    return first, second
