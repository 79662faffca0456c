"""A desk with a code on it, for pictures and tests of the scanning screen. Rule: drawn, and the code in it is
a real one.
"""

import math

import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from field_app.devices import Grey

SIZE = (640, 480)
DESK, PAPER, EDGE = 118, 238, 28


def desk(text: str, side: int = 260, degrees: float = -4.0, blur: float = 0.6) -> Image.Image:
    """Draw a sheet with a QR code of `side` pixels on a desk, a little turned, as a camera sees it."""
    image = Image.linear_gradient("L").resize(SIZE).point(lambda value: DESK - 18 + value // 8)
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=8)
    height, width = code.shape
    drawn = Image.frombytes("L", (width, height), bytes(memoryview(code)))
    sheet = Image.new("L", (side + 2 * EDGE, side + 5 * EDGE), PAPER)
    sheet.paste(drawn.resize((side, side), Image.Resampling.BICUBIC), (EDGE, EDGE))
    lines = ImageDraw.Draw(sheet)
    for number, part in enumerate((0.9, 0.6)):
        top = side + 2 * EDGE + number * EDGE
        lines.rectangle((EDGE, top, EDGE + side * part, top + 8), fill=150)
    turned = sheet.rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC, fillcolor=0)
    mask = Image.new("L", sheet.size, 255).rotate(degrees, expand=True)
    left = (SIZE[0] - turned.width) // 2
    top = (SIZE[1] - turned.height) // 2 + round(EDGE * math.cos(math.radians(degrees)))
    image.paste(turned, (left, top), mask)
    return image.filter(ImageFilter.GaussianBlur(blur))


def grey(image: Image.Image, turn: int = 0) -> Grey:
    """Make a frame of a picture, as a sensor gives it that stands turned by so many degrees."""
    lying = image.convert("L").rotate(turn, expand=True)
    return Grey(lying.width, lying.height, lying.tobytes(), turn)


class SampleFinder:
    """A camera that gives these frames one after another, and the last for ever; see devices.Viewfinder."""

    def __init__(self, *frames: Grey, lamp: bool = False, trouble: str = "") -> None:
        self.frames, self.lamp = list(frames), lamp
        self.is_open, self.lit = False, False
        self.opened = 0
        self.refuse = trouble

    def available(self) -> bool:
        """See devices.Viewfinder."""
        return True

    def open(self) -> None:
        """See devices.Viewfinder."""
        self.opened += 1
        if self.refuse:
            raise OSError("refused")
        self.is_open = True

    def frame(self) -> Grey | None:
        """See devices.Viewfinder."""
        if not self.is_open or not self.frames:
            return None
        return self.frames.pop(0) if len(self.frames) > 1 else self.frames[0]

    def close(self) -> None:
        """See devices.Viewfinder."""
        self.is_open = self.lit = False

    def has_light(self) -> bool:
        """See devices.Viewfinder."""
        return self.lamp

    def light(self, on: bool) -> None:
        """See devices.Viewfinder."""
        self.lit = on

    def trouble(self) -> str:
        """See devices.Viewfinder."""
        return self.refuse
