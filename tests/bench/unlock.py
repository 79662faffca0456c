"""What a worker waits for after the PIN: the derivation, the wrap, and the key that opens the vault."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from field_app.devices.desktop import FileKeystore, SystemTime
from field_app.keys import Keys, Opened
from tests.bench.figures import Figure, median_ms

PIN = "280945"
RUNS = 7
MEMORY_KIB, PASSES, LANES = 64 * 1024, 3, 2


def measure(folder: Path) -> list[Figure]:
    """Unlock with the right PIN at the cost that the app itself sets, beside bare Argon2id at that cost."""
    keys = Keys(folder, FileKeystore(folder / "device"), SystemTime(), os.urandom)
    keys.create(PIN, os.urandom(32))

    def unlock() -> None:
        if not isinstance(keys.unlock(PIN), Opened):
            raise RuntimeError("the right PIN did not open")

    return [
        Figure(
            name="phone: unlock by PIN (Argon2id, 64 MiB, three passes)",
            value=median_ms(unlock, RUNS) / 1000,
            unit="s",
            budget=1.0,
            limit=median_ms(_bare, RUNS) / 1000,
            limit_name="bare Argon2id",
        )
    ]


def _bare() -> None:
    Argon2id(salt=bytes(16), length=32, iterations=PASSES, lanes=LANES, memory_cost=MEMORY_KIB).derive(
        PIN.encode()
    )
