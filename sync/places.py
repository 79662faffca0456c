"""Where the office keeps a record whose id follows from something else. Rule: what is there first stays.

Anybody can work such an id out, and phones choose the ids of whom they add. So what the office makes stands
at the first place that holds nothing of another kind, and is found there again on every replay.
"""

from collections.abc import Callable
from hashlib import sha256
from itertools import count

from schemas.ids import RecordId
from sync.store import Record

ID_DIGITS = 32


def place_of(
    seed: bytes,
    get: Callable[[RecordId], Record | None],
    is_ours: Callable[[Record], bool],
) -> tuple[RecordId, Record | None]:
    """Return the place that belongs to a seed, and what is there already, None before there is anything.

    `is_ours` says of a record that it is what is looked for; whatever else has a place is passed by.
    """
    for number in count():
        name = place_at(seed, number)
        found = get(name)
        if found is None or is_ours(found):
            return name, found
    raise AssertionError("numbers do not end")


def place_at(seed: bytes, number: int = 0) -> RecordId:
    """Return a place of a seed by its number; nearly always it is the first, number 0."""
    further = b"\0%d" % number if number else b""
    return RecordId(sha256(seed + further).hexdigest()[:ID_DIGITS])
