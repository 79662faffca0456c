"""A photo from the camera's bytes to evidence. Rule: always re-encoded, so nothing but our own list of
tags survives.

The camera's file is not kept: the change records its SHA-256 beside that of the final bytes. Orientation
is applied, the size is brought down, EXIF is written anew from an allow-list, and nothing stands after the
end marker.
"""

import io
import warnings
from hashlib import sha256

import piexif
from PIL import Image, ImageFilter, ImageOps, ImageStat

from field_app.draft import Paper
from field_app.exif import Stamp, camera_of, tags
from field_app.paper import look_at
from field_app.views import Refused
from schemas.base import Data
from schemas.ids import BlobId
from sync.change import Place

MOST_BYTES = 25 * 1024 * 1024
MOST_PIXELS = 120_000_000
SMALLEST_SIDE = 200
THUMBNAIL = (320, 320)
MEASURED = (512, 512)
BLURRY_BELOW = 18.0
"""Variance of the Laplacian of a grey picture of at most 512 pixels; found on drawn and on real photos."""
DARK_BELOW = 45.0
"""Mean grey, 0 to 255."""
JPEG = "image/jpeg"
PNG = "image/png"


class Quality(Data, frozen=True, kw_only=True):
    """How large a photo stays: its longest side in pixels, and JPEG quality (1 to 95).

    2000 rather than 2048: a common camera of 4000 or 4032 pixels is then halved while it is decoded.
    """

    longest: int = 2000
    jpeg: int = 85


class Photo(Data, frozen=True, kw_only=True):
    """A finished photo. `blob` is the SHA-256 of `data`, `camera_sha256` that of what the camera gave."""

    data: bytes
    blob: BlobId
    camera_sha256: str
    thumbnail: bytes
    width: int
    height: int
    sharpness: float
    brightness: float
    paper: Paper

    @property
    def blurry(self) -> bool:
        """Whether to advise a retake for blur."""
        return self.sharpness < BLURRY_BELOW

    @property
    def dark(self) -> bool:
        """Whether to advise a retake for darkness."""
        return self.brightness < DARK_BELOW


def develop(
    camera: bytes, place: Place | None, stamp: Stamp, quality: Quality, *, of_paper: bool = False
) -> Photo | Refused:
    """Make evidence of a camera's JPEG (PNG and WebP files are taken too), or say why it cannot be. A picture
    `of_paper` is looked at for its sides and for glare too.
    """
    opened = open_picture(camera, quality)
    if isinstance(opened, Refused):
        return opened
    made_by = camera_of(camera)
    picture = _upright(opened)
    picture.thumbnail((quality.longest, quality.longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
    exif = piexif.dump(tags(place, stamp, made_by, picture.size))
    data = _jpeg(picture, quality.jpeg, exif)
    small = picture.copy()
    small.thumbnail(THUMBNAIL, Image.Resampling.BILINEAR, reducing_gap=2.0)
    sharpness, brightness = _measure(picture)
    return Photo(
        data=data,
        blob=BlobId(sha256(data).hexdigest()),
        camera_sha256=sha256(camera).hexdigest(),
        thumbnail=_jpeg(small, 70, b""),
        width=picture.width,
        height=picture.height,
        sharpness=sharpness,
        brightness=brightness,
        paper=look_at(picture) if of_paper else Paper(),
    )


def clean_signature(png: bytes) -> bytes | Refused:
    """Redraw a signature as a small PNG without anything but its lines, or say why it cannot be."""
    opened = open_picture(png, Quality(longest=1200), smallest=16)
    if isinstance(opened, Refused):
        return opened
    white = Image.new("RGBA", opened.size, "white")
    white.alpha_composite(opened.convert("RGBA"))
    grey = white.convert("L")
    grey.thumbnail((1200, 1200))
    darkest, lightest = grey.getextrema()
    if not isinstance(darkest, int) or not isinstance(lightest, int) or lightest - darkest < 64:
        return Refused(say="lapangan.tanda_tangan_kosong")
    out = io.BytesIO()
    grey.quantize(16).save(out, "PNG", optimize=True)
    return out.getvalue()


def open_picture(data: bytes, quality: Quality, smallest: int = SMALLEST_SIDE) -> Image.Image | Refused:
    """Decode what a stranger may have made, near the size that is wanted, or say why not: `smallest` is the
    least that its sides may have, in pixels.
    """
    if not data:
        return Refused(say="lapangan.foto_0_byte")
    if len(data) > MOST_BYTES:
        return Refused(say="lapangan.foto_terlalu_besar", values={"mb": str(MOST_BYTES // 1024 // 1024)})
    try:
        with warnings.catch_warnings():
            # a bomb warning must not pass as a mere warning, nor broken EXIF stop a good picture
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
            if picture.width * picture.height > MOST_PIXELS:
                return Refused(say="lapangan.foto_terlalu_lebar")
            scale = min(1.0, quality.longest / max(picture.size))
            picture.draft("RGB", (int(picture.width * scale), int(picture.height * scale)))
            picture.load()
    except (Image.DecompressionBombError, MemoryError):
        return Refused(say="lapangan.foto_terlalu_lebar")
    except Image.UnidentifiedImageError:
        return Refused(say="lapangan.bukan_foto")
    except (OSError, ValueError, SyntaxError, IndexError, KeyError, EOFError):
        return Refused(say="lapangan.foto_terpotong")
    if min(picture.size) < smallest:
        return Refused(say="lapangan.foto_terlalu_kecil")
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """Turn the picture as its EXIF says; broken EXIF says nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            turned = ImageOps.exif_transpose(picture)
        except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, ZeroDivisionError):
            turned = picture
    if turned.mode == "RGB":
        return turned
    white = Image.new("RGBA", turned.size, "white")
    white.alpha_composite(turned.convert("RGBA"))
    return white.convert("RGB")


def _jpeg(picture: Image.Image, quality: int, exif: bytes) -> bytes:
    out = io.BytesIO()
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    if exif:
        clean.save(out, "JPEG", quality=quality, subsampling="4:2:0", exif=exif)
    else:
        clean.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _measure(picture: Image.Image) -> tuple[float, float]:
    """Return sharpness (variance of the Laplacian) and brightness (mean grey)."""
    grey = picture.convert("L")
    grey.thumbnail(MEASURED, Image.Resampling.BILINEAR, reducing_gap=2.0)
    edges = grey.filter(ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128))
    inner = edges.crop((1, 1, edges.width - 1, edges.height - 1))
    return ImageStat.Stat(inner).var[0], ImageStat.Stat(grey).mean[0]
