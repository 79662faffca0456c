"""Reading codes: as a camera sees them, and what a stranger may put before it."""

import io
import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import segno
from PIL import Image, ImageChops, ImageFilter

from field_app.devices import Grey
from field_app.drawing import drawn_photo
from field_app.qr import QrReader
from schemas.ids import RecordId
from schemas.joining import invitation
from schemas.printed import printed_code

TEXT = f"https://10.1.2.3:8443 {invitation(bytes(range(5)), b'authority').typed()}"
SIZE = (960, 720)


def code(text: str = TEXT, scale: int = 6, error: str = "m") -> Image.Image:
    """A code as the office draws it: middle correction, a quiet zone."""
    out = io.BytesIO()
    segno.make(text, error=error, micro=False).save(out, kind="png", scale=scale, border=4)
    return Image.open(out).convert("L")


def before(drawn: Image.Image, ground: int = 150) -> Image.Image:
    """The code in the middle of what the camera sees."""
    seen = Image.new("L", SIZE, ground)
    seen.paste(drawn, ((SIZE[0] - drawn.width) // 2, (SIZE[1] - drawn.height) // 2))
    return seen


def frame(image: Image.Image) -> Grey:
    return Grey(image.width, image.height, image.tobytes())


def read(image: Image.Image) -> tuple[str, ...]:
    return QrReader().in_frame(frame(image))


def turned(degrees: float) -> Image.Image:
    return before(code().rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255))


def grainy(image: Image.Image, sigma: float) -> Image.Image:
    return ImageChops.add(image, Image.effect_noise(image.size, sigma), 1, -128)


def slanted(across: float, down: float) -> Image.Image:
    """Seen from the side: its far edges are shorter."""
    way = (1.0, 0.04, 60, 0.05, 1.0, 60, across, down)
    return before(code()).transform(SIZE, Image.Transform.PERSPECTIVE, way, Image.Resampling.BICUBIC)


SEEN: dict[str, Callable[[], Image.Image]] = {
    "plain": lambda: before(code()),
    "17 degrees": lambda: turned(17),
    "45 degrees": lambda: turned(45),
    "on its side": lambda: turned(90),
    "133 degrees": lambda: turned(133),
    "upside down": lambda: turned(180),
    "blurred": lambda: before(code()).filter(ImageFilter.GaussianBlur(2)),
    "small": lambda: before(code(scale=2)),
    "dark": lambda: before(code()).point(lambda value: int(value * 0.12)),
    "very dark": lambda: before(code()).point(lambda value: int(value * 0.06)),
    "pale": lambda: before(code()).point(lambda value: 205 + value // 8),
    "grainy": lambda: grainy(before(code()), 40),
    "dark and grainy": lambda: grainy(before(code()).point(lambda value: int(value * 0.3)), 12),
    "in a shadow": lambda: ImageChops.multiply(before(code()), Image.linear_gradient("L").resize(SIZE)),
    "from the side": lambda: slanted(0.0004, 0.0),
    "from a corner": lambda: slanted(0.0004, 0.0003),
    "light on dark": lambda: ImageChops.invert(before(code())),
}


@pytest.mark.parametrize("seen", SEEN)
def test_what_the_office_shows_is_read_however_it_is_seen(seen: str) -> None:
    assert read(SEEN[seen]()) == (TEXT,)


def test_a_code_in_a_photo_with_much_else_is_read() -> None:
    photo = Image.open(io.BytesIO(drawn_photo(random.Random(3), (2400, 1800)))).convert("RGB")
    photo.paste(code(scale=7).rotate(12, Image.Resampling.BICUBIC, expand=True, fillcolor=255), (900, 500))
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=70)
    assert QrReader().in_picture(out.getvalue()) == (TEXT,)


def test_a_screenshot_with_see_through_ground_is_read() -> None:
    out = io.BytesIO()
    drawn = code().convert("RGBA")
    drawn.putalpha(ImageChops.invert(code()))
    drawn.save(out, "PNG")
    assert QrReader().in_picture(out.getvalue()) == (TEXT,)


def test_every_code_in_sight_is_read_once() -> None:
    seen = Image.new("L", (1200, 500), 200)
    for left, text in ((20, "satu"), (420, "dua"), (820, "satu")):
        seen.paste(code(text), (left, 60))
    assert sorted(read(seen)) == ["dua", "satu"]


def test_a_code_of_a_row_is_small_enough_for_a_list() -> None:
    text = printed_code("warga", RecordId("0194e6a09c3b7d518e2f4a6b8c0d1e2f"))
    assert segno.make(text, error="m", micro=False).version <= 3
    assert read(before(code(text, scale=3))) == (text,)


@pytest.mark.parametrize("text", ["x" * 2900, "a\x00b\x1b[2J", "ꦱꦸ", " ", "javascript:alert(1)"])
def test_what_a_stranger_writes_is_read_as_it_is(text: str) -> None:
    seen = code(text, scale=4, error="l")
    assert read(seen) == (text,)


@pytest.mark.parametrize(
    "cut",
    [
        Grey(100, 100, b""),
        Grey(100, 100, bytes(9_999)),
        Grey(0, 0, b""),
        Grey(-1, -1, b"x"),
        Grey(1, 1, b"\x00"),
        Grey(3, 1, bytes(3)),
    ],
    ids=str,
)
def test_a_frame_that_is_cut_or_empty_says_nothing(cut: Grey) -> None:
    assert QrReader().in_frame(cut) == ()


def test_noise_says_nothing() -> None:
    assert read(Image.effect_noise(SIZE, 90)) == ()


def _png_of(width: int, height: int) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def test_what_is_no_photo_or_a_bomb_says_nothing() -> None:
    whole = io.BytesIO()
    code().save(whole, "PNG")
    for data in (b"", b"\xff\xd8", b"GIF89a", whole.getvalue()[:200], _png_of(13_000, 10_000)):
        assert QrReader().in_picture(data) == ()


@pytest.mark.parametrize("error", [ImportError("no module"), OSError("another machine's library")])
def test_where_the_library_is_missing_nothing_is_read_and_it_is_known(error: Exception) -> None:
    asked: list[int] = []

    def library() -> Any:
        asked.append(1)
        raise error

    reader = QrReader(library)
    assert not reader.available() and not reader.available() and asked == [1]
    assert reader.in_frame(frame(before(code()))) == ()
