"""Android's clocks. Rule: `elapsed_ms` goes on while the phone sleeps, and nobody can set it."""

import time
from pathlib import Path

from field_app.android.java import Java

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
BOOT_DIGITS = 12
UNKNOWN = "tidak-diketahui"


class AndroidTime:
    """See devices.Timepiece."""

    def __init__(self, java: Java, boot_id: Path = BOOT_ID) -> None:
        self._clock = java("android.os.SystemClock")
        self._boot = _boot(java, boot_id)  # of this process, so of one boot

    def now_ms(self) -> int:
        """See devices.Timepiece."""
        return time.time_ns() // 1_000_000

    def elapsed_ms(self) -> int:
        """See devices.Timepiece."""
        return int(self._clock.elapsedRealtime())

    def boot(self) -> str:
        """See devices.Timepiece."""
        return self._boot


def _boot(java: Java, boot_id: Path) -> str:
    """Name this boot by how many there were, else by the kernel's name for it, which some phones hide."""
    settings = java("android.provider.Settings$Global")
    count = settings.getInt(java.activity.getContentResolver(), settings.BOOT_COUNT, -1)
    if count >= 0:
        return f"boot-{count}"
    try:
        return boot_id.read_text("ascii").strip().replace("-", "")[:BOOT_DIGITS]
    except OSError:
        return UNKNOWN
