"""Lists as parameters: `IN :name` in the port's SQL, JSON in SQLite's. Rule: one statement for any length."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import cast

import msgspec

_LISTED = re.compile(r"\bIN :(\w+)")


@lru_cache(maxsize=1024)
def lists_in(sql: str) -> tuple[str, ...]:
    """Return the names of the parameters that are lists."""
    return tuple(dict.fromkeys(_LISTED.findall(sql)))


def listed(items: Iterable[object]) -> tuple[str, bool]:
    """Return a list as JSON, and whether it holds bytes, as hex."""
    found = list(items)
    if found and isinstance(found[0], bytes):
        return msgspec.json.encode([cast(bytes, item).hex() for item in found]).decode(), True
    return msgspec.json.encode(found).decode(), False


@lru_cache(maxsize=1024)
def expanded(sql: str, kinds: tuple[tuple[str, bool], ...]) -> str:
    """Return SQL that reads its lists from JSON; `kinds` says of each name whether it holds bytes."""
    binary = dict(kinds)

    def select(match: re.Match[str]) -> str:
        name = match.group(1)
        value = "unhex(value)" if binary[name] else "value"
        return f"IN (SELECT {value} FROM json_each(:{name}))"  # noqa: S608 - the name comes from our own SQL

    return _LISTED.sub(select, sql)
