"""What Android set for all apps, and what only it can do. Rule: her own settings in the app come first."""

from typing import Any

from field_app.android.java import OURS, Java
from field_app.devices import Outing

NIGHT_MASK, NIGHT = 0x30, 0x20
"""Of Configuration.uiMode."""
DETAILS = "android.settings.APPLICATION_DETAILS_SETTINGS"
"""Settings.ACTION_APPLICATION_DETAILS_SETTINGS."""


class AndroidSystem:
    """See devices.System."""

    def __init__(self, java: Java, outing: Outing) -> None:
        self._java, self._outing = java, outing

    def dark(self) -> bool:
        """See devices.System."""
        return int(self._configuration().uiMode) & NIGHT_MASK == NIGHT

    def text_scale(self) -> float:
        """See devices.System."""
        return float(self._configuration().fontScale)

    def paint_bars(self, colour: tuple[float, float, float], dark: bool) -> None:
        """See devices.System."""
        red, green, blue = (round(255 * part) for part in colour)
        argb = 0xFF << 24 | red << 16 | green << 8 | blue
        self._java.activity.paintBars(argb - (1 << 32), dark)  # Java's int has a sign

    def put_away(self) -> bool:
        """See devices.System."""
        self._java.activity.putAway()
        return True

    def nudge(self) -> None:
        """See devices.System."""
        self._java.activity.nudge()

    def is_out(self) -> bool:
        """See devices.System."""
        return self._outing.under_way

    def has_map(self) -> bool:
        """See devices.System. Which apps there are is not asked: Android would want to know why."""
        return True

    def show_on_map(self, lat: float, lng: float) -> bool:
        """See devices.System. No name goes along: the map app learns a point, and not whose."""
        view = self._java("android.content.Intent").ACTION_VIEW
        return self._show(view, f"geo:{lat:.6f},{lng:.6f}?q={lat:.6f},{lng:.6f}")

    def show_permissions(self) -> bool:
        """See devices.System."""
        return self._show(DETAILS, f"package:{OURS.rstrip('.')}")

    def _show(self, action: str, what: str) -> bool:
        """Have another app show something; False where none does."""
        address = self._java("android.net.Uri").parse(what)
        try:
            self._java.activity.startActivity(self._java("android.content.Intent")(action, address))
        except self._java.error:
            return False
        return True

    def model(self) -> str:
        """Name the kind of phone, for the office's list of devices."""
        build = self._java("android.os.Build")
        return f"{build.MANUFACTURER} {build.MODEL}".strip()[:80]

    def _configuration(self) -> Any:
        return self._java.activity.getResources().getConfiguration()
