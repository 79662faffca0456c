"""The two Struct bases that everything else builds on. Rule: decode strictly, once, at the edge.

`kw_only` is not inherited by msgspec Structs, so each subclass says it again.
"""

from functools import lru_cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that decoding foreign bytes may raise: text that is no UTF-8 has an error of its own in msgspec."""


class Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that is stored or read from a file, as a map with named members."""


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, array_like=True):
    """A value that crosses the wire or is hashed, as an array: compact, with one encoding only."""


def encode(value: object) -> bytes:
    """Encode as MessagePack; the same value always gives the same bytes (dict order is the caller's)."""
    return msgspec.msgpack.encode(value)


def decode(data: bytes, kind: type[T]) -> T:
    """Decode MessagePack strictly as `kind`. Raises msgspec.ValidationError or msgspec.DecodeError."""
    found: T = _decoder(kind).decode(data)
    return found


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    """Return what reads this kind: made anew for each row, it takes longer than reading does."""
    return msgspec.msgpack.Decoder(kind)
