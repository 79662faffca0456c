"""Passwords as Argon2id. Rule: a guess costs 64 MiB and three passes, whether or not the name exists.

The parameters stand in each hash (PHC string), so they can rise without anybody noticing.
"""

import threading
from collections.abc import Callable

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

MEMORY_KIB = 64 * 1024
PASSES = 3
LANES = 1
AT_ONCE = 2
"""Most derivations at a time: more would only fight for memory."""


class Passwords:
    """Hashes and checks passwords; blocks its thread for about a tenth of a second."""

    def __init__(self, randomness: Callable[[int], bytes], memory_kib: int = MEMORY_KIB) -> None:
        self._randomness, self._memory_kib = randomness, memory_kib
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._nobody = self.hash(randomness(16).hex())

    @property
    def memory_kib(self) -> int:
        """What one derivation costs."""
        return self._memory_kib

    def hash(self, password: str) -> str:
        """Hash a new password. Returns a PHC string (RFC 9106)."""
        with self._turn:
            kdf = Argon2id(
                salt=self._randomness(16),
                length=32,
                iterations=PASSES,
                lanes=LANES,
                memory_cost=self._memory_kib,
            )
            return kdf.derive_phc_encoded(password.encode())

    def fits(self, password: str, stored: str | None) -> bool:
        """Check a password; without a stored hash it takes just as long and fails."""
        with self._turn:
            try:
                Argon2id.verify_phc_encoded(password.encode(), stored or self._nobody)
            except InvalidKey:
                return False
        return stored is not None
