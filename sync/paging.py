"""Cutting what lies beyond a cursor into pages. Rule: a page holds one item at least, if there is one."""

from collections.abc import Sequence

from schemas.wire import Removed, Row
from sync.store import Page


def cut(found: Sequence[Row | Removed], limit: int, max_bytes: int, last_seq: int) -> Page:
    """Return the first of what was found, in seq order, as one page; `last_seq` is where an empty one ends.

    `found` may stop at the item after the `limit`: that there is one says that others follow.
    """
    taken: list[Row | Removed] = []
    total = 0
    for item in found[:limit]:
        total += len(item.body) if isinstance(item, Row) else 0
        if taken and total > max_bytes:
            break
        taken.append(item)
    return Page(
        rows=[item for item in taken if isinstance(item, Row)],
        removed=[item for item in taken if isinstance(item, Removed)],
        last=taken[-1].seq if taken else last_seq,
        more=len(taken) < len(found),
    )
