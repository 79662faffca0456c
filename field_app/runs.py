"""How much goes up in one request. Rule: little on a line that may well be bad, so that a cut loses little.

A run is bounded by its bytes before deflating. It grows while answers come quickly, up to what a request may
hold at all: each run costs both ends a commit, so that few large ones are cheaper than many small ones.
"""

from sync.client import PUSH_BYTES

FIRST_BYTES = 320 * 1024
FIRST_METERED_BYTES = 64 * 1024
"""Where the network is paid by the byte, it is likely to be a slow one as well."""
LEAST_BYTES = 16 * 1024
WANTED_MS = 2_000
"""How long a run may be under way: more than that again is what a cut may cost."""
MOST_GROWTH = 4.0
LEAST_GROWTH = 0.5


class Runs:
    """Of one worker: `most_bytes` is the bound for the next run."""

    def __init__(self) -> None:
        self.most_bytes = FIRST_BYTES
        self._metered = False

    def starts(self, *, metered: bool) -> None:
        """A sync starts; on another kind of network than the last one the line is unknown."""
        if metered != self._metered:
            self._metered = metered
            self._become(FIRST_METERED_BYTES if metered else FIRST_BYTES)

    def answered(self, sent_bytes: int, took_ms: float) -> None:
        """A run of so many bytes was answered after so long. One that was far from full says little."""
        growth = min(MOST_GROWTH, max(LEAST_GROWTH, WANTED_MS / max(took_ms, 1.0)))
        if growth < 1 or sent_bytes * 2 > self.most_bytes:
            self._become(self.most_bytes * growth)

    def failed(self) -> None:
        """The line was cut, or nobody answered."""
        self._become(LEAST_BYTES)

    def _become(self, most_bytes: float) -> None:
        self.most_bytes = round(min(PUSH_BYTES, max(LEAST_BYTES, most_bytes)))
