"""Pictures that others made: read in a child that can do nothing else, and that the office outlives."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from server.children import ROOT
from server.parsing import pictures
from server.parsing.messages import MOST_BYTES, Look, NoSheet, NotOne, Picture, frame
from server.parsing.pictures import LONGEST_SIDE, MOST_PIXELS
from server.parsing.pool import Parsers


@pytest.fixture(scope="module")
def parsers() -> Iterator[Parsers]:
    made = Parsers(children=1)
    yield made
    made.close()


def picture(size: tuple[int, int], kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred KB whose pixels need hundreds of MB, each of them really there."""
    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    return png(width, height, b"".join(packer.compress(row) for _ in range(height)) + packer.flush())


EMPTY = zlib.compress(bytes(1000))


def test_a_large_photo_becomes_small_and_keeps_its_shape(parsers: Parsers) -> None:
    small = parsers.thumbnail(picture((2000, 1500)))
    assert small is not None
    assert Image.open(io.BytesIO(small)).size == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)


def test_nothing_of_the_photos_metadata_is_in_it_and_it_stands_upright(parsers: Parsers) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Merek Kamera", 6
    made = parsers.thumbnail(picture((400, 200), exif=exif))
    assert made is not None and b"Merek" not in made
    small = Image.open(io.BytesIO(made))
    assert small.height > small.width and dict(small.getexif()) == {}


def test_a_transparent_signature_lies_on_white(parsers: Parsers) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (300, 100), (0, 0, 0, 0)).save(out, "PNG")
    made = parsers.thumbnail(out.getvalue())
    assert made is not None
    assert Image.open(io.BytesIO(made)).convert("RGB").getpixel((10, 10)) == (255, 255, 255)


def test_a_picture_tells_its_size_camera_time_and_place(parsers: Parsers) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Merek", "Satu"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:22 08:51:36"
    exif.get_ifd(0x8825).update({1: "S", 2: (7.0, 25.0, 30.0), 3: "E", 4: (111.0, 1.0, 12.0)})
    seen = parsers.look(picture((640, 480), exif=exif))
    assert seen is not None
    assert (seen.width, seen.height, seen.camera, seen.taken) == (
        640,
        480,
        "Merek Satu",
        "2026:11:22 08:51:36",
    )
    assert seen.place == (pytest.approx(-7.425), pytest.approx(111.02))


def test_a_stamped_picture_says_who_looked_on_light_and_on_dark_ground(parsers: Parsers) -> None:
    for ground in ("white", "black"):
        out = io.BytesIO()
        Image.new("RGB", (900, 700), ground).save(out, "PNG")
        made = parsers.stamp(out.getvalue(), "P-0007 · 25-11-2026 14.30")
        assert made is not None
        low, high = Image.open(io.BytesIO(made)).convert("L").getextrema()
        assert isinstance(low, int) and isinstance(high, int) and high - low > 60


HARMLESS = {
    "empty": b"",
    "text": b"bukan gambar",
    "cut": picture((800, 600))[:400],
    "gif": picture((20, 20), "GIF"),
    "webp": picture((20, 20), "WEBP"),
    "tiff": picture((20, 20), "TIFF"),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64),
    "pdf": b"%PDF-1.7\n",
    "html that begins like a JPEG": b"\xff\xd8\xff\xe0<script>alert(1)</script>",
    "many pixels, nothing behind": png(30_000, 30_000, EMPTY),
    "one row too many": png(MOST_PIXELS, 2, EMPTY),
    "no pixels": png(0, 0, EMPTY),
}


@pytest.mark.parametrize("data", HARMLESS.values(), ids=HARMLESS)
def test_what_is_no_sound_picture_gives_nothing(parsers: Parsers, data: bytes) -> None:
    assert parsers.thumbnail(data) is None
    assert parsers.stamp(data, "x") is None
    assert parsers.thumbnail(picture((40, 40))) is not None


