"""The recovery key on two halves of paper. Rule: one half says nothing, and a mistyped line is named.

A half is 32 bytes; the key is one XOR the other. It is written in eight lines of eight signs (Crockford's
base32: no I, L, O or U): four bytes, and one that proves them to be this line of this half.
"""

from hashlib import sha256

from schemas.base import Data

HALF_BYTES = 32
LINES, LINE_BYTES = 8, 4
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})
DOMAIN = b"sambang recovery half v1\0"


class WrongLines(Data, frozen=True, kw_only=True):
    """Lines, counted from 1, that are missing or not what was printed; 0 when there are too many."""

    lines: tuple[int, ...]


def split(key: bytes, randomness: bytes) -> tuple[bytes, bytes]:
    """Part a key into two halves. Raises ValueError unless both have 32 bytes."""
    if len(key) != HALF_BYTES or len(randomness) != HALF_BYTES:
        raise ValueError("key and randomness have 32 bytes each")
    return randomness, joined(key, randomness)


def joined(first: bytes, second: bytes) -> bytes:
    """Return the key of two halves."""
    return bytes(a ^ b for a, b in zip(first, second, strict=True))


def lines_of(half: bytes, number: int) -> tuple[str, ...]:
    """Return the lines of the first or second half, `ABCD-EFGH` each."""
    return tuple(_line(half[at * LINE_BYTES : (at + 1) * LINE_BYTES], number, at + 1) for at in range(LINES))


def read_half(typed: str, number: int) -> bytes | WrongLines:
    """Read a half as somebody typed it, line by line; dashes, spaces and capitals do not matter."""
    lines = [line for line in typed.splitlines() if line.strip()]
    if len(lines) > LINES:
        return WrongLines(lines=(0,))
    lines += [""] * (LINES - len(lines))
    read = [_read(line, number, at) for at, line in enumerate(lines, 1)]
    wrong = tuple(at for at, part in enumerate(read, 1) if part is None)
    return WrongLines(lines=wrong) if wrong else b"".join(part for part in read if part)


def _line(part: bytes, number: int, at: int) -> str:
    value = int.from_bytes(part + _check(part, number, at), "big")
    signs = "".join(SIGNS[value >> (5 * place) & 31] for place in range(7, -1, -1))
    return f"{signs[:4]}-{signs[4:]}"


def _read(line: str, number: int, at: int) -> bytes | None:
    signs = "".join(sign for sign in line.upper().translate(_READ_AS) if sign not in "- \t.")
    if len(signs) != 8 or any(sign not in SIGNS for sign in signs):
        return None
    value = 0
    for sign in signs:
        value = value << 5 | SIGNS.index(sign)
    raw = value.to_bytes(LINE_BYTES + 1, "big")
    part, check = raw[:LINE_BYTES], raw[LINE_BYTES:]
    return part if check == _check(part, number, at) else None


def _check(part: bytes, number: int, at: int) -> bytes:
    return sha256(DOMAIN + bytes([number, at]) + part).digest()[:1]
