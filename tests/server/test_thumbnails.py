"""Small pictures: upright, without metadata, and never from what only claims to be one."""

import io
import struct
import zlib

import pytest
from PIL import Image

from server.thumbnails import LONGEST_SIDE, MOST_PIXELS, open_picture, shrink


def jpeg(size: tuple[int, int], **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, "JPEG", **options)
    return out.getvalue()


def bomb(side: int) -> bytes:
    """Write the head of a PNG that claims to be huge, with hardly any pixels behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pixels + chunk(b"IEND", b"")


def test_a_large_photo_becomes_small_and_keeps_its_shape() -> None:
    small = shrink(jpeg((2000, 1500)))
    assert small is not None
    assert Image.open(io.BytesIO(small)).size == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)


def test_nothing_of_the_photos_metadata_is_in_it_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Merek Kamera", 6
    made = shrink(jpeg((400, 200), exif=exif))
    assert made is not None and b"Merek" not in made
    small = Image.open(io.BytesIO(made))
    assert small.height > small.width and dict(small.getexif()) == {}


def test_a_transparent_signature_lies_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (300, 100), (0, 0, 0, 0)).save(out, "PNG")
    made = shrink(out.getvalue())
    assert made is not None
    assert Image.open(io.BytesIO(made)).convert("RGB").getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize(
    "data",
    [b"", b"bukan gambar", jpeg((800, 600))[:400], b"GIF89a" + bytes(40), b"%PDF-1.7\n", bomb(30_000)],
    ids=["empty", "text", "cut", "gif", "pdf", "bomb"],
)
def test_what_is_no_sound_picture_gives_no_thumbnail(data: bytes) -> None:
    assert shrink(data) is None


def test_a_picture_beyond_the_limit_is_not_opened_at_all() -> None:
    side = int(MOST_PIXELS**0.5) + 1
    assert open_picture(bomb(side)) is None
    assert open_picture(bomb(1000)) is not None
