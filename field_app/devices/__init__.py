"""What the phone's hardware offers, as ports. Rule: nothing here decides; adapters only say what the
device says.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from sync.change import Place


class KeystoreError(OSError):
    """The device's secret does not answer now. It is not gone: to be asked again later."""


class Outing:
    """Whether something of another app is in front because this app asked for it: a camera, a file chooser, a
    question for a permission. She has not left then.
    """

    def __init__(self) -> None:
        self._begun = 0

    @property
    def under_way(self) -> bool:
        """Whether she is expected back."""
        return self._begun > 0

    @contextmanager
    def begun(self) -> Generator[None]:
        """Be out meanwhile."""
        self._begun += 1
        try:
            yield
        finally:
            self._begun -= 1


class Guide(NamedTuple):
    """How a paper is to lie in its picture: width by height of the frame it fills, and what is said of it."""

    shape: float
    words: str


class Camera(Protocol):
    """Takes pictures."""

    def available(self) -> bool:
        """Say whether a picture can be taken now."""
        ...

    def frame(self, guide: Guide | None = None) -> bytes:
        """Return one picture as JPEG bytes; where there is a live picture before it, `guide` is drawn over
        that. Raises OSError when there is none.
        """
        ...

    def trouble(self) -> str:
        """Say why `frame` gave none just now, as a key of texts; empty when there is no more to say."""
        ...


@runtime_checkable
class WindowCamera(Camera, Protocol):
    """One that is a window of its own with a shutter, so that nothing need be tapped before it."""

    window: bool

    def frame(self, guide: Guide | None = None, *, further: bool = False) -> bytes:
        """See Camera. With `further` others were taken just before, and going back is being done."""
        ...


class Grey(NamedTuple):
    """One frame without colours: a byte for each dot, row by row from the top. `turn` is by how many degrees
    it is to be turned clockwise to stand upright: 0, 90, 180 or 270.
    """

    width: int
    height: int
    dots: bytes
    turn: int = 0


class Viewfinder(Protocol):
    """A live view whose frames are looked at and not kept."""

    def available(self) -> bool:
        """Say whether there is a camera to look through."""
        ...

    def open(self) -> None:
        """Begin; may ask for a permission and waits for her answer, so not on the window's thread. Raises
        OSError when there will be no frames.
        """
        ...

    def frame(self) -> Grey | None:
        """Return the newest frame that was not given yet, None when there is none. On the window's thread."""
        ...

    def close(self) -> None:
        """End; also when it never began."""
        ...

    def has_light(self) -> bool:
        """Say whether there is a lamp beside this camera. Known once it is open."""
        ...

    def light(self, on: bool) -> None:
        """Switch the lamp; it goes out by itself when the view is closed."""
        ...

    def trouble(self) -> str:
        """Say why there are no frames, as a key of texts; empty when there is no more to say."""
        ...


class Location(Protocol):
    """Says where the device is."""

    def fix(self) -> Place | None:
        """Return the newest fix, None when there is none."""
        ...

    def trouble(self) -> str:
        """Say why `fix` gave none just now, or only a rough one, as a key of texts; empty when there is no
        more to say.
        """
        ...


class Voice(Protocol):
    """Lets a recording be heard, one at a time."""

    def play(self, path: Path, ended: Callable[[], None]) -> bool:
        """Begin; `ended` is called once when it is over or was stopped. False when it cannot be played."""
        ...

    def stop(self) -> None:
        """Be quiet."""
        ...


class Keystore(Protocol):
    """A secret of this very device that cannot be copied off it."""

    def mac(self, message: bytes) -> bytes:
        """Return HMAC-SHA256 of the message under the device's secret (32 bytes). Raises KeystoreError."""
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


class Documents(Protocol):
    """The system's own file chooser, where files of other apps cannot be walked through. Each call waits for
    her answer, and raises OSError when the file cannot be read or written.
    """

    @property
    def folder(self) -> Path:
        """A folder of this app alone, for files on their way."""
        ...

    def save(self, path: Path, media_type: str) -> bool:
        """Copy this file to where she says, under its name; False when she went back."""
        ...

    def bring(self, into: Path) -> bool:
        """Copy a file that she chooses into this one; False when she went back."""
        ...

    def read(self, media_type: str, most_bytes: int) -> bytes | None:
        """Return what is in a file that she chooses, one byte more than `most_bytes` of one that is longer;
        None when she went back.
        """
        ...


class System(Protocol):
    """What is set for all apps of a device, and what only its system can do."""

    def dark(self) -> bool:
        """Say whether dark colours are wanted."""
        ...

    def text_scale(self) -> float:
        """Return the size of text that is wanted, 1.0 for the usual one."""
        ...

    def paint_bars(self, colour: tuple[float, float, float], dark: bool) -> None:
        """Colour the bars around the window (0 to 1 each); `dark`: what stands on them is light."""
        ...

    def put_away(self) -> bool:
        """Put the app in the background; False where that is not done."""
        ...

    def nudge(self) -> None:
        """Let her feel that something was done, where the device can."""
        ...

    def is_out(self) -> bool:
        """Say whether she is out on an errand of this app (see Outing)."""
        ...

    def has_map(self) -> bool:
        """Say whether there may be an app that shows a point."""
        ...

    def show_on_map(self, lat: float, lng: float) -> bool:
        """Show a point (degrees, WGS 84) in another app; False where there is none."""
        ...

    def show_permissions(self) -> bool:
        """Show what the device lets this app use, where she can change it; False where that is not shown."""
        ...


class Staying(Protocol):
    """Keeps the process alive while something is sent that takes long. Best effort, and never raises."""

    def begin(self) -> None:
        """Sending begins."""
        ...

    def end(self) -> None:
        """Sending is over; also when it never began."""
        ...


class Devices(NamedTuple):
    """What a phone works with also when no window is open; `model` is what the office calls it."""

    keystore: Keystore
    time: Timepiece
    network: Network
    system: System
    staying: Staying
    model: str
