"""How a new key of the office's chain is told. Rule: it is believed by the word of the key before it alone.

A change of the office's own chain names the key that signs from there on; the key before it signed the head
that ends with that change. Whoever knows one key follows to the next: sync/office_keys.py.
"""

from schemas.base import Message


class KeyTurn(Message, frozen=True, kw_only=True):
    """A link of the office's chain, its content, and the signature (64 bytes) of the key before over it."""

    link: bytes
    content: bytes
    signature: bytes


class OfficeKeys(Message, frozen=True, kw_only=True):
    """All turns of an office, oldest first; none where its first key still signs."""

    turns: list[KeyTurn]
