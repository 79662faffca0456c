"""Copies of stores in memory, as a folder would be copied. Rule: what is copied shares nothing that changes.

What a store holds are frozen values in dicts, sets and lists, one within another at most once: those are
copied, the values are shared.
"""

import copy
from typing import Any, TypeVar

from sync.undo import Journal

T = TypeVar("T")


def copied(thing: T) -> T:
    """Return a copy that goes its own way."""
    other = copy.copy(thing)
    for name, value in vars(thing).items():
        setattr(other, name, Journal() if isinstance(value, Journal) else _copied(value))
    return other


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        nested = any(isinstance(inner, dict | set | list) for inner in _some(value))
        return {key: _copied(inner) for key, inner in value.items()} if nested else value.copy()
    if isinstance(value, set | list):
        return value.copy()
    return value


def _some(value: dict[Any, Any]) -> list[Any]:
    """A dict holds one kind of thing, so one of them says whether it is nested."""
    return [next(iter(value.values()))] if value else []
