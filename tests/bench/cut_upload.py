"""100 photos of 300 KB over a line that is cut after every 200 KB. Rule: the phone's own worker sends them.

Counted is all that went up, with headers, syncs and offsets asked for, against the bytes of the photos.
"""

import random
import time
from pathlib import Path

from tests.bench.bench_visits import PHOTO_BYTES, name_of, visit
from tests.bench.figures import Figure, scaled
from tests.bench.offices import office
from tests.bench.same_records import every_desa, warga
from tests.bench.tcp_line import line_to
from tests.bench.worker_phones import WorkerPhone

PHOTOS = 100
CUT_AFTER_BYTES = 200 * 1024
MOST_TRIES = 10
"""Times the phone may begin again for each cut, before the benchmark gives up."""


def measure(folder: Path) -> list[Figure]:
    """Finalise visits with one photo each, and let the phone try until the office has all."""
    rng = random.Random(11)
    count = scaled(PHOTOS, least=5)
    records = warga(100)
    with office(folder, records, {1: every_desa()[:2]}) as bench:
        phone = WorkerPhone(folder / "phone", bench, 1)
        total = 0
        for _ in range(count):
            photo = rng.randbytes(PHOTO_BYTES)
            body = visit(rng, records[0].record, photo)
            [change] = phone.write([body])
            phone.keep_photos(body.visit, change, {name_of(photo): photo})
            total += len(photo)
        tries = 0
        with line_to(bench.server.address, cut_after_bytes=CUT_AFTER_BYTES) as line:
            phone.go_through(line.address)
            start = time.perf_counter()
            while phone.unsent() and tries < MOST_TRIES * count:
                tries += 1
                phone.worker.run_once()
            seconds = time.perf_counter() - start
            left, passed = phone.unsent(), line.take()
        phone.close()
    if left:
        raise RuntimeError(f"{left} photos are still on the phone")
    what = f"{count} photos of 300 KB, cut every 200 KB"
    return [
        Figure(
            name=f"{what}: bytes up / bytes of the photos", value=passed.up_bytes / total, unit="", budget=1.1
        ),
        Figure(name=f"{what}: bytes down", value=passed.down_bytes / 1024, unit="KB"),
        Figure(name=f"{what}: connections", value=passed.connections, unit=""),
        Figure(name=f"{what}: times the phone began again", value=tries, unit=""),
        Figure(name=f"{what}: time without the pauses between", value=seconds, unit="s"),
    ]
