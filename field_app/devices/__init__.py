"""What the phone's hardware offers, as ports. Rule: nothing here decides; adapters only say what the
device says.
"""

from pathlib import Path
from typing import Protocol

from sync.change import Place


class Camera(Protocol):
    """Takes pictures."""

    def available(self) -> bool:
        """Say whether a picture can be taken now."""
        ...

    def frame(self) -> bytes:
        """Return one picture as JPEG bytes. Raises OSError when there is none."""
        ...


class Location(Protocol):
    """Says where the device is."""

    def fix(self) -> Place | None:
        """Return the newest fix, None when there is none."""
        ...


class Keystore(Protocol):
    """A secret of this very device that cannot be copied off it."""

    def mac(self, message: bytes) -> bytes:
        """Return HMAC-SHA256 of the message under the device's secret (32 bytes)."""
        ...

    def of(self, worker: str) -> "Keystore":
        """Return the secret for another worker's vault on this device; the first has an empty name."""
        ...

    def forget(self) -> None:
        """Destroy the secret: what was derived from it is gone for good. Only a wipe asks for it."""
        ...

    def for_development(self) -> bool:
        """Say whether the secret is only a file or a keyring, which the screen then says."""
        ...


class Timepiece(Protocol):
    """The device's clocks."""

    def now_ms(self) -> int:
        """Return wall time, UTC milliseconds; it may be wrong and may jump."""
        ...

    def elapsed_ms(self) -> int:
        """Return milliseconds that only rise while the device runs."""
        ...

    def boot(self) -> str:
        """Return a name of this run of the device: `elapsed_ms` of two boots cannot be compared."""
        ...


class Network(Protocol):
    """What kind of link there is."""

    def metered(self) -> bool:
        """Say whether sending costs money by the byte, as on mobile data."""
        ...

    def available(self) -> bool:
        """Say whether there is any link at all; True where the device cannot tell. Asked often, so cheap."""
        ...


class Media(Protocol):
    """Where files can be put to be carried away: sticks, cards, shared storage."""

    def places(self) -> list[Path]:
        """Return folders that can be written to now, the most likely one first."""
        ...
