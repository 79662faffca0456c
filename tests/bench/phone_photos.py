"""A picture of 12 megapixels made into evidence: time and memory."""

import importlib
import io
import os
import random
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.bench.figures import Figure, median_ms, peak_memory_mb

RUNS = 7
SIZE = (4000, 3000)


def measure(folder: Path) -> list[Figure]:
    """Develop one noisy picture several times; memory is that of a process of its own."""
    camera = camera_picture()
    (folder / "camera.jpg").write_bytes(camera)
    took = median_ms(lambda: develop(camera), RUNS)
    copied = median_ms(lambda: _copy(folder), RUNS)
    command = [sys.executable, "-m", "tests.bench.phone_photos", str(folder / "camera.jpg")]
    grown = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    size = len(camera) / 1_000_000
    return [
        Figure(
            name=f"phone: photo of 12 MP ({size:.1f} MB) to evidence",
            value=took,
            unit="ms",
            budget=500,
            limit=copied,
            limit_name="copying and fsyncing the file",
        ),
        Figure(name="phone: memory that one photo adds at its peak", value=grown, unit="MB", budget=150),
    ]


def develop(camera: bytes) -> object:
    """Make evidence of a camera's bytes, as the app does."""
    from field_app.capture import Photo, Quality, Stamp, develop
    from sync.change import Place

    place = Place(lat=-7.42, lng=111.02, accuracy_m=6.0, at_ms=1_790_000_000_000)
    stamp = Stamp(taken_ms=1_790_000_000_000, visit="0" * 32, device="0" * 32)
    photo = develop(camera, place, stamp, Quality())
    if not isinstance(photo, Photo):
        raise RuntimeError(str(photo))
    return photo


def camera_picture() -> bytes:
    """Return a noisy picture as a camera gives it."""
    rng = random.Random(3)
    small = Image.frombytes("RGB", (500, 375), rng.randbytes(500 * 375 * 3))
    picture = small.resize(SIZE, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def _copy(folder: Path) -> None:
    data = (folder / "camera.jpg").read_bytes()
    with (folder / "copy.jpg").open("wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())


if __name__ == "__main__":
    picture = Path(sys.argv[1]).read_bytes()
    importlib.import_module("field_app.capture")
    before = peak_memory_mb()
    develop(picture)
    print(peak_memory_mb() - before)
