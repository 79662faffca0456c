"""Adapters for a desktop: for development and the demo. Rule: each says what it is, none pretends to be a
phone.
"""

import hmac
import os
import time
from collections.abc import Callable
from pathlib import Path

from field_app.devices import Devices, Guide
from sync.change import Place

MODEL = "Sambang desktop"
SECRET_BYTES = 32
BOOT_DIGITS = 12
"""Hexadecimal digits that tell the runs of one device apart."""


class FileKeystore:
    """The device's secret as a file of mode 0600: a stand-in for a keystore, and no protection against its
    owner.
    """

    def __init__(self, path: Path, randomness: Callable[[int], bytes] = os.urandom) -> None:
        self._path = path
        self._randomness = randomness

    def mac(self, message: bytes) -> bytes:
        """See devices.Keystore. Makes the secret when it is first needed."""
        if not self._path.exists():
            self._make()
        return hmac.digest(self._path.read_bytes(), message, "sha256")

    def of(self, worker: str) -> "FileKeystore":
        """See devices.Keystore. It lies in that worker's folder, under the same name."""
        return FileKeystore(self._path.parent / worker / self._path.name, self._randomness)

    def forget(self) -> None:
        """See devices.Keystore."""
        self._path.unlink(missing_ok=True)

    def for_development(self) -> bool:
        """See devices.Keystore."""
        return True

    def _make(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._randomness(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())


class SystemTime:
    """The clocks of the operating system."""

    def now_ms(self) -> int:
        """See devices.Timepiece."""
        return time.time_ns() // 1_000_000

    def elapsed_ms(self) -> int:
        """See devices.Timepiece. Goes on while the device sleeps."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def boot(self) -> str:
        """See devices.Timepiece."""
        try:
            name = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        except OSError:
            return "tidak-diketahui"
        return name.replace("-", "")[:BOOT_DIGITS]  # it goes with every change


class FileCamera:
    """Pictures chosen from files, one after the other."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = list(paths)

    def available(self) -> bool:
        """See devices.Camera."""
        return bool(self._paths)

    def frame(self, guide: Guide | None = None) -> bytes:
        """See devices.Camera."""
        if not self._paths:
            raise FileNotFoundError("no picture was chosen")
        return self._paths.pop(0).read_bytes()

    def trouble(self) -> str:
        """See devices.Camera."""
        return ""


class TypedLocation:
    """A place that someone typed; marked as such in what is recorded."""

    def __init__(self, place: Place | None = None) -> None:
        self.place = place

    def fix(self) -> Place | None:
        """See devices.Location."""
        return self.place

    def trouble(self) -> str:
        """See devices.Location."""
        return ""


class DesktopNetwork:
    """A desktop's link, which costs nothing by the byte."""

    def __init__(self, metered: bool = False, routes: Path = Path("/proc/net/route")) -> None:
        self._metered = metered
        self._routes = routes

    def metered(self) -> bool:
        """See devices.Network."""
        return self._metered

    def available(self) -> bool:
        """See devices.Network: whether there is a way to anywhere, IPv4 on Linux."""
        try:
            return len(self._routes.read_text("ascii").splitlines()) > 1
        except OSError:
            return True


class MountedMedia:
    """Sticks and cards where a desktop mounts them, below folders that hold one folder for each user."""

    def __init__(self, roots: tuple[Path, ...] = (Path("/media"), Path("/run/media"))) -> None:
        self._roots = roots

    def places(self) -> list[Path]:
        """See devices.Media."""
        found: list[Path] = []
        for root in self._roots:
            found += (place for place in sorted(root.glob("*/*")) if os.access(place, os.W_OK | os.X_OK))
        return [place for place in found if place.is_dir()]


class DesktopSystem:
    """A desktop as it is: light, of the usual size, and nothing of the app is ever elsewhere."""

    def dark(self) -> bool:
        """See devices.System."""
        return False

    def text_scale(self) -> float:
        """See devices.System."""
        return 1.0

    def paint_bars(self, colour: tuple[float, float, float], dark: bool) -> None:
        """See devices.System. The bars around a window are its own."""

    def put_away(self) -> bool:
        """See devices.System."""
        return False

    def nudge(self) -> None:
        """See devices.System."""

    def is_out(self) -> bool:
        """See devices.System."""
        return False

    def has_map(self) -> bool:
        """See devices.System."""
        return False

    def show_on_map(self, lat: float, lng: float) -> bool:
        """See devices.System."""
        return False

    def show_permissions(self) -> bool:
        """See devices.System."""
        return False


class DesktopStaying:
    """A desktop ends no process that works."""

    def begin(self) -> None:
        """See devices.Staying."""

    def end(self) -> None:
        """See devices.Staying."""


def desktop_devices(secret: Path) -> Devices:
    """Return what a desktop offers, with the device's secret in this file."""
    return Devices(
        keystore=FileKeystore(secret),
        time=SystemTime(),
        network=DesktopNetwork(),
        system=DesktopSystem(),
        staying=DesktopStaying(),
        model=MODEL,
    )
