"""What a child makes of a picture. Rule: a size is known before any pixel is read; only JPEG and PNG are.

Runs in the child only. Pillow's fonts and plugins are loaded before its doors close.
"""

import io
import warnings
from collections.abc import Callable
from typing import Any

from PIL import ExifTags, Image, ImageDraw, ImageFont, ImageOps

from server.parsing.likeness import likenesses
from server.parsing.messages import Alike, Looked, NotOne, Picture

LONGEST_SIDE = 320
COMPARED_SIDE = 320
QUALITY = 70
MOST_PIXELS = 60_000_000
STAMPED_SIDE = 1600
STAMPED_QUALITY = 82
Draw = Callable[[Image.Image], Image.Image]
BROKEN = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, ZeroDivisionError)
"""What Pillow raises of files that are not what they say."""


def thumbnail(data: bytes) -> Picture | NotOne:
    """Make a picture of at most 320 pixels a side, upright, on white, without any metadata."""
    return _redrawn(data, LONGEST_SIDE, QUALITY, lambda picture: picture)


def stamp(data: bytes, words: str) -> Picture | NotOne:
    """Draw a picture anew, at most 1,600 pixels a side, with these words across all of it."""
    return _redrawn(data, STAMPED_SIDE, STAMPED_QUALITY, lambda picture: _stamped(picture, words))


def compare(data: bytes) -> Alike | NotOne:
    """Tell a picture's likenesses, upright as people see it."""
    plain = _plain(data, COMPARED_SIDE)
    return NotOne() if plain is None else Alike(likenesses=likenesses(plain))


def look(data: bytes) -> Looked | NotOne:
    """Read a picture's head: its size, and the allow-list of EXIF."""
    picture = _opened(data)
    if picture is None:
        return NotOne()
    try:
        exif = picture.getexif()
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        place = _place(exif.get_ifd(ExifTags.IFD.GPSInfo))
    except BROKEN:
        return Looked(width=picture.width, height=picture.height)
    camera = " ".join(_words(exif[tag]) for tag in (ExifTags.Base.Make, ExifTags.Base.Model) if tag in exif)
    taken = _words(inner.get(ExifTags.Base.DateTimeOriginal, ""))
    return Looked(width=picture.width, height=picture.height, camera=camera, taken=taken, place=place)


def _redrawn(
    data: bytes, longest: int, quality: int, draw: Callable[[Image.Image], Image.Image]
) -> Picture | NotOne:
    plain = _plain(data, longest)
    if plain is None:
        return NotOne()
    try:
        out = io.BytesIO()
        draw(plain).save(out, "JPEG", quality=quality, optimize=True)
    except (*BROKEN, MemoryError):
        return NotOne()
    return Picture(jpeg=out.getvalue())


def _plain(data: bytes, longest: int) -> Image.Image | None:
    """Decode a picture, at most so many pixels a side, upright, on white; None for what is no sound one."""
    picture = _opened(data)
    if picture is None:
        return None
    try:
        picture.draft("RGB", (longest * 2, longest * 2))
        picture.thumbnail((longest, longest))
        upright = ImageOps.exif_transpose(picture)
        plain = Image.new("RGB", upright.size, "white")
        plain.paste(upright, mask=upright.getchannel("A") if "A" in upright.getbands() else None)
    except (*BROKEN, MemoryError):
        return None
    return plain


def _opened(data: bytes) -> Image.Image | None:
    """Read a picture's head; None for what is no JPEG or PNG, or far too large."""
    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
    except (*BROKEN, *bombs):
        return None
    return picture if picture.width * picture.height <= MOST_PIXELS else None


def _stamped(picture: Image.Image, words: str) -> Image.Image:
    """Write the words in slanted lines, light with a dark edge, so that they show on any ground."""
    size = max(14, min(picture.size) // 28)
    font = ImageFont.load_default(size)
    wide = int(font.getlength(words)) + size * 3
    high = size * 6
    side = int((picture.width**2 + picture.height**2) ** 0.5) + wide
    layer = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(layer)
    for row, y in enumerate(range(0, side, high)):
        for x in range(-(row % 2) * wide // 2, side, wide):
            pen.text((x, y), words, font=font, fill=110)
    turned = layer.rotate(28, expand=False)
    left, top = (side - picture.width) // 2, (side - picture.height) // 2
    mask = turned.crop((left, top, left + picture.width, top + picture.height))
    edge = mask.transform(mask.size, Image.Transform.AFFINE, (1, 0, -1, 0, 1, -1))
    picture.paste("black", mask=edge)
    picture.paste("white", mask=mask)
    return picture


def _words(value: Any) -> str:
    return str(value).strip("\0 ")[:80]


def _place(gps: dict[int, Any]) -> tuple[float, float] | None:
    try:
        lat, lng = (_degrees(gps[tag]) for tag in (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude))
        south = gps.get(ExifTags.GPS.GPSLatitudeRef) == "S"
        west = gps.get(ExifTags.GPS.GPSLongitudeRef) == "W"
    except BROKEN:
        return None
    return (-lat if south else lat), (-lng if west else lng)


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600
