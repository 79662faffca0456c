"""Following an office from one key of its chain to the next. Rule: only the key before names the one after.

What makes a turn is no more than any change of the office: a content that enrols the office itself under
another key, the link that names the content, and a signature over that link as head. So a key that has ended
leads nowhere else, and whoever was away for long goes from turn to turn. See docs/protocol.md, "Chains".
"""

from collections.abc import Callable, Sequence

from schemas.base import UNREADABLE
from schemas.ids import DeviceId
from schemas.office_keys import KeyTurn
from sync.chain import head_message, link_hash, read_link
from sync.change import Enrolled, change_id, read

OFFICE_KEY_BYTES = 32
MARK = b"enrolled"
"""The tag of the body stands in its bytes as it is: a content without it need not be read."""


def follow(
    key: bytes,
    office: DeviceId,
    turns: Sequence[KeyTurn],
    is_signed: Callable[[bytes, bytes, bytes], bool],
) -> bytes:
    """Return the key to which turns lead from this one: itself where none of them is its word.

    `is_signed(public_key, signature, message)` checks Ed25519.
    """
    known = {key}
    while True:
        said = (_new(key, office, turn, is_signed) for turn in turns)
        following = next((new for new in said if new and new not in known), None)
        if following is None:
            return key
        known.add(following)
        key = following


def turned_to(content: bytes, office: DeviceId) -> bytes:
    """Return the key that a change of the office's own chain gives it, empty where it gives none."""
    if MARK not in content:
        return b""
    try:
        body = read(content).body
    except UNREADABLE:
        return b""
    if isinstance(body, Enrolled) and body.device == office and len(body.public_key) == OFFICE_KEY_BYTES:
        return body.public_key
    return b""


def _new(
    key: bytes, office: DeviceId, turn: KeyTurn, is_signed: Callable[[bytes, bytes, bytes], bool]
) -> bytes:
    try:
        link = read_link(turn.link)
    except UNREADABLE:
        return b""
    if link.device != office or link.change != change_id(turn.content):
        return b""
    new = turned_to(turn.content, office)
    is_said = bool(new) and is_signed(key, turn.signature, head_message(link_hash(turn.link)))
    return new if is_said else b""
