"""What it costs that pictures are read in a child: for a normal upload, and for a bomb."""

import io
import struct
import time
import zlib
from pathlib import Path

from PIL import Image

from server.parsing import pictures
from server.parsing.pool import Parsers
from tests.bench.figures import Figure, median_ms

RUNS = 15
BOMB = (14_000, 4_200)


def measure(folder: Path) -> list[Figure]:
    """Make a thumbnail of a photo as phones send it, in a child and without one; then meet a bomb."""
    photo, bomb = _photo(), _bomb(*BOMB)
    parsers = Parsers(children=1)
    try:
        begun = time.perf_counter()
        parsers.thumbnail(photo)
        first = (time.perf_counter() - begun) * 1000
        through = median_ms(lambda: parsers.thumbnail(photo), RUNS)
        begun = time.perf_counter()
        parsers.thumbnail(bomb)
        took = time.perf_counter() - begun
        peak = parsers.peak_kib()
    finally:
        parsers.close()
    bare = median_ms(lambda: pictures.thumbnail(photo), RUNS)
    size = f"{len(photo) / 1024:.0f} KB"
    return [
        Figure(
            name=f"office: what the child adds to a thumbnail of {size}",
            value=max(0.0, through - bare),
            unit="ms",
            budget=50,
            limit=bare,
            limit_name="in the office's own process",
        ),
        Figure(name="office: the first thumbnail, with a child to start", value=first, unit="ms"),
        Figure(
            name=f"office: a PNG bomb of {len(bomb) / 1024:.0f} KB ends after",
            value=took,
            unit="s",
            budget=10,
        ),
        Figure(
            name="office: the child's highest memory with it",
            value=peak / 1024,
            unit="MB",
            budget=300,
        ),
    ]


def _photo() -> bytes:
    """Return a JPEG of 2000 x 1500 pixels and some 300 KB."""
    out = io.BytesIO()
    Image.effect_noise((500, 375), 90).convert("RGB").resize((2000, 1500)).save(out, "JPEG", quality=85)
    return out.getvalue()


def _bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
