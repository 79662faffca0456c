"""Ids in half their length. Rule: unfolded, every byte is the same again, whatever a message holds.

An id travels as hexadecimal digits, and in a short message deflate makes nothing of them. Folded, a text of
32 or 64 such digits in MessagePack is `c1`, its length and the bytes that the digits stand for. `c1` begins
nothing in MessagePack; where it stands by itself, in a hash say, it is written twice.
"""

import re
from binascii import hexlify, unhexlify

_IDS = re.compile(rb"\xd9\x20([0-9a-f]{32})|\xd9\x40([0-9a-f]{64})|\xc1")
_FOLDED = re.compile(rb"\xc1(?:\x20(.{16})|\x40(.{32})|(\xc1)|)", re.DOTALL)


def fold(data: bytes) -> bytes:
    """Return bytes with each id in them folded."""
    return _IDS.sub(_shorter, data)


def unfold(data: bytes) -> bytes:
    """Return what was folded. Raises ValueError where that is not what it is."""
    return _FOLDED.sub(_longer, data)


def _shorter(found: re.Match[bytes]) -> bytes:
    if found.lastindex is None:
        return b"\xc1\xc1"
    return b"\xc1" + found[0][1:2] + unhexlify(found[found.lastindex])


def _longer(found: re.Match[bytes]) -> bytes:
    match found.lastindex:
        case None:
            raise ValueError("a mark that marks nothing")
        case 3:
            return b"\xc1"
        case which:
            return b"\xd9" + found[0][1:2] + hexlify(found[which])