def test_a_picture_with_a_page_behind_it_comes_out_as_a_picture_only(parsers: Parsers) -> None:
    made = parsers.thumbnail(picture((400, 300)) + b"<script>alert(1)</script>PK\x03\x04")
    assert made is not None and b"script" not in made and b"PK" not in made


def test_a_bomb_gives_nothing_and_stays_within_its_memory(parsers: Parsers) -> None:
    data = bomb(14_000, 4_200)  # 58.8 megapixels are allowed: 176 MB, and as much again
    assert len(data) < 300_000
    parsers.thumbnail(data)
    assert 100 * 1024 < parsers.peak_kib() < 300 * 1024
    assert parsers.thumbnail(picture((40, 40))) is not None


def test_a_child_that_takes_too_long_is_ended_and_the_next_task_has_another() -> None:
    parsers = Parsers(children=1, seconds=0.0)
    try:
        assert parsers.thumbnail(picture((4000, 3000))) is None
        assert parsers.sheet(b"nama\nUji\n") == NoSheet(why="terlalu_lama"), "and not that it is too large"
        parsers._seconds = 10.0
        assert parsers.thumbnail(picture((40, 40))) is not None
    finally:
        parsers.close()


def test_what_is_larger_than_any_evidence_is_not_even_sent(parsers: Parsers) -> None:
    assert parsers.thumbnail(bytes(MOST_BYTES)) is None


def in_child(code: str) -> str:
    """Run code behind closed doors, and return what it prints."""
    start = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import os, socket, subprocess, ctypes\n"
        "from server.parsing.lockdown import close_doors\n"
        "guarded = close_doors()\n"
        f"try:\n    {code}\n    print('done')\n"
        "except (OSError, MemoryError) as error:\n    print(type(error).__name__)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", start], capture_output=True, text=True, check=False, cwd="/"
    )
    return ran.stdout.strip()


FORBIDDEN = {
    "read a file": "open('/etc/hostname')",
    "write a file": "open('/tmp/x', 'w')",
    "open a socket": "socket.socket()",
    "join two sockets": "socket.socketpair()",
    "start a program": "subprocess.run(['/bin/true'])",
    "fork": "os.fork()",
    "replace itself": "os.execv('/bin/true', ['true'])",
    "list a folder": "os.listdir('/')",
    "signal others": "os.kill(os.getppid(), 0)",
    "remove a file": "os.unlink('/tmp/nothing-there')",
    "take memory": "bytearray(400_000_000)",
}


@pytest.mark.parametrize("code", FORBIDDEN.values(), ids=FORBIDDEN)
def test_behind_closed_doors_nothing_can_be_reached(code: str) -> None:
    if "PermissionError" not in (said := in_child(code)):
        assert said in ("OSError", "MemoryError", "BlockingIOError"), said


def test_the_kernel_guards_the_calls_here(parsers: Parsers) -> None:
    if not parsers.is_guarded():
        pytest.skip("this kernel or machine has no seccomp filter; the limits alone hold")
    assert in_child("os.kill(os.getppid(), 0)") == "PermissionError"


def test_a_child_that_is_told_nonsense_ends() -> None:
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from server.parsing.child import main; main()"
    for said in (b"", b"\xff\xff\xff\xff", b"\0\0\0\x01\xc1", frame(Look(data=b""))[:-1]):
        ran = subprocess.run(
            [sys.executable, "-I", "-c", start], input=said, capture_output=True, check=False
        )
        assert ran.stdout == b""


def test_only_a_child_decodes_pictures(root: Path) -> None:
    using = [
        path.relative_to(root).as_posix()
        for path in (root / "server").rglob("*.py")
        if "from PIL" in path.read_text("utf-8") or "import PIL" in path.read_text("utf-8")
    ]
    assert [path for path in using if not path.startswith(("server/parsing/", "server/demo/"))] == []


def test_what_a_child_runs_can_be_called_by_itself() -> None:
    made = pictures.thumbnail(picture((640, 480)))
    assert isinstance(made, Picture)
    assert isinstance(pictures.look(b""), NotOne)
