"""Which key speaks for the office. Rule: the one that it had when this phone joined, or one to which the keys
between have led, each by its own signature; never again one that has ended.

The office may give its chain another key. The phone asks for what leads there at the first sync of each
opening, and when something is signed by a key that it does not know; an answer by file carries it. A phone
that was away for years follows from key to key. See sync/office_keys.py. By the office's word it also learns
at which addresses it may be found.
"""

from collections.abc import Callable, Sequence

from field_app.link import Failure, Link
from field_app.owner import Owner
from field_app.signing import is_signed
from field_app.store import Store
from schemas.addresses import address_message
from schemas.handover import OfficeKeyRequest, Turned, key_message
from schemas.office_keys import KeyTurn
from sync.office_keys import follow

PRESENT = "kantor/kunci"
"""The key that signs for the office by now; nothing while it is the one of joining."""
OFFICE_KEY = "serah_terima/kunci_kantor"
"""The office's X25519 key: hand-over files and kept vaults are sealed to it."""
TOLD_BY = "serah_terima/kunci_kantor_dari"
"""The key that signed it; nothing where it came with joining, or before there was a second."""
ADDRESSES = "kantor/alamat"
"""Where the office said that it may be."""


class OfficeWord:
    """The office's word, as one vault knows it; `is_signed(public_key, signature, message)` checks it."""

    def __init__(
        self, store: Store, owner: Owner, is_signed: Callable[[bytes, bytes, bytes], bool] = is_signed
    ) -> None:
        self._store, self._owner, self._is_signed = store, owner, is_signed
        self._has_asked = self._knows_where = False

    @property
    def key(self) -> bytes:
        """The key (Ed25519, 32 bytes) that speaks for the office."""
        return self._store.get(PRESENT, bytes, b"") or self._owner.office_key

    @property
    def addresses(self) -> list[str]:
        """Addresses over TLS at which the office may be, in the order in which it names them."""
        return self._store.get(ADDRESSES, list[str], [])

    def led(self, turns: Sequence[KeyTurn]) -> bytes:
        """Return the key to which turns lead from the present one; nothing is kept."""
        return follow(self.key, self._owner.office_device, turns, self._is_signed)

    def believes(self, turns: Sequence[KeyTurn], signature: bytes, message: bytes) -> bool:
        """Say whether the office signed this by the newest key that turns lead to."""
        return self._is_signed(self.led(turns), signature, message)

    def signed(self, link: Link, signature: bytes, message: bytes) -> bool:
        """Say whether the office signed this; where not by the key that is known, it is asked for its own."""
        return self._is_signed(self.key, signature, message) or (
            self._ask(link) and self._is_signed(self.key, signature, message)
        )

    def after_sync(self, link: Link) -> None:
        """Follow the office, once in each opening, and learn its key for hand-over files by its word."""
        if not self._has_asked:
            self._ask(link)
        if not self._knows_where:
            self._learn_addresses(link)
        self.learn_office_key(link)

    def learn_office_key(self, link: Link) -> None:
        """Ask for the office's key for hand-over files, unless it is known by its present word."""
        told_by = self._store.get(TOLD_BY, bytes, b"") or self._owner.office_key
        if self._store.get(OFFICE_KEY, bytes, b"") and told_by == self.key:
            return
        answer = link.office_key(OfficeKeyRequest(device=self._owner.device))
        if not isinstance(answer, Failure):  # an office of before has none
            self._take(answer.public_key, answer.signature)

    def _learn_addresses(self, link: Link) -> None:
        """Ask where the office may be. Who answers at an address without TLS proves nothing: none is kept."""
        told = link.addresses()
        if isinstance(told, Failure):
            return  # an office of before does not know the question
        found = [
            one.address
            for one in told.addresses
            if one.is_tls and self._is_signed(self.key, one.signature, address_message(one.address))
        ]
        if told.addresses and not found:
            return  # by a key that is not known yet: asked again after the next sync
        self._knows_where = True
        if found != self.addresses:
            self._store.put(ADDRESSES, found)

    def take(self, turned: Turned) -> None:
        """Keep what an answer by file says of the office's keys, once the file was found to be signed so."""
        self._keep(self.led(turned.turns))
        self._take(turned.public_key, turned.signature)

    def _ask(self, link: Link) -> bool:
        """Ask the office what leads to its present key; say whether that is another than was known."""
        answer = link.office_keys()
        if isinstance(answer, Failure):
            return False  # an office of before does not know the question
        self._has_asked = True
        return self._keep(self.led(answer.turns))

    def _keep(self, key: bytes) -> bool:
        if key == self.key:
            return False
        self._store.put(PRESENT, key)
        return True

    def _take(self, public_key: bytes, signature: bytes) -> None:
        # somebody else's key is not believed, and asked for again at the next sync
        if self._is_signed(self.key, signature, key_message(public_key)):
            self._store.put(OFFICE_KEY, public_key)
            self._store.put(TOLD_BY, self.key)
