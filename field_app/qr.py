"""Reading QR codes out of frames and photos. Rule: what stands in a code is what a stranger wrote; here it is
only read, and what it may do is said by scanned.py.

The library is zxing-cpp, whose reader works on bytes alone. Where it is missing, nothing else is: codes are
typed or pasted as before.
"""

import importlib
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageOps

from field_app.capture import Quality, open_picture
from field_app.devices import Grey
from field_app.views import Refused

LOOKED_AT = Quality(longest=2000)
"""How much of a photo is looked at: more makes it slower, and finds no more."""
LEFT_OUT = 1
"""Percent of the darkest and brightest dots that do not count when a dim frame is stretched."""


def zxing() -> Any:
    """Return the library. Raises ImportError where it is missing or does not fit this machine."""
    return importlib.import_module("zxingcpp")


class QrReader:
    """Finds what QR codes say; `library` gives the decoder and raises ImportError where there is none."""

    def __init__(self, library: Callable[[], Any] = zxing) -> None:
        self._library = library
        self._known = False
        self._zxing: Any = None

    def available(self) -> bool:
        """Say whether codes can be read here. The library is looked for when this is first asked."""
        if not self._known:
            self._known = True
            try:
                self._zxing = self._library()
            except (ImportError, OSError):
                self._zxing = None
        return self._zxing is not None

    def in_frame(self, frame: Grey) -> tuple[str, ...]:
        """Return what the codes in a frame say, however it is turned; () for none, or a frame cut short."""
        if frame.width < 1 or frame.height < 1 or len(frame.dots) != frame.width * frame.height:
            return ()
        return self._read(Image.frombytes("L", (frame.width, frame.height), frame.dots))

    def in_picture(self, data: bytes) -> tuple[str, ...]:
        """Return what the codes in a photo (JPEG, PNG, WebP) say; () for none, or for what is no photo."""
        picture = open_picture(data, LOOKED_AT, smallest=1)
        if isinstance(picture, Refused):
            return ()
        picture.thumbnail((LOOKED_AT.longest, LOOKED_AT.longest), Image.Resampling.BILINEAR, reducing_gap=2.0)
        return self._read(_on_white(picture))

    def _read(self, grey: Image.Image) -> tuple[str, ...]:
        """Read as it is, and stretched to full contrast where that finds nothing."""
        if not self.available():
            return ()
        return self._decoded(grey) or self._decoded(ImageOps.autocontrast(grey, cutoff=LEFT_OUT))

    def _decoded(self, grey: Image.Image) -> tuple[str, ...]:
        library = self._zxing
        dots = memoryview(grey.tobytes()).cast("B", (grey.height, grey.width))
        found = library.read_barcodes(
            dots, formats=library.BarcodeFormat.QRCode, text_mode=library.TextMode.Plain
        )
        return tuple(dict.fromkeys(str(one.text) for one in found))


def _on_white(picture: Image.Image) -> Image.Image:
    """Without colours; what is see-through is white, as the paper behind a code is."""
    if picture.mode in ("RGBA", "LA", "P", "PA"):
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture.convert("RGBA"))
        return white.convert("L")
    return picture.convert("L")
