"""Where the phone is, from Android's own providers, without Google services. Rule: accuracy, age and mock
mark are Android's word, and a place that is old or unknown is None.

It listens from when a place is first asked for, so that the next question finds a better one, and stops when
nobody asked for a while.
"""

import threading
from typing import Any

from field_app.android.java import OURS, Java
from field_app.android.permissions import COARSE, FINE, Permissions
from field_app.devices import Timepiece
from sync.change import Place

PROVIDERS = ("gps", "network", "fused")
"""`gps` is what a place is from if nothing else is said; `fused` is there from Android 12."""
WAIT_MS = 4_000
"""How long one question waits for the first fix: what is typed meanwhile is saved after it."""
OLD_MS = 120_000
FRESH_MS = 15_000
"""Of fixes younger than this the most accurate counts, before it the newest."""
REST_S = 90.0
MOCK_SINCE = 31
NANOSECONDS = 1_000_000


class AndroidLocation:
    """See devices.Location."""

    def __init__(self, java: Java, permissions: Permissions, time: Timepiece) -> None:
        self._java, self._permissions, self._time = java, permissions, time
        self._fixes: Any = None
        self._resting: threading.Timer | None = None
        self._trouble = ""
        self._lock = threading.Lock()

    def fix(self) -> Place | None:
        """See devices.Location. Asks for the permission, and waits for the first fix; not to be called on the
        window's thread.
        """
        self._trouble = self._permissions.refusal("lokasi", FINE, COARSE)
        if self._trouble:
            return None
        with self._lock:
            if self._fixes is None and not self._listen():
                self._trouble = "aplikasi.lokasi.mati"
                return None
            self._rest_later()
            fixes: Any = self._fixes
        fixes.waitForFirst(WAIT_MS)
        found = [place for name in PROVIDERS if (place := self._place(fixes.of(name), name)) is not None]
        best = best_of(found, self._time.now_ms())
        if best is not None and not self._permissions.has(FINE):
            self._trouble = "aplikasi.lokasi.izin_perkiraan"
        return best

    def trouble(self) -> str:
        """See devices.Location."""
        return self._trouble

    def rest(self) -> None:
        """Listen no more until a place is asked for again."""
        with self._lock:
            fixes, self._fixes = self._fixes, None
        if fixes is not None:
            fixes.end()

    def _listen(self) -> bool:
        """Listen to every provider that is switched on; False when none is."""
        manager = self._java.service("LOCATION_SERVICE")
        if manager is None:
            return False
        known = set(manager.getAllProviders().toArray())
        fixes = self._java(OURS + "Fixes")(manager)
        heard = False
        for name in PROVIDERS:
            if name not in known or not manager.isProviderEnabled(name):
                continue
            try:
                fixes.listen(name)
            except self._java.error:
                continue  # satellites are not for whoever gave only the rough place
            heard = True
        self._fixes = fixes if heard else None
        return heard

    def _rest_later(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
        self._resting = threading.Timer(REST_S, self.rest)
        self._resting.daemon = True
        self._resting.start()

    def _place(self, fix: Any, provider: str) -> Place | None:
        """Read a fix; None without one, or when it does not know how good it is."""
        if fix is None or not fix.hasAccuracy():
            return None
        age_ms = max(0, self._time.elapsed_ms() - int(fix.getElapsedRealtimeNanos()) // NANOSECONDS)
        mock = fix.isMock() if self._java.release >= MOCK_SINCE else fix.isFromMockProvider()
        return Place(
            lat=float(fix.getLatitude()),
            lng=float(fix.getLongitude()),
            accuracy_m=float(fix.getAccuracy()),
            at_ms=self._time.now_ms() - age_ms,
            mock=bool(mock),
            source=provider if provider == "gps" else "jaringan",
        )


def best_of(places: list[Place], now_ms: int) -> Place | None:
    """Return the most accurate of the fresh places, else the newest that is not too old."""
    usable = [place for place in places if now_ms - place.at_ms <= OLD_MS]
    fresh = [place for place in usable if now_ms - place.at_ms <= FRESH_MS]
    if fresh:
        return min(fresh, key=lambda place: place.accuracy_m)
    return max(usable, key=lambda place: place.at_ms, default=None)
