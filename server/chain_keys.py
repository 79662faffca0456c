"""Which key signs at which place of the office's chain. Rule: a key that has ended signs nothing more.

The key file holds every key that the chain ever had, oldest first; the chain itself says where each ended: at
the change that names the next, which the one before signed. What comes out of a copy of before a change of
keys is behind: then the same keys sign each other again, on the new branch.
"""

from collections.abc import Callable

from schemas.ids import DeviceId, LinkHash
from server.engine import Reader
from server.keys import Keys
from server.turn_store import Turn, last_turn
from sync.chain import Tip


class UnknownKeyError(Exception):
    """The chain names a key that the key file does not have: it is another office's, or an old one."""


class ChainKeys:
    """The keys of one office's chain, by place; `turn_at` finds the last change of keys up to one.

    The office's own database tells that; the simulation, whose office has none, gives another (`OwnChain`).
    """

    def __init__(
        self, keys: Keys, turn_at: Callable[[Reader, DeviceId, Tip], Turn | None] = last_turn
    ) -> None:
        self._turn_at = turn_at
        self._office: DeviceId = keys.device
        self._private, self.public = keys.chain_keys(), keys.chain_bytes()
        # A link's hash covers all before it, so what was found of one holds for ever.
        self._found: tuple[LinkHash, int] | None = None

    def is_behind(self, reader: Reader, tip: Tip) -> bool:
        """Say whether a key of the file that is newer than the chain's has no place in it yet."""
        return self._number(reader, tip) < len(self.public) - 1

    def next_key(self, reader: Reader, tip: Tip) -> bytes:
        """Return the public key that is to follow the one at this tip."""
        return self.public[self._number(reader, tip) + 1]

    def public_at(self, reader: Reader, place: Tip) -> bytes:
        """Return the public key under which what follows this link has to be signed."""
        return self.public[self._number(reader, place)]

    def sign_at(self, reader: Reader, place: Tip, message: bytes) -> bytes:
        """Sign what follows this link."""
        return self._private[self._number(reader, place)].sign(message)

    def sign(self, message: bytes) -> bytes:
        """Sign under the present key what stands in no chain."""
        return self._private[-1].sign(message)

    def follows(self, before: Tip, after: Tip, turned_to: bytes) -> None:
        """Note that a run leads from one link to another; `turned_to` is the key that it gives, or empty."""
        if self._found is None or self._found[0] != before.hash:
            return
        number = self._found[1] if not turned_to else self._known(turned_to)
        self._found = (after.hash, number)

    def _number(self, reader: Reader, place: Tip) -> int:
        if len(self.public) == 1:
            return 0
        found = self._found
        if found is not None and found[0] == place.hash:
            return found[1]
        turn = self._turn_at(reader, self._office, place)
        number = 0 if turn is None else self._known(turn.public_key)
        self._found = (place.hash, number)
        return number

    def _known(self, key: bytes) -> int:
        if key not in self.public:
            raise UnknownKeyError
        return self.public.index(key)
